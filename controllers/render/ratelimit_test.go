package render_test

import (
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("Rate limits", func() {
	const byAddress = "{botcluster.client.ip}"

	It("are none by default", func() {
		config := routesOf(v1alpha1.EdgeSpec{Routes: []v1alpha1.EdgeRoute{{Name: "x"}}})
		Expect(zones(config)).To(BeEmpty())
		Expect(handlers(config, "map")).To(BeEmpty())
	})

	It("are those of the scaling document", func() {
		Expect(zones(routesOf(v1alpha1.EdgeSpec{RateLimit: documentLimits()}))).To(Equal(map[string]any{
			"global":       map[string]any{"key": byAddress, "window": "1m0s", "max_events": 100.0},
			"burst:global": map[string]any{"key": byAddress, "window": "1s", "max_events": 20.0},
			"api-chat":     zoneOf("/api/chat*", byAddress, "1m0s", 30),
			"api-files":    zoneOf("/api/files*", byAddress, "1m0s", 50),
			"api-auth":     zoneOf("/api/auth*", byAddress, "1m0s", 10),

			"path:/api/upload*":       zoneOf("/api/upload*", "{botcluster.client.header.X-Api-Key}", "1h0m0s", 6),
			"burst:path:/api/upload*": zoneOf("/api/upload*", "{botcluster.client.header.X-Api-Key}", "1s", 2),
		}))
	})

	It("count in the declared window by what is declared, endpoints too", func() {
		limits := &v1alpha1.EdgeRateLimit{
			Window: seconds(5), By: v1alpha1.RateLimitByCookie, ByName: "sid", Endpoints: v1alpha1.RateLimitEndpoints{APIAuth: new(int32(3))},
		}
		Expect(zones(routesOf(v1alpha1.EdgeSpec{RateLimit: limits}))).To(Equal(map[string]any{
			"api-auth": zoneOf("/api/auth*", "{botcluster.client.cookie.sid}", "5s", 3),
		}))
	})

	It("are counted before a bot is looked for, those of a route on it alone", func() {
		config := routesOf(v1alpha1.EdgeSpec{Routes: []v1alpha1.EdgeRoute{fullRoute()}})
		Expect(zones(config)).To(Equal(map[string]any{
			"route:widget": map[string]any{"key": "{botcluster.client.cookie.sid}", "window": "1m0s", "max_events": 30.0},
		}))
		Expect(ways(config)["widget"].handle[0]).To(HaveKeyWithValue("handler", "rate_limit"))
	})

	It("keep the names of their zones, and so their counts, when figures change", func() {
		before, after := documentLimits(), documentLimits()
		after.Requests, after.Burst, after.Paths[0].Requests = new(int32(1)), new(int32(1)), 1
		names := func(limits *v1alpha1.EdgeRateLimit) (names []string) {
			for name := range zones(routesOf(v1alpha1.EdgeSpec{RateLimit: limits})) {
				names = append(names, name)
			}
			return names
		}
		Expect(names(after)).To(ConsistOf(names(before)))
	})

	It("are all lifted at once", func() {
		limits := documentLimits()
		limits.Enabled = new(false)
		Expect(zones(routesOf(v1alpha1.EdgeSpec{RateLimit: limits, Routes: []v1alpha1.EdgeRoute{fullRoute()}}))).To(BeEmpty())
	})

	It("never allow nothing: the module would panic at the first request", func() {
		limits := &v1alpha1.EdgeRateLimit{Requests: new(int32(0)), Burst: new(int32(-1))}
		for name, zone := range zones(routesOf(v1alpha1.EdgeSpec{RateLimit: limits})) {
			Expect(zone).To(HaveKeyWithValue("max_events", 1.0), name)
		}
	})

	When("a client is told from another", func() {
		var key func(placeholder string, known map[string]string) string

		BeforeEach(func() {
			key = keys(routesOf(v1alpha1.EdgeSpec{RateLimit: documentLimits(), Routes: []v1alpha1.EdgeRoute{fullRoute()}}))
		})

		DescribeTable("by address", func(address, want string) {
			Expect(key(byAddress, map[string]string{"{http.vars.client_ip}": address})).To(Equal(want))
		},
			Entry("IPv4", "192.0.2.7", "192.0.2.7"),
			Entry("IPv4 in IPv6's clothes", "::ffff:192.0.2.7", "192.0.2.7"),
			Entry("IPv6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
			Entry("IPv6 with a zero network", "2001:db8::1", "2001:db8:0:0"),
			Entry("IPv6 with zeros inside", "2001::2:3:4:5:6", "2001:0:0:2"),
			Entry("the loopback", "::1", "::1"),
		)

		It("IPv6 has one key for each network of 64 bits", func() {
			random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 7))
			for range 3000 {
				one, other := randomAddress(random), randomAddress(random)
				if random.IntN(2) == 0 { // the same network
					bytes, network := other.As16(), one.As16()
					copy(bytes[:8], network[:8])
					other = netip.AddrFrom16(bytes)
				}
				same := netip.PrefixFrom(one, 64).Masked() == netip.PrefixFrom(other, 64).Masked()
				equal := key(byAddress, map[string]string{"{http.vars.client_ip}": one.String()}) ==
					key(byAddress, map[string]string{"{http.vars.client_ip}": other.String()})
				Expect(equal).To(Equal(same), "%s and %s", one, other)
			}
		})

		DescribeTable("by a header or cookie", func(placeholder, source string) {
			address := map[string]string{"{http.vars.client_ip}": "2001:db8::1"}
			Expect(key(placeholder, address)).To(Equal("2001:db8:0:0"), "without one it is the address")
			address[source] = "2001:db8:0:0"
			Expect(key(placeholder, address)).To(HaveSuffix(":2001:db8:0:0"), "and nobody passes for another's")
			address[source] = "{env.HOME}\n" + strings.Repeat("x", 5000)
			Expect(key(placeholder, address)).To(And(ContainSubstring(":{env.HOME}\nx"), HaveLen(256+strings.Index(key(placeholder, address), ":")+1)))
		},
			Entry("header", "{botcluster.client.header.X-Api-Key}", "{http.request.header.X-Api-Key}"),
			Entry("cookie", "{botcluster.client.cookie.sid}", "{http.request.cookie.sid}"),
		)
	})
})

