package provider

import (
	"errors"
	"fmt"
)

// Class says what the caller can do about an error.
type Class int

const (
	// Transient passes by itself: try again with back-off. It is the class of errors that carry none.
	Transient Class = iota
	// Waiting is no fault: something is still going on, look again soon.
	Waiting
	// Terminal needs somebody to act: the message says who and how. Looked at again slowly.
	Terminal
	// NotFound says that the thing is not there.
	NotFound
	// Conflict says that the thing changed meanwhile: observe again.
	Conflict
)

// String names the class in logs and metrics.
func (c Class) String() string {
	return [...]string{"Transient", "Waiting", "Terminal", "NotFound", "Conflict"}[c]
}

// Error is an error of an outside system.
type Error struct {
	Class Class
	// Reason is a condition reason such as ImageNotFound.
	Reason string
	// Message is a sentence for the user: what, where, what to do. It holds no secret and no time.
	Message string
	// Err is the cause, for logs.
	Err error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of err, Transient when it carries none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Transient
}

// ReasonOf returns the reason of err, or the fallback when it carries none.
func ReasonOf(err error, fallback string) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Reason != "" {
		return e.Reason
	}
	return fallback
}

// MessageOf returns the sentence of err for the user. The text of an error that is not ours is not shown, because
// nobody vouched that it is steady and holds no secret; the fallback is.
func MessageOf(err error, fallback string) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return fallback
}

// IgnoreNotFound returns nil for errors of class NotFound and err otherwise.
func IgnoreNotFound(err error) error {
	if err != nil && ClassOf(err) == NotFound {
		return nil
	}
	return err
}
