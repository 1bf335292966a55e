package botcluster

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Metrics are what Prometheus is told about BotClusters; docs/metrics.md lists them. Gauges are kept as one snapshot for each
// BotCluster, taken in as a whole by each pass, so that a scrape sees no half of one and what is not known has no series. No
// label ever names an instance.
type Metrics struct {
	counters counters

	mutex    sync.Mutex
	clusters map[types.NamespacedName]*clusterMetrics
}

// clusterMetrics is what is kept about one BotCluster.
type clusterMetrics struct {
	// told are the gauges that the status brings; seen are those that need a look at the instances, and stay as they were
	// while there is none.
	told, seen []gauge
	// instances holds what counting each thing once needs, by instance name.
	instances map[string]*instanceMemory
	// failures is when the last failed operation that was counted was seen, by instance name.
	failures map[string]time.Time
}

// NewMetrics returns Metrics that are registered with a registerer. It fails when others of the same names are.
func NewMetrics(registerer prometheus.Registerer) (*Metrics, error) {
	metrics := newMetrics()
	if err := registerer.Register(metrics); err != nil {
		return nil, fmt.Errorf("register the metrics of BotClusters: %w", err)
	}
	return metrics, nil
}

func newMetrics() *Metrics {
	return &Metrics{counters: newCounters(), clusters: map[types.NamespacedName]*clusterMetrics{}}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range gaugeDescriptions {
		descriptions <- description
	}
	for _, collector := range m.counters.all() {
		collector.Describe(descriptions)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	for key, gauges := range m.snapshot() {
		for _, gauge := range gauges {
			metrics <- gauge.metric(key)
		}
	}
	for _, collector := range m.counters.all() {
		collector.Collect(metrics)
	}
}

// snapshot returns the gauges of all BotClusters. Passes replace the slices in it and never change them.
func (m *Metrics) snapshot() map[types.NamespacedName][]gauge {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	out := make(map[types.NamespacedName][]gauge, len(m.clusters))
	for key, cluster := range m.clusters {
		out[key] = append(slices.Clip(cluster.told), cluster.seen...)
	}
	return out
}

// observe takes in what one pass has seen and done, after it has filled the status. Passes over one BotCluster do not
// overlap.
func (m *Metrics) observe(bc *v1alpha1.BotCluster, r report, now time.Time) {
	key := client.ObjectKeyFromObject(bc)
	counts := m.counters.of(key)
	cluster := m.cluster(key, counts)
	if r.seen.InventoryErr == nil {
		cluster.remember(r.plan.Assessments)
		cluster.timeLaunches(counts, r.plan.Assessments, now)
	}
	tally{cluster, counts, r, !bc.DeletionTimestamp.IsZero(), now}.all()
	told := append(statusGauges(bc.Status), figureGauges(r.figures)...)

	m.mutex.Lock()
	defer m.mutex.Unlock()
	cluster.told = told
	if r.seen.InventoryErr == nil {
		cluster.seen = seenGauges(r)
	}
}

// cluster returns what is kept about a BotCluster. What alerts count begins at zero, so that a first failure is an increase.
func (m *Metrics) cluster(key types.NamespacedName, counts clusterCounters) *clusterMetrics {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	cluster, known := m.clusters[key]
	if !known {
		cluster = &clusterMetrics{instances: map[string]*instanceMemory{}, failures: map[string]time.Time{}}
		m.clusters[key] = cluster
		counts.begin()
	}
	return cluster
}

// forget removes all series of a BotCluster that is gone.
func (m *Metrics) forget(key types.NamespacedName) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if _, known := m.clusters[key]; known {
		delete(m.clusters, key)
		m.counters.forget(key)
	}
}
