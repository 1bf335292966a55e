package render_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("A route of the user's own", func() {
	render := func(route v1alpha1.EdgeRoute) wayOf {
		GinkgoHelper()
		return ways(routesOf(v1alpha1.EdgeSpec{
			Routes: []v1alpha1.EdgeRoute{route}, CircuitBreaker: v1alpha1.CircuitBreaker{Threshold: 7, Timeout: seconds(10)},
			LoadBalancing: v1alpha1.LoadBalancing{CookieName: "bot", TryDuration: seconds(3)},
		}))[route.Name]
	}
	paths := v1alpha1.RouteMatch{Paths: []v1alpha1.PathPattern{"/x*"}}

	It("comes before the documented ones, which stay, in the declared order", func() {
		config := routesOf(v1alpha1.EdgeSpec{Routes: []v1alpha1.EdgeRoute{{Name: "zebra", Match: paths}, {Name: "ant", Match: paths}}})
		names := make([]any, 0, 6)
		for _, choice := range handlers(config, "botcluster_route") {
			names = append(names, choice["route"])
		}
		Expect(names).To(HaveExactElements("zebra", "ant", "health", "websocket", "api", "default"))
	})

	It("takes from the edge what it does not say", func() {
		way := render(v1alpha1.EdgeRoute{Name: "plain", Match: paths})
		Expect(way.choice).To(And(
			HaveKeyWithValue("policy", "round_robin"),
			HaveKeyWithValue("breaker", map[string]any{"threshold": 7.0, "timeout": "10s", "half_open_requests": 3.0}),
			HaveKeyWithValue("passive", map[string]any{"fail_duration": "30s", "max_fails": 3.0}),
		))
		Expect(way.proxy).To(HaveKeyWithValue("transport", map[string]any{"protocol": "botcluster", "dial_timeout": "500ms"}))
		Expect(way.proxy).To(HaveKeyWithValue("load_balancing", HaveKeyWithValue("try_duration", "3s")))
		Expect(way.proxy).NotTo(HaveKey("headers"))
		Expect(way.handle).To(HaveLen(3), "headers, choice and proxy")
	})

	DescribeTable("matches",
		func(match v1alpha1.RouteMatch, want map[string]any) {
			Expect(render(v1alpha1.EdgeRoute{Name: "x", Match: match}).match).To(HaveExactElements(BeComparableTo(want)))
		},
		Entry("paths", v1alpha1.RouteMatch{Paths: []v1alpha1.PathPattern{"/b*", "/a"}}, map[string]any{"path": []any{"/a", "/b*"}}),
		Entry("a regular expression, braces as they are", v1alpha1.RouteMatch{PathRegexp: `^/[a-z]{2}/`},
			map[string]any{"path_regexp": map[string]any{"pattern": `^/[a-z]{2}/`}}),
		Entry("hosts", v1alpha1.RouteMatch{Hosts: []v1alpha1.HostName{"a.example.com"}}, map[string]any{"host": []any{"a.example.com"}}),
		Entry("methods", v1alpha1.RouteMatch{Methods: []v1alpha1.HTTPMethod{"PUT", "GET"}}, map[string]any{"method": []any{"GET", "PUT"}}),
		Entry("headers", v1alpha1.RouteMatch{Headers: []v1alpha1.HeaderMatch{{Name: "x-a", Value: "{env.A}*"}, {Name: "X-B"}}},
			map[string]any{"header": map[string]any{"X-A": []any{`\{env.A\}*`}, "X-B": []any{"*"}}}),
	)

	It("has a cookie of its own or shares the edge's", func() {
		way := render(v1alpha1.EdgeRoute{Name: "x", Match: paths, Policy: v1alpha1.PolicyCookie})
		Expect(way.choice).To(HaveKeyWithValue("cookie", HaveKeyWithValue("name", "bot")))
		way = render(v1alpha1.EdgeRoute{Name: "x", Match: paths, Policy: v1alpha1.PolicyCookie, CookieName: "own"})
		Expect(way.choice).To(HaveKeyWithValue("cookie", HaveKeyWithValue("name", "own")))
	})

	It("takes a prefix off the path", func() {
		way := render(v1alpha1.EdgeRoute{Name: "x", Match: paths, StripPrefix: "/v1"})
		Expect(handlers(way.handle, "rewrite")).To(HaveExactElements(HaveKeyWithValue("strip_path_prefix", "/v1")))
	})

	It("changes headers, security headers too, and no text of it is a placeholder", func() {
		way := render(v1alpha1.EdgeRoute{
			Name: "x", Match: paths,
			RequestHeaders: &v1alpha1.HeaderChanges{
				Set:    []v1alpha1.HeaderValue{{Name: "x-key", Value: "{file./etc/shadow}"}, {Name: "X-Both", Value: "1"}},
				Delete: []v1alpha1.HeaderName{"cookie", "X-Both"},
			},
			ResponseHeaders: &v1alpha1.HeaderChanges{
				Set:    []v1alpha1.HeaderValue{{Name: "referrer-policy", Value: "no-referrer"}, {Name: "Server", Value: "us"}},
				Delete: []v1alpha1.HeaderName{"x-frame-options"},
			},
		})
		Expect(way.proxy).To(HaveKeyWithValue("headers", map[string]any{"request": map[string]any{
			"set": map[string]any{"X-Key": []any{`\{file./etc/shadow\}`}, "X-Both": []any{"1"}}, "delete": []any{"Cookie"},
		}}))
		Expect(way.headers()).To(Equal(map[string]any{
			"set": map[string]any{
				"Referrer-Policy": []any{"no-referrer"}, "Server": []any{"us"}, "X-Content-Type-Options": []any{"nosniff"},
			},
			"delete": []any{"X-Frame-Options"}, "deferred": true,
		}))
	})

	It("waits as long as it says", func() {
		way := render(fullRoute())
		Expect(way.proxy).To(HaveKeyWithValue("transport", map[string]any{
			"protocol": "botcluster", "dial_timeout": "250ms", "response_header_timeout": "30s",
		}))
		Expect(way.proxy).To(HaveKeyWithValue("load_balancing", HaveKeyWithValue("try_duration", "2s")))
	})

	DescribeTable("changes the edge's circuit breaker",
		func(own v1alpha1.RouteCircuitBreaker, want types.GomegaMatcher) {
			choice := render(v1alpha1.EdgeRoute{Name: "x", Match: paths, CircuitBreaker: &own}).choice
			Expect(choice["breaker"]).To(want)
		},
		Entry("in part", v1alpha1.RouteCircuitBreaker{HalfOpenRequests: 1},
			Equal(map[string]any{"threshold": 7.0, "timeout": "10s", "half_open_requests": 1.0})),
		Entry("as a whole", v1alpha1.RouteCircuitBreaker{Threshold: 1, Timeout: seconds(2), HalfOpenRequests: 9},
			Equal(map[string]any{"threshold": 1.0, "timeout": "2s", "half_open_requests": 9.0})),
		Entry("to none", v1alpha1.RouteCircuitBreaker{Enabled: new(false), Threshold: 1}, BeNil()),
	)
})
