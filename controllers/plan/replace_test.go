package plan_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

const whyOutdated = "it was made from an older template"

// rolling is a calm scene whose bots are all of an older template, and are replaced in place.
func rolling(bots, edges int) *scene {
	s := calm(bots, edges)
	s.inPlace(1)
	s.tier(model.TierBot).Template = newTemplate
	return s
}

// inPlace lets bots be replaced without any above the number that is wanted.
func (s *scene) inPlace(most int) {
	s.tier(model.TierBot).Surge, s.tier(model.TierBot).Unavailable = 0, most
}

// renew makes a bot one of the new template.
func (s *scene) renew(bots ...int) {
	for _, bot := range bots {
		s.bot(bot).Template = newTemplate
	}
}

var _ = Describe("Replacing bots", func() {
	DescribeTable("takes one at a time", func(change func(*scene), sentences ...string) {
		s := rolling(3, 2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("the first", func(*scene) {}, "Mark crew-bot-1 because "+whyOutdated),
		Entry("two when the spec says so", func(s *scene) { s.inPlace(2) },
			"Mark crew-bot-1 because "+whyOutdated, "Mark crew-bot-2 because "+whyOutdated),
		Entry("none when none may be missing, but makes one more", func(s *scene) { s.inPlace(0) },
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("the next when the one before is ready", func(s *scene) { s.renew(1) }, "Mark crew-bot-2 because "+whyOutdated),
		Entry("none while one is on its way out", func(s *scene) { s.mark(botName(1), 0) }),
		Entry("none while one is missing", func(s *scene) { s.remove(botName(1)) },
			"Create crew-bot-1 because 3 bots are wanted and this one is missing"),
		Entry("none while a new one is not ready", func(s *scene) {
			s.renew(1)
			s.probe(1, 1, model.ProbeUnknown)
		}),
		Entry("none while a new one is unhealthy", func(s *scene) {
			s.renew(1)
			s.probe(1, 1, model.ProbeUnhealthy)
		}),
		Entry("none while a new one is degraded", func(s *scene) {
			s.renew(1)
			s.probe(1, 1, model.ProbeDegraded)
		}),
		Entry("none while one cannot be read", func(s *scene) { s.bot(3).State = model.StateUnknown }),
		Entry("none while a name is taken", func(s *scene) { s.bot(3).Owned = false }),
		Entry("none while no edge answers", func(s *scene) {
			s.hideEdge(1)
			s.hideEdge(2)
		}),
		Entry("not one that is busy, but the next", func(s *scene) { s.bot(1).Operation = "update" },
			"Mark crew-bot-2 because "+whyOutdated),
		Entry("none without the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }),
		Entry("none without the Secrets", func(s *scene) { s.seen.SecretsErr = errAway }),
		Entry("none when all are new", func(s *scene) { s.renew(1, 2, 3) }),
	)

	DescribeTable("takes what does not work anyway first", func(change func(*scene), sentences ...string) {
		s := rolling(3, 2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("stopped", func(s *scene) { s.stopBot(2) }, "Delete crew-bot-2 because "+whyOutdated),
		Entry("booting", func(s *scene) { s.bot(2).Address, s.bot(2).StartedAt = netip.Addr{}, s.now },
			"Mark crew-bot-2 because "+whyOutdated),
		Entry("unhealthy for all edges", func(s *scene) {
			s.probe(1, 2, model.ProbeUnhealthy)
			s.probe(2, 2, model.ProbeUnhealthy)
		}, "Mark crew-bot-2 because "+whyOutdated),
		Entry("not while another is missing: there would be fewer than there must, whatever they do", func(s *scene) {
			s.remove(botName(1))
			s.probe(1, 2, model.ProbeUnhealthy)
			s.probe(2, 2, model.ProbeUnhealthy)
		}, "Create crew-bot-1 because 3 bots are wanted and this one is missing",
			"Restart crew-bot-2 because it is unhealthy for every edge that answers"),
		Entry("one at a time as well, and starts the other as it was", func(s *scene) {
			s.stopBot(1)
			s.stopBot(2)
		}, "Delete crew-bot-1 because "+whyOutdated, "Start crew-bot-2 because it is wanted and stopped"),
		Entry("frozen, by the whole way out", func(s *scene) { s.bot(2).State = model.StateFrozen },
			"Mark crew-bot-2 because "+whyOutdated),
		Entry("not when it is as new as it gets", func(s *scene) {
			s.renew(1, 2, 3)
			s.probe(1, 2, model.ProbeUnhealthy)
			s.probe(2, 2, model.ProbeUnhealthy)
		}, "Restart crew-bot-2 because it is unhealthy for every edge that answers"),
	)

	DescribeTable("takes what may do some work while the others are well", func(change func(*scene), sentences ...string) {
		s := rolling(3, 2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("a degraded one first", func(s *scene) { s.probe(1, 2, model.ProbeDegraded) }, "Mark crew-bot-2 because "+whyOutdated),
		Entry("the first of all that are degraded: the new template may give them their database", func(s *scene) {
			for bot := 1; bot <= 3; bot++ {
				s.probe(1, bot, model.ProbeDegraded)
			}
		}, "Mark crew-bot-1 because "+whyOutdated),
		Entry("one that only one edge finds unhealthy", func(s *scene) { s.probe(1, 2, model.ProbeUnhealthy) },
			"Mark crew-bot-2 because "+whyOutdated),
		Entry("none while another is missing", func(s *scene) {
			s.probe(1, 2, model.ProbeDegraded)
			s.bot(3).Operation = "start"
		}),
		Entry("none while another is not known to work", func(s *scene) {
			s.probe(1, 2, model.ProbeUnhealthy)
			s.probe(1, 3, model.ProbeUnknown)
		}),
	)

	DescribeTable("goes on with the one whose turn it is", func(change func(*scene), sentences ...string) {
		s := rolling(3, 1)
		s.mark(botName(1), 5*time.Second)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("in the pool as active still", func(*scene) {}),
		Entry("out of the pool", func(s *scene) { s.forgetBot(1, 1) }, "Stop crew-bot-1 because "+whyOutdated),
		Entry("stopped", func(s *scene) { s.stopBot(1) }, "Delete crew-bot-1 because "+whyOutdated),
		Entry("taken back when another went missing and it still works", func(s *scene) { s.remove(botName(3)) },
			"Unmark crew-bot-1 because others are missing meanwhile",
			"Create crew-bot-3 because 3 bots are wanted and this one is missing"),
		Entry("not taken back when it does not work", func(s *scene) {
			s.remove(botName(3))
			s.probe(1, 1, model.ProbeUnhealthy)
		}, "Create crew-bot-3 because 3 bots are wanted and this one is missing"),
		Entry("not taken back once it is out of the pool", func(s *scene) {
			s.remove(botName(3))
			s.forgetBot(1, 1)
		}, "Stop crew-bot-1 because "+whyOutdated, "Create crew-bot-3 because 3 bots are wanted and this one is missing"),
		Entry("taken back when the old template is wanted again", func(s *scene) { s.tier(model.TierBot).Template = botTemplate },
			"Unmark crew-bot-1 because it is wanted again"),
		Entry("left as it is while the Secrets are away", func(s *scene) { s.seen.SecretsErr = errAway }),
		Entry("left as it is while the facts are away", func(s *scene) {
			s.seen.FactsErr = errAway
			s.forgetBot(1, 1)
		}),
		Entry("left as it is, stopped, while the Secrets are away", func(s *scene) {
			s.seen.SecretsErr = errAway
			s.stopBot(1)
		}),
	)

	DescribeTable("replaces what runs without an address beyond the deadline", func(change func(*scene), sentences ...string) {
		s := calm(4, 1)
		s.inPlace(1)
		for _, bot := range []int{2, 3} {
			s.bot(bot).Address = netip.Addr{}
			s.bot(bot).StartedAt = s.now.Add(-s.want.Policy.AddressDeadline - time.Second)
		}
		s.informEdges()
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("one at a time", func(*scene) {}, "Mark crew-bot-2 because it runs without an address beyond the deadline"),
		Entry("by a stop that waits for no pool", func(s *scene) { s.mark(botName(2), 2*time.Second) },
			"Stop crew-bot-2 because it runs without an address beyond the deadline"),
		Entry("unless it got one meanwhile", func(s *scene) {
			s.mark(botName(2), 2*time.Second)
			s.bot(2).Address, s.bot(3).Address = addressOf(model.TierBot, 2), addressOf(model.TierBot, 3)
			s.informEdges()
		}, "Unmark crew-bot-2 because it is wanted again"),
		Entry("but not when nothing could be made in its place", func(s *scene) { s.seen.FactsErr = errAway }),
	)
})

var _ = Describe("Replacing edges", func() {
	rollingEdges := func(edges int) *scene {
		s := calm(2, edges)
		s.tier(model.TierEdge).Template = newTemplate
		return s
	}

	It("takes one while the other serves", func() {
		s := rollingEdges(2)
		expectPlan(s.plan(), "Mark crew-edge-1 because "+whyOutdated)
		s.mark(edgeName(1), 0)
		expectPlan(s.plan(), "Stop crew-edge-1 because "+whyOutdated)
	})

	It("takes the only one, since there is to be no other", func() {
		s := rollingEdges(1)
		expectPlan(s.plan(), "Mark crew-edge-1 because "+whyOutdated)
		s.mark(edgeName(1), 0)
		expectPlan(s.plan(), "Stop crew-edge-1 because "+whyOutdated)
	})

	DescribeTable("takes those that never became ready, one at a time: the new template may be the cure", func(change func(*scene)) {
		s := rollingEdges(2)
		change(s)
		expectPlan(withoutRoutes(s.plan()), "Mark crew-edge-1 because "+whyOutdated)
		s.mark(edgeName(1), 0)
		expectPlan(withoutRoutes(s.plan()), "Stop crew-edge-1 because "+whyOutdated)
	},
		Entry("no edge answers", func(s *scene) {
			s.hideEdge(1)
			s.hideEdge(2)
		}),
		Entry("no edge takes the routes", func(s *scene) { s.want.Routes.Revision = "routes-2" }),
	)

	It("does not take an old one that is silent while a new one is on its way up", func() {
		s := rollingEdges(2)
		s.edge(1).Template, s.edge(1).StartedAt = newTemplate, s.now
		s.hideEdge(1)
		s.hideEdge(2)
		expectPlan(s.plan())
	})

	It("takes one back when the other went missing", func() {
		s := rollingEdges(2)
		s.mark(edgeName(1), 0)
		s.remove(edgeName(2))
		expectPlan(s.plan(), "Unmark crew-edge-1 because others are missing meanwhile",
			"Create crew-edge-2 because 2 edges are wanted and this one is missing")
	})

	It("does not stop the one that serves while the other, marked as well, serves no more", func() {
		s := rollingEdges(2)
		s.mark(edgeName(1), 0)
		s.mark(edgeName(2), 0)
		s.hideEdge(2)
		expectPlan(s.plan(), "Stop crew-edge-2 because "+whyOutdated)
	})

	It("stops one that has no routes whether or not another serves: nothing is lost", func() {
		s := rollingEdges(2)
		s.mark(edgeName(1), 0)
		state := s.seen.Edges[edgeName(1)]
		state.State.RoutesRevision = ""
		s.seen.Edges[edgeName(1)] = state
		s.hideEdge(2)
		expectPlan(withoutRoutes(s.plan()), "Stop crew-edge-1 because "+whyOutdated)
	})

	It("goes on beside the bots", func() {
		s := rollingEdges(2)
		s.tier(model.TierBot).Template = newTemplate
		s.inPlace(1)
		expectPlan(s.plan(), "Mark crew-edge-1 because "+whyOutdated, "Mark crew-bot-1 because "+whyOutdated)
	})
})

// withoutRoutes leaves the steps out that tell edges what to serve.
func withoutRoutes(p plan.Plan) plan.Plan {
	var steps []plan.Step
	for _, step := range p.Steps {
		if step.Verb != plan.VerbSetRoutes {
			steps = append(steps, step)
		}
	}
	p.Steps = steps
	return p
}
