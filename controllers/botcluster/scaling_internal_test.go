package botcluster

import (
	"context"
	"errors"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// midday is when the specs of scaling take place, a whole second as a status keeps it.
var midday = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

var _ = Describe("The policy of scaling", func() {
	It("has the document's values when the spec says nothing", func() {
		policy, err := scalingPolicy(v1alpha1.BotClusterSpec{Scaling: v1alpha1.ScalingSpec{MinInstances: 1, MaxInstances: 10}})
		Expect(err).NotTo(HaveOccurred())
		Expect(policy.CooldownUp).To(Equal(5 * time.Minute))
		Expect(policy.CooldownDown).To(Equal(5 * time.Minute))
		Expect(policy.Interval).To(Equal(30 * time.Second))
		Expect(policy.Rules).To(HaveExactElements(
			autoscale.Threshold(autoscale.RuleCPU, autoscale.MetricCPU, 70),
			autoscale.Threshold(autoscale.RuleRequests, autoscale.MetricRequests, 1000),
		), "memory is looked at only where it is limited")
	})

	It("takes what the spec says", func() {
		spec := v1alpha1.BotClusterSpec{Scaling: v1alpha1.ScalingSpec{
			MinInstances: 2, MaxInstances: 7, CPUThreshold: new(int32(0)), MemoryThreshold: new(int32(60)), RequestThreshold: new(int32(50)),
			Mode: v1alpha1.ScalingModeProportional, StepUp: 3, StepDown: 2, Tolerance: new(int32(20)), Cooldown: every(time.Minute),
			ScaleUpCooldown: every(time.Second), StabilizationWindow: every(0), CheckInterval: every(10 * time.Second), MaxLaunching: 5,
			PauseUp: true, PauseDown: true,
			Rules: []v1alpha1.ScalingRule{
				{Name: "slow", Metric: v1alpha1.MetricResponseTime, Above: new(int64(2000)), Action: v1alpha1.ScalingActionUp, For: every(time.Minute)},
				{Name: "idle", Metric: v1alpha1.MetricCPU, Below: new(int64(30)), Action: v1alpha1.ScalingActionDown},
			},
			Schedules: []v1alpha1.ScalingSchedule{{
				Name: "day", Start: "0 8 * * 1-5", Duration: metav1.Duration{Duration: time.Hour}, MinInstances: 3, MaxInstances: 9,
			}},
		}}
		spec.Bot.Resources.Memory = "1GiB"
		policy, err := scalingPolicy(spec)
		Expect(err).NotTo(HaveOccurred())
		Expect(policy).To(And(
			HaveField("Min", 2), HaveField("Max", 7), HaveField("Mode", autoscale.ModeProportional), HaveField("StepUp", 3),
			HaveField("StepDown", 2), HaveField("Tolerance", 0.2), HaveField("CooldownUp", time.Second), HaveField("CooldownDown", time.Minute),
			HaveField("Stabilization", BeZero()), HaveField("Interval", 10*time.Second), HaveField("MaxLaunching", 5),
			HaveField("PauseUp", true), HaveField("PauseDown", true), HaveField("Windows", HaveLen(1)),
		))
		Expect(policy.Rules).To(HaveExactElements(
			autoscale.Threshold(autoscale.RuleMemory, autoscale.MetricMemory, 60),
			autoscale.Threshold(autoscale.RuleRequests, autoscale.MetricRequests, 50),
			autoscale.Rule{
				Name: "slow", Metric: autoscale.MetricResponseTime, Comparison: autoscale.ComparisonAbove, Value: 2000,
				Action: autoscale.DirectionUp, For: time.Minute,
			},
			autoscale.Rule{
				Name: "idle", Metric: autoscale.MetricCPU, Comparison: autoscale.ComparisonBelow, Value: 30, Action: autoscale.DirectionDown,
			},
		))
	})

	It("leaves out a schedule that cannot be read, and says which", func() {
		policy, err := scalingPolicy(v1alpha1.BotClusterSpec{Scaling: v1alpha1.ScalingSpec{Schedules: []v1alpha1.ScalingSchedule{
			{Name: "never", Start: "0 0 31 2 *", Duration: metav1.Duration{Duration: time.Hour}, MinInstances: 1, MaxInstances: 2},
			{Name: "always", Start: "* * * * *", Duration: metav1.Duration{Duration: time.Hour}, MinInstances: 1, MaxInstances: 2},
		}}})
		Expect(err).To(MatchError(ContainSubstring(`"never"`)))
		Expect(policy.Windows).To(HaveLen(1))
	})
})

var _ = Describe("The status of scaling", func() {
	state := autoscale.State{
		Desired: 4, LastUp: midday, LastDown: midday.Add(-time.Hour), Unfinished: true, Regrets: 1, FellFrom: 6,
		Holds:   []autoscale.Hold{{Rule: "slow", Since: midday}},
		Enough:  []autoscale.Enough{{Desired: 3, Since: midday}},
		Breaker: &autoscale.Breaker{Failures: 2, Last: midday},
	}

	It("gives back what the autoscaler is to remember", func() {
		status := scalingStatus(nil, autoscale.Decision{Current: 4, Desired: 4}, state, map[string]float64{}, midday)
		Expect(scalingState(status)).To(Equal(state))
		Expect(scalingState(nil)).To(Equal(autoscale.State{}))
	})

	It("keeps the last changes, the newest first", func() {
		var status *v1alpha1.ScalingStatus
		for desired := 1; desired <= 25; desired++ {
			decision := autoscale.Decision{Current: desired - 1, Desired: desired, Message: "more"}
			status = scalingStatus(status, decision, autoscale.State{Desired: desired}, map[string]float64{}, midday)
		}
		status = scalingStatus(status, autoscale.Decision{Current: 25, Desired: 25}, autoscale.State{Desired: 25}, map[string]float64{}, midday)
		Expect(status.Decisions).To(HaveLen(v1alpha1.MaxScalingDecisions))
		Expect(status.Decisions[0]).To(Equal(v1alpha1.ScalingDecision{At: metav1.NewTime(midday), From: 24, To: 25, Message: "more"}))
	})

	It("is not written because a signal trembles", func() {
		shown := map[string]float64{}
		at := func(before *v1alpha1.ScalingStatus, cpu float64) *v1alpha1.ScalingStatus {
			vote := autoscale.Vote{
				Rule: "cpuThreshold", Metric: autoscale.MetricCPU, Comparison: autoscale.ComparisonAbove, Threshold: 70, Value: &cpu,
				Shown: autoscale.MetricCPU.Show(cpu), Vote: autoscale.DirectionNone,
			}
			return scalingStatus(before, autoscale.Decision{Votes: []autoscale.Vote{vote}}, autoscale.State{}, shown, midday)
		}
		first := at(nil, 62)
		Expect(first.Rules).To(HaveExactElements(v1alpha1.ScalingRuleStatus{
			Name: "cpuThreshold", Value: "60 %", Threshold: "above 70 %", Vote: "None",
		}))
		Expect(at(first, 64)).To(Equal(first))
		Expect(at(first, 40).Rules[0].Value).To(Equal("40 %"))
	})

	It("says that a signal is unknown, not zero", func() {
		vote := autoscale.Vote{Rule: "cpuThreshold", Metric: autoscale.MetricCPU, Threshold: 70, Vote: autoscale.DirectionNone, Note: "not known"}
		status := scalingStatus(nil, autoscale.Decision{Votes: []autoscale.Vote{vote}}, autoscale.State{}, map[string]float64{}, midday)
		Expect(status.Rules[0]).To(And(HaveField("Value", "unknown"), HaveField("Vote", "Unknown")))
	})
})

var _ = Describe("The conditions of scaling", func() {
	scaledReport := func(alter func(*report, *v1alpha1.ScalingStatus)) *v1alpha1.BotCluster {
		r, bc := served(3, 1), crew()
		r.seen.scaling.on = true
		bc.Status.Scaling = &v1alpha1.ScalingStatus{Desired: 3, MinInstances: 1, MaxInstances: 10, Recommended: 3}
		alter(r, bc.Status.Scaling)
		r.fill(bc)
		expectCoherent(bc)
		return bc
	}

	DescribeTable("say", func(alter func(*report, *v1alpha1.ScalingStatus), active, limited string) {
		bc := scaledReport(alter)
		Expect(told(bc, v1alpha1.ConditionScalingActive)).To(Equal(active))
		Expect(told(bc, v1alpha1.ConditionScalingLimited)).To(Equal(limited))
		Expect(told(bc, v1alpha1.ConditionReady)).To(HavePrefix("True"), "none of it is a reason not to be ready")
	},
		Entry("that the spec decides", func(r *report, _ *v1alpha1.ScalingStatus) { r.seen.scaling.on = false },
			"False ScalingDisabled: "+scalingOff, "False ScalingDisabled: "+scalingOff),
		Entry("that it decides", func(*report, *v1alpha1.ScalingStatus) {},
			"True ScalingDecides: 3 bots by what the signals say, within 1 to 10",
			"False NotLimited: nothing keeps the number of bots from what the signals ask for"),
		Entry("which signals are missing, and why", func(r *report, status *v1alpha1.ScalingStatus) {
			r.seen.scaling.meterErr = errors.New("port 1234 refused")
			status.Rules = []v1alpha1.ScalingRuleStatus{{Name: "cpuThreshold", Vote: voteUnknown}, {Name: "slow", Vote: "None"}}
		},
			"Unknown SignalMissing: there is no value for cpuThreshold, so no bot is taken away; Incus could not be asked what the bots use",
			"False NotLimited: nothing keeps the number of bots from what the signals ask for"),
		Entry("which schedule cannot be read", func(r *report, _ *v1alpha1.ScalingStatus) { r.seen.scaling.policyErr = errors.New("day is wrong") },
			"False ScheduleInvalid: spec.scaling.schedules: day is wrong; the others hold",
			"False NotLimited: nothing keeps the number of bots from what the signals ask for"),
		Entry("what holds it back", func(_ *report, status *v1alpha1.ScalingStatus) {
			status.Recommended = 12
			status.Limits = []v1alpha1.ScalingLimit{{By: "MaxInstances", From: 12, To: 10, Message: "at most 10 are allowed"}}
		},
			"True ScalingDecides: 3 bots by what the signals say, within 1 to 10",
			"True MaxInstances: 12 bots would be wanted and there are to be 3: at most 10 are allowed"),
	)
})

var _ = Describe("The signals", func() {
	const minute = time.Minute
	edges := func(requests int64, queue int64) map[string]plan.EdgeObservation {
		return map[string]plan.EdgeObservation{"edge-1": {State: model.EdgeState{Process: "a", Members: []model.MemberStatus{{
			Name: "bot-1", Requests: requests, LatencyCount: requests, LatencySum: time.Duration(requests) * 20 * time.Millisecond, QueueDepth: &queue,
		}}}}}
	}
	usage := func(at time.Time, cpu time.Duration) []model.Usage {
		return []model.Usage{{Name: "bot-1", At: at, CPU: cpu, Allocated: 2 * time.Second, Memory: 1 << 29, MemoryLimit: 1 << 30}}
	}

	It("come from two readings of Incus and of the edges", func() {
		s := newSignals(minute)
		first := s.observe(usage(midday, 0), edges(100, 3), false, midday)
		Expect(first["bot-1"]).To(And(HaveField("CPU", BeNil()), HaveField("RequestsPerMinute", BeNil())), "one reading makes no rate")
		later := midday.Add(minute)
		second := s.observe(usage(later, minute), edges(700, 5), false, later)["bot-1"]
		Expect(second.CPU.Value).To(BeNumerically("~", 50))
		Expect(second.Memory.Value).To(BeNumerically("~", 50))
		Expect(second.RequestsPerMinute.Value).To(BeNumerically("~", 600))
		Expect(second.ResponseTime.Value).To(BeNumerically("~", 20))
		Expect(second.QueueDepth.Value).To(BeNumerically("==", 5))
	})

	It("keep the last reading of Incus while it cannot be asked", func() {
		s := newSignals(minute)
		s.observe(usage(midday, 0), nil, false, midday)
		s.observe(nil, nil, false, midday.Add(minute))
		later := midday.Add(2 * minute)
		Expect(s.observe(usage(later, minute), nil, false, later)["bot-1"].CPU.Value).To(BeNumerically("~", 25))
	})

	It("know nothing of the traffic while an edge cannot be heard", func() {
		s := newSignals(minute)
		s.observe(nil, edges(100, 3), false, midday)
		Expect(s.observe(nil, edges(700, 5), true, midday.Add(minute))["bot-1"].RequestsPerMinute).To(BeNil())
	})
})

// unmetered is a host that tells nothing of what instances use.
type unmetered struct{ provider.Host }

func (unmetered) Usage(context.Context, model.Owner) ([]model.Usage, error) { return nil, nil }

var _ = Describe("The number of bots", func() {
	It("is that which was chosen, also when spec.replicas is less: the others are no surplus and count", func(ctx context.Context) {
		bc := crew()
		bc.Spec.Scaling = v1alpha1.ScalingSpec{Enabled: true, MinInstances: 1, MaxInstances: 3, StepUp: 1, StepDown: 1, Rules: []v1alpha1.ScalingRule{
			{Name: "crowd", Metric: v1alpha1.MetricQueueDepth, Above: new(int64(2)), Action: v1alpha1.ScalingActionUp},
		}}
		bc.Status.Scaling = &v1alpha1.ScalingStatus{Desired: 3}
		seen := observation{host: unmetered{}}
		seen.blueprint.Owner.Prefix = "crew-"
		devices := func(int) map[string]model.Device { return nil }
		seen.blueprint.Tiers = []plan.TierBlueprint{
			{Tier: model.TierEdge, Replicas: 1, Devices: devices}, {Tier: model.TierBot, Replicas: 1, Devices: devices},
		}
		state := model.EdgeState{Process: "a"}
		for _, a := range served(3, 1).plan.Assessments {
			a.Instance.Name, a.Instance.Tier, a.Instance.Ordinal = a.Name, a.Tier, a.Ordinal
			seen.Inventory.Instances = append(seen.Inventory.Instances, *a.Instance)
			if a.Tier == model.TierBot {
				state.Members = append(state.Members, model.MemberStatus{
					Name: a.Name, State: model.MemberActive, Serving: true, Probe: model.ProbeHealthy, QueueDepth: new(int64(5)),
				})
			}
		}
		seen.Edges = map[string]plan.EdgeObservation{nameOf(model.TierEdge, 1): {State: state}}
		r := NewReconciler(Options{Clock: clocktesting.NewFakePassiveClock(midday)})
		Expect(r.scale(ctx, bc.DeepCopy(), bc, &seen)).To(Succeed())
		Expect(replicasOf(seen.blueprint)).To(Equal(3))
		Expect(bc.Status.Scaling).To(And(HaveField("Winner", "crowd"), HaveField("Desired", int32(3))),
			"all three serve, so that nobody is on the way whom the rule would wait for")
	})
})

func every(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

var _ = Describe("Launches that count as failed", func() {
	const stem = "crew-bot-"
	seenWith := func(failures map[string]model.Failure, bots ...model.Instance) *observation {
		seen := &observation{}
		seen.blueprint.Owner.Prefix = "crew-"
		seen.Inventory = model.Inventory{Instances: bots, Failures: failures}
		return seen
	}
	failed := func(operation string, at time.Time) model.Failure {
		return model.Failure{Operation: operation, Count: 2, At: at}
	}
	up := func(name string, started time.Time) model.Instance {
		return model.Instance{
			Name: name, Owned: true, Tier: model.TierBot, State: model.StateRunning, StartedAt: started, Address: netip.MustParseAddr("10.0.0.1"),
		}
	}

	DescribeTable("are", func(seen *observation, count int) { Expect(launchesOf(seen).Failed).To(Equal(count)) },
		Entry("those of new bots", seenWith(map[string]model.Failure{stem + "1": failed("create", midday), stem + "2": failed("start", midday)}), 4),
		Entry("none of an edge", seenWith(map[string]model.Failure{"crew-edge-1": failed("start", midday)}), 0),
		Entry("none of a bot that ran before", seenWith(map[string]model.Failure{stem + "1": failed("start", midday)},
			model.Instance{Name: stem + "1", Owned: true, Tier: model.TierBot, State: model.StateStopped, StartedAt: midday.Add(-time.Hour)}), 0),
		Entry("none from before a bot came up", seenWith(map[string]model.Failure{stem + "2": failed("create", midday)},
			up(stem+"1", midday.Add(time.Minute))), 0),
		Entry("none of other operations", seenWith(map[string]model.Failure{stem + "1": failed("stop", midday)}), 0),
	)
})

var _ = Describe("A status that is older than the last decision", func() {
	decided := &scaler{saved: 3, savedAt: midday}

	It("is not acted on for as long as a cache may lag", func() {
		Expect(decided.ahead(&v1alpha1.ScalingStatus{Desired: 2}, midday.Add(time.Second))).To(BeTrue())
		Expect(decided.ahead(nil, midday.Add(time.Second))).To(BeTrue())
		Expect(decided.ahead(&v1alpha1.ScalingStatus{Desired: 3}, midday.Add(time.Second))).To(BeFalse())
		Expect(decided.ahead(&v1alpha1.ScalingStatus{Desired: 2}, midday.Add(time.Minute))).To(BeFalse(), "somebody else wrote it")
		Expect((&scaler{}).ahead(nil, midday)).To(BeFalse())
	})
})

var _ = Describe("Bots in reserve", func() {
	It("are counted beside those that serve", func() {
		r, bc := served(2, 1), crew()
		waiting := ready(model.TierBot, 3)
		waiting.Standby, waiting.Wanted, waiting.Phase = true, true, plan.PhaseStandby
		r.plan.Assessments = append(r.plan.Assessments, waiting)
		r.fill(bc)
		Expect(bc.Status.Tiers).To(ContainElement(And(HaveField("Name", "bot"), HaveField("Current", int32(2)), HaveField("Standby", int32(1)))))
	})
})
