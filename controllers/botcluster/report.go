package botcluster

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// report makes the status of a BotCluster from what one pass has seen and done. It does not look at the clock, and at the
// status of an earlier pass only to keep figures: all of them while the instances cannot be seen, open circuits while an edge
// cannot be asked, and that a drain by hand was over once.
type report struct {
	seen    observation
	plan    plan.Plan
	results []apply.Result
	// figures are for the metrics and not for the status.
	figures Figures
}

// greet is the first status: nothing is known yet. Without it, kstatus would take the object for ready.
func greet(bc *v1alpha1.BotCluster) {
	bc.Status.ObservedGeneration = bc.Generation
	bc.Status.Selector = selector(bc.Name)
	Conditions.Compute(&bc.Status.Conditions, bc.Generation, []conditions.Fact{{
		Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue,
		Reason: v1alpha1.ReasonProgressing, Message: "the operator has seen it and begins",
	}})
}

// fill writes the status.
func (r report) fill(bc *v1alpha1.BotCluster) {
	status := &bc.Status
	status.ObservedGeneration = bc.Generation
	status.Selector = selector(bc.Name)
	if r.seen.InventoryErr == nil { // what could not be read keeps its last figures, and the conditions say Unknown
		r.fillCounts(status)
		status.DesiredReplicas = int32(replicasOf(r.seen.blueprint))
		status.URLs = render.URLs(bc.Spec.Edge, r.edgeAddresses())
	}
	Conditions.Compute(&status.Conditions, bc.Generation, r.facts(bc))
}

// selector is what the scale subresource reports. Bots are not pods, but an HPA wants a selector.
func selector(name string) string {
	return v1alpha1.LabelCluster + "=" + name + "," + v1alpha1.LabelTier + "=" + string(model.TierBot)
}

func (r report) fillCounts(status *v1alpha1.BotClusterStatus) {
	last := make(map[string]v1alpha1.InstanceStatus, len(status.Instances))
	for _, was := range status.Instances {
		last[was.Name] = was
	}
	unheard := r.seen.EdgeUnheard(r.seen.blueprint.Owner)
	status.Tiers, status.Instances, status.Rollout = nil, nil, r.rolloutStatus()
	for _, tier := range r.seen.blueprint.Tiers {
		counts := r.count(tier)
		status.Tiers = append(status.Tiers, counts)
		if tier.Tier == model.TierBot {
			status.Replicas, status.ReadyReplicas = counts.Current, counts.Ready
		}
	}
	for _, a := range r.plan.Assessments {
		if len(status.Instances) == v1alpha1.MaxStatusInstances || a.Instance == nil {
			continue
		}
		is, was := r.instanceStatus(a), last[a.Name]
		if staysDrained(a, was, is, unheard) {
			is.Phase, is.DrainingSince = was.Phase, was.DrainingSince
			if is.InFlight != nil {
				is.InFlight = new(int64(0))
			}
		}
		if unheard {
			keepCircuits(&is, was)
		}
		status.Instances = append(status.Instances, is)
	}
}

// staysDrained tells that a drain by hand that was over once is the same as then: clients that come with the bot's cookie
// begin and end requests all the time, which is no news. It begins anew when an edge gave the bot something new, or began
// later to drain it.
func staysDrained(a plan.Assessment, was, is v1alpha1.InstanceStatus, unheard bool) bool {
	over := was.DrainedByHand && was.Phase == string(plan.PhaseDrained)
	return over && is.DrainedByHand && a.Drained() && a.Drain.Quiet && (unheard || is.DrainingSince.Equal(was.DrainingSince))
}

// keepCircuits lets circuits that were open stay so while not all edges can be asked: what could not be read keeps its
// last figure.
func keepCircuits(is *v1alpha1.InstanceStatus, was v1alpha1.InstanceStatus) {
	kept := slices.Concat(is.OpenCircuits, was.OpenCircuits)
	slices.Sort(kept)
	is.OpenCircuits = slices.Compact(kept)
}

