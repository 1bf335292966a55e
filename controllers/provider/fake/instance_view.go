package fake

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Instance shows one instance and its ETag.
func (w *World) Instance(ref Ref) (incusapi.Instance, string, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.Instance{}, "", err
	}
	return w.render(i), i.etag(), nil
}

// InstanceFull shows one instance with its state, and its ETag.
func (w *World) InstanceFull(ref Ref) (incusapi.InstanceFull, string, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.InstanceFull{}, "", err
	}
	return w.renderFull(i), i.etag(), nil
}

// InstanceState shows what one instance does at this moment.
func (w *World) InstanceState(ref Ref) (incusapi.InstanceState, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.InstanceState{}, err
	}
	return w.renderState(i), nil
}

func (w *World) render(i *instance) incusapi.Instance {
	status := i.status()
	return incusapi.Instance{
		InstancePut: incusapi.InstancePut{
			Architecture: architectureName, Config: i.config, Devices: i.devices, Ephemeral: i.ephemeral,
			Profiles: i.profiles, Description: i.description,
		},
		CreatedAt: i.createdAt.UTC(), ExpandedConfig: w.expandedConfig(i), ExpandedDevices: w.expandedDevices(i),
		Name: i.ref.Name, Status: status.String(), StatusCode: status, LastUsedAt: lastUsed(i.lastUsedAt),
		Location: i.location, Type: string(incusapi.InstanceTypeContainer), Project: i.ref.Project,
	}
}

// lastUsed is how the daemon writes that something was never used.
func lastUsed(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

func (w *World) renderFull(i *instance) incusapi.InstanceFull {
	state := w.renderState(i)
	return incusapi.InstanceFull{Instance: w.render(i), State: &state}
}

// renderUnreachable is all that a list says of an instance whose member does not answer (Incus: instances_get.go,
// resultErrListAppend).
func renderUnreachable(i *instance) incusapi.Instance {
	return incusapi.Instance{
		Name: i.ref.Name, Status: incusapi.Error.String(), StatusCode: incusapi.Error, Location: i.location,
		Project: i.ref.Project, Type: string(incusapi.InstanceTypeContainer),
	}
}

func (w *World) renderState(i *instance) incusapi.InstanceState {
	status := i.status()
	state := incusapi.InstanceState{
		Status: status.String(), StatusCode: status,
		Disk: map[string]incusapi.InstanceStateDisk{},
	}
	for name, device := range w.expandedDevices(i) {
		if size, err := parseBytes(device["size"]); device["path"] == "/" && err == nil {
			state.Disk[name] = incusapi.InstanceStateDisk{Usage: i.usage.Disk, Total: size} // 0: no quota
		}
	}
	if !i.running() {
		return state
	}
	config := w.expandedConfig(i)
	state.CPU = incusapi.InstanceStateCPU{Usage: int64(i.usage.cpu(w.now)), AllocatedTime: w.allocatedTime(config)}
	state.Memory = incusapi.InstanceStateMemory{
		Usage: i.usage.Memory + i.usage.PageCache, UsagePeak: i.usage.MemoryPeak, Total: w.memoryLimit(config["limits.memory"]),
	}
	state.Network = w.renderCards(i)
	state.Pid, state.Processes, state.StartedAt = i.boot.pid, i.usage.Processes, i.boot.startedAt.UTC()
	return state
}

func (w *World) renderCards(i *instance) map[string]incusapi.InstanceStateNetwork {
	cards := map[string]incusapi.InstanceStateNetwork{"lo": {
		Addresses: []incusapi.InstanceStateNetworkAddress{
			{Family: "inet", Address: "127.0.0.1", Netmask: "8", Scope: "local"},
			{Family: "inet6", Address: "::1", Netmask: "128", Scope: "local"},
		},
		Mtu: 65536, State: "up", Type: "loopback",
	}}
	devices := w.expandedDevices(i)
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		if device["type"] != "nic" {
			continue
		}
		card := incusapi.InstanceStateNetwork{
			Addresses: []incusapi.InstanceStateNetworkAddress{}, Hwaddr: i.hardwareAddress(name, device),
			HostName: i.config["volatile."+name+".host_name"], Mtu: 1500, State: "up", Type: "broadcast",
		}
		if n := w.networks[device["network"]]; n != nil && i.boot.address != "" {
			card.Addresses = n.addressesOf(card.Hwaddr)
		}
		cards[cmp.Or(device["name"], name)] = card
	}
	return cards
}

func (n *network) addressesOf(card string) []incusapi.InstanceStateNetworkAddress {
	leased, ok := n.byCard[card]
	if !ok {
		return []incusapi.InstanceStateNetworkAddress{}
	}
	return []incusapi.InstanceStateNetworkAddress{
		{Family: "inet", Address: leased.String(), Netmask: netmask(n.gateway), Scope: "global"},
		{Family: "inet6", Address: linkLocal(leased), Netmask: "64", Scope: "link"},
	}
}

// linkLocal is some IPv6 address that is not global.
func linkLocal(leased netip.Addr) string {
	four := leased.As4()
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 12: four[0], 13: four[1], 14: four[2], 15: four[3]}).String()
}
