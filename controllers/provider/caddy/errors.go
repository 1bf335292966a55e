package caddy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"unicode"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Reasons of errors, as the condition reasons of a BotCluster name them.
const (
	reasonUnreachable     = "EdgeUnreachable"
	reasonRejectedRoutes  = "EdgeRejectedRoutes"
	reasonRejectedPool    = "EdgeRejectedPool"
	reasonRejectedSecrets = "EdgeRejectedSecrets"
)

// longestRefusal is how much of Caddy's words goes into a message, in characters: the first sentence of an error chain
// names the module and the field.
const longestRefusal = 240

func terminal(reason string, cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Terminal, Reason: reason, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

func transient(cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Transient, Reason: reasonUnreachable, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

// explain gives an exchange that failed its class.
func (e *edge) explain(err error) error {
	if classified, ok := errors.AsType[*provider.Error](err); ok {
		return classified
	}
	if nobodyListens(err) {
		return &provider.Error{
			Class: provider.Waiting, Reason: reasonUnreachable, Err: err,
			Message: fmt.Sprintf("the Caddy of the edge %s does not listen yet", e.name),
		}
	}
	return transient(err, "the Caddy of the edge %s does not answer: look at its log (journalctl -u caddy in the instance)", e.name)
}

// nobodyListens tells that the way to the socket is open and ends there: there is none, or nothing accepts on it.
func nobodyListens(err error) bool {
	return errors.Is(err, errSilent) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// unexpected is an answer that none of our calls should get.
func (e *edge) unexpected(answer reply) error {
	cause := fmt.Errorf("status %d: %s", answer.status, answer.refusal())
	if answer.status == http.StatusNotFound {
		return terminal(reasonUnreachable, cause,
			"the Caddy of the edge %s lacks the operator's modules: use an edge image that is built from cmd/caddy", e.name)
	}
	return transient(cause, "the Caddy of the edge %s answered with status %d: look at its log (journalctl -u caddy in the instance)",
		e.name, answer.status)
}

// refusal is what Caddy says in its error document, on one line and shortened. Routes and pools hold no secret, so
// what Caddy says about them holds none; an answer about secrets goes through without first.
func (r reply) refusal() string {
	var document struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(r.body, &document); err != nil || document.Error == "" {
		return "no reason given"
	}
	printable := strings.Map(func(character rune) rune {
		if !unicode.IsPrint(character) {
			return ' '
		}
		return character
	}, document.Error)
	words := []rune(strings.Join(strings.Fields(printable), " "))
	if len(words) <= longestRefusal {
		return string(words)
	}
	// Caddy names what it was about first and the cause last.
	head := longestRefusal / 3
	return string(words[:head]) + " … " + string(words[len(words)-(longestRefusal-head-3):])
}
