package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// environment maps each variable to the key it sets. isText says that the value is text, not a number.
var environment = []struct {
	variable, key string
	isText        bool
}{
	{"BOT_HEALTH", "health", true},
	{"BOT_HEALTH_SHAPE", "healthShape", true},
	{"BOT_HEALTH_DELAY", "healthDelay", true},
	{"BOT_DELAY", "delay", true},
	{"BOT_FAILURE_RATE", "failureRate", false},
	{"BOT_LEAK_BYTES_PER_SECOND", "leakBytesPerSecond", false},
	{"BOT_BURN_CORES", "burnCores", false},
	{"BOT_QUEUE_DEPTH", "queueDepth", false},
	{"BOT_SHUTDOWN_DELAY", "shutdownDelay", true},
}

func settingsFromEnvironment(lookup func(string) (string, bool)) (Settings, error) {
	settings := defaultSettings()
	for _, entry := range environment {
		value, set := lookup(entry.variable)
		if !set || value == "" {
			continue
		}
		next, err := settings.with(entry.key, value, entry.isText)
		if err != nil {
			return settings, fmt.Errorf("environment variable %s: %w", entry.variable, err)
		}
		settings = next
	}
	return settings, nil
}

// with returns the settings with one key replaced by a value as the environment has it: text, or a JSON number.
func (s Settings) with(key, value string, isText bool) (Settings, error) {
	var keyed any = map[string]json.RawMessage{key: json.RawMessage(value)}
	if isText {
		keyed = map[string]string{key: value}
	}
	object, err := json.Marshal(keyed)
	if err != nil {
		return s, fmt.Errorf("%q is no number: %w", value, err)
	}
	return s.changed(object)
}

// Identity is what cannot change while the server runs.
type Identity struct{ Name, Port string }

func identityFromEnvironment(lookup func(string) (string, bool)) (Identity, error) {
	identity := Identity{Port: "8080"}
	if port, set := lookup("PORT"); set && port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return identity, fmt.Errorf("environment variable PORT: %w", err)
		}
		identity.Port = port
	}
	if name, set := lookup("BOT_NAME"); set && name != "" {
		identity.Name = name
		return identity, nil
	}
	name, err := os.Hostname()
	if err != nil {
		return identity, fmt.Errorf("asking for the host name: %w", err)
	}
	identity.Name = name
	return identity, nil
}
