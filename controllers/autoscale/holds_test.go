package autoscale_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// quietLong is a state in which fewer bots have been enough for long.
func quietLong(desired, enough int) autoscale.State {
	return autoscale.State{Desired: desired, Enough: []autoscale.Enough{{Desired: enough, Since: noon.Add(-time.Hour)}}}
}

var _ = Describe("A wish for more", func() {
	It("waits for the cooldown after an up", func() {
		state := autoscale.State{Desired: 3, LastUp: noon.Add(-time.Minute)}
		decision, next := autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 75, noon), noon)
		Expect(decision.Desired).To(Equal(3))
		Expect(decision.Wanted).To(Equal(4))
		Expect(decision.Winner).To(Equal(autoscale.RuleCPU))
		Expect(decision.LimitedBy(autoscale.BoundCooldown)).To(BeTrue())
		Expect(decision.NextUp).To(Equal(noon.Add(4 * time.Minute)))
		Expect(decision.Reconsider).To(Equal(noon.Add(4 * time.Minute)))
		Expect(decision.Message).To(Equal("Holding at 3 instead of 4: CPU is about 75 % per bot, above 70 %, " +
			"but the cooldown after the last change is not over."))
		Expect(next).To(Equal(state), "nothing happened")
	})

	It("waits for the cooldown after a down", func() {
		state := autoscale.State{Desired: 3, LastDown: noon.Add(-time.Minute)}
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 75, noon), noon)
		Expect(decision.LimitedBy(autoscale.BoundCooldown)).To(BeTrue())
	})

	It("goes on within the cooldown when the last one was too small", func() {
		state := autoscale.State{Desired: 3, LastUp: noon.Add(-time.Minute)}
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 90, noon), noon)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Urgent).To(BeTrue())
	})

	It("does not go on before the effect was measured on all", func() {
		state := autoscale.State{Desired: 3, LastUp: noon.Add(-time.Minute)}
		seen := fleet(3, 90, noon)
		seen.Instances[2].CPU.At = noon.Add(-time.Minute) // as old as the event
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), state, seen, noon)
		Expect(decision.Desired).To(Equal(3))
		Expect(decision.LimitedBy(autoscale.BoundCooldown)).To(BeTrue())
	})

	It("never goes on within the cooldown when nothing is urgent by policy", func() {
		state := autoscale.State{Desired: 3, LastUp: noon.Add(-299 * time.Second)}
		policy := with(func(p *autoscale.Policy) { p.Urgent = 0 })
		decision, _ := autoscale.Decide(policy, state, fleet(3, 100, noon), noon)
		Expect(decision.Desired).To(Equal(3))
		decision, _ = autoscale.Decide(policy, state, fleet(3, 100, noon.Add(time.Second)), noon.Add(time.Second))
		Expect(decision.Desired).To(Equal(6))
		Expect(decision.Urgent).To(BeFalse())
	})

	It("is allowed when a signal is missing, by one step", func() {
		seen := fleet(4, 95, noon)
		seen.Instances[0].CPU = nil
		decision, _ := autoscale.Decide(with(proportional), autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(5))
		Expect(decision.Votes[0].Missing).To(Equal(1))
	})

	It("does not count bots that start or leave in the mean", func() {
		seen := fleet(4, 80, noon)
		seen.Instances[2].Starting, seen.Instances[2].CPU = true, at(0, noon)
		seen.Instances[3].Draining, seen.Instances[3].CPU = true, at(0, noon)
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{Desired: 2}, seen, noon)
		Expect(*decision.Votes[0].Value).To(Equal(80.0))
		Expect(decision.Desired).To(Equal(3))
	})

	It("is cut by the launch budget, and goes on within the cooldown", func() {
		policy := with(proportional, func(p *autoscale.Policy) { p.MaxLaunching = 2 })
		seen := fleet(4, 100, noon)
		decision, state := autoscale.Decide(policy, autoscale.State{}, seen, noon)
		Expect(decision.Desired).To(Equal(6))
		Expect(decision.LimitedBy(autoscale.BoundLaunchBudget)).To(BeTrue())
		Expect(state.Unfinished).To(BeTrue())

		By("not while they are in flight")
		now := noon.Add(30 * time.Second)
		decision, state = autoscale.Decide(policy, state, fleet(4, 100, now), now)
		Expect(decision.Desired).To(Equal(6))

		By("but when they serve, though nothing is urgent")
		now = now.Add(30 * time.Second)
		decision, state = autoscale.Decide(policy, state, fleet(6, 75, now), now)
		Expect(decision.Desired).To(Equal(7))
		Expect(state.Unfinished).To(BeFalse())
	})

	It("that was cut is forgotten when it is known that nobody asks for more", func() {
		state := autoscale.State{Desired: 3, LastUp: noon.Add(-time.Minute), Unfinished: true}
		_, state = autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 66, noon), noon)
		Expect(state.Unfinished).To(BeFalse())
	})

	It("does not get through a pause, but the limits do", func() {
		policy := with(func(p *autoscale.Policy) { p.PauseUp = true })
		decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(2, 95, noon), noon)
		Expect(decision.Desired).To(Equal(2))
		Expect(decision.LimitedBy(autoscale.BoundPaused)).To(BeTrue())
		policy.Min = 4
		decision, state := autoscale.Decide(policy, autoscale.State{}, fleet(2, 95, noon), noon)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Message).To(Equal("Scaling up from 2 to 4: at least 4 are to be there."))
		Expect(state.LastUp).To(BeZero(), "limits are no events")
	})
})

