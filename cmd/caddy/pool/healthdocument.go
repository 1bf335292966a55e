package pool

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// HealthDocument holds what a bot says of itself. Every part is optional, in every combination.
type HealthDocument struct {
	// Status is the bot's own word, e.g. "healthy" or "degraded".
	Status string `json:"status,omitempty"`
	// Version is the bot's version.
	Version string `json:"version,omitempty"`
	// Uptime is in seconds.
	Uptime *float64 `json:"uptimeSeconds,omitempty"`
	// Database tells whether the bot reaches its database.
	Database *bool `json:"database,omitempty"`
	// Checks are the bot's findings on what it depends on, by name, e.g. "cache": "ok".
	Checks map[string]string `json:"checks,omitempty"`
	// Metrics are the bot's figures by name, e.g. "cpu": 45.2 (percent), "queue_depth": 3.
	Metrics map[string]float64 `json:"metrics,omitempty"`
}

// Bounds of what is kept of a health document: a bot is not trusted to be brief.
const (
	largestHealthDocument = 64 << 10 // bytes read of an answer
	mostEntries           = 32       // of checks, and of metrics
	longestText           = 128      // bytes of a key or a text
)

// parseHealthDocument takes what it understands of an answer's body; nil means that there is no document in it.
// A part of an unexpected type is left out and does not spoil the others.
func parseHealthDocument(body []byte) *HealthDocument {
	var raw struct {
		Status   json.RawMessage            `json:"status"`
		Version  json.RawMessage            `json:"version"`
		Uptime   json.RawMessage            `json:"uptime"`
		Database json.RawMessage            `json:"database"`
		Checks   map[string]json.RawMessage `json:"checks"`
		Metrics  map[string]json.RawMessage `json:"metrics"`
	}
	// A part of an unexpected type is reported after all others were decoded.
	if err := json.Unmarshal(body, &raw); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil
		}
	}
	document := &HealthDocument{
		Status:  cut(decoded[string](raw.Status)),
		Version: cut(decoded[string](raw.Version)),
		Checks:  entries[string](raw.Checks),
		Metrics: entries[float64](raw.Metrics),
	}
	document.Uptime = optional[float64](raw.Uptime)
	document.Database = optional[bool](raw.Database)
	for name, finding := range document.Checks {
		document.Checks[name] = cut(finding)
	}
	if document.empty() {
		return nil
	}
	return document
}

func (d *HealthDocument) empty() bool {
	return d.Status == "" && d.Version == "" && d.Uptime == nil && d.Database == nil && d.Checks == nil && d.Metrics == nil
}

// optional decodes a value, nil if it is absent, null or of another type.
func optional[T any](raw json.RawMessage) *T {
	var value *T
	if json.Unmarshal(raw, &value) != nil {
		return nil
	}
	return value
}

// decoded is optional, with the zero value for nil.
func decoded[T any](raw json.RawMessage) T {
	var value T
	if found := optional[T](raw); found != nil {
		value = *found
	}
	return value
}

// entries decodes the entries that are of the type, in the order of their names, up to the bound.
func entries[T any](raw map[string]json.RawMessage) map[string]T {
	var kept map[string]T
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		value := optional[T](raw[name])
		if value == nil || len(name) > longestText {
			continue
		}
		if len(kept) == mostEntries {
			break
		}
		if kept == nil {
			kept = map[string]T{}
		}
		kept[name] = *value
	}
	return kept
}

func cut(text string) string {
	if len(text) > longestText {
		return strings.ToValidUTF8(text[:longestText], "")
	}
	return text
}
