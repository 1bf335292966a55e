package sim

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// botNumbers is what the invariants remember of the number of bots.
type botNumbers struct {
	// most is the largest number that there ever might be.
	most int
	// held is how many were ready of those that must stay so.
	held int
	// desired is what the autoscaler had chosen, lastUp and lastDown when it had last changed that.
	desired          int32
	lastUp, lastDown *metav1.Time
}

// checkNumbers is I1: never more bots than were ever asked for, surge and standby included, and, once as many were ready as must
// be, never fewer. What fate took is not held against the operator until it serves again.
func (r *rig) checkNumbers(bc *v1alpha1.BotCluster, bots int) {
	desired := desiredBots(bc)
	surge, unavailable := rollingBudget(bc.Spec.RollingUpdate, desired)
	most := desired + surge + int(bc.Spec.Scaling.WarmStandby)
	if r.bots.most = max(r.bots.most, most); bots > r.bots.most {
		r.violate("I1: there are %d bots and never might be more than %d", bots, r.bots.most)
	}
	ready, missing := r.readyBots(bc)
	least := max(desired-unavailable, 0)
	r.bots.held = min(r.bots.held, least)
	if ready+missing < r.bots.held {
		r.violate("I1: %d bots are ready, and must be %d of %d", ready, r.bots.held, desired)
	}
	r.bots.held = max(r.bots.held, min(ready, least))
}

// desiredBots is how many bots there are to be by the spec, or by what the autoscaler chose; none when it is deleted.
func desiredBots(bc *v1alpha1.BotCluster) int {
	if !bc.DeletionTimestamp.IsZero() {
		return 0
	}
	if bc.Spec.Scaling.Enabled && bc.Status.Scaling != nil {
		return int(bc.Status.Scaling.Desired)
	}
	return int(*bc.Spec.Replicas)
}

// rollingBudget is how many bots there may be beyond the desired number, and how many of these may be missing: as Deployments
// count them.
func rollingBudget(update v1alpha1.RollingUpdateSpec, desired int) (surge, unavailable int) {
	surge, errSurge := intstr.GetScaledValueFromIntOrPercent(update.MaxSurge, desired, true)
	unavailable, errUnavailable := intstr.GetScaledValueFromIntOrPercent(update.MaxUnavailable, desired, false)
	if errSurge != nil || errUnavailable != nil {
		panic("the API server has let a wrong rollingUpdate in")
	}
	if surge+unavailable == 0 {
		surge = 1
	}
	return surge, unavailable
}

// readyBots counts the bots that serve and do not leave, and those that fate took and that are not back.
func (r *rig) readyBots(bc *v1alpha1.BotCluster) (ready, missing int) {
	serving := map[string]bool{}
	for _, sight := range r.ours(string(bc.UID)) {
		leaves := sight.Config["user.botcluster.draining"] != "" || isStandby(sight)
		if r.isBot(sight.Ref.Name) && sight.Serving && sight.Health == fake.Healthy && !leaves {
			ready++
			serving[sight.Ref.Name] = true
		}
	}
	for name := range r.felled {
		if r.isBot(name) && !serving[name] {
			missing++
		}
	}
	return ready, missing
}

// checkScaling asserts that what the autoscaler chose is within its range, and that it waits between two changes as long as it
// is told to, whether the operator was started anew meanwhile or not.
func (r *rig) checkScaling(bc *v1alpha1.BotCluster) {
	scaling, spec := bc.Status.Scaling, bc.Spec.Scaling
	if scaling == nil || bc.Status.ObservedGeneration != bc.Generation {
		r.bots.desired = 0
		return
	}
	if scaling.Desired < scaling.MinInstances || scaling.Desired > scaling.MaxInstances {
		r.violate("the autoscaler chose %d, which is not within %d to %d", scaling.Desired, scaling.MinInstances, scaling.MaxInstances)
	}
	was := r.bots
	if was.desired > scaling.Desired && was.desired <= scaling.MaxInstances {
		wait := durationOr(spec.ScaleDownCooldown, spec.Cooldown.Duration)
		for _, last := range []*metav1.Time{was.lastUp, was.lastDown} {
			// The status keeps whole seconds.
			if last != nil && scaling.LastScaleDown != nil && scaling.LastScaleDown.Sub(last.Time) < wait-time.Second {
				r.violate("there were fewer bots %s after the last change, and the cooldown is %s", scaling.LastScaleDown.Sub(last.Time), wait)
			}
		}
	}
	r.bots.desired, r.bots.lastUp, r.bots.lastDown = scaling.Desired, scaling.LastScaleUp, scaling.LastScaleDown
}

func durationOr(value *metav1.Duration, fallback time.Duration) time.Duration {
	if value == nil {
		return fallback
	}
	return value.Duration
}
