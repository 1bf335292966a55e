package main

import (
	"fmt"
	"os"
	"strconv"
)

// environment maps each variable to the key it sets. quoted says that the value is a JSON string.
var environment = []struct {
	variable, key string
	quoted        bool
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
		if entry.quoted {
			value = strconv.Quote(value)
		}
		next, err := settings.changed(fmt.Appendf(nil, "{%q:%s}", entry.key, value))
		if err != nil {
			return settings, fmt.Errorf("environment variable %s: %w", entry.variable, err)
		}
		settings = next
	}
	return settings, nil
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
