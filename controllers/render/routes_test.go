package render_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

var _ = Describe("Routes", func() {
	hosts := []v1alpha1.HostName{"www.example.com", "bot.example.com"}

	DescribeTable("are Caddy's JSON for",
		func(golden string, edge v1alpha1.EdgeSpec) {
			routes := render.Routes(edge, v1alpha1.DrainSpec{Timeout: &metav1.Duration{Duration: time.Minute}})
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
			Instances: 2, Hosts: hosts, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeAuto, Email: "ops@example.com"},
			HostPorts: &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(80)), HTTPSBase: new(int32(443))},
		}),
	)

	It("carry the hash of what they are without it", func() {
		routes := render.Routes(v1alpha1.EdgeSpec{Instances: 1}, v1alpha1.DrainSpec{})
		mark := fmt.Sprintf(`{"revision":%q}`, routes.Revision)
		Expect(strings.Count(string(routes.Config), mark)).To(Equal(1))
		bare := strings.Replace(string(routes.Config), mark, "{}", 1)
		sum := sha256.Sum256([]byte(bare))
		Expect(hex.EncodeToString(sum[:])).To(HavePrefix(routes.Revision))
		Expect(routes.Revision).To(HaveLen(16))
	})

	It("do not depend on the order of the hosts", func() {
		turned := slices.Clone(hosts)
		slices.Reverse(turned)
		Expect(render.Routes(v1alpha1.EdgeSpec{Hosts: turned}, v1alpha1.DrainSpec{})).
			To(Equal(render.Routes(v1alpha1.EdgeSpec{Hosts: hosts}, v1alpha1.DrainSpec{})))
		Expect(turned[0]).To(Equal(hosts[1]), "the spec is left as it was")
	})

	It("do not change with what does not concern them", func() {
		few := v1alpha1.EdgeSpec{Instances: 1}
		many := v1alpha1.EdgeSpec{
			Instances: 3, Image: v1alpha1.ImageReference{Alias: "other"}, Resources: v1alpha1.Resources{Memory: "1GiB"},
			HostPorts: &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(8080))},
		}
		Expect(render.Routes(many, v1alpha1.DrainSpec{})).To(Equal(render.Routes(few, v1alpha1.DrainSpec{})))
	})

	DescribeTable("give requests in hand the time that bots have to leave",
		func(timeout *metav1.Duration, want string) {
			config := decode(render.Routes(v1alpha1.EdgeSpec{}, v1alpha1.DrainSpec{Timeout: timeout}).Config)
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
		config := decode(render.Routes(edge, v1alpha1.DrainSpec{}).Config)
		routes, err := json.Marshal(at(config, "apps", "http", "servers", "http", "routes"))
		Expect(err).NotTo(HaveOccurred())
		Expect(regexp.MustCompile(`"Location":\["[^"]*"\]|"Host":\["[^"]*"\]`).FindAllString(string(routes), -1)).To(ConsistOf(
			`"Location":["https://{http.request.host}:8444{http.request.uri}"]`, `"Host":["*:81"]`,
			`"Location":["https://{http.request.host}:8445{http.request.uri}"]`, `"Host":["*:82"]`,
			`"Location":["https://{http.request.host}:8443{http.request.uri}"]`,
		))
	})

	It("are safe and the same each time, whatever is declared", func() {
		seed := uint64(GinkgoRandomSeed())
		random := rand.New(rand.NewPCG(seed, 1))
		for range 500 {
			edge, drain := randomEdge(random), v1alpha1.DrainSpec{}
			routes := render.Routes(edge, drain)
			Expect(render.Routes(edge, drain)).To(Equal(routes))
			config := decode(routes.Config)
			Expect(at(config, "admin", "listen")).To(Equal("unix//run/caddy/admin.sock|0600"))
			Expect(at(config, "apps", "botcluster", "revision")).To(Equal(routes.Revision))
			servers := at(config, "apps", "http", "servers").(map[string]any)
			Expect(servers).To(HaveKey("http"))
			_, secure := servers["https"]
			Expect(secure).To(Equal(edge.TLS.Mode == v1alpha1.TLSModeAuto || edge.TLS.Mode == v1alpha1.TLSModeInternal))
			expectProxies(routes.Config)
		}
	})
})

// expectProxies checks what every way to the bots has.
func expectProxies(config []byte) {
	GinkgoHelper()
	text := string(config)
	proxies := strings.Count(text, `"handler":"reverse_proxy"`)
	Expect(proxies).To(Equal(4))
	for _, part := range []string{
		`"dynamic_upstreams":{"source":"botcluster"}`, `"try_duration":"5s"`, `"stream_close_delay":"24h0m0s"`,
		`"transport":{"protocol":"botcluster","dial_timeout":"500ms"}`, `"passive":{"fail_duration":"2s","max_fails":3}`,
	} {
		Expect(strings.Count(text, part)).To(Equal(proxies), part)
	}
	Expect(text).NotTo(ContainSubstring(`"active"`), "the pool probes")
}

func randomEdge(random *rand.Rand) v1alpha1.EdgeSpec {
	modes := []v1alpha1.TLSMode{"", v1alpha1.TLSModeOff, v1alpha1.TLSModeInternal, v1alpha1.TLSModeAuto}
	edge := v1alpha1.EdgeSpec{
		Instances: 1 + random.Int32N(16),
		TLS:       v1alpha1.EdgeTLS{Mode: modes[random.IntN(len(modes))]},
	}
	for range random.IntN(4) {
		edge.Hosts = append(edge.Hosts, v1alpha1.HostName(fmt.Sprintf("h%d.example.com", random.IntN(100))))
	}
	if random.IntN(2) == 0 {
		edge.HostPorts = &v1alpha1.EdgeHostPorts{HTTPBase: new(1 + random.Int32N(65518)), HTTPSBase: new(1 + random.Int32N(65518))}
	}
	return edge
}

func decode(config []byte) map[string]any {
	GinkgoHelper()
	var decoded map[string]any
	Expect(json.Unmarshal(config, &decoded)).To(Succeed())
	return decoded
}

// at follows keys into decoded JSON.
func at(config map[string]any, keys ...string) any {
	GinkgoHelper()
	var here any = config
	for _, key := range keys {
		inside, isObject := here.(map[string]any)
		Expect(isObject).To(BeTrue(), "%v at %q", keys, key)
		here = inside[key]
	}
	return here
}
