package alerts_test

import (
	"strings"
	"time"
)

// scenario is what an alert does about series after a time.
type scenario struct {
	alert  string
	name   string
	series []string
	after  time.Duration
	// says is in the description of the one alert that fires; empty when none does.
	says string
}

// of writes series of the BotCluster chat/crew: `metric{label="value"} 1x9` becomes `metric{namespace=…,name=…,label="value"} 1x9`.
func of(series ...string) []string {
	const whose = `namespace="chat",name="crew"`
	var out []string
	for _, one := range series {
		metric, values, _ := strings.Cut(one, " ")
		metric, rest, labelled := strings.Cut(metric, "{")
		if labelled {
			rest = "," + rest
		} else {
			rest = "}"
		}
		out = append(out, metric+"{"+whose+rest+" "+values)
	}
	return out
}

const minute = time.Minute

var scenarios = []scenario{
	{"HighCPUUsage", "busy", of("botcluster_scaling_cpu_ratio 0.91x20"), 6 * minute, "chat/crew use 91 % of their CPU"},
	{"HighCPUUsage", "busy for a moment", of("botcluster_scaling_cpu_ratio 0.91x3 0.5x20"), 6 * minute, ""},
	{"HighCPUUsage", "busy, and not known any more", of("botcluster_scaling_cpu_ratio 0.91x3 stale"), 9 * minute, ""},
	{"HighCPUUsage", "as busy as allowed", of("botcluster_scaling_cpu_ratio 0.8x20"), 9 * minute, ""},

	{"MaxInstancesReached", "all that there may be", of(`botcluster_instances{tier="bot"} 10x9`, `botcluster_instances{tier="edge"} 2x9`,
		"botcluster_scaling_max_instances 10x9", "botcluster_scaling_min_instances 1x9"), 2 * minute, "chat/crew has 10 bots"},
	{"MaxInstancesReached", "two pods of the operator that overlap", append(
		of(`botcluster_instances{tier="bot",pod="a"} 5x9`, `botcluster_instances{tier="bot",pod="b"} 5x9`),
		of("botcluster_scaling_max_instances 10x9", "botcluster_scaling_min_instances 1x9")...), 2 * minute, ""},
	{"MaxInstancesReached", "one more may come", of(`botcluster_instances{tier="bot"} 9x9`,
		"botcluster_scaling_max_instances 10x9", "botcluster_scaling_min_instances 1x9"), 2 * minute, ""},
	{"MaxInstancesReached", "only one size is allowed", of(`botcluster_instances{tier="bot"} 3x9`,
		"botcluster_scaling_max_instances 3x9", "botcluster_scaling_min_instances 3x9"), 2 * minute, ""},
	{"MaxInstancesReached", "scaling is off", of(`botcluster_instances{tier="bot"} 30x9`), 2 * minute, ""},

	{"ScalingFailed", "a launch was refused", of(`botcluster_scaling_errors_total{reason="launch_refused"} 0 0 1x9`), 4 * minute,
		"launches or removals of bots of chat/crew did not succeed"},
	{"ScalingFailed", "long ago", of(`botcluster_scaling_errors_total{reason="launch_refused"} 0 1x20`), 15 * minute, ""},
	{"ScalingFailed", "never", of(`botcluster_scaling_errors_total{reason="launch_refused"} 0x20`), 15 * minute, ""},

	{"BotClusterDown", "no bot serves", of(`botcluster_instances_ready{tier="bot"} 0x9`, `botcluster_instances_desired{tier="bot"} 3x9`,
		`botcluster_instances_ready{tier="edge"} 1x9`, `botcluster_instances_desired{tier="edge"} 1x9`), 3 * minute, "No bot of chat/crew serves"},
	{"BotClusterDown", "no bot is wanted", of(`botcluster_instances_ready{tier="bot"} 0x9`, `botcluster_instances_desired{tier="bot"} 0x9`), 3 * minute, ""},
	{"BotClusterDown", "it has just been made", of(`botcluster_instances_ready{tier="bot"} 0 1x9`, `botcluster_instances_desired{tier="bot"} 1x9`), 3 * minute, ""},

	{"BotClusterNotReady", "for ten minutes", of(`botcluster_condition{type="Ready",status="False"} 1x20`), 11 * minute, "Ready=False"},
	{"BotClusterNotReady", "not known for ten minutes", of(`botcluster_condition{type="Ready",status="Unknown"} 1x20`), 11 * minute, "Ready=Unknown"},
	{"BotClusterNotReady", "became ready", of(`botcluster_condition{type="Ready",status="False"} 1x8 stale`,
		`botcluster_condition{type="Ready",status="True"} _x9 1x20`), 20 * minute, ""},
	{"BotClusterNotReady", "stalled, which says more", of(`botcluster_condition{type="Ready",status="False"} 1x20`,
		`botcluster_condition{type="Stalled",status="True"} 1x20`), 11 * minute, ""},

	{"BotClusterStalled", "waits for somebody", of(`botcluster_condition{type="Stalled",status="True"} 1x20`), 6 * minute, "go on with chat/crew"},
	{"BotClusterStalled", "a Secret that came a moment later", of(`botcluster_condition{type="Stalled",status="True"} 1x2 stale`), 9 * minute, ""},

	{"BotClusterIncusNotReady", "no answer", of(`botcluster_condition{type="IncusReady",status="False"} 1x20`), 6 * minute, "server of chat/crew"},
	{"BotClusterIncusNotReady", "it answers", of(`botcluster_condition{type="IncusReady",status="True"} 1x20`), 6 * minute, ""},
	{"BotClusterIncusNotReady", "an image is missing: stalled", of(`botcluster_condition{type="IncusReady",status="False"} 1x20`,
		`botcluster_condition{type="Stalled",status="True"} 1x20`), 6 * minute, ""},

	{"BotClusterEdgeUnreachable", "one", of("botcluster_edges_unreachable 1x9"), 3 * minute, "1 edges of chat/crew"},
	{"BotClusterEdgeUnreachable", "for a moment", of("botcluster_edges_unreachable 1 1 0x9"), 3 * minute, ""},

	{"BotClusterRolloutStalled", "a newcomer fails", of(`botcluster_rollout_stalled{tier="bot"} 1x9`), 2 * minute, "tier bot of chat/crew"},
	{"BotClusterRolloutStalled", "it goes on", of(`botcluster_rollout_stalled{tier="bot"} 0x9`), 2 * minute, ""},

	{"BotClusterRolloutSlow", "two are old", of(`botcluster_instances_desired{tier="bot"} 5x40`, `botcluster_instances_updated{tier="bot"} 3x40`),
		31 * minute, "2 instances of the tier bot"},
	{"BotClusterRolloutSlow", "it moves and ends", of(`botcluster_instances_desired{tier="bot"} 5x40`, `botcluster_instances_updated{tier="bot"} 0x20 5x20`),
		31 * minute, ""},
	{"BotClusterRolloutSlow", "suspended", of(`botcluster_instances_desired{tier="bot"} 5x40`, `botcluster_instances_updated{tier="bot"} 3x40`,
		`botcluster_condition{type="Suspended",status="True"} 1x40`), 31 * minute, ""},

	{"BotClusterLaunchesFailing", "again and again", of(`botcluster_launch_failures_total{tier="bot",reason="failed"} 0 1+1x20`), 12 * minute,
		"launches of the tier bot of chat/crew"},
	{"BotClusterLaunchesFailing", "once", of(`botcluster_launch_failures_total{tier="bot",reason="failed"} 0 1x30`), 12 * minute, ""},

	{"BotClusterBotsUnhealthy", "two", of(`botcluster_instances_impaired{tier="bot",reason="BotsUnhealthy"} 2x9`), 6 * minute, "2 bots of chat/crew"},
	{"BotClusterBotsUnhealthy", "healed", of(`botcluster_instances_impaired{tier="bot",reason="BotsUnhealthy"} 2x3 stale`), 9 * minute, ""},

	{"BotClusterBotsDegraded", "three", of(`botcluster_instances_impaired{tier="bot",reason="BotsDegraded"} 3x9`), 6 * minute, "3 bots of chat/crew"},
	{"BotClusterBotsDegraded", "something else is wrong", of(`botcluster_instances_impaired{tier="bot",reason="BotsUnhealthy"} 3x9`), 6 * minute, ""},

	{"BotClusterCircuitsOpen", "lasting", of("botcluster_circuits_open 2x20"), 11 * minute, "2 circuit breakers of chat/crew"},
	{"BotClusterCircuitsOpen", "closed again", of("botcluster_circuits_open 2x5 0x20"), 11 * minute, ""},

	// The clock of a scenario begins at 1970.
	{"BotClusterDrainOverdue", "a bot does not go", of("botcluster_drain_oldest_start_timestamp_seconds 60x20", "botcluster_drain_timeout_seconds 30x20"),
		10 * minute, "8m 30s past its spec.drain.timeout"},
	{"BotClusterDrainOverdue", "one after the other", of("botcluster_drain_oldest_start_timestamp_seconds 0+60x20", "botcluster_drain_timeout_seconds 30x20"),
		10 * minute, ""},
	{"BotClusterDrainOverdue", "a long timeout", of("botcluster_drain_oldest_start_timestamp_seconds 60x20", "botcluster_drain_timeout_seconds 3600x20"),
		10 * minute, ""},
	{"BotClusterDrainOverdue", "suspended", of("botcluster_drain_oldest_start_timestamp_seconds 60x20", "botcluster_drain_timeout_seconds 30x20",
		`botcluster_condition{type="Suspended",status="True"} 1x20`), 10 * minute, ""},

	{"BotClusterChurning", "replaced and restarted", of(`botcluster_removals_total{tier="bot",reason="unhealthy"} 0+1x20`, `botcluster_restarts_total{tier="bot"} 0+1x20`),
		12 * minute, "tier bot of chat/crew were restarted or replaced"},
	{"BotClusterChurning", "replaced only", of(`botcluster_removals_total{tier="bot",reason="no_address"} 0+1x20`), 16 * minute, "tier bot of chat/crew"},
	{"BotClusterChurning", "scaled down and rolled", of(`botcluster_removals_total{tier="bot",reason="surplus"} 0+3x20`,
		`botcluster_removals_total{tier="bot",reason="outdated"} 0+3x20`), 16 * minute, ""},

	{"BotClusterOperatorDown", "gone", []string{`up{job="another"} 1x9`}, 6 * minute, "reached no operator"},
	{"BotClusterOperatorDown", "does not answer", []string{`up{job="botcluster-operator-metrics"} 0x9`}, 6 * minute, "reached no operator"},
	{"BotClusterOperatorDown", "one of two answers", []string{`up{job="botcluster-operator-metrics",pod="a"} 0x9`, `up{job="botcluster-operator-metrics",pod="b"} 1x9`},
		6 * minute, ""},

	{"BotClusterOperatorNotLeading", "both wait", []string{`leader_election_master_status{name="botcluster-operator.scaling.generalbots.dev",pod="a"} 0x9`,
		`leader_election_master_status{name="botcluster-operator.scaling.generalbots.dev",pod="b"} 0x9`}, 3 * minute, "none has held the Lease"},
	{"BotClusterOperatorNotLeading", "one leads", []string{`leader_election_master_status{name="botcluster-operator.scaling.generalbots.dev",pod="a"} 0x9`,
		`leader_election_master_status{name="botcluster-operator.scaling.generalbots.dev",pod="b"} 1x9`}, 3 * minute, ""},

	{"BotClusterReconcileErrors", "a fifth", []string{`controller_runtime_reconcile_errors_total{controller="botcluster"} 0+2x30`,
		`controller_runtime_reconcile_total{controller="botcluster",result="error"} 0+2x30`,
		`controller_runtime_reconcile_total{controller="botcluster",result="success"} 0+8x30`}, 15 * minute, "20% of the operator's passes"},
	{"BotClusterReconcileErrors", "few", []string{`controller_runtime_reconcile_errors_total{controller="botcluster"} 0+1x30`,
		`controller_runtime_reconcile_total{controller="botcluster",result="error"} 0+1x30`,
		`controller_runtime_reconcile_total{controller="botcluster",result="success"} 0+99x30`}, 15 * minute, ""},
}
