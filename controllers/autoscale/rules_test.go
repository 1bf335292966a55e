package autoscale_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// custom adds a rule.
func custom(metric autoscale.Metric, comparison autoscale.Comparison, value float64, action autoscale.Direction) func(*autoscale.Policy) {
	return func(policy *autoscale.Policy) {
		policy.Rules = append(policy.Rules, autoscale.Rule{
			Name: "custom", Metric: metric, Comparison: comparison, Value: value, Action: action,
		})
	}
}

var _ = Describe("Rules of one's own", func() {
	const (
		above, below = autoscale.ComparisonAbove, autoscale.ComparisonBelow
		up, down     = autoscale.DirectionUp, autoscale.DirectionDown
	)

	DescribeTable("act on each metric", func(rule func(*autoscale.Policy), change func(*autoscale.Instance), want int) {
		seen := fleet(4, 40, noon)
		for i := range seen.Instances {
			change(&seen.Instances[i])
		}
		decision, _ := autoscale.Decide(with(atOnce, rule), autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(want), "%s", decision.Message)
	},
		Entry("the document's response time", custom(autoscale.MetricResponseTime, above, 2000, up),
			func(i *autoscale.Instance) { i.ResponseTime.Value = 9000 }, 5),
		Entry("the document's queue depth", custom(autoscale.MetricQueueDepth, above, 100, up),
			func(i *autoscale.Instance) { i.QueueDepth.Value = 140 }, 6),
		Entry("the document's low CPU", custom(autoscale.MetricCPU, below, 30, down),
			func(i *autoscale.Instance) { i.CPU.Value = 20 }, 3),
		Entry("the low CPU that is not low", custom(autoscale.MetricCPU, below, 30, down),
			func(i *autoscale.Instance) { i.CPU.Value = 31 }, 4),
		Entry("requests", custom(autoscale.MetricRequests, above, 100, up),
			func(i *autoscale.Instance) { i.RequestsPerMinute.Value = 101 }, 5),
		Entry("memory", custom(autoscale.MetricMemory, above, 50, up),
			func(i *autoscale.Instance) { i.Memory.Value = 51 }, 5),
		Entry("a rule for fewer that looks upwards", custom(autoscale.MetricResponseTime, above, 10, down),
			func(*autoscale.Instance) {}, 3),
		Entry("a rule for more that looks downwards", custom(autoscale.MetricRequests, below, 20, up),
			func(*autoscale.Instance) {}, 5),
		Entry("a threshold of zero", custom(autoscale.MetricQueueDepth, above, 0, up),
			func(i *autoscale.Instance) { i.QueueDepth.Value = 1 }, 5),
	)

	It("for fewer do nothing that a threshold would take back", func() {
		policy := with(atOnce, custom(autoscale.MetricCPU, below, 30, down))
		seen := fleet(2, 20, noon)
		for i := range seen.Instances {
			seen.Instances[i].RequestsPerMinute.Value = 600 // 1200 on one
		}
		decision, _ := autoscale.Decide(policy, autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(2))
	})

	It("for fewer never ask for less than one", func() {
		policy := with(atOnce, custom(autoscale.MetricResponseTime, below, 100, down), func(p *autoscale.Policy) { p.StepDown = 5 })
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(3, 5, noon), noon)
		Expect(decision.Wanted).To(Equal(1))
	})

	It("for more hold fewer back before they have held for long enough", func() {
		policy := with(atOnce, custom(autoscale.MetricRequests, below, 20, up))
		policy.Rules[3].For = time.Minute
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(4, 5, noon), noon)
		Expect(decision.Desired).To(Equal(4))
	})

	It("for fewer are required where there are any", func() {
		decision, _ := autoscale.Decide(with(atOnce, cpuLow), autoscale.State{}, fleet(10, 35, noon), noon)
		Expect(decision.Desired).To(Equal(10), "35 % on ten would fit on six")
	})

	It("for fewer go in proportion to their value", func() {
		decision, _ := autoscale.Decide(with(atOnce, proportional, cpuLow), autoscale.State{}, fleet(10, 15, noon), noon)
		Expect(decision.Desired).To(Equal(5))
		Expect(decision.Winner).To(Equal("cpuLow"))
	})

	It("act once their comparison has held for long enough", func() {
		policy := with(atOnce, custom(autoscale.MetricQueueDepth, above, 100, up))
		policy.Rules[3].For = time.Minute
		state, desired := autoscale.State{}, []int{}
		for elapsed := 0 * time.Second; elapsed <= 90*time.Second; elapsed += 30 * time.Second {
			now := noon.Add(elapsed)
			seen := fleet(2, 40, now)
			for i := range seen.Instances {
				seen.Instances[i].QueueDepth.Value = 120
			}
			var decision autoscale.Decision
			decision, state = autoscale.Decide(policy, state, seen, now)
			desired = append(desired, decision.Desired)
			if elapsed == 0 {
				Expect(decision.Votes[3].Note).To(Equal("but not for long enough yet"))
				Expect(decision.Reconsider).To(Equal(noon.Add(time.Minute)))
			}
		}
		Expect(desired).To(Equal([]int{2, 2, 3, 3}))
	})

	It("begin anew when the comparison stops holding", func() {
		policy := with(atOnce, cpuLow)
		policy.Rules[3].For = time.Minute
		_, state := autoscale.Decide(policy, autoscale.State{}, fleet(4, 10, noon), noon)
		Expect(state.Holds).To(Equal([]autoscale.Hold{{Rule: "cpuLow", Since: noon}}))
		now := noon.Add(30 * time.Second)
		_, state = autoscale.Decide(policy, state, fleet(4, 40, now), now)
		Expect(state.Holds).To(BeEmpty())
	})
})

