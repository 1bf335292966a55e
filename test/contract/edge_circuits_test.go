package contract_test

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

// steadyProbe looks so seldom that only requests tell how a bot does.
var steadyProbe = model.Probe{Path: "/", Interval: time.Minute, Timeout: 10 * time.Second, Retries: 3}

// guardedRoutes serve one route, "api", with a circuit breaker that two failures open and passive health that two failures
// eject by; neither forgets within a spec.
func guardedRoutes(world edgeWorld, listen string) model.Routes {
	GinkgoHelper()
	type object = map[string]any
	toBots := object{
		"handler": "reverse_proxy", "dynamic_upstreams": object{"source": "botcluster"},
		"transport": object{"protocol": "botcluster", "dial_timeout": "500ms"},
		"load_balancing": object{
			"selection_policy": object{"policy": "botcluster"}, "try_duration": "5s", "try_interval": "10ms",
			"retry_match": []object{{"method": []string{"GET", "HEAD", "OPTIONS"}}},
		},
	}
	route := object{
		"handler": "botcluster_route", "route": "api", "policy": "round_robin",
		"breaker": object{"threshold": 2, "timeout": "10m", "half_open_requests": 1},
		"passive": object{"fail_duration": "10m", "max_fails": 2},
	}
	server := object{
		"listen": []string{listen}, "automatic_https": object{"disable": true},
		"routes": []object{{"handle": []object{
			{"handler": "botcluster_routes", "name": "plain", "routes": []object{{"handle": []object{route, toBots}}}},
		}}},
	}
	config, err := json.Marshal(object{
		"admin": object{"listen": world.AdminListen()},
		"apps": object{
			"botcluster": object{"revision": "guarded", "loopback_members": true},
			"http":       object{"servers": object{"plain": server}},
		},
	})
	Expect(err).NotTo(HaveOccurred())
	return model.Routes{Revision: "guarded", Config: config}
}

// OpensCircuit asks for what the bot answers with 500 until its circuit is open.
func (w realEdgeWorld) OpensCircuit(ctx context.Context, edge provider.Edge, ailing edgeBot) {
	GinkgoHelper()
	listen := freeEdgeAddress()
	Expect(edge.SetRoutes(ctx, guardedRoutes(w, listen))).To(Succeed())
	ailing.IsSick() // which its probes do not look at
	w.ask(ctx, listen, "/api/health", 20)
}

// PassesOver lets the bot die and asks until requests to it have failed.
func (w realEdgeWorld) PassesOver(ctx context.Context, edge provider.Edge, dying edgeBot) {
	GinkgoHelper()
	listen := freeEdgeAddress()
	Expect(edge.SetRoutes(ctx, guardedRoutes(w, listen))).To(Succeed())
	dying.Dies()
	w.ask(ctx, listen, "/", 20)
}

// ask sends requests, whatever comes back.
func (realEdgeWorld) ask(ctx context.Context, listen, path string, times int) {
	GinkgoHelper()
	client := &http.Client{Transport: &http.Transport{}}
	DeferCleanup(client.CloseIdleConnections)
	for range times {
		//nolint:bodyclose // it was read to its end and closed
		_, _, err := tryFetchFromEdge(ctx, client, "http://"+listen+path)
		Expect(err).NotTo(HaveOccurred())
	}
}

func (w *fakeEdgeWorld) OpensCircuit(_ context.Context, _ provider.Edge, ailing edgeBot) {
	w.edges.SetBreaker(w.edge, ailing.Member(model.MemberActive).Name, "api", "open")
}

func (w *fakeEdgeWorld) PassesOver(_ context.Context, _ provider.Edge, dying edgeBot) {
	w.edges.SetEjected(w.edge, dying.Member(model.MemberActive).Name, true)
}

var _ = Describe("What provider.Edge tells of requests that failed", func() {
	for _, kind := range edgeWorlds {
		Describe("on "+kind.name, kind.label, func() {
			var (
				world edgeWorld
				edge  provider.Edge
				bots  []edgeBot
			)

			BeforeEach(func(SpecContext) { kind.prepare() }, NodeTimeout(buildTimeout))

			BeforeEach(func(ctx SpecContext) {
				world = kind.begin()
				world.Start()
				edges := caddy.New()
				DeferCleanup(func() { edges.Forget("host/edge-1") })
				edge = edges.Edge("host/edge-1", world.Dial)
				Eventually(edge.State).WithContext(ctx).Should(HaveField("Process", Not(BeEmpty())))
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				bots = []edgeBot{world.NewBot("bot-1"), world.NewBot("bot-2")}
				_, err := edge.SetPool(ctx, model.Pool{Revision: "pool", Probe: steadyProbe, Members: []model.Member{
					bots[0].Member(model.MemberActive), bots[1].Member(model.MemberActive),
				}})
				Expect(err).NotTo(HaveOccurred())
				Eventually(edge.State).WithContext(ctx).Should(haveMembers(
					memberThat("bot-1", model.ProbeHealthy, true), memberThat("bot-2", model.ProbeHealthy, true)))
			}, NodeTimeout(edgeTimeout))

			It("is nothing while all is well", func(ctx SpecContext) {
				seen, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				for _, member := range seen.Members {
					Expect(member.Breakers).To(BeEmpty())
					Expect(member.Ejected).To(BeFalse())
				}
			}, SpecTimeout(edgeTimeout))

			It("is which circuits are open, of which member and route", func(ctx SpecContext) {
				world.OpensCircuit(ctx, edge, bots[1])
				Eventually(edge.State).WithContext(ctx).Should(haveMembers(
					HaveField("Breakers", BeEmpty()),
					HaveField("Breakers", HaveExactElements(model.Breaker{Route: "api", State: model.BreakerOpen})),
				))
			}, SpecTimeout(edgeTimeout))

			It("is who is passed over, while another is there", func(ctx SpecContext) {
				world.PassesOver(ctx, edge, bots[1])
				Eventually(edge.State).WithContext(ctx).Should(haveMembers(HaveField("Ejected", false), HaveField("Ejected", true)))
			}, SpecTimeout(edgeTimeout))

			It("goes with the member", func(ctx SpecContext) {
				world.OpensCircuit(ctx, edge, bots[1])
				Expect(edge.SetPool(ctx, model.Pool{Revision: "one", Probe: steadyProbe, Members: []model.Member{bots[0].Member(model.MemberActive)}})).
					To(haveMembers(HaveField("Breakers", BeEmpty())))
			}, SpecTimeout(edgeTimeout))
		})
	}
})
