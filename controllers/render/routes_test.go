package render_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// routesOf renders an edge with everything else as the API server leaves it.
func routesOf(edge v1alpha1.EdgeSpec) map[string]any {
	GinkgoHelper()
	return decode(render.Routes(v1alpha1.BotClusterSpec{Edge: edge}).Config)
}

var _ = Describe("Routes", func() {
	hosts := []v1alpha1.HostName{"www.example.com", "bot.example.com"}

	DescribeTable("are Caddy's JSON for",
		func(golden string, edge v1alpha1.EdgeSpec) {
			routes := render.Routes(v1alpha1.BotClusterSpec{
				Edge: edge, Drain: v1alpha1.DrainSpec{Timeout: &metav1.Duration{Duration: time.Minute}},
			})
			expectGolden(golden, readable(routes.Config))
		},
		Entry("plain HTTP to any name", "routes_off.json", v1alpha1.EdgeSpec{Instances: 1}),
		Entry("plain HTTP to some names", "routes_off_hosts.json", v1alpha1.EdgeSpec{
			Instances: 1, Hosts: hosts, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeOff},
		}),
		Entry("certificates of Caddy's own authority", "routes_internal_hosts.json", v1alpha1.EdgeSpec{
			Instances: 1, Hosts: hosts, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeInternal},
		}),
		Entry("certificates of Caddy's own authority for any name", "routes_internal.json", v1alpha1.EdgeSpec{
			Instances: 1, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeInternal},
		}),
		Entry("certificates by ACME", "routes_auto.json", v1alpha1.EdgeSpec{
			Instances: 2, Hosts: hosts, TLS: v1alpha1.EdgeTLS{
				Mode: v1alpha1.TLSModeAuto, Email: "ops@example.com", Issuer: "https://acme.example.com/directory",
			},
			HostPorts: &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(80)), HTTPSBase: new(int32(443))},
		}),
		Entry("certificates out of a Secret, and HTTP/3", "routes_secret.json", v1alpha1.EdgeSpec{
			Instances: 1, Hosts: hosts, HTTP3: true,
			TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeSecret, SecretRef: &v1alpha1.SecretReference{Name: "crew-tls"}},
		}),
		Entry("the scaling document's limits behind a load balancer", "routes_limits.json", v1alpha1.EdgeSpec{
			Instances: 1, TrustedProxies: []v1alpha1.AddressRange{"192.0.2.7", "10.0.0.0/8"}, RateLimit: documentLimits(),
		}),
		Entry("routes of the user's own", "routes_custom.json", v1alpha1.EdgeSpec{
			Instances: 1, Routes: []v1alpha1.EdgeRoute{fullRoute(), {Name: "reports", Match: v1alpha1.RouteMatch{PathRegexp: "^/reports/[0-9]{4}$"}}},
		}),
	)

	It("carry the hash of what they are without it", func() {
		routes := render.Routes(v1alpha1.BotClusterSpec{Edge: v1alpha1.EdgeSpec{Instances: 1}})
		mark := fmt.Sprintf(`{"revision":%q}`, routes.Revision)
		Expect(strings.Count(string(routes.Config), mark)).To(Equal(1))
		bare := strings.Replace(string(routes.Config), mark, "{}", 1)
		sum := sha256.Sum256([]byte(bare))
		Expect(hex.EncodeToString(sum[:])).To(HavePrefix(routes.Revision))
		Expect(routes.Revision).To(HaveLen(16))
	})

	It("do not depend on the order of what is a set", func() {
		turned := slices.Clone(hosts)
		slices.Reverse(turned)
		edge := func(names []v1alpha1.HostName, methods ...v1alpha1.HTTPMethod) v1alpha1.BotClusterSpec {
			return v1alpha1.BotClusterSpec{Edge: v1alpha1.EdgeSpec{
				Hosts: names, Routes: []v1alpha1.EdgeRoute{{Name: "x", Match: v1alpha1.RouteMatch{Hosts: names, Methods: methods}}},
			}}
		}
		Expect(render.Routes(edge(turned, "PUT", "GET"))).To(Equal(render.Routes(edge(hosts, "GET", "PUT"))))
		Expect(turned[0]).To(Equal(hosts[1]), "the spec is left as it was")
	})

	It("do not change with what does not concern them", func() {
		few := v1alpha1.EdgeSpec{Instances: 1}
		many := v1alpha1.EdgeSpec{
			Instances: 3, Image: v1alpha1.ImageReference{Alias: "other"}, Resources: v1alpha1.Resources{Memory: "1GiB"},
			HostPorts: &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(8080))},
		}
		Expect(routesOf(many)).To(Equal(routesOf(few)))
	})

	It("are whole without the defaults of the API server, and the same with them", func() {
		defaulted := v1alpha1.BotClusterSpec{
			Health: v1alpha1.HealthSpec{FailDuration: &metav1.Duration{Duration: 30 * time.Second}, MaxFails: 3},
			Drain:  v1alpha1.DrainSpec{Timeout: &metav1.Duration{Duration: 30 * time.Second}},
			Edge: v1alpha1.EdgeSpec{
				LoadBalancing: v1alpha1.LoadBalancing{
					Policies: v1alpha1.RoutePolicies{
						Health: v1alpha1.PolicyFirst, WebSocket: v1alpha1.PolicyCookie, API: v1alpha1.PolicyRoundRobin, Default: v1alpha1.PolicyFirst,
					},
					TryDuration: &metav1.Duration{Duration: 5 * time.Second}, CookieName: "lb",
				},
				CircuitBreaker: v1alpha1.CircuitBreaker{
					Enabled: new(true), Threshold: 5, Timeout: &metav1.Duration{Duration: 30 * time.Second}, HalfOpenRequests: 3,
					Fallback: v1alpha1.FallbackResponse{ContentType: "text/plain; charset=utf-8"},
				},
			},
		}
		Expect(render.Routes(defaulted)).To(Equal(render.Routes(v1alpha1.BotClusterSpec{})))
	})

	It("change nothing outside of the routes that are swapped in place, whatever of them changes", func() {
		plain := routesOf(v1alpha1.EdgeSpec{Hosts: hosts})
		other := routesOf(v1alpha1.EdgeSpec{
			Hosts: hosts[:1], Routes: []v1alpha1.EdgeRoute{fullRoute()}, RateLimit: documentLimits(),
			LoadBalancing:  v1alpha1.LoadBalancing{CookieName: "x"},
			CircuitBreaker: v1alpha1.CircuitBreaker{Threshold: 1, Fallback: v1alpha1.FallbackResponse{Body: "later"}},
		})
		Expect(plain).NotTo(Equal(other))
		Expect(withoutSwapped(plain)).To(Equal(withoutSwapped(other)))
	})

	DescribeTable("give requests in hand the time that bots have to leave",
		func(timeout *metav1.Duration, want string) {
			config := decode(render.Routes(v1alpha1.BotClusterSpec{Drain: v1alpha1.DrainSpec{Timeout: timeout}}).Config)
			Expect(at(config, "apps", "http", "grace_period")).To(Equal(want))
		},
		Entry("as declared", &metav1.Duration{Duration: 90 * time.Second}, "1m30s"),
		Entry("by default", nil, "30s"),
		Entry("never none: it would cut answers in two", &metav1.Duration{}, "1s"),
	)

	It("send plain HTTP to the port that speaks HTTPS for the same edge", func() {
		edge := v1alpha1.EdgeSpec{
			Instances: 3, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeInternal},
			HostPorts: &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(80)), HTTPSBase: new(int32(8443))},
		}
		config := routesOf(edge)
		routes, err := json.Marshal(at(config, "apps", "http", "servers", "http", "routes"))
		Expect(err).NotTo(HaveOccurred())
		Expect(regexp.MustCompile(`"Location":\["[^"]*"\]|"Host":\["[^"]*"\]`).FindAllString(string(routes), -1)).To(ConsistOf(
			`"Location":["https://{http.request.host}:8444{http.request.uri}"]`, `"Host":["*:81"]`,
			`"Location":["https://{http.request.host}:8445{http.request.uri}"]`, `"Host":["*:82"]`,
			`"Location":["https://{http.request.host}:8443{http.request.uri}"]`,
		))
	})
})
