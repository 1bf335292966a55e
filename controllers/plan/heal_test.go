package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

const whyRestart = "it is unhealthy for every edge that answers"

// sicken makes bots unhealthy for all edges.
func (s *scene) sicken(bots ...int) {
	GinkgoHelper()
	for edge := 1; edge <= len(s.seen.Edges); edge++ {
		for _, bot := range bots {
			s.probe(edge, bot, model.ProbeUnhealthy)
		}
	}
}

var _ = Describe("An unhealthy bot", func() {
	DescribeTable("is restarted once", func(change func(*scene), sentences ...string) {
		s := calm(3, 2)
		s.sicken(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("when all edges find it so", func(*scene) {}, "Restart crew-bot-2 because "+whyRestart),
		Entry("when all find it so that answer", func(s *scene) { s.hideEdge(1) }, "Restart crew-bot-2 because "+whyRestart),
		Entry("not when one finds it well", func(s *scene) { s.probe(1, 2, model.ProbeHealthy) }),
		Entry("not when one finds only its database away", func(s *scene) { s.probe(1, 2, model.ProbeDegraded) }),
		Entry("not when one has not probed it yet", func(s *scene) { s.probe(1, 2, model.ProbeUnknown) }),
		Entry("not when one does not know it", func(s *scene) { s.forgetBot(1, 2) }),
		Entry("not when an edge has just met it: it gave it up after a few quick probes", func(s *scene) {
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.Since = s.now.Add(-30 * time.Second) })
		}),
		Entry("not while it boots", func(s *scene) { s.bot(2).StartedAt = s.now.Add(-75 * time.Second) }),
		Entry("when it should be up", func(s *scene) { s.bot(2).StartedAt = s.now.Add(-76 * time.Second) },
			"Restart crew-bot-2 because "+whyRestart),
		Entry("not when no edge answers", func(s *scene) {
			s.hideEdge(1)
			s.hideEdge(2)
		}),
		Entry("not while somebody drains it by hand", func(s *scene) { s.drainBots(2); s.sicken(2) }),
		Entry("not when it leaves anyway", func(s *scene) { s.tier(model.TierBot).Replicas = 2 },
			"Mark crew-bot-2 because it is surplus: 2 bots are wanted"),
		Entry("not while it is busy", func(s *scene) { s.bot(2).Operation = "update" }),
		Entry("not without the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }),
		Entry("not when a stop has just failed", func(s *scene) { s.fail(botName(2), "stop", 1, 0) }),
		Entry("one after the other, as nobody may be missing", func(s *scene) { s.sicken(3) }, "Restart crew-bot-2 because "+whyRestart),
		Entry("as many at a time as may be missing", func(s *scene) {
			s.inPlace(2)
			s.sicken(3)
		}, "Restart crew-bot-2 because "+whyRestart, "Restart crew-bot-3 because "+whyRestart),
		Entry("one at a time when none is well, whatever may be missing", func(s *scene) {
			s.inPlace(2)
			s.sicken(1, 3)
		}, "Restart crew-bot-1 because "+whyRestart),
		Entry("not while the one before is not up again", func(s *scene) {
			s.sicken(3)
			s.bot(3).Restarted, s.bot(3).StartedAt = s.now.Add(-20*time.Second), s.now.Add(-10*time.Second)
		}),
		Entry("when the restart of the one before did not help", func(s *scene) {
			s.sicken(3)
			s.bot(3).Restarted, s.bot(3).CreatedAt = s.now.Add(-2*time.Minute), s.now.Add(-3*time.Minute)
		}, "Restart crew-bot-2 because "+whyRestart),
	)

	It("is marked with the time twice, and drains like one that leaves", func() {
		s := calm(3, 1)
		s.sicken(2)
		change := step(s.plan(), plan.VerbRestart, botName(2)).Change
		Expect(*change.DrainingSince).To(Equal(noon))
		Expect(*change.Restarted).To(Equal(noon))
	})

	DescribeTable("goes on with its restart", func(change func(*scene), sentences ...string) {
		s := calm(3, 1)
		s.mark(botName(2), 5*time.Second)
		s.bot(2).Restarted = s.bot(2).DrainingSince
		s.sicken(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("in the pool", func(*scene) {}),
		Entry("out of the pool", func(s *scene) { s.forgetBot(1, 2) }, "Stop crew-bot-2 because "+whyRestart),
		Entry("stopped", func(s *scene) { s.stopBot(2) }, "Unmark crew-bot-2 because it stopped, and is to be started again"),
		Entry("well again before it stopped", func(s *scene) { s.probe(1, 2, model.ProbeHealthy) },
			"Unmark crew-bot-2 because it became well before it was restarted"),
		Entry("surplus meanwhile", func(s *scene) {
			s.tier(model.TierBot).Replicas = 2
			s.stopBot(2)
		}, "Delete crew-bot-2 because "+whySurplus),
		Entry("stopped, while the facts are away", func(s *scene) {
			s.stopBot(2)
			s.seen.FactsErr = errAway
		}),
	)

	DescribeTable("is replaced when the restart did not help", func(change func(*scene), sentences ...string) {
		s := calm(3, 1)
		s.sicken(2)
		s.bot(2).Restarted, s.bot(2).StartedAt = s.now.Add(-3*time.Minute), s.now.Add(-3*time.Minute)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("by one that is made first", func(*scene) {}, "Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("and leaves when that is there", func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.sicken(2)
			s.bot(4).CreatedAt = noon.Add(-time.Hour)
		},
			"Mark crew-bot-2 because it stayed unhealthy after it was restarted"),
		Entry("in its own place when there may be no more", func(s *scene) { s.inPlace(1) },
			"Mark crew-bot-2 because it stayed unhealthy after it was restarted"),
		Entry("not before it has had time", func(s *scene) { s.bot(2).Restarted = s.now.Add(-time.Minute) }),
		Entry("not when it is young itself", func(s *scene) { s.bot(2).CreatedAt = s.now.Add(-5 * time.Minute) }),
		Entry("not while a younger one is not well either", func(s *scene) {
			s.sicken(3)
			s.bot(3).Restarted, s.bot(3).CreatedAt = s.now.Add(-2*time.Minute), s.now.Add(-4*time.Minute)
		}),
		Entry("not when no other is well", func(s *scene) {
			s.sicken(1, 3)
			s.bot(1).Restarted, s.bot(3).Restarted = s.now.Add(-time.Hour), s.now.Add(-time.Hour)
		}),
		Entry("not by one of the same template in the middle of an update", func(s *scene) {
			s.bot(1).Template = "bot-template-0"
		}),
		Entry("going on when it is out of the pool", func(s *scene) {
			s.inPlace(1)
			s.mark(botName(2), 2*time.Second)
			s.forgetBot(1, 2)
		}, "Stop crew-bot-2 because it stayed unhealthy after it was restarted"),
	)

	It("is restarted no more, and that is forgotten once it has been well for a while", func() {
		s := calm(3, 1)
		s.bot(2).Restarted, s.bot(2).StartedAt = s.now.Add(-11*time.Minute), s.now.Add(-10*time.Minute)
		expectPlan(s.plan())
		s.bot(2).StartedAt = s.now.Add(-10*time.Minute - time.Second)
		p := s.plan()
		expectPlan(p, "Change crew-bot-2 because it has been well for 10m0s since it was restarted")
		Expect(step(p, plan.VerbChange, botName(2)).Change.Restarted.IsZero()).To(BeTrue())
		s.probe(1, 2, model.ProbeDegraded)
		expectPlan(s.plan())
	})
})

var _ = Describe("Healing in the long run", func() {
	// hour lets an hour pass.
	hour := func(s *story, happens func()) {
		GinkgoHelper()
		s.text.Reset()
		clear(s.taken)
		for range int(time.Hour / tick) {
			happens()
			s.pass()
		}
	}
	begin := func() *story {
		s := newStory(blueprint(3, 1), 5)
		s.rest()
		return s
	}

	It("restarts a bot that hangs, and leaves it at that when it is well then", func() {
		s := begin()
		s.machines[botName(2)].health, s.floor = model.ProbeUnhealthy, 2
		hour(s, func() {
			if m := s.machines[botName(2)]; m.State == model.StateStopped {
				m.health = model.ProbeHealthy
			}
		})
		Expect(s.taken).To(And(HaveKeyWithValue(plan.VerbRestart, 1), HaveKeyWithValue(plan.VerbStop, 1), Not(HaveKey(plan.VerbCreate)),
			HaveKeyWithValue(plan.VerbChange, 1)))
		Expect(s.machines[botName(2)].Restarted).To(BeZero(), "it is forgotten")
		Expect(s.serving()).To(Equal(3))
	})

	It("replaces a bot that is broken for good", func() {
		s := begin()
		broken := s.machines[botName(2)]
		broken.health, s.floor = model.ProbeUnhealthy, 2
		hour(s, func() {})
		Expect(s.taken).To(And(HaveKeyWithValue(plan.VerbRestart, 1), HaveKeyWithValue(plan.VerbCreate, 1), HaveKeyWithValue(plan.VerbDelete, 1)))
		Expect(s.names()).To(Equal([]string{botName(1), botName(3), botName(4), edgeName(1)}))
		Expect(s.serving()).To(Equal(3))
	})

	It("makes few bots when something makes all but one sick, again and again", func() {
		s := begin()
		s.floor = 1
		hour(s, func() {
			for name, m := range s.machines {
				if m.Tier == model.TierBot && name != botName(1) {
					m.health = model.ProbeUnhealthy
				}
			}
		})
		Expect(s.taken[plan.VerbCreate]).To(BeNumerically("<=", 12), "one every five minutes")
		Expect(s.taken[plan.VerbStop]).To(BeNumerically("<=", 40))
	})

	It("restarts each bot once and makes none when all are sick", func() {
		s := begin()
		hour(s, func() {
			for _, m := range s.machines {
				if m.Tier == model.TierBot {
					m.health = model.ProbeUnhealthy
				}
			}
		})
		Expect(s.taken[plan.VerbRestart]).To(Equal(3))
		Expect(s.taken[plan.VerbCreate]).To(BeZero())
	})

	It("leaves bots alone that cannot reach their database", func() {
		s := begin()
		hour(s, func() {
			for _, m := range s.machines {
				m.health = model.ProbeDegraded
			}
		})
		Expect(s.taken).To(BeEmpty())
	})

	It("makes few bots when something stops every bot again and again, also those that take the places of others", func() {
		s := begin()
		s.want.Tiers[1].Standby, s.ceiling = 1, 6
		s.rest()
		hour(s, func() {
			for _, m := range s.machines {
				if m.Tier == model.TierBot && m.State == model.StateRunning && !m.Standby && m.Operation == "" {
					s.halt(m)
				}
			}
		})
		Expect(s.taken[plan.VerbCreate]).To(BeNumerically("<=", 2*3*12),
			"three places, one each in five minutes, and one more that is old already when it takes a place")
	})

	It("makes no bots when something stops every bot again and again, and starts each no more often than it may", func() {
		s := begin()
		hour(s, func() {
			for _, m := range s.machines {
				if m.Tier == model.TierBot && m.State == model.StateRunning && m.Operation == "" {
					s.halt(m)
				}
			}
		})
		Expect(s.taken[plan.VerbCreate]).To(BeZero())
		Expect(s.taken[plan.VerbStart]).To(BeNumerically("<=", 3*int(time.Hour/s.want.Policy.RestartDelay)))
	})
})
