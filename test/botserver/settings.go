package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// version is what the health documents report.
const version = "6.1.0"

// Health names what /api/health says.
type Health string

// The values of the setting "health".
const (
	Healthy   Health = "healthy"
	Degraded  Health = "degraded"
	Unhealthy Health = "unhealthy"
)

// HealthShape names the form of the answer of /api/health.
type HealthShape string

// The values of the setting "healthShape".
const (
	ShapeDocument HealthShape = "document"
	ShapeServer   HealthShape = "server"
	ShapePlain    HealthShape = "plain"
)

// Settings are the behaviours that can be switched while the server runs. doc.go says what each means.
type Settings struct {
	Health             Health      `json:"health"`
	HealthShape        HealthShape `json:"healthShape"`
	HealthDelay        Duration    `json:"healthDelay"`
	Delay              Duration    `json:"delay"`
	FailureRate        float64     `json:"failureRate"`
	LeakBytesPerSecond int64       `json:"leakBytesPerSecond"`
	BurnCores          float64     `json:"burnCores"`
	QueueDepth         int64       `json:"queueDepth"`
	ShutdownDelay      Duration    `json:"shutdownDelay"`
	Draining           bool        `json:"draining"`
}

// defaultSettings are those of a server that behaves.
func defaultSettings() Settings {
	return Settings{Health: Healthy, HealthShape: ShapeDocument}
}

// Validate says which setting is wrong and what it takes.
func (s Settings) Validate() error {
	var problems []error
	refuse := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	refuse(s.Health != Healthy && s.Health != Degraded && s.Health != Unhealthy,
		"health is %q: use healthy, degraded or unhealthy", s.Health)
	refuse(s.HealthShape != ShapeDocument && s.HealthShape != ShapeServer && s.HealthShape != ShapePlain,
		"healthShape is %q: use document, server or plain", s.HealthShape)
	refuse(s.FailureRate < 0 || s.FailureRate > 1, "failureRate is %g: use a number from 0 to 1", s.FailureRate)
	refuse(s.BurnCores < 0, "burnCores is %g: use 0 or more", s.BurnCores)
	refuse(s.LeakBytesPerSecond < 0, "leakBytesPerSecond is %d: use 0 or more", s.LeakBytesPerSecond)
	refuse(s.QueueDepth < 0, "queueDepth is %d: use 0 or more", s.QueueDepth)
	refuse(s.HealthDelay < 0 || s.Delay < 0 || s.ShutdownDelay < 0, "healthDelay, delay and shutdownDelay must not be negative")
	return errors.Join(problems...)
}

// changed returns the settings with the keys of a JSON object replaced. On error the result is not to be used.
func (s Settings) changed(object []byte) (Settings, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return s, errors.New("reading the settings: one JSON object is expected and nothing after it")
	}
	return s, s.Validate()
}
