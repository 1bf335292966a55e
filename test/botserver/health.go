package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

func (b *Bot) serveLiveness(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]any{"status": "ok", "service": "botserver", "version": version})
}

// serveHealth answers /api/health in the shape and with the health that the settings ask for.
func (b *Bot) serveHealth(w http.ResponseWriter, r *http.Request) {
	settings := b.settings.Load()
	if !pause(r.Context(), time.Duration(settings.HealthDelay)) {
		return
	}
	status, code := string(settings.Health), http.StatusOK
	if settings.Draining {
		status = "draining"
	}
	if status != string(Healthy) {
		code = http.StatusServiceUnavailable
	}
	switch settings.HealthShape {
	case ShapePlain:
		w.WriteHeader(code)
		// A client that went away is no error of this server.
		_, _ = io.WriteString(w, status+"\n")
	case ShapeServer:
		answerJSON(w, code, b.serverHealth(status, *settings))
	case ShapeDocument:
		answerJSON(w, code, b.documentHealth(status, *settings))
	default:
		http.Error(w, fmt.Sprintf("unknown shape %q", settings.HealthShape), http.StatusInternalServerError)
	}
}

// serverHealth has the fields of the real server's answer.
func (b *Bot) serverHealth(status string, settings Settings) map[string]any {
	return map[string]any{
		"status": status, "service": "botserver", "version": version,
		"build_date": "2026-04-01", "commit": "stand-in", "database": settings.Health == Healthy,
	}
}

// documentHealth has the fields of the scaling document, and the queue depth that its scaling rules speak of.
func (b *Bot) documentHealth(status string, settings Settings) map[string]any {
	database := "ok"
	if settings.Health != Healthy {
		database = "failed"
	}
	use := b.usage.read()
	return map[string]any{
		"status": status, "version": version, "uptime": int64(time.Since(b.started).Seconds()),
		"checks": map[string]string{"database": database, "cache": "ok", "vectordb": "ok", "llm": "ok"},
		"metrics": map[string]any{
			"cpu": use.processorPercent, "memory": use.memoryPercent,
			"connections": b.inFlight.Load() + b.webSockets.Load(), "queue_depth": settings.QueueDepth,
		},
	}
}
