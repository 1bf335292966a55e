package render_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("Traffic to the bots", func() {
	It("goes the four ways of the scaling document, in its order", func() {
		choices := handlers(routesOf(v1alpha1.EdgeSpec{}), "botcluster_route")
		Expect(choices).To(HaveExactElements(
			And(HaveKeyWithValue("route", "health"), HaveKeyWithValue("policy", "first"), Not(HaveKey("breaker"))),
			And(HaveKeyWithValue("route", "websocket"), HaveKeyWithValue("policy", "cookie"),
				HaveKeyWithValue("cookie", map[string]any{"name": "lb", "fallback": "least_conn"})),
			And(HaveKeyWithValue("route", "api"), HaveKeyWithValue("policy", "round_robin"), Not(HaveKey("cookie"))),
			And(HaveKeyWithValue("route", "default"), HaveKeyWithValue("policy", "first")),
		))
	})

	DescribeTable("goes by the policy that is declared",
		func(declare func(*v1alpha1.RoutePolicies, v1alpha1.LoadBalancingPolicy), route string) {
			for _, policy := range []v1alpha1.LoadBalancingPolicy{"round_robin", "first", "least_conn", "ip_hash", "cookie", "random"} {
				edge := v1alpha1.EdgeSpec{LoadBalancing: v1alpha1.LoadBalancing{CookieName: "bot"}}
				declare(&edge.LoadBalancing.Policies, policy)
				choice := ways(routesOf(edge))[route].choice
				Expect(choice).To(HaveKeyWithValue("policy", string(policy)))
				if policy == v1alpha1.PolicyCookie {
					Expect(choice).To(HaveKeyWithValue("cookie", HaveKeyWithValue("name", "bot")))
				} else {
					Expect(choice).NotTo(HaveKey("cookie"))
				}
			}
		},
		Entry("for the health endpoint", func(p *v1alpha1.RoutePolicies, to v1alpha1.LoadBalancingPolicy) { p.Health = to }, "health"),
		Entry("for WebSockets", func(p *v1alpha1.RoutePolicies, to v1alpha1.LoadBalancingPolicy) { p.WebSocket = to }, "websocket"),
		Entry("for the API", func(p *v1alpha1.RoutePolicies, to v1alpha1.LoadBalancingPolicy) { p.API = to }, "api"),
		Entry("for the rest", func(p *v1alpha1.RoutePolicies, to v1alpha1.LoadBalancingPolicy) { p.Default = to }, "default"),
	)

	It("is tried again within the declared time, and only what is safe when a bot may have seen it", func() {
		config := routesOf(v1alpha1.EdgeSpec{LoadBalancing: v1alpha1.LoadBalancing{TryDuration: seconds(9)}})
		for name, way := range ways(config) {
			Expect(way.proxy["load_balancing"]).To(Equal(map[string]any{
				"selection_policy": map[string]any{"policy": "botcluster"}, "try_duration": "9s", "try_interval": "50ms",
				"retry_match": []any{map[string]any{"method": []any{"GET", "HEAD", "OPTIONS"}}},
			}), name)
		}
	})

	DescribeTable("passes over bots that failed requests",
		func(health v1alpha1.HealthSpec, want any) {
			found := ways(decode(render.Routes(v1alpha1.BotClusterSpec{Health: health}).Config))
			Expect(found).To(HaveLen(4))
			for name, way := range found {
				if want == nil {
					Expect(way.choice).NotTo(HaveKey("passive"), name)
				} else {
					Expect(way.choice).To(HaveKeyWithValue("passive", want), name)
				}
			}
		},
		Entry("by default", v1alpha1.HealthSpec{}, map[string]any{"fail_duration": "30s", "max_fails": 3.0}),
		Entry("as declared", v1alpha1.HealthSpec{FailDuration: seconds(7), MaxFails: 1}, map[string]any{"fail_duration": "7s", "max_fails": 1.0}),
		Entry("never, when nothing is remembered", v1alpha1.HealthSpec{FailDuration: &metav1.Duration{}}, nil),
	)

	DescribeTable("is broken off by circuit breakers",
		func(breaker v1alpha1.CircuitBreaker, want types.GomegaMatcher) {
			found := ways(routesOf(v1alpha1.EdgeSpec{CircuitBreaker: breaker}))
			for _, name := range []string{"websocket", "api", "default"} {
				Expect(found[name].choice["breaker"]).To(want, name)
			}
			Expect(found["health"].choice).NotTo(HaveKey("breaker"), "monitors see what bots say")
		},
		Entry("by default", v1alpha1.CircuitBreaker{},
			Equal(map[string]any{"threshold": 5.0, "timeout": "30s", "half_open_requests": 3.0})),
		Entry("as declared", v1alpha1.CircuitBreaker{Threshold: 2, Timeout: seconds(90), HalfOpenRequests: 1},
			Equal(map[string]any{"threshold": 2.0, "timeout": "1m30s", "half_open_requests": 1.0})),
		Entry("never, when they are off", v1alpha1.CircuitBreaker{Enabled: new(false)}, BeNil()),
	)

	It("ends in the fallback, as it is, when no bot serves", func() {
		body := `{"error":"busy","see":"{env.HOME}","a\{b":1}`
		config := routesOf(v1alpha1.EdgeSpec{CircuitBreaker: v1alpha1.CircuitBreaker{
			Fallback: v1alpha1.FallbackResponse{Body: body, ContentType: "application/json"},
		}})
		Expect(ways(config)["api"].choice).To(HaveKeyWithValue("fallback",
			map[string]any{"body": body, "content_type": "application/json"}))
		errors := at(config, "apps", "http", "servers", "http", "errors")
		Expect(handlers(errors, "static_response")).To(HaveExactElements(And(
			HaveKeyWithValue("status_code", 503.0),
			HaveKeyWithValue("headers", map[string]any{"Retry-After": []any{"5"}, "Content-Type": []any{"application/json"}}),
			HaveKeyWithValue("body", `\{"error":"busy","see":"\{env.HOME\}","a\\{b":1\}`),
		)))
		Expect(handlers(errors, "headers")).To(HaveLen(2), "security headers are on every error")
	})

	It("tells clients when to come again without a fallback, too", func() {
		errors := at(routesOf(v1alpha1.EdgeSpec{}), "apps", "http", "servers", "http", "errors")
		Expect(handlers(errors, "static_response")).To(HaveExactElements(And(
			HaveKeyWithValue("headers", map[string]any{"Retry-After": []any{"5"}}), Not(HaveKey("body")),
		)))
	})

	It("comes from clients whom trusted load balancers name, read from the right", func() {
		edge := v1alpha1.EdgeSpec{
			TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeInternal}, TrustedProxies: []v1alpha1.AddressRange{"2001:db8::/32", "10.0.0.0/8"},
		}
		for _, server := range []string{"http", "https"} {
			Expect(at(routesOf(edge), "apps", "http", "servers", server)).To(And(
				HaveKeyWithValue("trusted_proxies", map[string]any{"source": "static", "ranges": []any{"10.0.0.0/8", "2001:db8::/32"}}),
				HaveKeyWithValue("trusted_proxies_strict", 1.0),
			))
		}
		Expect(at(routesOf(v1alpha1.EdgeSpec{}), "apps", "http", "servers", "http")).NotTo(HaveKey("trusted_proxies"))
	})
})
