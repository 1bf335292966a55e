package fake

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule checks one value; the empty value is always fine.
type rule func(value string) error

// configRules are the keys of an instance or a profile that a World knows (Incus: internal/instance/config.go). Those of
// virtual machines and of migration are left out.
var configRules = map[string]rule{
	"boot.autorestart":                  isBool,
	"boot.autostart":                    isAny,
	"boot.autostart.delay":              isInteger,
	"boot.autostart.priority":           isInteger,
	"boot.host_shutdown_action":         isOneOf("stop", "force-stop", "stateful-stop"),
	"boot.host_shutdown_timeout":        isInteger,
	"boot.stop.priority":                isInteger,
	"cloud-init.network-config":         isAny,
	"cloud-init.user-data":              isAny,
	"cloud-init.vendor-data":            isAny,
	"cluster.evacuate":                  isOneOf("auto", "migrate", "live-migrate", "stop", "stateful-stop", "force-stop"),
	"limits.cpu":                        isCPUSet,
	"limits.cpu.allowance":              isAllowance,
	"limits.cpu.nodes":                  isAny,
	"limits.cpu.priority":               isPriority,
	"limits.disk.priority":              isPriority,
	"limits.hugepages.1GB":              isSize,
	"limits.hugepages.1MB":              isSize,
	"limits.hugepages.2MB":              isSize,
	"limits.hugepages.64KB":             isSize,
	"limits.memory":                     isMemory,
	"limits.memory.enforce":             isOneOf("soft", "hard"),
	"limits.memory.oom_priority":        isInteger,
	"limits.memory.swap":                either(isBool, isSize),
	"limits.memory.swap.priority":       isPriority,
	"limits.processes":                  isInteger,
	"linux.kernel_modules":              isAny,
	"migration.stateful":                isBool,
	"raw.apparmor":                      isAny,
	"raw.idmap":                         isAny,
	"raw.lxc":                           isAny,
	"raw.seccomp":                       isAny,
	"security.guestapi":                 isBool,
	"security.guestapi.images":          isBool,
	"security.idmap.base":               isInteger,
	"security.idmap.isolated":           isBool,
	"security.idmap.size":               isInteger,
	"security.nesting":                  isBool,
	"security.privileged":               isBool,
	"security.protection.delete":        isBool,
	"security.protection.shift":         isBool,
	"snapshots.expiry":                  isAny,
	"snapshots.pattern":                 isAny,
	"snapshots.schedule":                isAny,
	"snapshots.schedule.stopped":        isBool,
	"security.syscalls.intercept.mknod": isBool,
}

// configPrefixes are the beginnings of keys of which any is taken.
var configPrefixes = []string{"user.", "volatile.", "environment.", "image.", "limits.kernel.", "linux.sysctl.", "systemd.credential."}

// validConfig checks config as the daemon does, the first bad key by name first.
func validConfig(config map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(config)) {
		check, known := configRules[key]
		if !known {
			if slices.ContainsFunc(configPrefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
				continue
			}
			return fail("Unknown configuration key: %s", key)
		}
		if value := config[key]; value != "" {
			if err := check(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func isAny(string) error { return nil }

func isBool(value string) error {
	if !slices.Contains([]string{"true", "false", "yes", "no", "1", "0", "on", "off"}, strings.ToLower(value)) {
		return fail("Invalid value for a boolean %q", value)
	}
	return nil
}

func isInteger(value string) error {
	if _, err := strconv.ParseInt(value, 10, 64); err != nil {
		return fail("Invalid value for an integer %q", value)
	}
	return nil
}

func isPriority(value string) error {
	if err := isInteger(value); err != nil {
		return err
	}
	if n, err := strconv.Atoi(value); err != nil || n < 0 || n > 10 {
		return fail("Invalid value for a limit %q. Must be between 0 and 10", value)
	}
	return nil
}

func isOneOf(valid ...string) rule {
	return func(value string) error {
		if !slices.Contains(valid, value) {
			return fail("Invalid value %q (not one of %s)", value, valid)
		}
		return nil
	}
}

func either(rules ...rule) rule {
	return func(value string) error {
		for _, check := range rules {
			if check(value) == nil {
				return nil
			}
		}
		return fail("%q isn't a valid value", value)
	}
}

var cpuSet = regexp.MustCompile(`^(?:[0-9]+(?:[,-][0-9]+)?)(?:,[0-9]+(?:[,-][0-9]+)*)?$`)

func isCPUSet(value string) error {
	if !cpuSet.MatchString(value) {
		return fail("Invalid CPU limit syntax")
	}
	if n, err := strconv.Atoi(value); err == nil && n < 1 {
		return fail("Invalid cpuset value: %s", value)
	}
	return nil
}

func isAllowance(value string) error {
	if share, ok := strings.CutSuffix(value, "%"); ok {
		_, err := strconv.Atoi(share)
		return err
	}
	quota, period, ok := strings.Cut(value, "/")
	if !ok {
		return fail("Invalid allowance: %s", value)
	}
	if _, err := strconv.Atoi(strings.TrimSuffix(quota, "ms")); err != nil {
		return err
	}
	_, err := strconv.Atoi(strings.TrimSuffix(period, "ms"))
	return err
}

func isMemory(value string) error {
	if share, ok := strings.CutSuffix(value, "%"); ok {
		percent, err := strconv.Atoi(share)
		if err == nil && percent == 0 {
			return fail("Memory limit can't be 0%%")
		}
		return err
	}
	bytes, err := parseBytes(value)
	if err == nil && bytes == 0 {
		return fail("Memory limit can't be 0")
	}
	return err
}

func isSize(value string) error {
	_, err := parseBytes(value)
	return err
}