func zoneOf(path, key, window string, requests float64) map[string]any {
	return map[string]any{
		"match": []any{map[string]any{"path": []any{path}}}, "key": key, "window": window, "max_events": requests,
	}
}

// keys reads the map handlers of a configuration as Caddy does.
func keys(config any) func(placeholder string, known map[string]string) string {
	byDestination, patterns := map[string]map[string]any{}, map[string]*regexp.Regexp{}
	for _, handler := range handlers(config, "map") {
		byDestination[handler["destinations"].([]any)[0].(string)] = handler
		for _, mapping := range handler["mappings"].([]any) {
			text := mapping.(map[string]any)["input_regexp"].(string)
			patterns[text] = regexp.MustCompile(text)
		}
	}
	var value func(placeholder string, known map[string]string) string
	value = func(placeholder string, known map[string]string) string {
		handler, found := byDestination[placeholder]
		if !found {
			return known[placeholder]
		}
		input := known[handler["source"].(string)]
		for _, mapping := range handler["mappings"].([]any) {
			pattern := patterns[mapping.(map[string]any)["input_regexp"].(string)]
			if match := pattern.FindStringSubmatchIndex(input); match != nil {
				return string(pattern.ExpandString(nil, mapping.(map[string]any)["outputs"].([]any)[0].(string), input, match))
			}
		}
		return value(handler["defaults"].([]any)[0].(string), known)
	}
	return value
}

// randomAddress is a global IPv6 address with many zeros.
func randomAddress(random *rand.Rand) netip.Addr {
	var bytes [16]byte
	for i := range bytes {
		if random.IntN(3) == 0 {
			bytes[i] = byte(random.IntN(3))
		}
	}
	bytes[0] = 0x20 | byte(random.IntN(2))
	return netip.AddrFrom16(bytes)
}
