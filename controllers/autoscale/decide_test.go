package autoscale_test

import (
	"math"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

var _ = Describe("The number of bots", func() {
	DescribeTable("goes up by steps", func(size int, cpu float64, want int) {
		decision, state := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, fleet(size, cpu, noon), noon)
		Expect(decision.Desired).To(Equal(want), "%s", decision.Message)
		Expect(state.Desired).To(Equal(want))
	},
		Entry("not at the threshold", 2, 70.0, 2),
		Entry("one above it", 2, 71.0, 3),
		Entry("one for many that are a little above", 6, 72.0, 7),
		Entry("several when one is not enough", 6, 94.0, 9),
		Entry("twice when the processor is used up", 2, 99.0, 4),
		Entry("four steps at most", 6, 100.0, 10),
		Entry("not beyond the largest number", 10, 100.0, 10),
	)

	DescribeTable("goes in proportion", func(size int, cpu float64, want int) {
		policy := with(proportional, atOnce, func(p *autoscale.Policy) { p.Max, p.MaxLaunching = 100, 0 })
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(size, cpu, noon), noon)
		Expect(decision.Desired).To(Equal(want), "%s", decision.Message)
	},
		Entry("up as the HPA does", 10, 90.0, 13),
		Entry("to no more than twice", 20, 400.0, 40),
		Entry("but four more at any rate", 1, 700.0, 5),
		Entry("not down within the tolerance", 10, 60.0, 10),
		Entry("down to what stays below the threshold less the tolerance", 10, 20.0, 4),
		Entry("down to one that would bear it", 5, 10.0, 1),
	)

	It("is not asked for twice while bots start", func() {
		seen := fleet(3, 90, noon)
		seen.Desired = 4
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Votes[0].Note).To(Equal("but enough are on their way"))
	})

	DescribeTable("stands still on a value that is no number", func(value float64) {
		seen := fleet(2, value, noon)
		decision, _ := autoscale.Decide(with(atOnce), autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(2))
		Expect(decision.Votes[0].Value).To(BeNil())
		Expect(decision.LimitedBy(autoscale.BoundMissingSignal)).To(BeTrue())
	},
		Entry("NaN", math.NaN()), Entry("infinite", math.Inf(1)), Entry("negative", -1.0),
	)

	It("counts values of three intervals, and a largest number below the least as the least, when the policy leaves that open", func() {
		policy := with(atOnce, func(p *autoscale.Policy) { p.StaleAfter, p.Interval, p.Min, p.Max = 0, 10*time.Second, 4, 3 })
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(2, 95, noon.Add(-30*time.Second)), noon)
		Expect(decision.Votes[0].Known).To(Equal(2))
		Expect(decision.Desired).To(Equal(4))
		decision, _ = autoscale.Decide(policy, autoscale.State{}, fleet(2, 95, noon.Add(-31*time.Second)), noon)
		Expect(decision.Votes[0].Known).To(BeZero())
	})

	It("waits for the cooldown and for the stabilisation window before it goes down", func() {
		policy := autoscale.DefaultPolicy()
		state := autoscale.State{Desired: 3, LastUp: noon}
		var downAt []time.Duration
		for elapsed := time.Duration(0); elapsed <= 20*time.Minute; elapsed += policy.Interval {
			now := noon.Add(elapsed)
			decision, next := autoscale.Decide(policy, state, fleet(state.Desired, 5, now), now)
			if decision.Direction == autoscale.DirectionDown {
				downAt = append(downAt, elapsed)
			}
			state = next
		}
		Expect(downAt).To(Equal([]time.Duration{330 * time.Second, 630 * time.Second}))
	})
})
