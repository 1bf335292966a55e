package fake

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Network is a managed bridge. CIDR is its own address with the length of its prefix, as in 10.20.0.1/16.
type Network struct {
	Name string
	CIDR string
}

// network leases addresses, one for each network card, kept until the instance is deleted.
type network struct {
	name, description string
	gateway           netip.Prefix
	config            map[string]string
	leases            map[netip.Addr]lease
	byCard            map[string]netip.Addr // hardware address to the leased one
	next              netip.Addr
}

type lease struct {
	ref    Ref
	card   string
	static bool
}

// AddNetwork makes a bridge. It panics on a CIDR that is none.
func (w *World) AddNetwork(n Network) {
	defer w.enter()()
	gateway := netip.MustParsePrefix(n.CIDR)
	w.networks[n.Name] = &network{
		name: n.Name, gateway: gateway, leases: map[netip.Addr]lease{}, byCard: map[string]netip.Addr{},
		next:   gateway.Addr().Next(),
		config: map[string]string{"ipv4.address": n.CIDR, "ipv4.nat": "true", "ipv6.address": "none"},
	}
}

// RemoveNetwork takes a network away, whoever uses it, as an administrator's mistake does.
func (w *World) RemoveNetwork(name string) {
	defer w.enter()()
	delete(w.networks, name)
	w.touchAll()
}

// lease gives a network card its address: the wanted one, the one it had, or the next that is free.
func (n *network) lease(ref Ref, card string, wanted string, renew bool) (netip.Addr, bool) {
	had, ok := n.byCard[card]
	if ok && !renew && wanted == "" {
		return had, true
	}
	if ok {
		delete(n.leases, had)
	}
	if address, err := netip.ParseAddr(wanted); err == nil {
		n.take(address, lease{ref, card, true})
		return address, true
	}
	for range n.size() {
		address := n.next
		n.next = n.next.Next()
		if !n.gateway.Contains(n.next.Next()) { // the last one is for broadcast
			n.next = n.gateway.Masked().Addr().Next()
		}
		if _, taken := n.leases[address]; !taken && address != n.gateway.Addr() && address != had {
			n.take(address, lease{ref, card, false})
			return address, true
		}
	}
	return netip.Addr{}, false
}

func (n *network) size() int { return 1 << min(n.gateway.Addr().BitLen()-n.gateway.Bits(), 20) }

func (n *network) take(address netip.Addr, l lease) {
	n.leases[address] = l
	n.byCard[l.card] = address
}

func (n *network) release(card string) {
	delete(n.leases, n.byCard[card])
	delete(n.byCard, card)
}

func (w *World) network(name string) (*network, error) {
	n := w.networks[name]
	if n == nil {
		return nil, refuse(http.StatusNotFound, "Network not found")
	}
	return n, nil
}

// Network shows one network and its ETag.
func (w *World) Network(name string) (incusapi.Network, string, error) {
	defer w.enter()()
	n, err := w.network(name)
	if err != nil {
		return incusapi.Network{}, "", err
	}
	return w.renderNetwork(n), etagOf(n.name, true, "bridge", n.description, n.config), nil
}

// Networks lists the networks by name.
func (w *World) Networks() []incusapi.Network {
	defer w.enter()()
	list := []incusapi.Network{}
	for _, name := range slices.Sorted(maps.Keys(w.networks)) {
		list = append(list, w.renderNetwork(w.networks[name]))
	}
	return list
}

func (w *World) renderNetwork(n *network) incusapi.Network {
	uses := []string{}
	for _, i := range w.inOrder() {
		for _, device := range w.expandedDevices(i) {
			if device["network"] == n.name {
				uses = append(uses, resourceURL(i.ref.Project, "instances", i.ref.Name))
				break
			}
		}
	}
	return incusapi.Network{
		NetworkPut: incusapi.NetworkPut{Config: maps.Clone(n.config), Description: n.description},
		Name:       n.name, Type: "bridge", UsedBy: uses, Managed: true,
		Status: incusapi.NetworkStatusCreated, Locations: w.locations(), Project: incusapi.ProjectDefaultName,
	}
}

// NetworkState shows a bridge as the kernel sees it.
func (w *World) NetworkState(name string) (incusapi.NetworkState, error) {
	defer w.enter()()
	n, err := w.network(name)
	if err != nil {
		return incusapi.NetworkState{}, refuse(http.StatusNotFound, "Network interface %q not found", name)
	}
	return incusapi.NetworkState{
		Addresses: []incusapi.NetworkStateAddress{{
			Family: "inet", Address: n.gateway.Addr().String(), Netmask: netmask(n.gateway), Scope: "global",
		}},
		Counters: &incusapi.NetworkStateCounters{}, Hwaddr: hardwareAddress("bridge", name), Mtu: 1500, State: "up",
		Type: "broadcast", Bridge: &incusapi.NetworkStateBridge{UpperDevices: []string{}},
	}, nil
}

// NetworkLeases lists the leases of a project's instances, by address.
func (w *World) NetworkLeases(projectName, name string) ([]incusapi.NetworkLease, error) {
	defer w.enter()()
	n, err := w.network(name)
	if err != nil {
		return nil, within(err, "Failed loading network")
	}
	list := []incusapi.NetworkLease{}
	for _, address := range slices.SortedFunc(maps.Keys(n.leases), netip.Addr.Compare) {
		l := n.leases[address]
		if l.ref.Project != projectName {
			continue
		}
		kind := "dynamic"
		if l.static {
			kind = "static"
		}
		list = append(list, incusapi.NetworkLease{
			Hostname: l.ref.Name, Hwaddr: l.card, Address: address.String(), Type: kind, Location: w.location(),
		})
	}
	return list, nil
}

// netmask is how the daemon writes the length of a prefix.
func netmask(p netip.Prefix) string {
	text := p.String()
	for at := range text {
		if text[at] == '/' {
			return text[at+1:]
		}
	}
	return text
}
