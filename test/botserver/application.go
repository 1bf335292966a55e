package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// largestAnswer bounds ?size=, so that a typing error cannot exhaust the container.
const largestAnswer = 64 << 20

// mostBurnt bounds ?burn= likewise.
const mostBurnt = time.Second

// serveApplication answers what the real server would compute: who it was and what it was asked.
func (b *Bot) serveApplication(w http.ResponseWriter, r *http.Request) {
	received, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		http.Error(w, fmt.Sprintf("reading the body: %v", err), http.StatusBadRequest)
		return
	}
	bend, err := bendFromQuery(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !pause(r.Context(), bend.delay) {
		return
	}
	spend(bend.burn)
	if bend.size > 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(bend.size, 10))
		w.WriteHeader(bend.status)
		// A client that went away is no error of this server.
		_, _ = io.CopyN(w, letters{}, bend.size)
		return
	}
	answerJSON(w, bend.status, map[string]any{
		"name": b.name, "method": r.Method, "path": r.URL.Path, "bytes": received,
	})
}

// bend is what the query parameters of one request ask for.
type bend struct {
	delay  time.Duration
	burn   time.Duration
	status int
	size   int64
}

func bendFromQuery(r *http.Request) (bend, error) {
	wanted := bend{status: http.StatusOK}
	query := r.URL.Query()
	var err error
	if text := query.Get("delay"); text != "" {
		if wanted.delay, err = time.ParseDuration(text); err != nil {
			return wanted, fmt.Errorf("the parameter delay is a duration such as 250ms: %w", err)
		}
	}
	if text := query.Get("burn"); text != "" {
		if wanted.burn, err = time.ParseDuration(text); err != nil || wanted.burn < 0 || wanted.burn > mostBurnt {
			return wanted, fmt.Errorf("the parameter burn is a duration up to %s, such as 20ms, not %q", mostBurnt, text)
		}
	}
	if text := query.Get("status"); text != "" {
		if wanted.status, err = strconv.Atoi(text); err != nil || wanted.status < 200 || wanted.status > 599 {
			return wanted, fmt.Errorf("the parameter status is a number from 200 to 599, not %q", text)
		}
	}
	if text := query.Get("size"); text != "" {
		if wanted.size, err = strconv.ParseInt(text, 10, 64); err != nil || wanted.size < 0 || wanted.size > largestAnswer {
			return wanted, fmt.Errorf("the parameter size is a number from 0 to %d, not %q", largestAnswer, text)
		}
	}
	return wanted, nil
}

func (b *Bot) serveReload(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]any{"status": "ok", "reloads": b.reloads.Add(1)})
}

// letters is an endless source of text.
type letters struct{}

func (letters) Read(buffer []byte) (int, error) {
	const text = "abcdefghijklmnopqrstuvwxyz"
	return copy(buffer, strings.Repeat(text, 1+len(buffer)/len(text))), nil
}

// failureRate decides which requests fail: evenly spread, so that the share holds exactly.
type failureRate struct {
	mu  sync.Mutex
	due float64
}

func (f *failureRate) next(rate float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.due += rate
	if f.due < 1 {
		return false
	}
	f.due--
	return true
}

// pause waits; false means that the client went away first.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func answerJSON(w http.ResponseWriter, status int, document any) {
	content, err := json.Marshal(document)
	if err != nil {
		http.Error(w, fmt.Sprintf("encoding the answer: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that went away is no error of this server.
	_, _ = w.Write(append(content, '\n'))
}