var _ = Describe("A wish for fewer", func() {
	It("is granted when fewer have been enough for the whole window", func() {
		decision, state := autoscale.Decide(autoscale.DefaultPolicy(), quietLong(4, 1), fleet(4, 5, noon), noon)
		Expect(decision.Desired).To(Equal(3))
		Expect(decision.LimitedBy(autoscale.BoundStep)).To(BeTrue())
		Expect(state.LastDown).To(Equal(noon))
		decision, _ = autoscale.Decide(with(proportional), quietLong(4, 1), fleet(4, 5, noon), noon)
		Expect(decision.Desired).To(Equal(1))
	})

	It("goes no lower than what was enough through all of the window", func() {
		decision, state := autoscale.Decide(with(proportional), quietLong(8, 6), fleet(8, 5, noon), noon)
		Expect(decision.Desired).To(Equal(6))
		Expect(state.Enough).To(Equal([]autoscale.Enough{{Desired: 2, Since: noon}}))
	})

	DescribeTable("is held back by a signal that is missing", func(blind func(*autoscale.Instance)) {
		seen := fleet(4, 5, noon)
		blind(&seen.Instances[2])
		before := quietLong(4, 1)
		decision, state := autoscale.Decide(autoscale.DefaultPolicy(), before, seen, noon)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.LimitedBy(autoscale.BoundMissingSignal)).To(BeTrue())
		Expect(state).To(Equal(before), "the window goes on")
	},
		Entry("of the processor", func(i *autoscale.Instance) { i.CPU = nil }),
		Entry("of the memory", func(i *autoscale.Instance) { i.Memory = nil }),
		Entry("of the edge", func(i *autoscale.Instance) { i.RequestsPerMinute = nil }),
		Entry("that is stale", func(i *autoscale.Instance) { i.CPU.At = noon.Add(-91 * time.Second) }),
		Entry("that comes from a clock far ahead", func(i *autoscale.Instance) { i.CPU.At = noon.Add(time.Hour) }),
	)

	It("is held back when nobody serves", func() {
		decision, _ := autoscale.Decide(with(atOnce), autoscale.State{Desired: 4}, autoscale.Observation{}, noon)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Message).To(Equal("Holding at 4: no signal is known."))
	})

	It("does not get through a pause, but the limits do", func() {
		policy := with(func(p *autoscale.Policy) { p.PauseDown = true })
		decision, _ := autoscale.Decide(policy, quietLong(4, 1), fleet(4, 5, noon), noon)
		Expect(decision.Desired).To(Equal(4))
		policy.Max = 3
		decision, _ = autoscale.Decide(policy, quietLong(4, 1), fleet(4, 5, noon), noon)
		Expect(decision.Desired).To(Equal(3))
		Expect(decision.Direction).To(Equal(autoscale.DirectionDown))
		Expect(decision.Limits[0].By).To(Equal(autoscale.BoundMax))
	})

	It("waits longer after bots that left had to be taken back, and no longer once a scale-down stood", func() {
		state := autoscale.State{Desired: 3, LastDown: noon.Add(-10 * time.Minute), FellFrom: 4}
		_, state = autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 80, noon), noon)
		Expect(state.Desired).To(Equal(4))
		Expect(state.Regrets).To(Equal(1))

		state.Enough = []autoscale.Enough{{Desired: 1, Since: noon}}
		now := noon.Add(9*time.Minute + 59*time.Second)
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(4, 5, now), now)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Reconsider).To(Equal(noon.Add(10 * time.Minute)))
		now = noon.Add(10 * time.Minute)
		decision, state = autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(4, 5, now), now)
		Expect(decision.Desired).To(Equal(3))

		now = now.Add(31 * time.Minute)
		_, state = autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 80, now), now)
		Expect(state.Desired).To(Equal(4))
		Expect(state.Regrets).To(BeZero())
	})
})

