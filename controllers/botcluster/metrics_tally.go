package botcluster

import (
	"time"

	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// youngest is how old an instance may be that is taken for a newcomer on its first boot, when it was not seen before it
// booted: a boot takes 1 s alone and 8 s among ten on two cores.
const youngest = 45 * time.Second

// instanceMemory is what counting each thing once needs to know of an instance. An operator that starts anew loses it, and
// with it at most the launches and drains that are under way.
type instanceMemory struct {
	// created tells the instance from an earlier one of its name.
	created time.Time
	// launched is when it began on its way to serve, zero when it is not on that way; start is what it came from.
	launched time.Time
	start    string
	// served tells that it has been seen to serve, or is kept from it: what becomes of it later is no launch.
	served bool
	// leaves and stops tell that its leaving and the end of its drain are counted.
	leaves, stops bool
}

// remember keeps the memory of the instances that are there, and no other.
func (c *clusterMetrics) remember(assessments []plan.Assessment) {
	instances := make(map[string]*instanceMemory, len(assessments))
	failures := map[string]time.Time{}
	for _, a := range assessments {
		if at, counted := c.failures[a.Name]; counted && a.Failure.Count > 0 {
			failures[a.Name] = at
		}
		if a.Instance == nil {
			continue
		}
		memory, known := c.instances[a.Name]
		if created := a.Instance.CreatedAt; !known || (!created.IsZero() && !created.Equal(memory.created)) {
			memory = &instanceMemory{created: created}
		}
		instances[a.Name] = memory
	}
	c.instances, c.failures = instances, failures
}

// timeLaunches measures how long instances took from their creation until they serve.
func (c *clusterMetrics) timeLaunches(counts clusterCounters, assessments []plan.Assessment, now time.Time) {
	for _, a := range assessments {
		if a.Instance == nil || !a.Instance.Owned {
			continue
		}
		memory := c.instances[a.Name]
		switch {
		case a.Instance.Standby:
			memory.launched, memory.served = time.Time{}, true // it waits; waking it is another start
		case a.Ready() && !memory.launched.IsZero():
			counts.time(counts.timeToServe, string(a.Tier), memory.start).Observe(max(now.Sub(memory.launched), 0).Seconds())
			fallthrough
		case a.Ready(), a.Leaving(), a.Drain != nil:
			memory.launched, memory.served = time.Time{}, true
		case !memory.served && memory.launched.IsZero() && newcomer(a.Instance, now):
			memory.launched, memory.start = a.Instance.CreatedAt, startCold
		}
	}
}

// newcomer tells that an instance is on its first boot or before it.
func newcomer(instance *model.Instance, now time.Time) bool {
	return !instance.CreatedAt.IsZero() && (instance.StartedAt.IsZero() || now.Sub(instance.CreatedAt) < youngest)
}

// tally counts what one pass has done.
type tally struct {
	cluster  *clusterMetrics
	counts   clusterCounters
	report   report
	deleting bool
	now      time.Time
}

func (t tally) all() {
	if scaling := t.report.figures.Scaling; scaling != nil && scaling.Direction != "" {
		t.counts.count(t.counts.decisions, scaling.Direction).Inc()
	}
	assessments := make(map[string]plan.Assessment, len(t.report.plan.Assessments))
	for _, a := range t.report.plan.Assessments {
		assessments[a.Name] = a
		t.failed(a)
	}
	for _, result := range t.report.results {
		switch {
		case result.Skipped:
		case result.Err != nil:
			t.refused(result)
		default:
			t.taken(result.Step, assessments[result.Step.Target])
		}
	}
}

// failed counts an operation that Incus began and could not carry out, once for each time that it failed.
func (t tally) failed(a plan.Assessment) {
	if a.Failure.Count == 0 || a.Failure.At.Equal(t.cluster.failures[a.Name]) {
		return
	}
	t.cluster.failures[a.Name] = a.Failure.At
	switch a.Failure.Operation {
	case "create", "configure", "start", "unfreeze":
		t.launchFailed(a.Tier, reasonFailed, reasonLaunchFailed)
	case "stop", "delete":
		t.removalFailed(a.Tier, reasonRemovalFailed)
	}
}

// refused counts a step that was not taken. What is still going on, and what changed meanwhile, is no failure.
func (t tally) refused(result apply.Result) {
	launch, why, removal := reasonFailed, reasonLaunchFailed, reasonRemovalFailed
	switch provider.ClassOf(result.Err) {
	case provider.Waiting, provider.Conflict:
		return
	case provider.Terminal:
		launch, why, removal = reasonRefused, reasonLaunchRefused, reasonRemovalRefused
	default:
	}
	switch result.Step.Verb {
	case plan.VerbCreate, plan.VerbConfigure, plan.VerbStart:
		t.launchFailed(result.Step.Tier, launch, why)
	case plan.VerbMark, plan.VerbStop, plan.VerbDelete:
		t.removalFailed(result.Step.Tier, removal)
	default:
	}
}

// taken counts a step that was taken. The assessment is empty when its target was not there.
func (t tally) taken(step plan.Step, a plan.Assessment) {
	if step.Verb == plan.VerbCreate {
		t.counts.count(t.counts.launches, string(step.Tier)).Inc()
	}
	memory, known := t.cluster.instances[step.Target]
	if !known || t.deleting {
		return
	}
	if woken := step.Change.Standby; woken != nil && !*woken {
		memory.launched, memory.start = t.now, startStandby
	}
	if restarted := step.Change.Restarted; restarted != nil && !restarted.IsZero() {
		t.counts.count(t.counts.restarts, string(step.Tier)).Inc()
	}
	switch step.Verb {
	case plan.VerbUnmark:
		memory.leaves, memory.stops = false, false
		if step.Tier == model.TierBot {
			t.counts.count(t.counts.drains, drainCancelled).Inc()
		}
	case plan.VerbMark, plan.VerbDelete:
		t.leaves(memory, a)
	case plan.VerbStop:
		t.leaves(memory, a)
		t.drained(memory, a)
	default:
	}
}

// leaves counts an instance that began to leave in this pass: one that has the mark already was counted then.
func (t tally) leaves(memory *instanceMemory, a plan.Assessment) {
	if memory.leaves || a.Leaving() {
		return
	}
	memory.leaves = true
	reason := removalReason(a)
	t.counts.count(t.counts.removals, string(a.Tier), reason).Inc()
	if reason == reasonNoAddress {
		t.launchFailed(a.Tier, reasonNoAddress, reasonNoAddress)
	}
}

func removalReason(a plan.Assessment) string {
	switch {
	case !a.Wanted:
		return reasonSurplus
	case a.NoAddress:
		return reasonNoAddress
	case a.Outdated:
		return reasonOutdated
	case a.Phase == plan.PhaseUnhealthy:
		return reasonUnhealthy
	default:
		return reasonOther
	}
}

// drained measures a drain that ends with this stop, once: a stop that failed is tried again.
func (t tally) drained(memory *instanceMemory, a plan.Assessment) {
	if memory.stops || a.Tier != model.TierBot || !a.Leaving() {
		return
	}
	memory.stops = true
	took := max(t.now.Sub(a.Instance.DrainingSince), 0)
	result := drainCompleted
	idle := a.Drain != nil && a.Drain.Known && a.Drain.InFlight == 0
	if took >= t.report.seen.blueprint.Policy.DrainTimeout && !idle {
		result = drainTimedOut
	}
	t.counts.count(t.counts.drains, result).Inc()
	t.counts.time(t.counts.drainDuration).Observe(took.Seconds())
}

func (t tally) launchFailed(tier model.Tier, reason, scaling string) {
	t.counts.count(t.counts.launchFailures, string(tier), reason).Inc()
	if tier == model.TierBot {
		t.counts.count(t.counts.scalingErrors, scaling).Inc()
	}
}

func (t tally) removalFailed(tier model.Tier, scaling string) {
	if tier == model.TierBot {
		t.counts.count(t.counts.scalingErrors, scaling).Inc()
	}
}
