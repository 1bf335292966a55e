package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

const whySurplus = "it is surplus: 2 bots are wanted"

// scaledDown is a calm scene of three bots and that many edges of which two bots are wanted.
func scaledDown(edges int) *scene {
	s := calm(3, edges)
	s.tier(model.TierBot).Replicas = 2
	return s
}

// drainedBot is a scaled down scene whose third bot was marked a while ago, has nothing in hand, and left the pools.
func drainedBot(edges int) *scene {
	s := scaledDown(edges)
	s.mark(botName(3), 5*time.Second)
	s.informEdges()
	s.informEdges() // the first tells that nothing is in flight, the second that it is out
	return s
}

var _ = Describe("A surplus bot", func() {
	It("is marked with the time first", func() {
		s := scaledDown(1)
		p := s.plan()
		expectPlan(p, "Mark crew-bot-3 because "+whySurplus)
		Expect(*step(p, plan.VerbMark, botName(3)).Change.DrainingSince).To(Equal(noon))
		Expect(step(p, plan.VerbMark, botName(3)).Change.Config).To(BeNil())
	})

	It("is drained in every pool after that", func() {
		s := scaledDown(2)
		s.mark(botName(3), 0)
		p := s.plan()
		Expect(told(p.Steps)).To(Equal([]string{
			"SetPool crew-edge-1 because drains: crew-bot-3",
			"SetPool crew-edge-2 because drains: crew-bot-3",
		}))
		Expect(p.Pool.Members[2]).To(Equal(model.Member{Name: botName(3), Address: "10.0.1.3:8080", State: model.MemberDraining}))
		Expect(p.Recheck).To(Equal(500 * time.Millisecond))
	})

	DescribeTable("leaves the pools once it is drained", func(change func(*scene), out bool) {
		s := scaledDown(2)
		s.mark(botName(3), 5*time.Second)
		for edge := 1; edge <= 2; edge++ {
			s.onEdge(edge, 3, func(m *model.MemberStatus) { m.State = model.MemberDraining })
		}
		change(s)
		p := s.plan()
		Expect(p.Pool.Members).To(HaveLen(map[bool]int{true: 2, false: 3}[out]))
		expectPlan(p) // whatever the pool, nothing is stopped before the edges have it
	},
		Entry("nothing is in flight", func(*scene) {}, true),
		Entry("a request is in flight on one edge", func(s *scene) {
			s.onEdge(2, 3, func(m *model.MemberStatus) { m.InFlight = 1 })
		}, false),
		Entry("a request is in flight and the time is over", func(s *scene) {
			s.onEdge(2, 3, func(m *model.MemberStatus) { m.InFlight = 1 })
			s.mark(botName(3), 30*time.Second)
		}, true),
		Entry("an edge may have given it a request just now", func(s *scene) { s.mark(botName(3), 999*time.Millisecond) }, false),
		Entry("an edge has it as active still", func(s *scene) {
			s.onEdge(1, 3, func(m *model.MemberStatus) { m.State = model.MemberActive })
		}, false),
		Entry("an edge does not answer", func(s *scene) { s.hideEdge(2) }, false),
		Entry("an edge does not answer and the time is over", func(s *scene) {
			s.hideEdge(2)
			s.mark(botName(3), 30*time.Second)
		}, true),
		Entry("an edge cannot be read", func(s *scene) {
			s.edge(2).State = model.StateUnknown
			delete(s.seen.Edges, edgeName(2))
		}, false),
		Entry("there is to be no drain", func(s *scene) {
			s.want.Policy.DrainTimeout = 0
			s.mark(botName(3), 0)
			s.onEdge(1, 3, func(m *model.MemberStatus) { m.InFlight = 9 })
		}, true),
	)

	DescribeTable("is stopped once no edge can send it anything", func(change func(*scene), sentences ...string) {
		s := drainedBot(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("out of all pools", func(*scene) {}, "Stop crew-bot-3 because "+whySurplus),
		Entry("an edge still lists it", func(s *scene) {
			state := s.seen.Edges[edgeName(2)]
			state.State.Members = append(state.State.Members, model.MemberStatus{Name: botName(3), State: model.MemberDraining})
			s.seen.Edges[edgeName(2)] = state
		}),
		Entry("an edge does not answer", func(s *scene) { s.hideEdge(1) }),
		Entry("an edge does not answer, however late it is", func(s *scene) {
			s.hideEdge(1)
			s.mark(botName(3), time.Hour)
		}),
		Entry("an edge cannot be read", func(s *scene) {
			s.edge(2).State = model.StateUnknown
			delete(s.seen.Edges, edgeName(2))
		}),
		Entry("an instance that by its name is an edge cannot be read", func(s *scene) {
			s.seen.Inventory.Instances = append(s.seen.Inventory.Instances,
				model.Instance{Name: edgeName(3), State: model.StateUnknown, Ordinal: -1})
		}),
		Entry("another bot cannot be read", func(s *scene) { s.bot(1).State = model.StateUnknown },
			"Stop crew-bot-3 because "+whySurplus),
		Entry("an edge lists it as removed with something in hand", func(s *scene) {
			state := s.seen.Edges[edgeName(2)]
			state.State.Members = append(state.State.Members,
				model.MemberStatus{Name: botName(3), State: model.MemberRemoved, InFlight: 1})
			s.seen.Edges[edgeName(2)] = state
		}),
		Entry("what it has in hand outlived the drain", func(s *scene) {
			state := s.seen.Edges[edgeName(2)]
			state.State.Members = append(state.State.Members,
				model.MemberStatus{Name: botName(3), State: model.MemberRemoved, InFlight: 1})
			s.seen.Edges[edgeName(2)] = state
			s.mark(botName(3), 30*time.Second)
		}, "Stop crew-bot-3 because "+whySurplus),
		Entry("no edge runs", func(s *scene) {
			for edge := 1; edge <= 2; edge++ {
				s.edge(edge).Operation = "start"
				delete(s.seen.Edges, edgeName(edge))
			}
		}, "Stop crew-bot-3 because "+whySurplus),
		Entry("it is busy", func(s *scene) { s.bot(3).Operation = "update" }),
		Entry("it is being stopped", func(s *scene) { s.bot(3).Operation = "stop" }),
		Entry("a stop has just failed", func(s *scene) { s.fail(botName(3), "stop", 1, 0) }),
		Entry("the facts of the host are away", func(s *scene) { s.seen.FactsErr = errAway }),
		Entry("the Secrets are away", func(s *scene) { s.seen.SecretsErr = errAway }),
	)

	DescribeTable("is given time to stop", func(change func(*scene), grace time.Duration) {
		s := drainedBot(1)
		change(s)
		Expect(step(s.plan(), plan.VerbStop, botName(3)).Grace).To(Equal(grace))
	},
		Entry("at first", func(*scene) {}, 15*time.Second),
		Entry("but not after it did not use it", func(s *scene) { s.fail(botName(3), "stop", 1, time.Minute) }, time.Duration(0)),
		Entry("but not when it is frozen", func(s *scene) { s.bot(3).State = model.StateFrozen }, time.Duration(0)),
	)

	DescribeTable("is deleted when it is stopped", func(change func(*scene), sentences ...string) {
		s := drainedBot(1)
		s.stopBot(3)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("after the way out", func(*scene) {}, "Delete crew-bot-3 because "+whySurplus),
		Entry("by itself, without any mark", func(s *scene) { s.bot(3).DrainingSince = time.Time{} },
			"Delete crew-bot-3 because "+whySurplus),
		Entry("but not while it is being deleted", func(s *scene) { s.bot(3).Operation = "delete" }),
		Entry("but not right after a delete failed", func(s *scene) { s.fail(botName(3), "delete", 1, 0) }),
		Entry("but not without the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }),
	)

	It("is any instance of ours that no name asks for", func() {
		s := calm(2, 1)
		copied := runningInstance(model.TierBot, 1)
		copied.Name = "crew-bot-1-copy"
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, copied)
		expectPlan(s.plan(), "Mark crew-bot-1-copy because it is surplus: its name is not that of a wanted instance")
	})

	It("is one of a tier that there is no more", func() {
		s := calm(2, 1)
		left := runningInstance("vector", 1)
		left.State = model.StateStopped
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, left)
		expectPlan(s.plan(), "Delete crew-vector-1 because it is surplus: 0 vectors are wanted")
	})

	It("is taken back when it is wanted again", func() {
		s := calm(3, 1)
		s.mark(botName(3), time.Second)
		p := s.plan()
		expectPlan(p, "Unmark crew-bot-3 because it is wanted again")
		Expect(step(p, plan.VerbUnmark, botName(3)).Change.DrainingSince.IsZero()).To(BeTrue())
	})

	It("is made anew when it is wanted again after it stopped", func() {
		s := calm(3, 1)
		s.mark(botName(3), time.Second)
		s.stopBot(3)
		expectPlan(s.plan(), "Delete crew-bot-3 because it was leaving when it stopped",
			"Create crew-bot-4 because 3 bots are wanted and this one is missing")
		s.inPlace(1) // there is no room for another before it is gone
		expectPlan(s.plan(), "Delete crew-bot-3 because it was leaving when it stopped")
	})

	DescribeTable("is looked at again", func(ago, drainTimeout, recheck time.Duration) {
		s := scaledDown(1)
		s.mark(botName(3), ago)
		s.want.Policy.DrainTimeout = drainTimeout
		s.onEdge(1, 3, func(m *model.MemberStatus) { m.State, m.InFlight = model.MemberDraining, 1 })
		Expect(s.plan().Recheck).To(Equal(recheck))
	},
		Entry("soon", time.Second, 24*time.Hour, 500*time.Millisecond),
		Entry("when its time ends", 29900*time.Millisecond, 30*time.Second, 100*time.Millisecond),
		Entry("less often in a long drain", time.Hour, 24*time.Hour, 2*time.Second),
	)
})

var _ = Describe("A surplus edge", func() {
	It("is marked, stopped while another is ready, and deleted", func() {
		s := calm(2, 2)
		s.tier(model.TierEdge).Replicas = 1
		expectPlan(s.plan(), "Mark crew-edge-2 because it is surplus: 1 edge is wanted")
		s.mark(edgeName(2), time.Second)
		expectPlan(s.plan(), "Stop crew-edge-2 because it is surplus: 1 edge is wanted")
		s.edge(2).State = model.StateStopped
		delete(s.seen.Edges, edgeName(2))
		expectPlan(s.plan(), "Delete crew-edge-2 because it is surplus: 1 edge is wanted")
	})

	DescribeTable("stays while it is the last", func(change func(*scene)) {
		s := calm(2, 2)
		s.tier(model.TierEdge).Replicas = 1
		s.mark(edgeName(2), time.Hour)
		change(s)
		for _, step := range s.plan().Steps {
			Expect(step.Verb).NotTo(BeElementOf(plan.VerbStop, plan.VerbDelete, plan.VerbUnmark), step.String())
		}
	},
		Entry("the other is gone", func(s *scene) { s.remove(edgeName(1)) }),
		Entry("the other does not answer", func(s *scene) { s.hideEdge(1) }),
		Entry("the other has older routes", func(s *scene) {
			state := s.seen.Edges[edgeName(1)]
			state.State.RoutesRevision = "routes-0"
			s.seen.Edges[edgeName(1)] = state
		}),
		Entry("the other cannot be read", func(s *scene) {
			s.edge(1).State = model.StateUnknown
			delete(s.seen.Edges, edgeName(1))
		}),
		Entry("the other is foreign", func(s *scene) {
			s.edge(1).Owned = false
			delete(s.seen.Edges, edgeName(1))
		}),
	)
})
