package render

import (
	"slices"
	"strconv"
	"strings"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// URLs are where clients find the edges: at the declared host names, else at the published ports of the host, else at the
// addresses of the instances (by ordinal). They are in a fixed order.
func URLs(edge v1alpha1.EdgeSpec, addresses map[int]string) []string {
	scheme := "http"
	if usesTLS(edge) {
		scheme = "https"
	}
	var urls []string
	for _, host := range edge.Hosts {
		urls = append(urls, scheme+"://"+string(host))
	}
	for ordinal := 1; ordinal <= int(edge.Instances); ordinal++ {
		address, known := addresses[ordinal]
		if !known {
			continue
		}
		if host, published := publishedAt(edge, ordinal); published {
			urls = append(urls, scheme+"://"+host)
			continue
		}
		urls = append(urls, scheme+"://"+bracketed(address))
	}
	return slices.Compact(urls)
}

// publishedAt is the host and port that an edge is published on.
func publishedAt(edge v1alpha1.EdgeSpec, ordinal int) (string, bool) {
	if edge.HostPorts == nil {
		return "", false
	}
	base := edge.HostPorts.HTTPBase
	if usesTLS(edge) {
		base = edge.HostPorts.HTTPSBase
	}
	if base == nil {
		return "", false
	}
	return bracketed(valueOr(edge.HostPorts.Address, anyAddress)) + ":" + strconv.Itoa(int(*base)+ordinal-1), true
}

// bracketed puts an IPv6 address into brackets, as URLs and Incus want it before a port.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		return "[" + address + "]"
	}
	return address
}
