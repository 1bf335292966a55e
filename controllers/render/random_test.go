package render_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("Whatever is declared, routes", func() {
	It("are the same each time and lead to the bots by our own modules", func() {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 1))
		for range 200 {
			spec := randomSpec(random)
			routes := render.Routes(spec)
			Expect(render.Routes(spec)).To(Equal(routes))
			config := decode(routes.Config)
			Expect(at(config, "admin", "listen")).To(Equal("unix//run/caddy/admin.sock|0600"))
			Expect(at(config, "apps", "botcluster", "revision")).To(Equal(routes.Revision))
			servers := at(config, "apps", "http", "servers").(map[string]any)
			Expect(servers).To(HaveKey("http"))
			_, secure := servers["https"]
			Expect(secure).To(Equal(spec.Edge.TLS.Mode != "" && spec.Edge.TLS.Mode != v1alpha1.TLSModeOff))
			expectProxies(config, spec)
			expectSwappable(config)
			zones(config) // their names are unique
		}
	})

	It("hold no placeholder that the user wrote", func() {
		const escaped, ours = `\\{env.X\\}`, `"fallback":{"body":"{env.X}"` // our own handler knows no placeholders
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 2))
		for range 100 {
			text := string(render.Routes(randomSpec(random)).Config)
			Expect(text).To(ContainSubstring(escaped))
			text = strings.ReplaceAll(text, ours, "")
			Expect(strings.ReplaceAll(text, escaped, "")).NotTo(ContainSubstring("env.X"))
		}
	})
})

// expectProxies checks what every way to the bots has.
func expectProxies(config map[string]any, spec v1alpha1.BotClusterSpec) {
	GinkgoHelper()
	found := ways(config)
	Expect(found).To(HaveLen(4 + len(spec.Edge.Routes)))
	Expect(handlers(config, "reverse_proxy")).To(HaveLen(len(found)))
	for _, way := range found {
		Expect(way.proxy).To(And(
			HaveKeyWithValue("dynamic_upstreams", map[string]any{"source": "botcluster"}),
			HaveKeyWithValue("transport", HaveKeyWithValue("protocol", "botcluster")),
			HaveKeyWithValue("load_balancing", HaveKeyWithValue("selection_policy", map[string]any{"policy": "botcluster"})),
			Not(Or(HaveKey("health_checks"), HaveKey("stream_close_delay"))),
		))
		Expect(way.choice["route"]).To(MatchRegexp(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`))
		Expect(way.headers()).To(HaveKeyWithValue("deferred", true))
	}
}

// expectSwappable checks that all routes of all servers are inside of what is swapped in place, each under its own name.
func expectSwappable(config map[string]any) {
	GinkgoHelper()
	names := map[string]bool{}
	for _, server := range at(config, "apps", "http", "servers").(map[string]any) {
		for _, routes := range []any{at(server.(map[string]any), "routes"), at(server.(map[string]any), "errors", "routes")} {
			Expect(routes).To(HaveLen(1))
			inside := handlers(routes, "botcluster_routes")
			Expect(inside).To(HaveLen(1))
			Expect(names).NotTo(HaveKey(inside[0]["name"]))
			names[inside[0]["name"].(string)] = true
		}
	}
}

func randomSpec(random *rand.Rand) v1alpha1.BotClusterSpec {
	modes := []v1alpha1.TLSMode{"", v1alpha1.TLSModeOff, v1alpha1.TLSModeInternal, v1alpha1.TLSModeAuto, v1alpha1.TLSModeSecret}
	edge := v1alpha1.EdgeSpec{
		Instances: 1 + random.Int32N(16), HTTP3: chance(random),
		TLS: v1alpha1.EdgeTLS{Mode: modes[random.IntN(len(modes))]},
		CircuitBreaker: v1alpha1.CircuitBreaker{
			Enabled: new(chance(random)), Threshold: random.Int32N(3), Fallback: v1alpha1.FallbackResponse{Body: "{env.X}"},
		},
	}
	for range random.IntN(4) {
		edge.Hosts = append(edge.Hosts, v1alpha1.HostName(fmt.Sprintf("h%d.example.com", random.IntN(100))))
	}
	if chance(random) {
		edge.HostPorts = &v1alpha1.EdgeHostPorts{HTTPBase: new(1 + random.Int32N(65518)), HTTPSBase: new(1 + random.Int32N(65518))}
	}
	if chance(random) {
		edge.RateLimit = documentLimits()
		edge.RateLimit.Enabled = new(chance(random))
	}
	for i := range random.IntN(5) {
		edge.Routes = append(edge.Routes, randomRoute(random, fmt.Sprintf("route-%d", i)))
	}
	return v1alpha1.BotClusterSpec{Edge: edge, Health: v1alpha1.HealthSpec{FailDuration: randomDuration(random), MaxFails: random.Int32N(3)}}
}

func randomRoute(random *rand.Rand, name string) v1alpha1.EdgeRoute {
	policies := []v1alpha1.LoadBalancingPolicy{"", "round_robin", "first", "least_conn", "ip_hash", "cookie", "random"}
	route := v1alpha1.EdgeRoute{Name: name, Policy: policies[random.IntN(len(policies))]}
	if chance(random) {
		full := fullRoute()
		full.Name = name
		full.Match.Headers[0].Value = "{env.X}"
		full.ResponseHeaders.Set[0].Value = "{env.X}"
		full.Timeouts.Try = randomDuration(random)
		return full
	}
	return route
}

func randomDuration(random *rand.Rand) *metav1.Duration {
	if chance(random) {
		return nil
	}
	return &metav1.Duration{Duration: time.Duration(random.IntN(100)) * time.Second}
}

func chance(random *rand.Rand) bool { return random.IntN(2) == 0 }
