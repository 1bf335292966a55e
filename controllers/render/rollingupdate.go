package render

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// SetReplicas puts into a blueprint how many bots there are to be, when it is not spec.replicas that says so.
func SetReplicas(blueprint *plan.Blueprint, spec v1alpha1.BotClusterSpec, replicas int) {
	for i := range blueprint.Tiers {
		if tier := &blueprint.Tiers[i]; tier.Tier == model.TierBot {
			tier.Replicas = replicas
			tier.Surge, tier.Unavailable = rollingBudget(spec.RollingUpdate, replicas)
		}
	}
}

// rollingBudget is how many bots there may be beyond the wanted number while they are replaced, and how many of those may be
// missing. As with Deployments a percentage is rounded up for the one and down for the other, so that they are never both 0 by rounding.
func rollingBudget(update v1alpha1.RollingUpdateSpec, replicas int) (surge, unavailable int) {
	return scaledOr(update.MaxSurge, replicas, true, 1), scaledOr(update.MaxUnavailable, replicas, false, 0)
}

// scaledOr is a number, or that percentage of a total; what cannot be read, which the API server does not take, is the fallback.
func scaledOr(value *intstr.IntOrString, total int, up bool, fallback int) int {
	if value == nil {
		return fallback
	}
	scaled, err := intstr.GetScaledValueFromIntOrPercent(value, total, up)
	if err != nil || scaled < 0 {
		return fallback
	}
	return scaled
}