func (r report) count(tier plan.TierBlueprint) v1alpha1.TierStatus {
	counts := v1alpha1.TierStatus{Name: string(tier.Tier), Desired: int32(tier.Replicas)}
	for _, a := range r.plan.Assessments {
		if a.Tier != tier.Tier || a.Instance == nil || a.Phase == plan.PhaseConflict || a.Away {
			continue
		}
		if a.Standby {
			if a.Phase == plan.PhaseStandby {
				counts.Standby++
			}
			continue
		}
		counts.Current++
		if a.Ready() {
			counts.Ready++
		}
		if a.Phase != plan.PhaseUnknown && !a.Outdated {
			counts.Updated++
		}
		if a.Leaving() || a.Drained() {
			counts.Draining++
		}
	}
	return counts
}

func (r report) instanceStatus(a plan.Assessment) v1alpha1.InstanceStatus {
	out := v1alpha1.InstanceStatus{
		Name: a.Name, Tier: string(a.Tier), Ordinal: int32(a.Ordinal), Phase: string(a.Phase),
		Message: a.Message, Location: a.Instance.Location,
		DrainedByHand: r.seen.blueprint.Drained[a.Name], // whatever becomes of the bot meanwhile
	}
	if a.Instance.Address.IsValid() {
		out.Address = a.Instance.Address.String()
	}
	since := a.Instance.DrainingSince
	if a.Drain != nil {
		since = a.Drain.Since
		if a.Drain.Known {
			out.InFlight = &a.Drain.InFlight
		}
	}
	if !since.IsZero() {
		out.DrainingSince = new(metav1.NewTime(since.Truncate(time.Second))) // as the API server keeps it
	}
	for _, circuit := range a.Circuits { // sorted by route
		if !slices.Contains(out.OpenCircuits, circuit.Route) {
			out.OpenCircuits = append(out.OpenCircuits, circuit.Route)
		}
	}
	return out
}

// edgeAddresses are those of the edges that should be there and have one, by ordinal.
func (r report) edgeAddresses() map[int]string {
	out := map[int]string{}
	for _, a := range r.plan.Assessments {
		if a.Tier == model.TierEdge && a.Wanted && a.Instance != nil && a.Instance.Address.IsValid() {
			out[a.Ordinal] = a.Instance.Address.String()
		}
	}
	return out
}

// result says when to make the next pass, and hands errors that pass by themselves to the queue's back-off.
func (r report) result() (ctrl.Result, error) {
	if err := r.transient(); err != nil {
		return ctrl.Result{}, err
	}
	next := steadyInterval
	if _, stalled := r.stalledFact(); stalled {
		next = stalledInterval
	}
	if r.started() || r.first(provider.Waiting) != nil || r.first(provider.Conflict) != nil {
		next = min(next, appliedRecheck) // what was started shows in the next look; events bring it sooner
	}
	for _, soon := range []time.Duration{r.plan.Recheck, r.seen.scaling.next} {
		if soon > 0 {
			next = min(next, soon)
		}
	}
	return ctrl.Result{RequeueAfter: next}, nil
}

// started tells that something was changed or begun.
func (r report) started() bool {
	return slices.ContainsFunc(r.results, func(result apply.Result) bool { return result.Err == nil && !result.Skipped })
}

// transient returns the first error that passes by itself and that no recheck covers.
func (r report) transient() error { return r.first(provider.Transient) }

// stalled returns the first error that waits for somebody.
func (r report) stalled() error {
	if err := r.first(provider.Terminal); err != nil {
		return err
	}
	if err := r.unreachableEdge(); err != nil && provider.ClassOf(err) == provider.Terminal {
		return err
	}
	return nil
}

// first returns the first error of a class, in the order in which a pass meets them.
func (r report) first(class provider.Class) error {
	met := []error{r.seen.hostErr, r.seen.FactsErr, r.seen.InventoryErr, r.seen.SecretsErr}
	if !r.seen.KeyMissing { // which nothing outside brings, but a step
		met = append(met, r.seen.EdgeSecretsErr)
	}
	for _, result := range r.results {
		met = append(met, result.Err)
	}
	i := slices.IndexFunc(met, func(err error) bool { return err != nil && provider.ClassOf(err) == class })
	if i < 0 {
		return nil
	}
	return met[i]
}
