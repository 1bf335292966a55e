package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// State is the answer of /control.
type State struct {
	Name       string   `json:"name"`
	Uptime     Duration `json:"uptime"`
	Settings   Settings `json:"settings"`
	InFlight   int64    `json:"inFlight"`
	WebSockets int64    `json:"webSockets"`
	Requests   int64    `json:"requests"`
	Reloads    int64    `json:"reloads"`
}

// largestControl bounds the body of a POST: all keys together are far smaller.
const largestControl = 16 << 10

func (b *Bot) serveState(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, b.state())
}

func (b *Bot) serveControl(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestControl))
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the body: %v", err), http.StatusBadRequest)
		return
	}
	if err := b.change(func(s Settings) (Settings, error) { return s.changed(body) }); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.serveState(w, r)
}

func (b *Bot) state() State {
	return State{
		Name: b.name, Uptime: Duration(time.Since(b.started)), Settings: *b.settings.Load(),
		InFlight: b.inFlight.Load(), WebSockets: b.webSockets.Load(), Requests: b.requests.Load(), Reloads: b.reloads.Load(),
	}
}
