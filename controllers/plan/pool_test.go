package plan_test

import (
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var _ = Describe("The pool", func() {
	It("names every running bot, where it is and that it is active", func() {
		Expect(calm(2, 1).plan().Pool).To(Equal(model.Pool{
			Revision: calm(2, 1).plan().Pool.Revision,
			Probe:    calm(2, 1).want.Probe,
			Members: []model.Member{
				{Name: "crew-bot-1", Address: "10.0.1.1:8080", State: model.MemberActive},
				{Name: "crew-bot-2", Address: "10.0.1.2:8080", State: model.MemberActive},
			},
		}))
	})

	DescribeTable("holds a bot that", func(change func(*scene), address string) {
		s := calm(3, 2)
		change(s)
		members := s.plan().Pool.Members
		i := slices.IndexFunc(members, func(m model.Member) bool { return m.Name == botName(2) })
		if address == "" {
			Expect(i).To(Equal(-1))
			return
		}
		Expect(i).NotTo(Equal(-1))
		Expect(members[i].Address).To(Equal(address))
	},
		Entry("was not probed yet: the edges find out", func(s *scene) { s.forgetBot(1, 2) }, "10.0.1.2:8080"),
		Entry("is unhealthy: the edges know", func(s *scene) { s.probe(1, 2, model.ProbeUnhealthy) }, "10.0.1.2:8080"),
		Entry("is surplus and not marked yet", func(s *scene) { s.tier(model.TierBot).Replicas = 1 }, "10.0.1.2:8080"),
		Entry("is being changed", func(s *scene) { s.bot(2).Operation = "update" }, "10.0.1.2:8080"),
		Entry("has an IPv6 address", func(s *scene) { s.bot(2).Address = netip.MustParseAddr("fd42::2") }, "[fd42::2]:8080"),
		Entry("listens on another port", func(s *scene) { s.want.BotPort = 9000 }, "10.0.1.2:9000"),
		Entry("stopped: no", func(s *scene) { s.bot(2).State = model.StateStopped }, ""),
		Entry("is frozen: no", func(s *scene) { s.bot(2).State = model.StateFrozen }, ""),
		Entry("has no address: no", func(s *scene) { s.bot(2).Address = netip.Addr{} }, ""),
		Entry("is being stopped: no", func(s *scene) { s.bot(2).Operation = "stop" }, ""),
		Entry("is being deleted: no", func(s *scene) { s.bot(2).Operation = "delete" }, ""),
		Entry("is foreign: no", func(s *scene) { s.bot(2).Owned = false }, ""),
		Entry("is gone: no", func(s *scene) { s.remove(botName(2)) }, ""),
		Entry("is no bot: no", func(s *scene) { s.bot(2).Tier = "vector" }, ""),
		Entry("cannot be read: as the edges hold it", func(s *scene) {
			s.bot(2).State, s.bot(2).Address = model.StateUnknown, netip.Addr{}
		}, "10.0.1.2:8080"),
		Entry("cannot be read, not even its tags: as the edges hold it", func(s *scene) {
			*s.bot(2) = model.Instance{Name: botName(2), State: model.StateUnknown, Ordinal: -1}
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.Address = "10.0.1.77:8080" })
		}, "10.0.1.77:8080"),
		Entry("cannot be read: as an edge holds it that answers", func(s *scene) {
			s.bot(2).State = model.StateUnknown
			s.hideEdge(1)
		}, "10.0.1.2:8080"),
		Entry("cannot be read and no edge holds it: no", func(s *scene) {
			s.bot(2).State = model.StateUnknown
			s.forgetBot(1, 2)
			s.onEdge(2, 2, func(m *model.MemberStatus) { m.State = model.MemberRemoved })
		}, ""),
	)

	It("keeps a bot that cannot be read in the state in which the edges hold it", func() {
		s := calm(2, 1)
		s.bot(2).State = model.StateUnknown
		s.onEdge(1, 2, func(m *model.MemberStatus) { m.State = model.MemberDraining })
		Expect(s.plan().Pool.Members[1].State).To(Equal(model.MemberDraining))
	})

	It("is found at the new address of a bot whose old one still has requests", func() {
		s := calm(1, 1)
		state := s.seen.Edges[edgeName(1)]
		state.State.Members = append(state.State.Members,
			model.MemberStatus{Name: botName(1), Address: "10.0.1.99:8080", State: model.MemberRemoved, Probe: model.ProbeUnhealthy, InFlight: 3})
		s.seen.Edges[edgeName(1)] = state
		p := s.plan()
		Expect(p.Steps).To(BeEmpty())
		Expect(assessment(p, botName(1)).Phase).To(Equal(plan.PhaseReady))
	})

	It("may be empty, and that is not the same as unknown", func() {
		p := calm(0, 1).plan()
		Expect(p.Pool.Members).To(BeEmpty())
		Expect(p.Pool.Members).NotTo(BeNil())
		Expect(p.Pool.Revision).NotTo(BeEmpty())
		Expect(p.Steps).To(BeEmpty())
	})

	Describe("has a revision", func() {
		revision := func(change func(*scene)) string {
			s := calm(3, 1)
			change(s)
			return s.plan().Pool.Revision
		}
		same := revision(func(*scene) {})

		It("that the order of the inventory does not change", func() {
			Expect(revision(func(s *scene) { slices.Reverse(s.seen.Inventory.Instances) })).To(Equal(same))
		})

		DescribeTable("that changes with its content", func(change func(*scene)) {
			Expect(revision(change)).NotTo(Equal(same))
		},
			Entry("a member less", func(s *scene) { s.remove(botName(2)) }),
			Entry("another address", func(s *scene) { s.bot(2).Address = netip.MustParseAddr("10.0.1.77") }),
			Entry("another state", func(s *scene) { s.mark(botName(2), 0) }),
			Entry("another probe", func(s *scene) { s.want.Probe.Retries++ }),
		)

		DescribeTable("that does not change with anything else", func(change func(*scene)) {
			Expect(revision(change)).To(Equal(same))
		},
			Entry("the time", func(s *scene) { s.now = s.now.Add(time.Hour) }),
			Entry("another edge", func(s *scene) {
				s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, runningInstance(model.TierEdge, 2))
			}),
			Entry("the templates", func(s *scene) { s.tier(model.TierBot).Template = newTemplate }),
			Entry("how the members do", func(s *scene) { s.probe(1, 2, model.ProbeUnhealthy) }),
		)
	})
})

