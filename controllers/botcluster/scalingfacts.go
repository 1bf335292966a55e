package botcluster

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// scalingOff is what both conditions say while the spec decides.
const scalingOff = "spec.scaling.enabled is not set, so spec.replicas says how many bots there are to be"

// scalingActive tells whether the autoscaler decides and has all of its signals.
func (r report) scalingActive(status *v1alpha1.ScalingStatus) conditions.Fact {
	const kind = v1alpha1.ConditionScalingActive
	switch {
	case !r.seen.scaling.on:
		return isFalse(kind, v1alpha1.ReasonScalingDisabled, scalingOff)
	case r.seen.scaling.policyErr != nil:
		return isFalse(kind, v1alpha1.ReasonScheduleInvalid, "spec.scaling.schedules: "+
			strings.ReplaceAll(r.seen.scaling.policyErr.Error(), "\n", "; ")+"; the others hold")
	case status == nil:
		return isUnknown(kind, v1alpha1.ReasonNotObserved, "the signals were not looked at yet")
	}
	if last := r.seen.scaling.last; last != nil && last.StopCreating {
		return isFalse(kind, v1alpha1.ReasonLaunchesFailing,
			"launches of bots keep failing, so none is made for a while; the failures are told with the bots, and it goes on by itself")
	}
	if missing := unknownRules(status); len(missing) > 0 {
		message := "there is no value for " + strings.Join(missing, ", ") + ", so no bot is taken away"
		if err := r.seen.scaling.meterErr; err != nil {
			message += "; " + provider.MessageOf(err, "Incus could not be asked what the bots use")
		}
		return isUnknown(kind, v1alpha1.ReasonSignalMissing, message)
	}
	return isTrue(kind, v1alpha1.ReasonScalingDecides,
		fmt.Sprintf("%d %s by what the signals say, within %d to %d", status.Desired, plural(int(status.Desired), "bot"),
			status.MinInstances, status.MaxInstances))
}

func unknownRules(status *v1alpha1.ScalingStatus) []string {
	var names []string
	for _, rule := range status.Rules {
		if rule.Vote == voteUnknown {
			names = append(names, rule.Name)
		}
	}
	return names
}

// scalingLimited tells what keeps the number of bots from what the signals ask for. The last correction is the one that holds.
func (r report) scalingLimited(status *v1alpha1.ScalingStatus) conditions.Fact {
	const kind = v1alpha1.ConditionScalingLimited
	switch {
	case !r.seen.scaling.on:
		return isFalse(kind, v1alpha1.ReasonScalingDisabled, scalingOff)
	case status == nil:
		return isUnknown(kind, v1alpha1.ReasonNotObserved, "the signals were not looked at yet")
	case len(status.Limits) == 0:
		return isFalse(kind, v1alpha1.ReasonNotLimited, "nothing keeps the number of bots from what the signals ask for")
	}
	last := status.Limits[len(status.Limits)-1]
	return isTrue(kind, last.By, fmt.Sprintf("%d bots would be wanted and there are to be %d: %s",
		status.Recommended, status.Desired, last.Message))
}

// boundNames are the words of the status for the bounds whose own are too short there.
var boundNames = map[autoscale.Bound]string{autoscale.BoundMin: "MinInstances", autoscale.BoundMax: "MaxInstances"}

func boundName(bound autoscale.Bound) string {
	if name, known := boundNames[bound]; known {
		return name
	}
	return string(bound)
}

// announceScaling tells that the number of bots was changed.
func (r *Reconciler) announceScaling(bc *v1alpha1.BotCluster, decision autoscale.Decision) {
	reason := EventScaledUp
	if decision.Desired < decision.Current {
		reason = EventScaledDown
	}
	r.Recorder.Eventf(bc, nil, corev1.EventTypeNormal, reason, "Scale",
		"from %d to %d bots: %s", decision.Current, decision.Desired, decision.Message)
}
