package botcluster

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Values of the labels of counters.
const (
	// Why a bot was not launched or removed (label reason): what was asked of Incus was refused, or it failed, or the new
	// instance did not get an address in time.
	reasonLaunchRefused  = "launch_refused"
	reasonLaunchFailed   = "launch_failed"
	reasonNoAddress      = "no_address"
	reasonRemovalRefused = "removal_refused"
	reasonRemovalFailed  = "removal_failed"
	// The same of a launch of either tier.
	reasonRefused = "refused"
	reasonFailed  = "failed"
	// Why an instance leaves; reasonNoAddress is one of them.
	reasonSurplus   = "surplus"
	reasonOutdated  = "outdated"
	reasonUnhealthy = "unhealthy"
	reasonOther     = "other"
	// How a drain ended: nothing was in hand any more, the time was up, or the bot was taken back.
	drainCompleted = "completed"
	drainTimedOut  = "timed_out"
	drainCancelled = "cancelled"
	// What a bot came from: a new container, or one that waited frozen.
	startCold    = "cold"
	startStandby = "standby"
)

var (
	scalingErrorReasons  = []string{reasonLaunchRefused, reasonLaunchFailed, reasonNoAddress, reasonRemovalRefused, reasonRemovalFailed}
	launchFailureReasons = []string{reasonRefused, reasonFailed, reasonNoAddress}
	drainResults         = []string{drainCompleted, drainTimedOut, drainCancelled}

	// serveBuckets are around what was measured: 50 ms from standby, 1 s for a bare launch, 8 s among ten on two cores.
	serveBuckets = []float64{0.05, 0.1, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600}
	// drainBuckets are around the default of spec.drain: 1 s of settling, at most 30 s.
	drainBuckets = []float64{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800}
)

// counters are the counters and histograms of all BotClusters.
type counters struct {
	decisions, scalingErrors, launches, launchFailures, drains, removals, restarts *prometheus.CounterVec
	timeToServe, drainDuration                                                     *prometheus.HistogramVec
}

func newCounters() counters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "botcluster_" + name, Help: help},
			append([]string{"namespace", "name"}, labels...))
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "botcluster_" + name, Help: help, Buckets: buckets},
			append([]string{"namespace", "name"}, labels...))
	}
	return counters{
		decisions:      counter("scaling_decisions_total", "Decisions to scale.", "direction"),
		scalingErrors:  counter("scaling_errors_total", "Launches and removals of bots that did not succeed.", "reason"),
		launches:       counter("launches_total", "Instances that began to be created.", "tier"),
		launchFailures: counter("launch_failures_total", "Launches that did not succeed; each attempt counts.", "tier", "reason"),
		drains:         counter("drains_total", "Drains of bots that left, by how they ended.", "result"),
		removals:       counter("removals_total", "Instances that began to leave; all but surplus ones are replaced.", "tier", "reason"),
		restarts:       counter("restarts_total", "Instances that were restarted because they were unhealthy.", "tier"),
		timeToServe: histogram("time_to_serve_seconds",
			"Time from the creation of an instance, or from the decision to wake it, until it serves.", serveBuckets, "tier", "start"),
		drainDuration: histogram("drain_duration_seconds", "Time from the mark of leaving until the bot was stopped.", drainBuckets),
	}
}

func (c counters) all() []prometheus.Collector {
	return []prometheus.Collector{
		c.decisions, c.scalingErrors, c.launches, c.launchFailures, c.drains, c.removals, c.restarts, c.timeToServe, c.drainDuration,
	}
}

func (c counters) of(key types.NamespacedName) clusterCounters {
	return clusterCounters{counters: c, key: key}
}

// forget removes the series of a BotCluster.
func (c counters) forget(key types.NamespacedName) {
	whose := prometheus.Labels{"namespace": key.Namespace, "name": key.Name}
	for _, vector := range []interface{ DeletePartialMatch(prometheus.Labels) int }{
		c.decisions, c.scalingErrors, c.launches, c.launchFailures, c.drains, c.removals, c.restarts, c.timeToServe, c.drainDuration,
	} {
		vector.DeletePartialMatch(whose)
	}
}

// clusterCounters are those of one BotCluster.
type clusterCounters struct {
	counters
	key types.NamespacedName
}

func (c clusterCounters) count(vector *prometheus.CounterVec, labels ...string) prometheus.Counter {
	return vector.WithLabelValues(append([]string{c.key.Namespace, c.key.Name}, labels...)...)
}

func (c clusterCounters) time(vector *prometheus.HistogramVec, labels ...string) prometheus.Observer {
	return vector.WithLabelValues(append([]string{c.key.Namespace, c.key.Name}, labels...)...)
}

// begin makes the series that alerts look at, at zero.
func (c clusterCounters) begin() {
	for _, reason := range scalingErrorReasons {
		c.count(c.scalingErrors, reason)
	}
	for _, result := range drainResults {
		c.count(c.drains, result)
	}
	for _, tier := range []model.Tier{model.TierEdge, model.TierBot} {
		c.count(c.launches, string(tier))
		for _, reason := range launchFailureReasons {
			c.count(c.launchFailures, string(tier), reason)
		}
	}
}
