package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// guarding is a calm scene of that many bots and two edges, with one standby beside them that waits frozen.
func guarding(bots int) *scene {
	s := calm(bots, 2)
	s.tier(model.TierBot).Standby = 1
	s.wait(bots + 1)
	return s
}

// wait adds a bot that waits frozen.
func (s *scene) wait(ordinal int) *model.Instance {
	standby := runningInstance(model.TierBot, ordinal)
	standby.Standby, standby.State = true, model.StateFrozen
	s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, standby)
	s.informEdges()
	return s.bot(ordinal)
}

// warm makes a standby one that runs and that all edges find well.
func (s *scene) warm(ordinal int) *model.Instance {
	standby := s.bot(ordinal)
	standby.State = model.StateRunning
	s.listOn(1, ordinal, model.MemberStatus{State: model.MemberDraining, Probe: model.ProbeHealthy})
	s.listOn(2, ordinal, model.MemberStatus{State: model.MemberDraining, Probe: model.ProbeHealthy})
	return standby
}

var _ = Describe("A standby", func() {
	const missing = "1 bot is to wait frozen and this one is missing"

	It("does not take the place of a bot that somebody froze, which is thawed with all that it has in hand", func() {
		s := guarding(2)
		s.bot(1).State = model.StateFrozen
		s.bot(1).CreatedAt = s.now.Add(-time.Hour)
		Expect(s.plan().String()).To(ContainSubstring("Start crew-bot-1 because it is wanted and frozen"))
		Expect(s.plan().String()).NotTo(ContainSubstring("Mark crew-bot-1"))
	})

	DescribeTable("is made when the bots that serve have what they need", func(change func(*scene), sentences ...string) {
		s := calm(2, 1)
		s.tier(model.TierBot).Standby = 1
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("at once", func(*scene) {}, "Create crew-bot-3 because "+missing),
		Entry("two of them", func(s *scene) { s.tier(model.TierBot).Standby = 2 },
			"Create crew-bot-3 because 2 bots are to wait frozen and this one is missing",
			"Create crew-bot-4 because 2 bots are to wait frozen and this one is missing"),
		Entry("not before one that serves", func(s *scene) { s.remove(botName(1)) },
			"Create crew-bot-1 because 2 bots are wanted and this one is missing"),
		Entry("not in the middle of an update", func(s *scene) { s.tier(model.TierBot).Template = newTemplate },
			"Create crew-bot-3 because 2 bots are wanted and this one is missing"),
		Entry("not beyond those that may boot", func(s *scene) { s.want.Policy.MaxLaunching = 0 }),
		Entry("also when no bot is to serve", func(s *scene) {
			s.tier(model.TierBot).Replicas = 0
			s.remove(botName(1))
			s.remove(botName(2))
		}, "Create crew-bot-1 because "+missing),
	)

	It("is made with the tag, in no place of those that serve", func() {
		s := calm(2, 1)
		s.tier(model.TierBot).Standby = 1
		p := s.plan()
		Expect(step(p, plan.VerbCreate, botName(3)).Instance.Standby).To(BeTrue())
		Expect(assessment(p, botName(3))).To(And(HaveField("Standby", true), HaveField("Wanted", true)))
	})

	It("is draining in every pool while it boots, and judged by the edges", func() {
		s := guarding(2)
		s.bot(3).State = model.StateRunning
		p := s.plan()
		Expect(p.Pool.Members[2]).To(Equal(model.Member{Name: botName(3), Address: "10.0.1.3:8080", State: model.MemberDraining}))
		expectPlan(p)
		Expect(assessment(p, botName(3)).Phase).To(Equal(plan.PhaseProbing))
	})

	DescribeTable("is frozen, and out of the pools, when every edge finds it well", func(change func(*scene), frozen bool) {
		s := guarding(2)
		s.warm(3)
		change(s)
		p := s.plan()
		listed := ContainElement(HaveField("Name", botName(3)))
		if frozen {
			Expect(p.Pool.Members).NotTo(listed)
			Expect(told(p.Steps)[len(p.Steps)-1]).To(Equal("Freeze crew-bot-3 because it is well and waits until it is needed"),
				"after the pools")
			return
		}
		Expect(p.Pool.Members).To(listed)
		Expect(verbs(p)).NotTo(ContainElement(plan.VerbFreeze))
	},
		Entry("they do", func(*scene) {}, true),
		Entry("one has not probed it", func(s *scene) { s.probe(2, 3, model.ProbeUnknown) }, false),
		Entry("one finds its database away", func(s *scene) { s.probe(2, 3, model.ProbeDegraded) }, false),
		Entry("one does not know it", func(s *scene) { s.forgetBot(2, 3) }, false),
		Entry("one does not answer", func(s *scene) { s.hideEdge(2) }, false),
		Entry("one cannot be read", func(s *scene) {
			s.edge(2).State = model.StateUnknown
			delete(s.seen.Edges, edgeName(2))
		}, false),
		Entry("it is busy", func(s *scene) { s.bot(3).Operation = "update" }, false),
		Entry("it could not be frozen a moment ago", func(s *scene) { s.fail(botName(3), "freeze", 1, 0) }, false),
		Entry("the facts are away", func(s *scene) { s.seen.FactsErr = errAway }, false),
		Entry("somebody drains a bot of its name by hand, which is of no interest", func(s *scene) {
			s.want.Drained = map[string]bool{botName(3): true}
		}, true),
	)

	It("waits, in no pool, and is no replica", func() {
		s := guarding(2)
		p := s.plan()
		Expect(p.Steps).To(BeEmpty())
		Expect(p.Recheck).To(BeZero())
		Expect(p.Pool.Members).To(HaveLen(2))
		judged := assessment(p, botName(3))
		Expect(judged.Phase).To(Equal(plan.PhaseStandby))
		Expect(judged.Ready()).To(BeFalse())
		Expect(rolloutOf(p)).To(Equal(plan.Rollout{Tier: model.TierBot, Total: 2, Updated: 2, UpdatedReady: 2}))
	})

	const promoted = "Promote crew-bot-3 because 3 bots are wanted and this one waits"
	const thawed = "Start crew-bot-3 because it is wanted and frozen"
	DescribeTable("is promoted when a bot is missing", func(change func(*scene), sentences ...string) {
		s := guarding(2)
		s.tier(model.TierBot).Replicas = 3
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("more are wanted: and the next is made behind it", func(*scene) {}, promoted, thawed, "Create crew-bot-4 because "+missing),
		Entry("more are wanted than wait", func(s *scene) { s.tier(model.TierBot).Replicas = 4 },
			"Promote crew-bot-3 because 4 bots are wanted and this one waits", thawed,
			"Create crew-bot-4 because 4 bots are wanted and this one is missing"),
		Entry("it runs still: it is taken as it is", func(s *scene) { s.warm(3) }, promoted, "Create crew-bot-4 because "+missing),
		Entry("a bot is gone", func(s *scene) {
			s.tier(model.TierBot).Replicas = 2
			s.remove(botName(1))
		}, "Create crew-bot-1 because "+missing,
			"Promote crew-bot-3 because 2 bots are wanted and this one waits", thawed),
		Entry("a bot stopped: that is quicker than to start it", func(s *scene) {
			s.tier(model.TierBot).Replicas = 2
			s.stopBot(1)
		}, "Delete crew-bot-1 because it stopped, and one that waited takes its place",
			"Promote crew-bot-3 because 2 bots are wanted and this one waits", thawed,
			"Create crew-bot-4 because "+missing),
		Entry("a young bot stopped: something may stop each", func(s *scene) {
			s.tier(model.TierBot).Replicas = 2
			s.stopBot(1).CreatedAt = s.now.Add(-time.Minute)
		}, "Start crew-bot-1 because it is wanted and stopped"),
		Entry("one that leaves is taken back before", func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.mark(botName(4), time.Second)
		}, "Unmark crew-bot-4 because it is wanted again"),
		Entry("not when it is of an older template", func(s *scene) { s.bot(3).Template = "bot-template-0" },
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("not while it is busy", func(s *scene) { s.bot(3).Operation = "update" },
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("not without the facts", func(s *scene) { s.seen.FactsErr = errAway }),
		Entry("as the newcomer of an update when it is of the current template", func(s *scene) {
			s.bot(1).Template, s.bot(2).Template = "bot-template-0", "bot-template-0"
		}, promoted, thawed),
	)

	It("loses its tag with its promotion", func() {
		s := guarding(2)
		s.tier(model.TierBot).Replicas = 3
		Expect(*step(s.plan(), plan.VerbPromote, botName(3)).Change.Standby).To(BeFalse())
	})

	DescribeTable("goes", func(change func(*scene), sentences ...string) {
		s := guarding(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("when fewer are to wait", func(s *scene) { s.tier(model.TierBot).Standby = 0 },
			"Stop crew-bot-3 because it is surplus: 0 bots are to wait frozen"),
		Entry("by the whole way out when it runs", func(s *scene) {
			s.tier(model.TierBot).Standby = 0
			s.warm(3)
		}, "Mark crew-bot-3 because it is surplus: 0 bots are to wait frozen"),
		Entry("and is deleted when it stopped", func(s *scene) {
			s.tier(model.TierBot).Standby = 0
			s.stopBot(3)
		}, "Delete crew-bot-3 because it is surplus: 0 bots are to wait frozen"),
		Entry("the one that is not frozen yet first", func(s *scene) {
			s.wait(4)
			s.warm(3)
		}, "Mark crew-bot-3 because it is surplus: 1 bot is to wait frozen"),
		Entry("when it is of an older template and the others are not", func(s *scene) { s.bot(3).Template = "bot-template-0" },
			"Stop crew-bot-3 because "+whyOutdated),
		Entry("but not before the others: the spec may go back", func(s *scene) { s.tier(model.TierBot).Template = newTemplate },
			"Create crew-bot-4 because 2 bots are wanted and this one is missing"),
		Entry("when it does not become well", func(s *scene) {
			s.warm(3)
			s.sicken(3)
		}, "Mark crew-bot-3 because it is unhealthy, and nobody is on it"),
		Entry("but not while it is young", func(s *scene) {
			s.warm(3).CreatedAt = s.now.Add(-time.Minute)
			s.sicken(3)
		}),
		Entry("not while an edge lists it still", func(s *scene) {
			s.tier(model.TierBot).Standby = 0
			s.listOn(2, 3, model.MemberStatus{State: model.MemberDraining})
		}),
	)

	It("is started when it stopped", func() {
		s := guarding(2)
		s.stopBot(3)
		expectPlan(s.plan(), "Start crew-bot-3 because it is wanted and stopped")
	})

	It("that lost its tag is started as any frozen bot, at once", func() {
		s := guarding(2)
		s.tier(model.TierBot).Replicas, s.tier(model.TierBot).Standby, s.want.Policy.MaxLaunching = 3, 0, 0
		s.bot(3).Standby, s.bot(3).StartedAt = false, s.now
		expectPlan(s.plan(), "Start crew-bot-3 because it is wanted and frozen")
	})

	It("is taken by scale-ups, updates and crashes, and there is another soon", func() {
		want := blueprint(2, 1)
		want.Tiers[1].Standby = 1
		s := newStory(want, 4)
		s.chapter("Two bots, and one that waits")
		s.rest()
		s.chapter("A third bot is wanted")
		s.want.Tiers[1].Replicas, s.floor, s.ceiling = 3, 2, 5
		s.rest()
		s.chapter("A bot that has been there for long crashes")
		s.now = s.now.Add(time.Hour)
		s.floor, s.ceiling = 0, 6
		s.kill(botName(1))
		s.rest()
		s.chapter("Another image")
		s.floor = 3
		s.want.Tiers[1].Template = newTemplate
		s.rest()
		s.chapter("None is to wait any more")
		s.want.Tiers[1].Standby = 0
		s.rest()
		Expect(s.countOf(model.TierBot)).To(Equal(3))
		expectGolden("standby.golden", s.text.String())
	})
})
