package botcluster

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// scalingPolicy is what spec.scaling asks for, in the terms of the autoscaler. Schedules that cannot be read are left out; the
// error says which and why.
func scalingPolicy(spec v1alpha1.BotClusterSpec) (autoscale.Policy, error) {
	scaling, policy := spec.Scaling, autoscale.DefaultPolicy()
	policy.Min, policy.Max = int(scaling.MinInstances), int(scaling.MaxInstances)
	policy.Rules = scalingRules(spec)
	if scaling.Mode == v1alpha1.ScalingModeProportional {
		policy.Mode = autoscale.ModeProportional
	}
	policy.StepUp, policy.StepDown = int(scaling.StepUp), int(scaling.StepDown)
	if scaling.Tolerance != nil {
		policy.Tolerance = float64(*scaling.Tolerance) / 100
	}
	cooldown := durationOr(scaling.Cooldown, policy.CooldownUp)
	policy.CooldownUp, policy.CooldownDown = durationOr(scaling.ScaleUpCooldown, cooldown), durationOr(scaling.ScaleDownCooldown, cooldown)
	policy.Stabilization = durationOr(scaling.StabilizationWindow, policy.Stabilization)
	policy.Interval = durationOr(scaling.CheckInterval, policy.Interval)
	policy.StaleAfter = staleAfter(policy.Interval)
	if scaling.MaxLaunching > 0 {
		policy.MaxLaunching = int(scaling.MaxLaunching)
	}
	policy.PauseUp, policy.PauseDown = scaling.PauseUp, scaling.PauseDown
	var unreadable []error
	for _, schedule := range scaling.Schedules {
		window, err := autoscale.NewWindow(autoscale.Schedule{
			Name: schedule.Name, Start: schedule.Start, Duration: schedule.Duration.Duration, TimeZone: schedule.TimeZone,
			Min: int(schedule.MinInstances), Max: int(schedule.MaxInstances),
		})
		if err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		policy.Windows = append(policy.Windows, window)
	}
	return policy, errors.Join(unreadable...)
}

// staleAfter is the age above which a signal counts as missing: three checks, and no less than what Incus's own rhythm of
// measuring needs.
func staleAfter(interval time.Duration) time.Duration { return max(3*interval, time.Minute) }

// scalingRules are the document's thresholds, then the user's own rules.
func scalingRules(spec v1alpha1.BotClusterSpec) []autoscale.Rule {
	var rules []autoscale.Rule
	threshold := func(name string, metric autoscale.Metric, value *int32, fallback int32) {
		limit := fallback
		if value != nil {
			limit = *value
		}
		if limit > 0 {
			rules = append(rules, autoscale.Threshold(name, metric, float64(limit)))
		}
	}
	threshold(autoscale.RuleCPU, autoscale.MetricCPU, spec.Scaling.CPUThreshold, 70)
	if spec.Bot.Resources.Memory != "" { // without a limit there is nothing to be a share of
		threshold(autoscale.RuleMemory, autoscale.MetricMemory, spec.Scaling.MemoryThreshold, 80)
	}
	threshold(autoscale.RuleRequests, autoscale.MetricRequests, spec.Scaling.RequestThreshold, 1000)
	for _, own := range spec.Scaling.Rules {
		rule := autoscale.Rule{Name: own.Name, Metric: autoscale.Metric(own.Metric), For: durationOr(own.For, 0), Action: autoscale.DirectionUp}
		if own.Action == v1alpha1.ScalingActionDown {
			rule.Action = autoscale.DirectionDown
		}
		switch {
		case own.Above != nil:
			rule.Comparison, rule.Value = autoscale.ComparisonAbove, float64(*own.Above)
		case own.Below != nil:
			rule.Comparison, rule.Value = autoscale.ComparisonBelow, float64(*own.Below)
		}
		rules = append(rules, rule)
	}
	return rules
}

func durationOr(value *metav1.Duration, fallback time.Duration) time.Duration {
	if value == nil {
		return fallback
	}
	return value.Duration
}
