package botcluster

import (
	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// figuresOf are what a pass knows beyond its status and its plan.
func figuresOf(r report, bc *v1alpha1.BotCluster) Figures {
	figures := Figures{Scaling: scalingFigures(r.seen.scaling, bc.Status.Scaling), RolloutStalled: map[model.Tier]bool{}}
	for _, rollout := range r.plan.Rollouts {
		figures.RolloutStalled[rollout.Tier] = rollout.Stalled
	}
	return figures
}

func scalingFigures(found scaling, status *v1alpha1.ScalingStatus) *ScalingFigures {
	if !found.on || status == nil {
		return nil
	}
	figures := &ScalingFigures{Min: int(status.MinInstances), Max: int(status.MaxInstances), Desired: int(status.Desired)}
	if found.last != nil {
		figures.CPU = meanOf(*found.last, autoscale.MetricCPU)
		figures.Memory = meanOf(*found.last, autoscale.MetricMemory)
		figures.Requests = meanOf(*found.last, autoscale.MetricRequests)
	}
	if found.decided {
		switch found.last.Direction {
		case autoscale.DirectionUp:
			figures.Direction = "up"
		case autoscale.DirectionDown:
			figures.Direction = "down"
		case autoscale.DirectionNone:
		}
	}
	return figures
}

// meanOf is the mean of a metric that a decision used, nil when it was not known or not looked at.
func meanOf(decision autoscale.Decision, metric autoscale.Metric) *float64 {
	for _, vote := range decision.Votes {
		if vote.Metric == metric && vote.Value != nil {
			return vote.Value
		}
	}
	return nil
}
