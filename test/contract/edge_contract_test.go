package contract_test

import (
	"encoding/json"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"
	"github.com/onsi/gomega/types"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

const (
	// edgeTimeout bounds a spec, buildTimeout the building of Caddy before the first one on it.
	edgeTimeout  = time.Minute
	buildTimeout = 15 * time.Minute
)

// quickProbe is as often as an edge takes it, and patient on a busy machine.
var quickProbe = model.Probe{Path: "/api/health", Interval: 100 * time.Millisecond, Timeout: 10 * time.Second, Retries: 2}

// plainRoutes are the least that an edge loads: no server, and bots on the loopback allowed.
func plainRoutes(world edgeWorld, revision string) model.Routes {
	GinkgoHelper()
	config, err := json.Marshal(map[string]any{
		"admin": map[string]any{"listen": world.AdminListen()},
		"apps":  map[string]any{"botcluster": map[string]any{"revision": revision, "loopback_members": true}},
	})
	Expect(err).NotTo(HaveOccurred())
	return model.Routes{Revision: revision, Config: config}
}

// memberThat matches a member of a state by what probes found, and whether it serves.
func memberThat(name string, probe model.ProbeResult, serving bool) types.GomegaMatcher {
	return gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{
		"Name": Equal(name), "Probe": Equal(probe), "Serving": Equal(serving),
	})
}

func haveMembers(members ...any) types.GomegaMatcher {
	return HaveField("Members", HaveExactElements(members...))
}

