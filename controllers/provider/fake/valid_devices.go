package fake

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// deviceRules are the options of the device types that a World knows (Incus: internal/server/device).
var deviceRules = map[string]map[string]rule{
	"disk": {
		"boot.priority": isInteger, "limits.max": isAny, "limits.read": isAny, "limits.write": isAny, "path": isAny,
		"pool": isAny, "readonly": isBool, "recursive": isBool, "required": isBool, "shift": isBool, "size": isSize,
		"size.state": isSize, "source": isAny, "propagation": isAny, "raw.mount.options": isAny,
	},
	"nic": {
		"boot.priority": isInteger, "host_name": isAny, "hwaddr": isAny, "ipv4.address": isAddress, "ipv6.address": isAddress,
		"limits.egress": isAny, "limits.ingress": isAny, "limits.max": isAny, "limits.priority": isInteger, "mtu": isInteger,
		"name": isAny, "network": isAny, "nictype": isAny, "parent": isAny, "queue.tx.length": isInteger,
		"security.ipv4_filtering": isBool, "security.ipv6_filtering": isBool, "security.mac_filtering": isBool,
		"security.port_isolation": isBool, "vlan": isAny,
	},
	"proxy": {
		"bind": isOneOf("host", "instance", "guest", "container"), "connect": isProxyAddress, "gid": isInteger,
		"listen": isProxyAddress, "mode": isAny, "nat": isBool, "proxy_protocol": isBool, "security.gid": isInteger,
		"security.uid": isInteger, "uid": isInteger,
	},
	"none": {},
	"unix-char": {
		"gid": isInteger, "major": isInteger, "minor": isInteger, "mode": isAny, "path": isAny, "required": isBool,
		"source": isAny, "uid": isInteger,
	},
}

// validDevices checks devices as the daemon does, the first bad one by name first. Rates such as limits.read are checked
// only when a device is started.
func (w *World) validDevices(devices map[string]map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		if err := w.validDevice(name, devices[name]); err != nil {
			return within(err, "Device validation failed for %q", name)
		}
	}
	return nil
}

func (w *World) validDevice(name string, device map[string]string) error {
	if network := device["network"]; device["type"] == "nic" && network != "" && w.networks[network] == nil {
		return refuse(http.StatusNotFound, "Failed loading device %q: Failed to load network %q for project %q: Network not found",
			name, network, incusapi.ProjectDefaultName)
	}
	rules := deviceRules[device["type"]]
	for _, key := range slices.Sorted(maps.Keys(device)) {
		if key == "type" || strings.HasPrefix(key, "user.") || strings.HasPrefix(key, "initial.") {
			continue
		}
		check, known := rules[key]
		if !known {
			return fail("Invalid device option %q", key)
		}
		if err := check(device[key]); device[key] != "" && err != nil {
			return within(err, "Invalid value for device option %q", key)
		}
	}
	switch device["type"] {
	case "disk":
		return validDisk(device)
	case "nic":
		return w.validCard(device)
	}
	return nil
}

// knownDevices checks that the daemon has the types of the devices at all.
func knownDevices(devices map[string]map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		kind := devices[name]["type"]
		if kind == "" {
			return fail("Missing device type for device %q", name)
		}
		if _, known := deviceRules[kind]; !known {
			return fail("Invalid device type %q", kind)
		}
	}
	return nil
}

func validDisk(device map[string]string) error {
	isRoot := device["path"] == "/"
	switch {
	case device["source"] == "" && !isRoot:
		return fail(`Disk entry is missing the required "source" or "path" property`)
	case isRoot && device["source"] != "":
		return fail(`Root disk entry may not have a "source" property set`)
	case isRoot && device["pool"] == "":
		return fail(`Root disk entry must have a "pool" property set`)
	case device["size"] != "" && !isRoot:
		return fail("Only root or tmpfs disks can have a size quota")
	}
	return nil
}

// presentVolumes checks that the custom volumes of an instance's disks are there.
func (w *World) presentVolumes(projectName string, devices map[string]map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		if device["type"] != "disk" || device["path"] == "/" || device["pool"] == "" {
			continue
		}
		owner, p, err := w.volumePlace(projectName, device["pool"])
		if err != nil {
			return within(err, "Failed add validation for device %q: Failed to get storage pool %q", name, device["pool"])
		}
		volume, _, _ := strings.Cut(device["source"], "/")
		if w.findVolume(owner, p, volume) == nil {
			return refuse(http.StatusNotFound, "Failed add validation for device %q: Failed loading custom volume: "+
				"Storage volume not found", name)
		}
	}
	return nil
}

// startableDevices checks what the daemon reads only when it starts or updates devices.
func startableDevices(devices map[string]map[string]string, act string) error {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		for _, key := range []string{"limits.read", "limits.write", "limits.max", "limits.ingress", "limits.egress"} {
			if err := isRate(devices[name][key]); err != nil && devices[name]["type"] == "nic" {
				return within(err, "Failed to %s device %q", act, name)
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// rateUnits are those of Incus for bits per second (shared/units); sizes in bytes have their own.
var rateUnits = []string{"", "bit", "kbit", "Mbit", "Gbit", "Tbit", "Pbit", "Ebit", "Kibit", "Mibit", "Gibit", "Tibit", "iops"}

func isRate(value string) error {
	unit := strings.TrimLeft(value, "0123456789")
	if value != unit && slices.Contains(rateUnits, unit) {
		return nil
	}
	return isSize(value)
}

func (w *World) validCard(device map[string]string) error {
	name := device["network"]
	if name == "" {
		if device["nictype"] == "" {
			return fail("Unsupported device type")
		}
		return nil
	}
	n := w.networks[name]
	if address, err := netip.ParseAddr(device["ipv4.address"]); err == nil && !n.gateway.Contains(address) {
		return fail("Device IP address %q not within network %q subnet", address, name)
	}
	return nil
}

func isAddress(value string) error {
	if _, err := netip.ParseAddr(value); err != nil && value != "none" {
		return fail("Not an IP address %q", value)
	}
	return nil
}

func isProxyAddress(value string) error {
	kind, _, ok := strings.Cut(value, ":")
	if !ok || !slices.Contains([]string{"tcp", "udp", "unix"}, kind) {
		return fail("Unknown connection type %q", kind)
	}
	return nil
}