var _ = Describe("What is remembered", func() {
	It("of mistakes is bounded", func() {
		state := autoscale.State{Desired: 3, LastDown: noon.Add(-10 * time.Minute), FellFrom: 4, Regrets: 2}
		_, state = autoscale.Decide(autoscale.DefaultPolicy(), state, fleet(3, 80, noon), noon)
		Expect(state.Desired).To(Equal(4))
		Expect(state.Regrets).To(Equal(2))
	})

	It("of how few were enough is bounded", func() {
		policy := with(func(p *autoscale.Policy) { p.Max, p.Stabilization = 1000, 24*time.Hour })
		state := autoscale.State{Desired: 200}
		for i := range 60 {
			now := noon.Add(time.Duration(i) * policy.Interval)
			seen := fleet(200, 62-float64(i), now)
			for i := range seen.Instances {
				seen.Instances[i].Memory.Value = 0
			}
			_, state = autoscale.Decide(policy, state, seen, now)
		}
		Expect(state.Enough).To(HaveLen(32))
	})
})

var _ = Describe("The breaker of launches", func() {
	// failing is a fleet that needs more and cannot get it.
	failing := func(failed int, last, now time.Time) autoscale.Observation {
		seen := fleet(2, 95, now)
		seen.Launches.Failed, seen.Launches.LastFailed = failed, last
		return seen
	}

	It("stops creating, says so, and tries one step after the back-off", func() {
		policy := autoscale.DefaultPolicy()
		decision, state := autoscale.Decide(policy, autoscale.State{}, failing(3, noon.Add(-10*time.Second), noon), noon)
		Expect(decision.Desired).To(Equal(2))
		Expect(decision.StopCreating).To(BeTrue())
		Expect(decision.BreakerUntil).To(Equal(noon.Add(50 * time.Second)))
		Expect(decision.Message).To(ContainSubstring("launches keep failing"))

		now := noon.Add(50 * time.Second)
		decision, state = autoscale.Decide(policy, state, failing(3, noon.Add(-10*time.Second), now), now)
		Expect(decision.Desired).To(Equal(3))
		Expect(decision.StopCreating).To(BeFalse())

		By("doubling the back-off when that fails as well")
		decision, state = autoscale.Decide(policy, state, failing(4, now, now), now)
		Expect(decision.StopCreating).To(BeTrue())
		Expect(decision.BreakerUntil).To(Equal(now.Add(2 * time.Minute)))

		By("and forgetting all of it once a launch succeeds")
		seen := failing(0, time.Time{}, now)
		seen.Launches.LastSucceeded = now.Add(time.Second)
		decision, state = autoscale.Decide(policy, state, seen, now)
		Expect(decision.StopCreating).To(BeFalse())
		Expect(state.Breaker).To(BeNil())
	})

	It("remembers across a restart, after which the provider counts from zero", func() {
		_, state := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, failing(3, noon, noon), noon)
		now := noon.Add(time.Second)
		decision, state := autoscale.Decide(autoscale.DefaultPolicy(), state, failing(0, time.Time{}, now), now)
		Expect(decision.StopCreating).To(BeTrue())
		_, state = autoscale.Decide(autoscale.DefaultPolicy(), state, failing(1, now, now), now)
		Expect(state.Breaker.Failures).To(Equal(4))
	})

	It("waits no longer than its longest back-off", func() {
		decision, _ := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, failing(1000, noon, noon), noon)
		Expect(decision.BreakerUntil).To(Equal(noon.Add(30 * time.Minute)))
	})

	It("does not count a failure twice", func() {
		last := noon.Add(-500 * time.Millisecond)
		_, state := autoscale.Decide(autoscale.DefaultPolicy(), autoscale.State{}, failing(1, last, noon), noon)
		_, again := autoscale.Decide(autoscale.DefaultPolicy(), state, failing(1, last, noon), noon.Add(time.Second))
		Expect(again.Breaker).To(Equal(state.Breaker))
	})
})
