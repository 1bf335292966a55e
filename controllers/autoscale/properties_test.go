package autoscale_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

const (
	// randomStories are played, each with so many decisions.
	randomStories   = 120
	decisionsPlayed = 120
)

// teller makes up a policy and what is seen under it.
type teller struct {
	*rand.Rand
	policy autoscale.Policy
	load   float64
}

func newTeller(seed uint64) *teller {
	t := &teller{Rand: rand.New(rand.NewPCG(seed, 7))}
	p := autoscale.DefaultPolicy()
	p.Min = 1 + t.IntN(3)
	p.Max = p.Min + t.IntN(12)
	p.StepUp, p.StepDown, p.MaxSteps = 1+t.IntN(3), 1+t.IntN(3), t.IntN(5)
	p.CooldownUp = time.Duration(t.IntN(200)) * time.Second
	p.CooldownDown = time.Duration(t.IntN(200)) * time.Second
	p.Stabilization = time.Duration(t.IntN(200)) * time.Second
	p.MaxLaunching = t.IntN(5)
	if t.IntN(2) == 0 {
		p.Mode = autoscale.ModeProportional
	}
	if t.IntN(2) == 0 {
		p.Urgent = 0
	}
	if t.IntN(2) == 0 {
		cpuLow(&p)
		p.Rules[3].For = time.Duration(t.IntN(120)) * time.Second
	}
	if t.IntN(3) == 0 {
		custom(autoscale.MetricResponseTime, autoscale.ComparisonAbove, 2000, autoscale.DirectionUp)(&p)
	}
	if t.IntN(4) == 0 {
		windows(autoscale.Schedule{Name: "lunch", Start: "20 12 * * *", Duration: 20 * time.Minute, Min: 3, Max: 9})(&p)
	}
	p.PauseUp, p.PauseDown = t.IntN(10) == 0, t.IntN(10) == 0
	t.policy, t.load = p, 100*t.Float64()
	return t
}

// measure is a value near to a mean, or one of the things that go wrong.
func (t *teller) measure(mean float64, now time.Time) *autoscale.Measure {
	switch t.IntN(300) {
	case 0:
		return nil
	case 1:
		return at(math.NaN(), now)
	case 2:
		return at(mean, now.Add(-time.Hour))
	case 3:
		return at(-mean-1, now)
	}
	return at(mean*(0.9+0.2*t.Float64()), now)
}

// see makes up an observation of a fleet that is wanted to have a size.
func (t *teller) see(size int, now time.Time) autoscale.Observation {
	t.load = math.Max(t.load*(0.6+0.85*t.Float64()), 1)
	seen := autoscale.Observation{Desired: size}
	share := t.load * 5 / float64(max(size, 1))
	for ordinal := range size {
		seen.Instances = append(seen.Instances, autoscale.Instance{
			Name: fmt.Sprintf("bot-%d", ordinal+1), Ready: t.IntN(50) > 0, Draining: t.IntN(100) == 0,
			CPU: t.measure(math.Min(share, 100), now), Memory: t.measure(share/3, now),
			RequestsPerMinute: t.measure(share*12, now), ResponseTime: t.measure(share*20, now),
		})
	}
	if t.IntN(30) == 0 {
		seen.Launches.Failed, seen.Launches.LastFailed = 1+t.IntN(4), now
	}
	if t.IntN(10) == 0 {
		seen.Launches.LastSucceeded = now
	}
	return seen
}

// story plays decisions of a teller and hands each to a witness.
func story(seed uint64, witness func(t *teller, before autoscale.State, seen autoscale.Observation, now time.Time,
	decision autoscale.Decision, after autoscale.State),
) {
	t := newTeller(seed)
	state, now := autoscale.State{Desired: t.policy.Min}, noon
	for range decisionsPlayed {
		now = now.Add(time.Duration(5+t.IntN(50))*time.Second + time.Duration(t.IntN(1e9)))
		seen := t.see(state.Desired, now)
		decision, next := autoscale.Decide(t.policy, state, seen, now)
		witness(t, state, seen, now, decision, next)
		state = next
	}
}

// throughJSON is what a restart does to a state.
func throughJSON(state autoscale.State) autoscale.State {
	GinkgoHelper()
	text, err := json.Marshal(state)
	Expect(err).NotTo(HaveOccurred())
	var back autoscale.State
	Expect(json.Unmarshal(text, &back)).To(Succeed())
	return back
}

