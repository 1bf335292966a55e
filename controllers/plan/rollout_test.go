package plan_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

const badTemplate = "template-bad"

// surging is a calm scene of three bots of an older template, with that surge and nobody missing.
func surging(surge int) *scene {
	s := calm(3, 2)
	s.tier(model.TierBot).Template = newTemplate
	s.tier(model.TierBot).Surge = surge
	return s
}

// arrive adds a newcomer of the current template that all edges find so.
func (s *scene) arrive(ordinal int, probe model.ProbeResult) *model.Instance {
	bot := runningInstance(model.TierBot, ordinal)
	bot.Template = s.tier(model.TierBot).Template
	bot.CreatedAt, bot.StartedAt = s.now.Add(-2*time.Minute), s.now.Add(-2*time.Minute)
	s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, bot)
	s.informEdges()
	for edge := range s.seen.Edges {
		s.onEdge(int(edge[len(edge)-1]-'0'), ordinal, func(m *model.MemberStatus) { m.Probe = probe })
	}
	return s.bot(ordinal)
}

func rolloutOf(p plan.Plan) plan.Rollout {
	for _, rollout := range p.Rollouts {
		if rollout.Tier == model.TierBot {
			return rollout
		}
	}
	return plan.Rollout{}
}

var _ = Describe("A rolling update with a surge", func() {
	missing := func(bot string) string { return "Create " + bot + " because 3 bots are wanted and this one is missing" }

	DescribeTable("makes newcomers beside the old ones, and lets those go while enough serve", func(surge int, change func(*scene), sentences ...string) {
		s := surging(surge)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("one more than are wanted", 1, func(*scene) {}, missing("crew-bot-4")),
		Entry("two more", 2, func(*scene) {}, missing("crew-bot-4"), missing("crew-bot-5")),
		Entry("no more than are wanted in the end", 9, func(*scene) {},
			missing("crew-bot-4"), missing("crew-bot-5"), missing("crew-bot-6")),
		Entry("one old one when the newcomer is ready", 1, func(s *scene) { s.arrive(4, model.ProbeHealthy) },
			"Mark crew-bot-1 because "+whyOutdated),
		Entry("one that does not serve before those that do", 1, func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.probe(1, 3, model.ProbeDegraded)
		}, "Mark crew-bot-3 because "+whyOutdated),
		Entry("none while the newcomer is not probed yet", 1, func(s *scene) { s.arrive(4, model.ProbeUnknown) }),
		Entry("none that serves while fewer serve than must", 1, func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.bot(2).State = model.StateUnknown
		}),
		Entry("the next newcomer only when there is room for it", 1, func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.mark(botName(1), time.Second)
		}),
		Entry("all old ones when all that are wanted are new", 1, func(s *scene) {
			s.renew(1, 2)
			s.arrive(4, model.ProbeHealthy)
			s.informEdges()
		}, "Mark crew-bot-3 because "+whyOutdated),
		Entry("one back when another went missing meanwhile", 1, func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.mark(botName(1), time.Second)
			s.remove(botName(2))
		}, "Unmark crew-bot-1 because others are missing meanwhile", missing("crew-bot-2")),
		Entry("as many fewer as are wanted now, of the old ones", 1, func(s *scene) { s.tier(model.TierBot).Replicas = 1 },
			"Mark crew-bot-1 because "+whyOutdated, "Mark crew-bot-2 because "+whyOutdated),
		Entry("nothing while it is not known what is wanted", 1, func(s *scene) { s.seen.FactsErr = errAway }),
	)

	DescribeTable("goes back from where it is when the spec does", func(change func(*scene), sentences ...string) {
		s := surging(1)
		s.arrive(4, model.ProbeHealthy)
		change(s)
		s.tier(model.TierBot).Template = botTemplate
		expectPlan(s.plan(), sentences...)
	},
		Entry("the newcomer goes, at once as all others serve", func(*scene) {}, "Mark crew-bot-4 because "+whyOutdated),
		Entry("one that was leaving is taken back first: without the newcomer there are too few", func(s *scene) {
			s.mark(botName(1), time.Second)
			s.informEdges()
		}, "Unmark crew-bot-1 because it is wanted again"),
		Entry("one that is gone is made again", func(s *scene) { s.remove(botName(1)) },
			missing("crew-bot-1")),
		Entry("a newcomer that is not ready goes as well", func(s *scene) { s.probe(1, 4, model.ProbeUnknown) },
			"Mark crew-bot-4 because "+whyOutdated),
	)

	DescribeTable("stops at a newcomer that fails, and says so", func(change func(*scene, *model.Instance), message string, sentences ...string) {
		s := surging(2)
		change(s, s.arrive(4, model.ProbeHealthy))
		p := s.plan()
		expectPlan(p, sentences...)
		rollout := rolloutOf(p)
		Expect(rollout.Stalled).To(BeTrue())
		Expect(rollout.Message).To(Equal("crew-bot-4 of the current template " + message))
		Expect(rollout.Old).To(Equal(3))
	},
		Entry("unhealthy for longer than a boot takes", func(s *scene, _ *model.Instance) {
			s.probe(1, 4, model.ProbeUnhealthy)
		}, "is unhealthy: its health endpoint answers 200"),
		Entry("without an address", func(_ *scene, bot *model.Instance) {
			bot.Address = netip.Addr{}
		}, "runs without an address beyond the deadline", "Mark crew-bot-4 because it runs without an address beyond the deadline"),
		Entry("it died", func(_ *scene, bot *model.Instance) { bot.State, bot.Address = model.StateStopped, netip.Addr{} },
			"stopped after it was started", "Start crew-bot-4 because it is wanted and stopped"),
		Entry("it never had its files", func(s *scene, bot *model.Instance) {
			bot.State, bot.Address, bot.Configured, bot.StartedAt = model.StateStopped, netip.Addr{}, "", time.Time{}
			s.fail(botName(4), "configure", 3, 0)
		}, "fails to configure: no luck"),
		Entry("it cannot be made", func(s *scene, _ *model.Instance) {
			s.remove(botName(4))
			s.fail(botName(4), "create", 3, time.Hour)
		}, "fails to create: no luck", missing("crew-bot-4")),
		Entry("it is not ready for long", func(s *scene, bot *model.Instance) {
			bot.CreatedAt, bot.StartedAt = s.now.Add(-time.Hour), s.now.Add(-11*time.Minute)
			s.probe(1, 4, model.ProbeDegraded)
		}, "is not ready after 10m0s"),
		Entry("it was restarted and is not up again", func(s *scene, bot *model.Instance) {
			bot.Restarted = s.now.Add(-time.Second)
			s.probe(1, 4, model.ProbeUnknown)
		}, "was restarted, because it was unhealthy, and is not ready"),
	)

	DescribeTable("does not call failing", func(change func(*scene, *model.Instance)) {
		s := surging(2)
		change(s, s.arrive(4, model.ProbeHealthy))
		p := s.plan()
		Expect(rolloutOf(p).Stalled).To(BeFalse())
		Expect(told(p.Steps)).To(ContainElement(missing("crew-bot-5")))
	},
		Entry("a newcomer that is ready", func(*scene, *model.Instance) {}),
		Entry("one that is unhealthy while it boots", func(s *scene, bot *model.Instance) {
			bot.StartedAt = s.now.Add(-time.Second)
			s.probe(1, 4, model.ProbeUnhealthy)
		}),
		Entry("one that somebody drains by hand", func(s *scene, bot *model.Instance) {
			bot.StartedAt = s.now.Add(-time.Hour)
			s.drainBots(4)
		}),
		Entry("one that cannot be read", func(_ *scene, bot *model.Instance) { bot.State = model.StateUnknown }),
	)

	It("goes on with a third template: the newcomer of the second is the first to go", func() {
		s := surging(1)
		s.arrive(4, model.ProbeUnhealthy)
		Expect(rolloutOf(s.plan()).Stalled).To(BeTrue())
		s.tier(model.TierBot).Template = "template-3"
		p := s.plan()
		expectPlan(p, "Mark crew-bot-4 because "+whyOutdated)
		Expect(rolloutOf(p)).To(Equal(plan.Rollout{Tier: model.TierBot, Total: 3, Old: 4}))
	})

	It("tells how far it is", func() {
		s := surging(1)
		s.renew(1, 2)
		s.probe(1, 2, model.ProbeUnknown)
		Expect(rolloutOf(s.plan())).To(Equal(plan.Rollout{Tier: model.TierBot, Total: 3, Updated: 2, UpdatedReady: 1, Old: 1}))
	})
})

