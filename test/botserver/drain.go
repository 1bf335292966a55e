package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// errStillBusy means that the wait was over before the server had nothing in hand.
var errStillBusy = errors.New("requests or WebSockets are still open")

// drainPoll is how often the wait looks whether the server is idle.
const drainPoll = 50 * time.Millisecond

// drain tells the server at the address to drain, and waits as long as asked until it has nothing in hand.
func drain(ctx context.Context, client *http.Client, address string, wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for {
		state, err := askToDrain(ctx, client, address)
		if err != nil {
			return err
		}
		if wait == 0 || state.InFlight+state.WebSockets == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("draining %s for %s: %d requests and %d WebSockets: %w",
				address, wait, state.InFlight, state.WebSockets, errStillBusy)
		}
		pause(ctx, drainPoll)
	}
}

// askToDrain may be repeated: a server that drains already only answers its state.
func askToDrain(ctx context.Context, client *http.Client, address string) (State, error) {
	var state State
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/control", strings.NewReader(`{"draining":true}`))
	if err != nil {
		return state, fmt.Errorf("asking %s to drain: %w", address, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return state, fmt.Errorf("asking the server to drain: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return state, fmt.Errorf("asking %s to drain: it answered %s", address, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		return state, fmt.Errorf("asking %s to drain: reading its answer: %w", address, err)
	}
	return state, nil
}