// blind tells that the signal of some rule is missing for a bot that serves, or for all since none does.
func blind(policy autoscale.Policy, seen autoscale.Observation, now time.Time) bool {
	serving := 0
	for _, bot := range seen.Instances {
		if !bot.Ready || bot.Draining {
			continue
		}
		serving++
		signals := map[autoscale.Metric]*autoscale.Measure{
			autoscale.MetricCPU: bot.CPU, autoscale.MetricMemory: bot.Memory,
			autoscale.MetricRequests: bot.RequestsPerMinute, autoscale.MetricResponseTime: bot.ResponseTime,
		}
		for _, rule := range policy.Rules {
			signal := signals[rule.Metric]
			if signal == nil || !(signal.Value >= 0) || now.Sub(signal.At) > policy.StaleAfter {
				return true
			}
		}
	}
	return serving == 0
}

var _ = Describe("Whatever happens", func() {
	It("keeps the rules of a good autoscaler", func() {
		ups, downs, urgent, blinded, cut := 0, 0, 0, 0, 0
		for seed := range uint64(randomStories) {
			var lastUp, lastEvent time.Time
			story(seed, func(t *teller, before autoscale.State, seen autoscale.Observation, now time.Time, d autoscale.Decision, after autoscale.State) {
				about := fmt.Sprintf("seed %d at %s: %s", seed, now, d.Message)
				Expect(d.Desired).To(And(BeNumerically(">=", d.Min), BeNumerically("<=", d.Max)), "%s", about)
				Expect(after.Desired).To(Equal(d.Desired))
				start := min(max(d.Current, d.Min), d.Max)
				if d.Desired < start {
					downs++
					Expect(blind(t.policy, seen, now)).To(BeFalse(), "%s", about)
					Expect(t.policy.PauseDown).To(BeFalse())
					Expect(lastEvent.IsZero() || now.Sub(lastEvent) >= t.policy.CooldownDown).To(BeTrue(), "%s", about)
					lastEvent = now
				}
				if d.Desired > start {
					ups++
					Expect(t.policy.PauseUp).To(BeFalse())
					Expect(d.StopCreating).To(BeFalse())
					soon := !lastUp.IsZero() && now.Sub(lastUp) < t.policy.CooldownUp
					Expect(!soon || d.Urgent || before.Unfinished).To(BeTrue(), "%s", about)
					if d.Urgent {
						urgent++
						Expect(t.policy.Urgent).NotTo(BeZero())
					}
					lastUp, lastEvent = now, now
				}
				if blind(t.policy, seen, now) {
					blinded++
				}
				if d.LimitedBy(autoscale.BoundLaunchBudget) {
					cut++
				}
				Expect(len(after.Enough)).To(BeNumerically("<=", t.policy.Max))
			})
		}
		By(fmt.Sprintf("%d up, %d down, %d urgent, %d blind, %d cut", ups, downs, urgent, blinded, cut))
		for _, count := range []int{ups, downs, urgent, blinded, cut} {
			Expect(count).To(BeNumerically(">", 30), "the stories are to meet everything")
		}
	})

	It("answers the same to the same, also after a restart", func() {
		for seed := range uint64(randomStories) {
			story(seed, func(t *teller, before autoscale.State, seen autoscale.Observation, now time.Time, d autoscale.Decision, after autoscale.State) {
				again, state := autoscale.Decide(t.policy, throughJSON(before), seen, now)
				Expect(state).To(Equal(after))
				Expect(again.Message).To(Equal(d.Message))
				Expect(again.Limits).To(Equal(d.Limits))
			})
		}
	})

	It("changes nothing when it decides again at the same time", func() {
		for seed := range uint64(randomStories) {
			story(seed, func(t *teller, _ autoscale.State, seen autoscale.Observation, now time.Time, d autoscale.Decision, after autoscale.State) {
				again, state := autoscale.Decide(t.policy, after, seen, now)
				Expect(again.Desired).To(Equal(d.Desired), "seed %d at %s: %s, then %s", seed, now, d.Message, again.Message)
				Expect(state).To(Equal(after), "seed %d at %s: %s", seed, now, d.Message)
			})
		}
	})

	It("changes none of its arguments", func() {
		for seed := range uint64(randomStories) {
			var copied autoscale.State
			story(seed, func(_ *teller, before autoscale.State, _ autoscale.Observation, _ time.Time, _ autoscale.Decision, after autoscale.State) {
				if copied.Desired > 0 {
					Expect(before).To(Equal(copied))
				}
				copied = throughJSON(after)
			})
		}
	})

	It("writes nothing while nothing happens", func() {
		for _, load := range []float64{0, 20, 40, 60, 69, 100} {
			policy, state := with(cpuLow), autoscale.State{Desired: 3}
			var settled autoscale.State
			for elapsed := time.Duration(0); elapsed < 6*time.Hour; elapsed += policy.Interval {
				now := noon.Add(elapsed)
				_, state = autoscale.Decide(policy, state, fleet(state.Desired, math.Min(load*3/float64(state.Desired), 100), now), now)
				if elapsed > time.Hour {
					Expect(state).To(Equal(settled))
				}
				settled = state
			}
		}
	})
})
