package render

import (
	"strconv"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Placeholders of our own in Caddy's JSON.
const (
	// clientAddress is the client's IPv4 address, or the network of 64 bits that its IPv6 address is in: whoever has one
	// of those addresses mostly has all of them.
	clientAddress = "{botcluster.client.ip}"
	// publicPort is the port that the client asked for: HTTP/3 is on the same one.
	publicPort = "{botcluster.port}"

	// longestKey is how much of a header or cookie tells clients apart; an edge remembers it for each client.
	longestKey = 256
)

// group is one of the eight groups of an IPv6 address, as Go's net/netip writes it (RFC 5952).
const group = `([0-9a-f]{1,4})`

// networkMappings turn an IPv6 address into its first 64 bits. An address leaves out one run of zeros: it may begin after,
// inside or at the end of them. No address of a client begins with zeros (RFC 4291: global ones begin with 2 or 3), but one
// that stands for an IPv4 address; others are taken as they are.
var networkMappings = []mappedTo{
	{InputRegexp: `^::ffff:([0-9.]+)$`, Outputs: []string{"${1}"}},
	{InputRegexp: `^` + group + `:` + group + `:` + group + `:` + group + `:`, Outputs: []string{"${1}:${2}:${3}:${4}"}},
	{InputRegexp: `^` + group + `:` + group + `:` + group + `::`, Outputs: []string{"${1}:${2}:${3}:0"}},
	{InputRegexp: `^` + group + `:` + group + `::`, Outputs: []string{"${1}:${2}:0:0"}},
	{InputRegexp: `^` + group + `::` + group + `(?::` + group + `){4}$`, Outputs: []string{"${1}:0:0:${2}"}},
	{InputRegexp: `^` + group + `::`, Outputs: []string{"${1}:0:0:0"}},
}

// clientAddresses64 defines clientAddress; caddy-ratelimit v0.1.0 has no option for networks.
func clientAddresses64() mapHandler {
	return mapHandler{
		Handler: "map", Source: "{http.vars.client_ip}", Destinations: []string{clientAddress},
		Mappings: networkMappings, Defaults: []string{"{http.vars.client_ip}"},
	}
}

// clientValues defines what tells clients apart by a header or cookie: its value, marked so that nobody can pass for an
// address, and the address of those who have none.
func clientValues(by v1alpha1.RateLimitKey, name v1alpha1.RateLimitKeyName) mapHandler {
	return mapHandler{
		Handler:      "map",
		Source:       "{http.request." + string(by) + "." + string(name) + "}",
		Destinations: []string{clientValue(by, name)},
		Mappings: []mappedTo{{
			InputRegexp: `(?s)^.{1,` + strconv.Itoa(longestKey) + `}`, Outputs: []string{string(by) + ":${0}"},
		}},
		Defaults: []string{clientAddress},
	}
}

func clientValue(by v1alpha1.RateLimitKey, name v1alpha1.RateLimitKeyName) string {
	return "{botcluster.client." + string(by) + "." + string(name) + "}"
}

// publicPorts defines publicPort: clients leave the standard port out of the Host header.
func publicPorts() mapHandler {
	return mapHandler{
		Handler: "map", Source: "{http.request.port}", Destinations: []string{publicPort},
		Mappings: []mappedTo{{InputRegexp: `^[0-9]{1,5}$`, Outputs: []string{"${0}"}}},
		Defaults: []string{strconv.Itoa(EdgeHTTPSPort)},
	}
}
