package botcluster

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// scalingState is what the status keeps of the past, for the autoscaler.
func scalingState(status *v1alpha1.ScalingStatus) autoscale.State {
	if status == nil {
		return autoscale.State{}
	}
	state := autoscale.State{
		Desired: int(status.Desired), LastUp: timeOf(status.LastScaleUp), LastDown: timeOf(status.LastScaleDown),
		Unfinished: status.Memory.Unfinished, Regrets: int(status.Memory.Regrets), FellFrom: int(status.Memory.FellFrom),
	}
	for _, hold := range status.Memory.Holds {
		state.Holds = append(state.Holds, autoscale.Hold{Rule: hold.Rule, Since: hold.Since.UTC()})
	}
	for _, enough := range status.Memory.Enough {
		state.Enough = append(state.Enough, autoscale.Enough{Desired: int(enough.Desired), Since: enough.Since.UTC()})
	}
	if status.Memory.LaunchFailures > 0 {
		state.Breaker = &autoscale.Breaker{Failures: int(status.Memory.LaunchFailures), Last: timeOf(status.Memory.LastLaunchFailure)}
	}
	return state
}

func scalingMemory(state autoscale.State) v1alpha1.ScalingMemory {
	memory := v1alpha1.ScalingMemory{
		Unfinished: state.Unfinished, Regrets: int32(state.Regrets), FellFrom: int32(state.FellFrom),
	}
	for _, hold := range state.Holds {
		memory.Holds = append(memory.Holds, v1alpha1.ScalingHold{Rule: hold.Rule, Since: metav1.NewTime(hold.Since)})
	}
	for _, enough := range state.Enough {
		memory.Enough = append(memory.Enough, v1alpha1.ScalingEnough{Desired: int32(enough.Desired), Since: metav1.NewTime(enough.Since)})
	}
	if state.Breaker != nil {
		memory.LaunchFailures, memory.LastLaunchFailure = int32(state.Breaker.Failures), stampOf(state.Breaker.Last)
	}
	return memory
}

// scalingStatus is the status after a decision. before is what it said until now, for the decisions that it keeps.
func scalingStatus(
	before *v1alpha1.ScalingStatus, decision autoscale.Decision, state autoscale.State, shown map[string]float64, now time.Time,
) *v1alpha1.ScalingStatus {
	status := &v1alpha1.ScalingStatus{
		Desired: int32(decision.Desired), MinInstances: int32(decision.Min), MaxInstances: int32(decision.Max),
		Winner: decision.Winner, Recommended: int32(decision.Wanted), Schedules: decision.Windows,
		LastScaleUp: stampOf(state.LastUp), LastScaleDown: stampOf(state.LastDown), Memory: scalingMemory(state),
	}
	status.Rules = ruleStatuses(before, decision.Votes, shown)
	for _, limit := range decision.Limits {
		status.Limits = append(status.Limits, v1alpha1.ScalingLimit{
			By: boundName(limit.By), From: int32(limit.From), To: int32(limit.To), Message: limit.Message,
		})
		if !limit.Until.IsZero() {
			status.NextAction = stampOf(limit.Until)
		}
	}
	if before != nil {
		status.Decisions = before.Decisions
	}
	if decision.Desired != decision.Current {
		made := v1alpha1.ScalingDecision{
			At: *stampOf(now), From: int32(decision.Current), To: int32(decision.Desired), Message: decision.Message,
		}
		status.Decisions = append([]v1alpha1.ScalingDecision{made}, status.Decisions...)
		if len(status.Decisions) > v1alpha1.MaxScalingDecisions {
			status.Decisions = status.Decisions[:v1alpha1.MaxScalingDecisions]
		}
	}
	return status
}

// voteUnknown is the vote of a rule whose signal could not be had.
const voteUnknown = "Unknown"

// worthTelling is how far a signal may be from what the status says of it, in parts of its threshold, before it is told anew: a
// load that trembles is no reason to write.
const worthTelling = 0.1

// ruleStatuses says how the rules voted. What was told of a signal stays while it is about as it was and asks for the same.
// shown remembers the values behind what was told.
func ruleStatuses(before *v1alpha1.ScalingStatus, votes []autoscale.Vote, shown map[string]float64) []v1alpha1.ScalingRuleStatus {
	told := map[string]v1alpha1.ScalingRuleStatus{}
	if before != nil {
		for _, rule := range before.Rules {
			told[rule.Name] = rule
		}
	}
	var rules []v1alpha1.ScalingRuleStatus
	for _, vote := range votes {
		rule := v1alpha1.ScalingRuleStatus{
			Name: vote.Rule, Value: vote.Shown, Threshold: vote.Condition(), Vote: string(vote.Vote),
			Message: vote.Note,
		}
		if vote.Value == nil {
			rule.Value, rule.Vote = "unknown", voteUnknown
			delete(shown, vote.Rule)
			rules = append(rules, rule)
			continue
		}
		was, known := told[vote.Rule]
		last, remembered := shown[vote.Rule]
		near := remembered && math.Abs(*vote.Value-last) <= worthTelling*vote.Threshold
		if known && near && was.Vote == rule.Vote && was.Threshold == rule.Threshold && was.Message == rule.Message {
			rules = append(rules, was)
			continue
		}
		shown[vote.Rule] = *vote.Value
		rules = append(rules, rule)
	}
	return rules
}

func timeOf(at *metav1.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

// stampOf is a time as the API server keeps it, nil when it is zero.
func stampOf(at time.Time) *metav1.Time {
	if at.IsZero() {
		return nil
	}
	return new(metav1.NewTime(at.UTC().Truncate(time.Second)))
}
