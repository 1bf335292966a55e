package botcluster

import (
	"fmt"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// The phases of an update, in status.rollout.
const (
	rolloutProgressing = "Progressing"
	rolloutStalled     = "Stalled"
)

// rollout is how far the replacement of the bots is; false when all are as declared.
func (r report) rollout() (plan.Rollout, bool) {
	for _, rollout := range r.plan.Rollouts {
		if rollout.Tier == model.TierBot {
			return rollout, rollout.Old > 0
		}
	}
	return plan.Rollout{}, false
}

func (r report) rolloutStatus() *v1alpha1.RolloutStatus {
	rollout, goesOn := r.rollout()
	if !goesOn {
		return nil
	}
	status := &v1alpha1.RolloutStatus{
		Phase: rolloutProgressing, Updated: int32(rollout.Updated), UpdatedReady: int32(rollout.UpdatedReady),
		Outdated: int32(rollout.Old), Message: rollout.Message,
	}
	if rollout.Stalled {
		status.Phase = rolloutStalled
	}
	return status
}

// stalledRollout tells that a new bot failed, so that no further one is replaced.
func (r report) stalledRollout() (conditions.Fact, bool) {
	rollout, goesOn := r.rollout()
	if !goesOn || !rollout.Stalled {
		return conditions.Fact{}, false
	}
	return isTrue(v1alpha1.ConditionStalled, v1alpha1.ReasonRolloutStalled, fmt.Sprintf(
		"the update stopped at %d of %d bots: %s; the others serve on: correct the spec, or set it back", rollout.UpdatedReady, rollout.Total,
		rollout.Message)), true
}