var _ = Describe("The bots of a world without mishaps", func() {
	It("serve in numbers, whatever templates, limits and numbers are asked for in the middle of whatever", func() {
		forEachSeed(func(seed uint64) {
			c := &chaos{world: newWorld(blueprint(1+int(seed%5), 1)), r: dice(seed)}
			c.badTemplate = badTemplate
			tier := &c.want.Tiers[1]
			c.least, c.most = tier.Replicas, tier.Replicas
			try(seed, c.text.String, func() {
				c.rest()
				for range 3 {
					tier.Surge, tier.Unavailable = c.r.IntN(3), c.r.IntN(3)
					tier.Template = oneOf(c.r, botTemplate, newTemplate, badTemplate)
					tier.Replicas, tier.Standby = oneOf(c.r, tier.Replicas, 1+c.r.IntN(5)), c.r.IntN(2)
					c.note("%d of %s, surge %d, unavailable %d", tier.Replicas, tier.Template, tier.Surge, tier.Unavailable)
					for range c.r.IntN(40) {
						c.pass(false)
						c.expectServing()
					}
				}
				tier.Template = oneOf(c.r, botTemplate, newTemplate)
				c.note("the template is %s", tier.Template)
				for range 60 {
					c.pass(false)
					c.expectServing()
				}
				c.rest()
				c.expectAsWanted()
			})
		})
	})

	It("serve on when the template is bad, for as long as it is, with no more newcomers than may be more or missing", func() {
		for limits := range uint64(9) {
			c := &chaos{world: newWorld(blueprint(3, 1)), r: dice(limits), least: 3}
			c.badTemplate = badTemplate
			tier := &c.want.Tiers[1]
			tier.Surge, tier.Unavailable = int(limits/3), int(limits%3)
			try(limits, c.text.String, func() {
				c.rest()
				made := c.taken[plan.VerbCreate]
				tier.Template = badTemplate
				for range 3 * healingPasses {
					c.pass(false)
					c.expectServing()
				}
				Expect(rolloutOf(plan.BotCluster(c.want, c.observe(), c.now)).Stalled).To(BeTrue())
				Expect(c.taken[plan.VerbCreate] - made).To(BeNumerically("<=", max(tier.Surge+tier.Unavailable, 1)))
			})
		}
	})
})

// expectServing asserts I1 of a world without mishaps: enough bots serve, and there are no more than may be.
func (c *chaos) expectServing() {
	GinkgoHelper()
	tier := c.want.Tiers[1]
	surge := tier.Surge
	if surge+tier.Unavailable == 0 {
		surge = 1
	}
	c.most, c.least = max(c.most, tier.Replicas+surge), min(c.least, tier.Replicas-tier.Unavailable)
	Expect(c.countOf(model.TierBot)).To(BeNumerically("<=", c.most+1), "and one standby")
	Expect(c.serving()).To(BeNumerically(">=", c.least))
}
