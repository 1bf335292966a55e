package edge

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// collector shows the pool document as metrics. It holds no series of its own: those of a member that has left are gone with it.
type collector struct{ pool *pool.Registry }

// memberMetric describes a metric whose only label is the member's name.
func memberMetric(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("botcluster_edge_member_"+name, help, []string{"member"}, nil)
}

var (
	servingMetric   = memberMetric("serving", "1 if new requests may be sent to the member, else 0.")
	drainingMetric  = memberMetric("draining", "1 if the member keeps what it has and gets nothing new, else 0.")
	healthyMetric   = memberMetric("healthy", "1 if the member's probes pass, else 0.")
	degradedMetric  = memberMetric("degraded", "1 if the member answers that it cannot do its work, else 0.")
	ejectedMetric   = memberMetric("ejected", "1 if requests to the member failed and it is passed over while others are there, else 0.")
	probeMetric     = memberMetric("probe_duration_seconds", "Duration of the last probe.")
	inFlightMetric  = memberMetric("in_flight", "Requests, streams and WebSockets that have not ended.")
	requestsMetric  = memberMetric("requests_total", "Requests sent to the member.")
	errorsMetric    = memberMetric("responses_5xx_total", "Answers of the member with a status of 500 and more.")
	transportMetric = memberMetric("transport_errors_total", "Requests that the member did not answer.")
	latencyMetric   = memberMetric("latency_seconds", "Time from sending a request to the end of the answer's header.")
	// breakerMetric has a series for each member and each route with breakers: both are few, and named by the operator.
	breakerMetric = prometheus.NewDesc("botcluster_edge_member_breaker_state",
		"State of the member's circuit breaker in the route: 0 closed, 1 half-open, 2 open.", []string{"member", "route"}, nil)
)

// Describe implements prometheus.Collector.
func (collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, description := range []*prometheus.Desc{
		servingMetric, drainingMetric, healthyMetric, degradedMetric, ejectedMetric, probeMetric,
		inFlightMetric, requestsMetric, errorsMetric, transportMetric, latencyMetric, breakerMetric,
	} {
		descriptions <- description
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(metrics chan<- prometheus.Metric) {
	document := c.pool.Describe()
	inFlight := map[string]int64{}
	for _, member := range document.Members {
		inFlight[member.Name] += member.InFlight
	}
	for _, member := range document.Members {
		total, first := inFlight[member.Name]
		if !first {
			continue // an earlier address of the same name, which comes after the name's present one
		}
		delete(inFlight, member.Name)
		collectMember(metrics, member, total, document.LatencyBuckets)
		if member.State != pool.Removed {
			collectBreakers(metrics, member, document.BreakerRoutes)
		}
	}
}

func collectMember(metrics chan<- prometheus.Metric, member pool.Member, inFlight int64, bounds []float64) {
	gauge := func(description *prometheus.Desc, value float64) {
		metrics <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, member.Name)
	}
	counter := func(description *prometheus.Desc, value uint64) {
		metrics <- prometheus.MustNewConstMetric(description, prometheus.CounterValue, float64(value), member.Name)
	}
	gauge(servingMetric, oneIf(member.Serving))
	gauge(drainingMetric, oneIf(member.State == pool.Draining))
	gauge(healthyMetric, oneIf(member.Probe.Result == pool.Healthy))
	gauge(degradedMetric, oneIf(member.Probe.Result == pool.Degraded))
	gauge(ejectedMetric, oneIf(member.Ejected))
	gauge(probeMetric, member.Probe.Latency/1000)
	gauge(inFlightMetric, float64(inFlight))
	counter(requestsMetric, member.Requests)
	counter(errorsMetric, member.Errors5xx)
	counter(transportMetric, member.TransportErrors)
	count, cumulative := cumulate(member.LatencyHistogram, bounds)
	metrics <- prometheus.MustNewConstHistogram(latencyMetric, count, member.LatencySum, cumulative, member.Name)
}

func collectBreakers(metrics chan<- prometheus.Metric, member pool.Member, routes []string) {
	states := map[string]float64{}
	for _, breaker := range member.Breakers {
		switch breaker.State {
		case pool.BreakerHalfOpen:
			states[breaker.Route] = 1
		case pool.BreakerOpen:
			states[breaker.Route] = 2
		case pool.BreakerClosed:
		}
	}
	for _, route := range routes {
		metrics <- prometheus.MustNewConstMetric(breakerMetric, prometheus.GaugeValue, states[route], member.Name, route)
	}
}

// cumulate turns counts for each bucket into Prometheus's counts up to each bound.
func cumulate(counts []uint64, bounds []float64) (total uint64, cumulative map[float64]uint64) {
	cumulative = make(map[float64]uint64, len(bounds))
	for i, count := range counts {
		total += count
		if i < len(bounds) {
			cumulative[bounds[i]] = total
		}
	}
	return total, cumulative
}

func oneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}
