package botcluster

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// Figures are what a pass knows of a BotCluster that its status and its plan do not tell; what is nil has no series.
type Figures struct {
	// Scaling is nil when the operator does not scale the bots.
	Scaling *ScalingFigures
	// RolloutStalled tells of each tier whether its rolling update has stopped at a newcomer that does not come up.
	RolloutStalled map[model.Tier]bool
}

// ScalingFigures are those of auto-scaling.
type ScalingFigures struct {
	// Min and Max bound the number of bots; Desired is what was decided within them.
	Min, Max, Desired int
	// CPU and Memory are the means that the last decision used, in percent of what the bots were given; Requests are those
	// for each bot, in requests a minute. Nil stands for not known.
	CPU, Memory, Requests *float64
	// Direction is "up" or "down" in the pass that decided to scale, and empty in all others.
	Direction string
}

// gaugeDescriptions are of all gauges, in the order in which they are made.
var gaugeDescriptions []*prometheus.Desc

func describeGauge(name, help string, labels ...string) *prometheus.Desc {
	description := prometheus.NewDesc("botcluster_"+name, help, append([]string{"namespace", "name"}, labels...), nil)
	gaugeDescriptions = append(gaugeDescriptions, description)
	return description
}

var (
	desiredGauge  = describeGauge("instances_desired", "Instances that there should be.", "tier")
	currentGauge  = describeGauge("instances", "Instances that exist.", "tier")
	readyGauge    = describeGauge("instances_ready", "Instances that serve.", "tier")
	updatedGauge  = describeGauge("instances_updated", "Instances that were made from the current spec.", "tier")
	drainingGauge = describeGauge("instances_draining", "Instances that leave or are drained by hand.", "tier")
	standbyGauge  = describeGauge("instances_standby", "Instances that wait, frozen, until they are needed.", "tier")
	impairedGauge = describeGauge("instances_impaired",
		"Instances that exist and do not do their work, by the gravest reason; no series stands for none.", "tier", "reason")

	conditionGauge = describeGauge("condition", "1 for the status that a condition has.", "type", "status")
	circuitsGauge  = describeGauge("circuits_open", "Circuit breakers that are not closed: pairs of a bot and a route.")
	edgesGauge     = describeGauge("edges_unreachable", "Edges that run and whose admin API does not answer.")
	stalledGauge   = describeGauge("rollout_stalled", "1 while a rolling update has stopped at a newcomer that does not come up.", "tier")

	drainStartGauge = describeGauge("drain_oldest_start_timestamp_seconds",
		"When the bot that leaves for the longest time began to drain; no series while none leaves.")
	drainTimeoutGauge = describeGauge("drain_timeout_seconds", "How long a bot that leaves may go on with what it has in hand.")

	minGauge      = describeGauge("scaling_min_instances", "Least number of bots; no series while scaling is off.")
	maxGauge      = describeGauge("scaling_max_instances", "Greatest number of bots; no series while scaling is off.")
	decidedGauge  = describeGauge("scaling_desired_instances", "Number of bots that was decided; no series while scaling is off.")
	cpuGauge      = describeGauge("scaling_cpu_ratio", "Mean share of their CPU that the bots use; no series while it is not known.")
	memoryGauge   = describeGauge("scaling_memory_ratio", "Mean share of their memory that the bots use; no series while it is not known.")
	requestsGauge = describeGauge("scaling_requests_per_second", "Mean requests per second and bot; no series while they are not known.")
)

// gauge is one series of a BotCluster.
type gauge struct {
	description *prometheus.Desc
	value       float64
	labels      []string
}

func (g gauge) metric(key types.NamespacedName) prometheus.Metric {
	labels := append([]string{key.Namespace, key.Name}, g.labels...)
	return prometheus.MustNewConstMetric(g.description, prometheus.GaugeValue, g.value, labels...)
}

// statusGauges are those of what a status says.
func statusGauges(status v1alpha1.BotClusterStatus) []gauge {
	var out []gauge
	for _, tier := range status.Tiers {
		out = append(out,
			gauge{desiredGauge, float64(tier.Desired), []string{tier.Name}},
			gauge{currentGauge, float64(tier.Current), []string{tier.Name}},
			gauge{readyGauge, float64(tier.Ready), []string{tier.Name}},
			gauge{updatedGauge, float64(tier.Updated), []string{tier.Name}},
			gauge{drainingGauge, float64(tier.Draining), []string{tier.Name}},
		)
	}
	for _, condition := range status.Conditions {
		out = append(out, gauge{conditionGauge, 1, []string{condition.Type, string(condition.Status)}})
	}
	circuits := 0
	for _, instance := range status.Instances {
		circuits += len(instance.OpenCircuits)
	}
	return append(out, gauge{circuitsGauge, float64(circuits), nil})
}

// figureGauges are those of what the integration of other parts says.
func figureGauges(figures Figures) []gauge {
	var out []gauge
	for _, tier := range []model.Tier{model.TierEdge, model.TierBot} {
		if stalled, known := figures.RolloutStalled[tier]; known {
			value := 0.0
			if stalled {
				value = 1
			}
			out = append(out, gauge{stalledGauge, value, []string{string(tier)}})
		}
	}
	scaling := figures.Scaling
	if scaling == nil {
		return out
	}
	out = append(out, gauge{minGauge, float64(scaling.Min), nil}, gauge{maxGauge, float64(scaling.Max), nil},
		gauge{decidedGauge, float64(scaling.Desired), nil})
	add := func(description *prometheus.Desc, signal *float64, unit float64) {
		if signal != nil {
			out = append(out, gauge{description, *signal / unit, nil})
		}
	}
	add(cpuGauge, scaling.CPU, 100)
	add(memoryGauge, scaling.Memory, 100)
	add(requestsGauge, scaling.Requests, 60)
	return out
}

// seenGauges are those of what was seen of the instances.
func seenGauges(r report) []gauge {
	var out []gauge
	for _, tier := range r.seen.blueprint.Tiers {
		standby := 0
		for _, a := range r.plan.Assessments {
			if a.Tier == tier.Tier && a.Instance != nil && a.Instance.Owned && a.Instance.Standby {
				standby++
			}
		}
		out = append(out, gauge{standbyGauge, float64(standby), []string{string(tier.Tier)}})
		out = append(out, impairedGauges(tier.Tier, r.plan.Assessments)...)
	}
	out = append(out, gauge{edgesGauge, float64(len(r.unreachableEdges())), nil},
		gauge{drainTimeoutGauge, r.seen.blueprint.Policy.DrainTimeout.Seconds(), nil})
	var oldest *model.Instance
	for _, a := range r.plan.Assessments {
		if a.Tier == model.TierBot && a.Leaving() && (oldest == nil || a.Instance.DrainingSince.Before(oldest.DrainingSince)) {
			oldest = a.Instance
		}
	}
	if oldest != nil {
		out = append(out, gauge{drainStartGauge, float64(oldest.DrainingSince.UnixMilli()) / 1000, nil})
	}
	return out
}

// impairedGauges counts each instance of a tier once, for the reason that its condition would have.
func impairedGauges(tier model.Tier, assessments []plan.Assessment) []gauge {
	counts := make([]int, len(assessmentReasons))
	for _, a := range assessments {
		if a.Tier != tier || a.Instance == nil || a.Ready() {
			continue
		}
		for i, check := range assessmentReasons {
			if check.applies(a) {
				counts[i]++
				break
			}
		}
	}
	var out []gauge
	for i, count := range counts {
		if count > 0 {
			out = append(out, gauge{impairedGauge, float64(count), []string{string(tier), assessmentReasons[i].reason}})
		}
	}
	return out
}
