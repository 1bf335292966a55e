package plan_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var _ = Describe("The end of a bot's drain", func() {
	DescribeTable("is when nothing came for a while at any edge", func(mark, first, second time.Duration, settle time.Duration, over bool) {
		s := scaledDown(2)
		s.want.Policy.DrainSettle, s.want.Policy.DrainTimeout = settle, time.Minute
		s.mark(botName(3), mark)
		s.informEdges()
		for edge, ago := range map[int]time.Duration{1: first, 2: second} {
			s.listOn(edge, 3, model.MemberStatus{State: model.MemberDraining, Since: s.now.Add(-ago)})
		}
		listed := slices.ContainsFunc(s.plan().Pool.Members, func(m model.Member) bool { return m.Name == botName(3) })
		Expect(listed).To(Equal(!over))
	},
		Entry("all were told long enough ago", 9*time.Second, 5*time.Second, 5*time.Second, 5*time.Second, true),
		Entry("the last one was told a moment ago, and the mark is old", 9*time.Second, 9*time.Second, 4999*time.Millisecond, 5*time.Second, false),
		Entry("the mark is younger than an edge says: its clock is behind", 4*time.Second, time.Hour, time.Hour, 5*time.Second, false),
		Entry("an edge's clock is ahead", 9*time.Second, 9*time.Second, -time.Hour, 5*time.Second, false),
		Entry("an edge's clock is ahead, and there is nothing to wait for", 9*time.Second, 9*time.Second, -time.Hour, time.Duration(0), true),
		Entry("an edge's clock is ahead, and the time is over", time.Minute, 9*time.Second, -time.Hour, 5*time.Second, true),
	)
})

var _ = Describe("Looking again at a drain by hand", func() {
	DescribeTable("is soon at first, and then left to the passes that come anyway", func(ago, recheck time.Duration) {
		s := calm(3, 1)
		s.drainBots(2)
		s.onEdge(1, 2, func(m *model.MemberStatus) { m.Since, m.InFlight = s.now.Add(-ago), 1 })
		Expect(s.plan().Recheck).To(Equal(recheck))
	},
		Entry(nil, time.Second, 500*time.Millisecond),
		Entry(nil, 30*time.Second, 500*time.Millisecond),
		Entry(nil, 31*time.Second, time.Duration(0)),
		Entry("also when the edge's clock is ahead", -time.Hour, 2*time.Second),
	)

	It("is of no use while no edge has begun and none is told to", func() {
		s := calm(3, 1)
		s.drainBots(2)
		s.hideEdge(1)
		Expect(s.plan().Recheck).To(Equal(2*time.Second), "for the edge, which has been running for an hour")
	})
})

var _ = Describe("A surplus bot while all that are wanted are drained by hand", func() {
	const waits = "it is surplus and stays for now, because all bots that are wanted are drained by hand"

	It("stays, and says so: it is the last that serves", func() {
		s := scaledDown(2)
		s.want.Policy.Victims = plan.HighestOrdinal
		s.drainBots(1, 2)
		p := s.plan()
		expectPlan(p)
		Expect(assessment(p, botName(3))).To(And(HaveField("Waits", true), HaveField("Message", waits), HaveField("Phase", plan.PhaseReady)))
		s.drainBots(1)
		p = s.plan()
		expectPlan(p, "Mark crew-bot-3 because "+whySurplus)
		Expect(assessment(p, botName(3))).To(And(HaveField("Waits", false), HaveField("Message", "")))
	})

	DescribeTable("goes", func(change func(*scene), sentences ...string) {
		s := scaledDown(1)
		s.drainBots(1, 2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("when it does not run", func(s *scene) { s.stopBot(3) }, "Delete crew-bot-3 because "+whySurplus),
		Entry("when it is on its way out: it serves no more", func(s *scene) {
			s.mark(botName(3), time.Hour)
			s.informEdges()
			s.informEdges()
		}, "Stop crew-bot-3 because "+whySurplus),
		Entry("when none are wanted at all", func(s *scene) { s.tier(model.TierBot).Replicas = 0 },
			"Mark crew-bot-1 because it is surplus: 0 bots are wanted", "Mark crew-bot-2 because it is surplus: 0 bots are wanted",
			"Mark crew-bot-3 because it is surplus: 0 bots are wanted"),
	)

	It("concerns no edge", func() {
		s := calm(2, 2)
		s.tier(model.TierEdge).Replicas = 1
		s.drainBots(1, 2)
		expectPlan(s.plan(), "Mark crew-edge-2 because it is surplus: 1 edge is wanted")
	})
})
