package botcluster

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const theBot = "crew-bot-1"

// with makes a pass over one bot in that phase, created so long before now, and started right then unless it is before that.
func (s *scene) with(phase plan.Phase, age time.Duration, change func(*report, *plan.Assessment)) {
	r := served(1, 1)
	bot := r.botIs(1, phase, "")
	bot.Instance.CreatedAt = s.now.Add(-age)
	if phase != plan.PhaseCreating && phase != plan.PhaseStopped {
		bot.Instance.StartedAt = bot.Instance.CreatedAt.Add(time.Millisecond)
	}
	if change != nil {
		change(r, bot)
	}
	s.pass(r, 0)
}

// leaving marks the bot as one that leaves since then.
func leaving(since time.Time, wanted bool) func(*report, *plan.Assessment) {
	return func(_ *report, bot *plan.Assessment) {
		bot.Wanted, bot.Instance.DrainingSince = wanted, since
	}
}

var _ = Describe("Time to serve", func() {
	var s *scene
	BeforeEach(func() { s = newScene() })

	// elapse lets so much time go by.
	elapse := func(d time.Duration) { s.now = s.now.Add(d) }

	It("is from the creation until the instance serves, once", func() {
		s.with(plan.PhaseCreating, 0, nil)
		elapse(time.Second)
		s.with(plan.PhaseBooting, time.Second, nil)
		elapse(time.Second)
		s.with(plan.PhaseReady, 2*time.Second, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=cold,tier=bot} count 1 sum 2"))
		s.with(plan.PhaseProbing, 2*time.Second, nil)
		s.with(plan.PhaseReady, 2*time.Second, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=cold,tier=bot} count 1 sum 2"))
	})

	It("is also told of a newcomer that was not seen before it booted", func() {
		s.with(plan.PhaseProbing, 3*time.Second, nil)
		elapse(time.Second)
		s.with(plan.PhaseReady, 4*time.Second, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=cold,tier=bot} count 1 sum 4"))
	})

	It("counts a slow launch in full", func() {
		s.with(plan.PhaseStopped, time.Minute, nil)
		elapse(9 * time.Minute)
		s.with(plan.PhaseReady, 10*time.Minute, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=cold,tier=bot} count 1 sum 600"))
	})

	DescribeTable("is not told of what is no launch", func(first plan.Phase, age time.Duration, change func(*report, *plan.Assessment)) {
		s.with(first, age, change)
		elapse(time.Minute)
		s.with(plan.PhaseReady, age+time.Minute, nil)
		Expect(s.series("time_to_serve")).To(BeEmpty())
	},
		Entry("an old bot that is probed while the operator comes up", plan.PhaseProbing, time.Hour, nil),
		Entry("an old bot that boots again", plan.PhaseBooting, time.Hour, nil),
		Entry("a bot that already serves", plan.PhaseReady, time.Second, nil),
		Entry("a bot that leaves and is taken back", plan.PhaseDraining, time.Second, leaving(noon, true)),
		Entry("a bot that is drained by hand", plan.PhaseDraining, time.Second, func(_ *report, bot *plan.Assessment) {
			bot.Drain = &plan.Drain{ByHand: true}
		}),
		Entry("a bot that another made of the same name", plan.PhaseProbing, time.Second, func(_ *report, bot *plan.Assessment) {
			bot.Instance.Owned = false
		}),
	)

	It("begins anew with an instance that is made anew", func() {
		s.with(plan.PhaseReady, time.Hour, nil)
		s.with(plan.PhaseCreating, 0, nil)
		elapse(5 * time.Second)
		s.with(plan.PhaseReady, 5*time.Second, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=cold,tier=bot} count 1 sum 5"))
	})

	It("of a standby is from its waking", func() {
		standby := func(_ *report, bot *plan.Assessment) { bot.Instance.Standby, bot.Wanted = true, false }
		s.with(plan.PhaseBooting, time.Second, standby)
		elapse(time.Hour)
		s.with(plan.PhaseStopped, time.Hour, func(r *report, bot *plan.Assessment) {
			standby(r, bot)
			took(r, plan.VerbChange, theBot, nil)
			r.results[0].Step.Change.Standby = new(false)
		})
		elapse(250 * time.Millisecond)
		s.with(plan.PhaseReady, time.Hour+250*time.Millisecond, nil)
		Expect(s.series("time_to_serve")).To(ConsistOf("time_to_serve_seconds{start=standby,tier=bot} count 1 sum 0.25"))
	})
})