var _ = Describe("The winner", func() {
	It("is the rule that asks for the most", func() {
		seen := fleet(4, 75, noon)
		for i := range seen.Instances {
			seen.Instances[i].RequestsPerMinute.Value = 1600
		}
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, seen, noon)
		Expect(decision.Winner).To(Equal(autoscale.RuleRequests))
		Expect(decision.Desired).To(Equal(7))
		Expect(decision.Message).To(Equal("Scaling up from 4 to 7: the request rate is about 1600/min per bot, above 1000/min."))
	})

	It("is told with what it was cut by", func() {
		policy := with(func(p *autoscale.Policy) { p.Max = 5 })
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(4, 99, noon), noon)
		Expect(decision.Desired).To(Equal(5))
		Expect(decision.Limits).To(Equal([]autoscale.Limit{
			{By: autoscale.BoundMax, From: 8, To: 5, Message: "at most 5 are allowed"},
		}))
		Expect(decision.Message).To(Equal("Scaling up from 4 to 5: CPU is about 100 % per bot, above 70 %, " +
			"which asks for 8, but at most 5 are allowed."))
	})
})

var _ = Describe("What people read", func() {
	DescribeTable("is rounded", func(metric autoscale.Metric, value float64, want string) {
		Expect(metric.Show(value)).To(Equal(want))
	},
		Entry("percent to 5", autoscale.MetricCPU, 43.2, "45 %"),
		Entry("percent to 5, down", autoscale.MetricMemory, 42.4, "40 %"),
		Entry("requests to two digits", autoscale.MetricRequests, 1234.5, "1200/min"),
		Entry("milliseconds to two digits", autoscale.MetricResponseTime, 2049.0, "2000 ms"),
		Entry("small numbers", autoscale.MetricQueueDepth, 0.26, "0.3"),
		Entry("nothing", autoscale.MetricQueueDepth, 0.0, "0"),
	)

	It("stays the same while the values move a little", func() {
		first, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, fleet(2, 64, noon), noon)
		second, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, fleet(2, 66, noon), noon)
		Expect(second.Message).To(Equal(first.Message))
		Expect(second.Votes[0].Shown).To(Equal(first.Votes[0].Shown))
	})
})
