package plan_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// turmoil is a scene in which all sorts of things are to be done.
func turmoil() *scene {
	s := calm(6, 2)
	s.tier(model.TierBot).Replicas, s.tier(model.TierBot).Surge = 5, 3
	s.mark(botName(6), time.Minute)
	s.bot(6).Name = "crew-bot-6-copy" // drained, and to be stopped
	s.forgetBot(1, 6)
	s.forgetBot(2, 6)
	// The others are to be created, started, configured, changed, marked, and deleted.
	s.remove(botName(2))
	s.stopBot(3)
	s.stopBot(4).Configured = ""
	s.bot(5).Config["limits.memory"] = "1MiB"
	surplus, gone := runningInstance(model.TierBot, 7), runningInstance(model.TierBot, 8)
	surplus.Name, gone.Name = "crew-bot-7-copy", "crew-bot-8-copy"
	gone.State, gone.Address = model.StateStopped, netip.Addr{}
	s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, surplus, gone)
	s.want.Routes.Revision = "routes-2"
	return s
}

func verbs(p plan.Plan) []plan.Verb {
	var out []plan.Verb
	for _, step := range p.Steps {
		out = append(out, step.Verb)
	}
	return out
}

var _ = Describe("What could not be read", func() {
	It("hides nothing when all could be read", func() {
		Expect(verbs(turmoil().plan())).To(ConsistOf(
			plan.VerbCreate, plan.VerbStart, plan.VerbConfigure, plan.VerbChange, plan.VerbStop, plan.VerbMark, plan.VerbDelete,
			plan.VerbSetPool, plan.VerbSetPool, plan.VerbSetRoutes, plan.VerbSetRoutes,
		))
	})

	DescribeTable("leaves only what cannot do harm", func(change func(*scene), remaining ...plan.Verb) {
		s := turmoil()
		change(s)
		Expect(verbs(s.plan())).To(ConsistOf(remaining))
	},
		Entry("the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }, plan.VerbStart, plan.VerbConfigure,
			plan.VerbSetPool, plan.VerbSetPool, plan.VerbSetRoutes, plan.VerbSetRoutes),
		Entry("the Secrets: a bot that never had its files waits for them", func(s *scene) {
			s.seen.SecretsErr, s.tier(model.TierBot).Files, s.tier(model.TierBot).FilesHash = errAway, nil, ""
		}, plan.VerbStart, plan.VerbSetPool, plan.VerbSetPool, plan.VerbSetRoutes, plan.VerbSetRoutes),
		Entry("one edge", func(s *scene) { s.hideEdge(1) },
			plan.VerbCreate, plan.VerbStart, plan.VerbConfigure, plan.VerbChange, plan.VerbMark, plan.VerbDelete,
			plan.VerbSetPool, plan.VerbSetRoutes),
		Entry("the inventory: nothing at all", func(s *scene) {
			s.seen.Inventory, s.seen.InventoryErr = model.Inventory{}, errAway
		}),
	)

	It("leaves no judgement, no pool and nothing to await when it is the inventory", func() {
		s := turmoil()
		s.seen.InventoryErr = errAway
		Expect(s.plan()).To(Equal(plan.Plan{}))
	})
})

var _ = Describe("Looking again", func() {
	DescribeTable("is as soon as what changes without an event asks for", func(change func(*scene), recheck time.Duration) {
		s := calm(2, 1)
		change(s)
		Expect(s.plan().Recheck).To(Equal(recheck))
	},
		Entry("never, when all is as wanted", func(*scene) {}, time.Duration(0)),
		Entry("never, for an operation: its end is an event", func(s *scene) { s.bot(1).Operation = "start" }, time.Duration(0)),
		Entry("for an address", func(s *scene) {
			s.bot(1).Address, s.bot(1).StartedAt = netip.Addr{}, s.now
			s.informEdges()
		}, 250*time.Millisecond),
		Entry("for an address that is late", func(s *scene) {
			s.bot(1).Address, s.bot(1).StartedAt = netip.Addr{}, s.now.Add(-31*time.Second)
			s.informEdges()
		}, 2*time.Second),
		Entry("for a probe", func(s *scene) {
			s.bot(1).StartedAt = s.now
			s.probe(1, 1, model.ProbeUnknown)
		}, 150*time.Millisecond),
		Entry("for a probe of what has been running long", func(s *scene) { s.probe(1, 1, model.ProbeUnknown) }, 2*time.Second),
		Entry("for a Caddy to answer", func(s *scene) {
			s.edge(1).StartedAt = s.now
			s.hideEdge(1)
		}, 150*time.Millisecond),
		Entry("for health to return", func(s *scene) {
			s.bot(1).StartedAt = s.now
			s.probe(1, 1, model.ProbeUnhealthy)
		}, 2*time.Second),
		Entry("for a database to return", func(s *scene) { s.probe(1, 1, model.ProbeDegraded) }, 2*time.Second),
		Entry("for the soonest of all", func(s *scene) {
			s.probe(1, 1, model.ProbeUnhealthy)
			s.remove(botName(2))
			s.fail(botName(2), "create", 1, 950*time.Millisecond)
		}, 50*time.Millisecond),
	)
})

var _ = Describe("A world as wanted", func() {
	It("needs nothing", func() {
		for bots := range 4 {
			for edges := 1; edges <= 2; edges++ {
				p := calm(bots, edges).plan()
				Expect(p.Steps).To(BeEmpty())
				Expect(p.Recheck).To(BeZero())
			}
		}
	})
})