var _ = Describe("Counters", func() {
	var s *scene
	BeforeEach(func() { s = newScene() })

	It("begin at zero where alerts look at increases", func() {
		s.pass(served(1, 1), 0)
		Expect(s.counted()).To(BeEmpty())
		Expect(s.series("scaling_errors")).To(HaveLen(len(scalingErrorReasons)))
		Expect(s.series("launch_failures")).To(HaveLen(2 * len(launchFailureReasons)))
		Expect(s.series("drains")).To(HaveLen(len(drainResults)))
	})

	// results makes a pass that took a step of a bot with that outcome.
	results := func(verb plan.Verb, err error) {
		r := served(1, 1)
		took(r, verb, theBot, err)
		r.results[0].Step.Tier = model.TierBot
		s.pass(r, 0)
	}

	DescribeTable("of what was refused", func(verb plan.Verb, class provider.Class, counted ...string) {
		results(verb, failure(class, ""))
		Expect(s.counted()).To(ConsistOf(counted))
	},
		Entry(nil, plan.VerbCreate, provider.Terminal, "launch_failures_total{reason=refused,tier=bot} 1", "scaling_errors_total{reason=launch_refused} 1"),
		Entry(nil, plan.VerbConfigure, provider.Transient, "launch_failures_total{reason=failed,tier=bot} 1", "scaling_errors_total{reason=launch_failed} 1"),
		Entry(nil, plan.VerbStart, provider.NotFound, "launch_failures_total{reason=failed,tier=bot} 1", "scaling_errors_total{reason=launch_failed} 1"),
		Entry(nil, plan.VerbStop, provider.Transient, "scaling_errors_total{reason=removal_failed} 1"),
		Entry(nil, plan.VerbDelete, provider.Terminal, "scaling_errors_total{reason=removal_refused} 1"),
		Entry("something still goes on", plan.VerbCreate, provider.Waiting),
		Entry("something changed meanwhile", plan.VerbDelete, provider.Conflict),
		Entry("an edge is told nothing", plan.VerbSetPool, provider.Transient),
	)

	It("of an edge that is not launched do not touch those of scaling", func() {
		r := served(1, 1)
		took(r, plan.VerbCreate, "crew-edge-1", failure(provider.Terminal, ""))
		r.results[0].Step.Tier = model.TierEdge
		s.pass(r, 0)
		Expect(s.counted()).To(ConsistOf("launch_failures_total{reason=refused,tier=edge} 1"))
	})

	It("leave out what was not tried", func() {
		r := served(1, 1)
		r.results = []apply.Result{{Step: plan.Step{Verb: plan.VerbCreate, Target: theBot, Tier: model.TierBot}, Skipped: true}}
		s.pass(r, 0)
		Expect(s.counted()).To(BeEmpty())
	})

	It("count a launch", func() {
		results(plan.VerbCreate, nil)
		Expect(s.counted()).To(ConsistOf("launches_total{tier=bot} 1"))
	})

	It("count an operation each time that it failed, and not each time that it is seen", func() {
		failed := func(operation string, at time.Time, count int) {
			s.with(plan.PhaseStopped, time.Hour, func(_ *report, bot *plan.Assessment) {
				bot.Failure = model.Failure{Operation: operation, At: at, Count: count}
			})
		}
		failed("start", noon, 1)
		failed("start", noon, 1)
		failed("start", noon.Add(time.Second), 2)
		Expect(s.counted()).To(ConsistOf("launch_failures_total{reason=failed,tier=bot} 2", "scaling_errors_total{reason=launch_failed} 2"))
		failed("", time.Time{}, 0)
		failed("delete", noon.Add(time.Minute), 1)
		failed("update", noon.Add(time.Hour), 1)
		Expect(s.counted()).To(ConsistOf("launch_failures_total{reason=failed,tier=bot} 2",
			"scaling_errors_total{reason=launch_failed} 2", "scaling_errors_total{reason=removal_failed} 1"))
	})

	It("count an operation that failed on an instance that is not there", func() {
		r := served(1, 1)
		bot := r.botIs(1, plan.PhaseAbsent, "")
		bot.Instance, bot.Failure = nil, model.Failure{Operation: "create", At: noon, Count: 1}
		s.pass(r, 0)
		s.pass(r, 0)
		Expect(s.counted()).To(ConsistOf("launch_failures_total{reason=failed,tier=bot} 1", "scaling_errors_total{reason=launch_failed} 1"))
	})

	// takes makes a pass in which the bot is as change has it and a step on it is taken.
	takes := func(verb plan.Verb, phase plan.Phase, change func(*report, *plan.Assessment)) {
		s.with(phase, time.Hour, func(r *report, bot *plan.Assessment) {
			r.seen.blueprint.Policy.DrainTimeout = 30 * time.Second
			if change != nil {
				change(r, bot)
			}
			took(r, verb, theBot, nil)
			r.results[0].Step.Tier = model.TierBot
		})
	}

	DescribeTable("tell why an instance leaves", func(phase plan.Phase, change func(*plan.Assessment), counted ...string) {
		takes(plan.VerbMark, phase, func(_ *report, bot *plan.Assessment) { change(bot) })
		Expect(s.counted()).To(ConsistOf(counted))
	},
		Entry(nil, plan.PhaseReady, func(a *plan.Assessment) { a.Wanted = false }, "removals_total{reason=surplus,tier=bot} 1"),
		Entry(nil, plan.PhaseReady, func(a *plan.Assessment) { a.Outdated = true }, "removals_total{reason=outdated,tier=bot} 1"),
		Entry(nil, plan.PhaseUnhealthy, func(*plan.Assessment) {}, "removals_total{reason=unhealthy,tier=bot} 1"),
		Entry(nil, plan.PhaseReady, func(*plan.Assessment) {}, "removals_total{reason=other,tier=bot} 1"),
		Entry(nil, plan.PhaseBooting, func(a *plan.Assessment) { a.NoAddress = true }, "removals_total{reason=no_address,tier=bot} 1",
			"launch_failures_total{reason=no_address,tier=bot} 1", "scaling_errors_total{reason=no_address} 1"),
	)

	It("count one that leaves without a mark once", func() {
		surplus := func(_ *report, bot *plan.Assessment) { bot.Wanted = false }
		takes(plan.VerbStop, plan.PhaseStopped, surplus)
		takes(plan.VerbDelete, plan.PhaseStopped, surplus)
		Expect(s.counted()).To(ConsistOf("removals_total{reason=surplus,tier=bot} 1"))
	})

	It("measure a drain when it ends, once, and tell how", func() {
		idle := func(inFlight int64) func(*report, *plan.Assessment) {
			return func(r *report, bot *plan.Assessment) {
				leaving(s.now.Add(-30*time.Second), false)(r, bot)
				bot.Drain = &plan.Drain{Since: bot.Instance.DrainingSince, Known: true, InFlight: inFlight}
			}
		}
		takes(plan.VerbStop, plan.PhaseDraining, idle(0))
		takes(plan.VerbStop, plan.PhaseDraining, idle(0))
		takes(plan.VerbDelete, plan.PhaseStopped, idle(0))
		Expect(s.counted()).To(ConsistOf("drains_total{result=completed} 1", "drain_duration_seconds count 1 sum 30"))
		s.now = s.now.Add(time.Hour) // another instance of the name
		takes(plan.VerbStop, plan.PhaseDraining, idle(2))
		Expect(s.counted()).To(ConsistOf("drains_total{result=completed} 1", "drains_total{result=timed_out} 1",
			"drain_duration_seconds count 2 sum 60"))
	})

	It("tell of a drain that was taken back, and count the next one", func() {
		takes(plan.VerbMark, plan.PhaseReady, func(_ *report, bot *plan.Assessment) { bot.Wanted = false })
		takes(plan.VerbUnmark, plan.PhaseDraining, leaving(noon, true))
		takes(plan.VerbMark, plan.PhaseReady, func(_ *report, bot *plan.Assessment) { bot.Wanted = false })
		Expect(s.counted()).To(ConsistOf("removals_total{reason=surplus,tier=bot} 2", "drains_total{result=cancelled} 1"))
	})

	It("leave out what a deletion takes away", func() {
		s.bc.DeletionTimestamp = new(metav1.NewTime(noon))
		takes(plan.VerbStop, plan.PhaseReady, leaving(noon, false))
		takes(plan.VerbDelete, plan.PhaseStopped, nil)
		Expect(s.counted()).To(BeEmpty())
	})

	It("count a restart of an unhealthy bot", func() {
		s.with(plan.PhaseUnhealthy, time.Hour, func(r *report, _ *plan.Assessment) {
			took(r, plan.VerbChange, theBot, nil)
			r.results[0].Step.Tier, r.results[0].Step.Change.Restarted = model.TierBot, &noon
		})
		s.with(plan.PhaseReady, time.Hour, func(r *report, _ *plan.Assessment) {
			took(r, plan.VerbChange, theBot, nil)
			r.results[0].Step.Tier, r.results[0].Step.Change.Restarted = model.TierBot, &time.Time{}
		})
		Expect(s.counted()).To(ConsistOf("restarts_total{tier=bot} 1"))
	})

	It("count decisions in the pass that took them", func() {
		for _, direction := range []string{"up", "", "up", "down"} {
			r := served(1, 1)
			r.figures.Scaling = &ScalingFigures{Max: 3, Direction: direction}
			s.pass(r, 0)
		}
		Expect(s.counted()).To(ConsistOf("scaling_decisions_total{direction=up} 2", "scaling_decisions_total{direction=down} 1"))
	})

	It("have values of labels from fixed sets, whatever happens", func() {
		for seed := range uint64(300) {
			bc := crew()
			r := randomReport(seed, bc)
			r.fill(bc)
			s.metrics.observe(bc, *r, noon.Add(time.Duration(seed)*time.Minute))
		}
		Expect(len(s.series(""))).To(BeNumerically("<", 120))
		for _, series := range s.series("") {
			Expect(series).NotTo(ContainSubstring("crew"))
		}
	})
})
