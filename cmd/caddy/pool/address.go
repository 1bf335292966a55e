package pool

import (
	"errors"
	"fmt"
	"net/netip"
)

// errAddress says what an address looks like. Host names are refused: what they mean can change behind the operator's back.
var errAddress = errors.New(`write the IP address and port that Incus reports, such as "10.89.0.12:8080" or "[fd42::12]:8080"`)

// validateAddress refuses all that is not the address of another machine: the edge itself, a network, a link-local address
// (among them the metadata service of clouds), and spellings that would let one address count as two.
func validateAddress(address string, rules Rules) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%q is no IP address with a port; %w", shortened(address), errAddress)
	}
	ip := parsed.Addr()
	switch {
	case parsed.String() != address:
		return fmt.Errorf("%q is not in canonical form; write %q", shortened(address), parsed)
	case parsed.Port() == 0:
		return fmt.Errorf("%q has no port; %w", address, errAddress)
	case ip.Is4In6() || ip.Zone() != "":
		return fmt.Errorf("%q is mapped or has a zone; %w", address, errAddress)
	case ip.IsLoopback() && !rules.LoopbackMembers:
		return fmt.Errorf("%q is the edge itself; %w", address, errAddress)
	case ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("%q is not the address of one machine; %w", address, errAddress)
	}
	return nil
}
