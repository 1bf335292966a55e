package pki

import (
	"net/netip"
	"slices"
)

// ServerNames lists what an API server is reached by: its names inside the cluster, this host's loopback and name, the address it is
// bound to, and when that is every address, all the host has. Sorted, so that the same host gives the same certificate.
func ServerNames(bind netip.Addr, serviceRange netip.Prefix, hostName string, hostAddresses []netip.Addr) Names {
	names := Names{
		DNS: []string{
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", hostName,
		},
		Addresses: []netip.Addr{
			netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback(),
			serviceRange.Masked().Addr().Next(), // the Service "kubernetes" has the first address of the range
		},
	}
	if bind.IsUnspecified() {
		names.Addresses = append(names.Addresses, hostAddresses...)
	} else {
		names.Addresses = append(names.Addresses, bind)
	}
	slices.Sort(names.DNS)
	slices.SortFunc(names.Addresses, netip.Addr.Compare)
	names.DNS = slices.Compact(names.DNS)
	names.Addresses = slices.Compact(names.Addresses)
	return names
}