var _ = Describe("Telling the edges", func() {
	DescribeTable("of the pool", func(change func(*scene), sentences ...string) {
		s := calm(3, 2)
		change(s)
		p := s.plan()
		var pushes []plan.Step
		for _, step := range p.Steps {
			if step.Verb == plan.VerbSetPool {
				Expect(step.Pool).To(Equal(p.Pool))
				Expect(step.Tier).To(Equal(model.TierEdge))
				pushes = append(pushes, step)
			}
		}
		Expect(told(pushes)).To(HaveExactElements(sentences))
	},
		Entry("not when both know it", func(*scene) {}),
		Entry("a new edge", func(s *scene) { s.seen.Edges[edgeName(2)] = plan.EdgeObservation{} },
			"SetPool crew-edge-2 because it knows no bots yet"),
		Entry("both, when a bot is gone", func(s *scene) { s.remove(botName(2)) },
			"SetPool crew-edge-1 because left: crew-bot-2", "SetPool crew-edge-2 because left: crew-bot-2"),
		Entry("one that does not answer is not told", func(s *scene) {
			s.remove(botName(2))
			s.hideEdge(1)
		}, "SetPool crew-edge-2 because left: crew-bot-2"),
		Entry("one that was not asked is not told", func(s *scene) {
			s.remove(botName(2))
			delete(s.seen.Edges, edgeName(1))
		}, "SetPool crew-edge-2 because left: crew-bot-2"),
		Entry("one that leaves is told as well", func(s *scene) {
			s.tier(model.TierEdge).Replicas = 1
			s.mark(edgeName(2), 0)
			s.remove(botName(2))
		}, "SetPool crew-edge-1 because left: crew-bot-2", "SetPool crew-edge-2 because left: crew-bot-2"),
		Entry("all sorts of change at once", func(s *scene) {
			s.onEdge(1, 1, func(m *model.MemberStatus) { m.State = model.MemberDraining })
			s.mark(botName(2), 0)
			s.bot(3).Address = netip.MustParseAddr("10.0.1.77")
			state := s.seen.Edges[edgeName(1)].State
			state.PoolRevision = "older"
			for _, name := range []string{"z", "y"} {
				state.Members = append(state.Members, model.MemberStatus{Name: name, State: model.MemberActive})
			}
			state.Members = append(state.Members, model.MemberStatus{Name: "x", State: model.MemberRemoved, InFlight: 1})
			s.seen.Edges[edgeName(1)] = plan.EdgeObservation{State: state}
			delete(s.seen.Edges, edgeName(2))
		}, "SetPool crew-edge-1 because joins: crew-bot-3, returns: crew-bot-1, drains: crew-bot-2, left: y z"),
		Entry("many by their number", func(s *scene) {
			for bot := 1; bot <= 3; bot++ {
				s.remove(botName(bot))
			}
			for bot := 11; bot <= 16; bot++ {
				s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, runningInstance(model.TierBot, bot))
			}
			delete(s.seen.Edges, edgeName(2))
		}, "SetPool crew-edge-1 because joins: 6 bots, left: crew-bot-1 crew-bot-2 crew-bot-3"),
		Entry("another probe", func(s *scene) {
			s.want.Probe.Retries++
			delete(s.seen.Edges, edgeName(2))
		}, "SetPool crew-edge-1 because its pool is not the current one"),
	)

	DescribeTable("of the routes", func(change func(*scene), sentences ...string) {
		s := calm(1, 2)
		change(s)
		p := s.plan()
		Expect(told(p.Steps)).To(HaveExactElements(sentences))
		for _, step := range p.Steps {
			Expect(step.Routes).To(Equal(s.want.Routes))
		}
	},
		Entry("not when both serve them", func(*scene) {}),
		Entry("both, when they change", func(s *scene) { s.want.Routes.Revision = "routes-2" },
			"SetRoutes crew-edge-1 because its routes are not the declared ones",
			"SetRoutes crew-edge-2 because its routes are not the declared ones"),
		Entry("a new edge", func(s *scene) {
			state := s.seen.Edges[edgeName(2)]
			state.State.RoutesRevision = ""
			s.seen.Edges[edgeName(2)] = state
		}, "SetRoutes crew-edge-2 because it serves no routes yet"),
		Entry("not one that does not answer", func(s *scene) {
			s.want.Routes.Revision = "routes-2"
			s.hideEdge(2)
		}, "SetRoutes crew-edge-1 because its routes are not the declared ones"),
		Entry("also while facts and Secrets are away", func(s *scene) {
			s.want.Routes.Revision, s.seen.FactsErr, s.seen.SecretsErr = "routes-2", errAway, errAway
			delete(s.seen.Edges, edgeName(2))
		}, "SetRoutes crew-edge-1 because its routes are not the declared ones"),
	)

	It("tells of the pool before the routes that lead to it", func() {
		s := calm(1, 1)
		s.seen.Edges[edgeName(1)] = plan.EdgeObservation{}
		Expect(told(s.plan().Steps)).To(Equal([]string{
			"SetPool crew-edge-1 because it knows no bots yet",
			"SetRoutes crew-edge-1 because it serves no routes yet",
		}))
	})
})
