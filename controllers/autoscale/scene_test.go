package autoscale_test

import (
	"fmt"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// noon is when most stories begin: a Wednesday.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// at is a measure.
func at(value float64, when time.Time) *autoscale.Measure {
	return &autoscale.Measure{Value: value, At: when}
}

// bot is one that serves, with all signals low but the CPU.
func bot(ordinal int, cpu float64, when time.Time) autoscale.Instance {
	return autoscale.Instance{
		Name: fmt.Sprintf("bot-%d", ordinal), Ready: true,
		CPU: at(cpu, when), Memory: at(10, when), RequestsPerMinute: at(10, when),
		ResponseTime: at(20, when), QueueDepth: at(0, when),
	}
}

// fleet is that many bots that serve at a CPU.
func fleet(size int, cpu float64, when time.Time) autoscale.Observation {
	seen := autoscale.Observation{Desired: size}
	for ordinal := range size {
		seen.Instances = append(seen.Instances, bot(ordinal+1, cpu, when))
	}
	return seen
}

// with applies changes to the default policy.
func with(changes ...func(*autoscale.Policy)) autoscale.Policy {
	policy := autoscale.DefaultPolicy()
	for _, change := range changes {
		change(&policy)
	}
	return policy
}

// proportional is a change.
func proportional(policy *autoscale.Policy) { policy.Mode = autoscale.ModeProportional }

// cpuLow is the document's rule for fewer bots.
func cpuLow(policy *autoscale.Policy) {
	policy.Rules = append(policy.Rules, autoscale.Rule{
		Name: "cpuLow", Metric: autoscale.MetricCPU, Comparison: autoscale.ComparisonBelow, Value: 30,
		Action: autoscale.DirectionDown,
	})
}

// atOnce takes all waits away.
func atOnce(policy *autoscale.Policy) {
	policy.CooldownUp, policy.CooldownDown, policy.Stabilization = 0, 0, 0
}
