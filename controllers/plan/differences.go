package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// set drops the keys without a value: they stand for "not set".
func set(config map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range config {
		if value != "" {
			out[key] = value
		}
	}
	return out
}

// present drops the devices that are not to be.
func present(devices map[string]model.Device) map[string]model.Device {
	out := map[string]model.Device{}
	for name, device := range devices {
		if device != nil {
			out[name] = device
		}
	}
	return out
}

// changedConfig returns the keys whose value differs; keys that are not in want are not the operator's.
func changedConfig(want, has map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range want {
		if has[key] != value {
			out[key] = value
		}
	}
	return out
}

// changedDevices returns the devices to set, and nil for those of the operator's kinds to remove. Devices that somebody
// else added under other names stay.
func changedDevices(want, has map[string]model.Device) map[string]model.Device {
	out := map[string]model.Device{}
	for name, device := range want {
		if device == nil && has[name] == nil {
			continue
		}
		if device == nil || !maps.Equal(device, has[name]) {
			out[name] = device
		}
	}
	return out
}

// describeChange names what changes, without values.
func describeChange(config map[string]string, devices map[string]model.Device) string {
	names := slices.Sorted(maps.Keys(config))
	names = append(names, slices.Sorted(maps.Keys(devices))...)
	return "the spec changed " + strings.Join(names, ", ")
}