var _ = Describe("The contract of provider.Edge", func() {
	for _, kind := range edgeWorlds {
		Describe("on "+kind.name, kind.label, func() {
			var (
				world edgeWorld
				edge  provider.Edge
			)

			BeforeEach(func(SpecContext) { kind.prepare() }, NodeTimeout(buildTimeout))

			BeforeEach(func(ctx SpecContext) {
				world = kind.begin()
				world.Start()
				edges := caddy.New()
				DeferCleanup(func() { edges.Forget("host/edge-1") })
				edge = edges.Edge("host/edge-1", world.Dial)
				Eventually(edge.State).WithContext(ctx).Should(HaveField("Process", Not(BeEmpty())))
			}, NodeTimeout(edgeTimeout))

			state := func(ctx SpecContext) func() (model.EdgeState, error) {
				return func() (model.EdgeState, error) { return edge.State(ctx) }
			}

			It("begins with nothing", func(ctx SpecContext) {
				seen, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(seen).To(Equal(model.EdgeState{Process: seen.Process, Members: []model.MemberStatus{}}))
			}, SpecTimeout(edgeTimeout))

			It("serves the routes it was given last", func(ctx SpecContext) {
				for _, revision := range []string{"one", "two", "two", "one"} {
					Expect(edge.SetRoutes(ctx, plainRoutes(world, revision))).To(Succeed())
					Expect(edge.State(ctx)).To(HaveField("RoutesRevision", revision))
				}
			}, SpecTimeout(edgeTimeout))

			DescribeTable("keeps its routes when it is given some that it cannot serve",
				func(ctx SpecContext, config string) {
					Expect(edge.SetRoutes(ctx, plainRoutes(world, "good"))).To(Succeed())
					before, err := edge.State(ctx)
					Expect(err).NotTo(HaveOccurred())
					err = edge.SetRoutes(ctx, model.Routes{Revision: "bad", Config: []byte(config)})
					Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
					Expect(provider.ReasonOf(err, "")).To(Equal(v1alpha1.ReasonEdgeRejectedRoutes))
					Expect(edge.State(ctx)).To(Equal(before))
				},
				Entry("no JSON", `{"apps":`, SpecTimeout(edgeTimeout)),
				Entry("a value of the wrong type", `{"apps":{"botcluster":{"revision":7}}}`, SpecTimeout(edgeTimeout)),
				Entry("nothing", ``, SpecTimeout(edgeTimeout)),
			)

			It("probes the pool it was given, and only those serve that are active and healthy", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				fine, sick, leaving := world.NewBot("bot-1"), world.NewBot("bot-2"), world.NewBot("bot-10")
				sick.IsSick()
				pool := model.Pool{Revision: "first", Probe: quickProbe, Members: []model.Member{
					leaving.Member(model.MemberDraining), sick.Member(model.MemberActive), fine.Member(model.MemberActive),
				}}
				told, err := edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				Expect(told.PoolRevision).To(Equal("first"))
				Expect(told.Members).To(HaveLen(3), "all are listed from the beginning")
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(
					memberThat("bot-1", model.ProbeHealthy, true),
					memberThat("bot-2", model.ProbeUnhealthy, false),
					memberThat("bot-10", model.ProbeHealthy, false),
				), "in the order in which people count")
				seen, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(seen.Members[0].Since).NotTo(BeZero())
				Expect(seen.Members[0]).To(Equal(model.MemberStatus{
					Since: seen.Members[0].Since,

					Name: "bot-1", Address: fine.Member(model.MemberActive).Address, State: model.MemberActive,
					Serving: true, Probe: model.ProbeHealthy, StatusCode: 200,
				}))
				Expect(seen.Members[1].Message).NotTo(BeEmpty())
				Expect(seen.Members[2].State).To(Equal(model.MemberDraining))

				sick.IsHealthy()
				Eventually(state(ctx)).WithContext(ctx).Should(HaveField("Members", ContainElement(memberThat("bot-2", model.ProbeHealthy, true))))
				fine.Dies()
				Eventually(state(ctx)).WithContext(ctx).Should(HaveField("Members", ContainElement(memberThat("bot-1", model.ProbeUnhealthy, false))))
				seen, err = edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(seen.Members[0].StatusCode).To(BeZero(), "nothing answers")
			}, SpecTimeout(edgeTimeout))

			It("serves with bots that lost their database when there are no others", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				bots := []edgeBot{world.NewBot("bot-1"), world.NewBot("bot-2")}
				bots[0].LosesDatabase()
				members := []model.Member{bots[0].Member(model.MemberActive), bots[1].Member(model.MemberActive)}
				_, err := edge.SetPool(ctx, model.Pool{Revision: "pool", Probe: quickProbe, Members: members})
				Expect(err).NotTo(HaveOccurred())
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(
					memberThat("bot-1", model.ProbeDegraded, false), memberThat("bot-2", model.ProbeHealthy, true)))
				bots[1].LosesDatabase()
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(
					memberThat("bot-1", model.ProbeDegraded, true), memberThat("bot-2", model.ProbeDegraded, true)))
				seen, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(seen.Members[0].StatusCode).To(Equal(503))
			}, SpecTimeout(edgeTimeout))

			It("changes nothing when it is given the pool that it has", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				pool := model.Pool{Revision: "pool", Probe: quickProbe, Members: []model.Member{world.NewBot("bot-1").Member(model.MemberActive)}}
				_, err := edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(memberThat("bot-1", model.ProbeHealthy, true)))
				before, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(edge.SetPool(ctx, pool)).To(Equal(before), "nobody has to prove himself again")
			}, SpecTimeout(edgeTimeout))

			It("keeps its pool and what it knows of it under other routes", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "one"))).To(Succeed())
				pool := model.Pool{Revision: "pool", Probe: quickProbe, Members: []model.Member{world.NewBot("bot-1").Member(model.MemberActive)}}
				_, err := edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(memberThat("bot-1", model.ProbeHealthy, true)))
				before, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "two"))).To(Succeed())
				before.RoutesRevision = "two"
				Expect(edge.State(ctx)).To(Equal(before))
			}, SpecTimeout(edgeTimeout))

			It("drops who is not in the pool any more", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				stays, goes := world.NewBot("bot-1").Member(model.MemberActive), world.NewBot("bot-2").Member(model.MemberActive)
				_, err := edge.SetPool(ctx, model.Pool{Revision: "two", Probe: quickProbe, Members: []model.Member{stays, goes}})
				Expect(err).NotTo(HaveOccurred())
				Expect(edge.SetPool(ctx, model.Pool{Revision: "one", Probe: quickProbe, Members: []model.Member{stays}})).
					To(haveMembers(HaveField("Name", "bot-1")))
				Expect(edge.SetPool(ctx, model.Pool{Revision: "none", Probe: quickProbe})).
					To(And(haveMembers(), HaveField("PoolRevision", "none")))
			}, SpecTimeout(edgeTimeout))

			DescribeTable("keeps its pool when it is given one that makes no sense",
				func(ctx SpecContext, change func(*model.Pool)) {
					Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
					pool := model.Pool{Revision: "good", Probe: quickProbe, Members: []model.Member{world.NewBot("bot-1").Member(model.MemberActive)}}
					_, err := edge.SetPool(ctx, pool)
					Expect(err).NotTo(HaveOccurred())
					pool.Revision = "bad"
					change(&pool)
					_, err = edge.SetPool(ctx, pool)
					Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
					Expect(provider.ReasonOf(err, "")).To(Equal("EdgeRejectedPool"))
					Expect(edge.State(ctx)).To(And(HaveField("PoolRevision", "good"), haveMembers(HaveField("Name", "bot-1"))))
				},
				Entry("a name for an address", func(p *model.Pool) { p.Members[0].Address = "bot-1:8080" }, SpecTimeout(edgeTimeout)),
				Entry("two of one name", func(p *model.Pool) {
					p.Members = append(p.Members, model.Member{Name: "bot-1", Address: "10.1.2.3:80", State: model.MemberActive})
				}, SpecTimeout(edgeTimeout)),
				Entry("no path to probe", func(p *model.Pool) { p.Probe.Path = "" }, SpecTimeout(edgeTimeout)),
				Entry("no interval", func(p *model.Pool) { p.Probe.Interval = 0 }, SpecTimeout(edgeTimeout)),
			)

			It("is waited for while it is away, and comes back with its routes and an empty pool", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				pool := model.Pool{Revision: "pool", Probe: quickProbe, Members: []model.Member{world.NewBot("bot-1").Member(model.MemberActive)}}
				before, err := edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				world.Stop()
				Eventually(func() provider.Class {
					_, err := edge.State(ctx)
					return provider.ClassOf(err)
				}).WithContext(ctx).Should(Equal(provider.Waiting))
				world.Start()
				Eventually(state(ctx)).WithContext(ctx).Should(HaveField("Process", Not(BeEmpty())))
				after, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(after.Process).NotTo(Equal(before.Process))
				Expect(after).To(Equal(model.EdgeState{Process: after.Process, RoutesRevision: "routes", Members: []model.MemberStatus{}}))
				_, err = edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				Eventually(state(ctx)).WithContext(ctx).Should(haveMembers(memberThat("bot-1", model.ProbeHealthy, true)))
			}, SpecTimeout(edgeTimeout))
		})
	}
})
