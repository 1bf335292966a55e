package edge

import (
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// member is one target of an edge.
type member struct {
	edge          *edge
	name, address string
	state         State
	since         time.Time
	added         time.Time
	serving       bool
	inFlight      int64
	sent          *counters
	ejected       bool
	breakers      []Breaker // by route

	result   Result
	answered bool // healthy or degraded before
	checked  time.Time
	expected Result // that a judgement under way will find
	callOff  func(fake.Locked)
}

// counters are what was sent under the name of a member.
type counters struct {
	requests, errors5xx, transportErrors int64
	latency                              time.Duration
	histogram                            []int64
}

func newCounters() *counters { return &counters{histogram: make([]int64, len(latencyBuckets)+1)} }

func (c *counters) count(t Traffic) {
	c.requests += t.Requests + t.TransportErrors
	c.errors5xx += t.Errors5xx
	c.transportErrors += t.TransportErrors
	c.latency += time.Duration(t.Requests) * t.Latency
	bucket, _ := slices.BinarySearch(latencyBuckets, t.Latency.Seconds())
	c.histogram[bucket] += t.Requests
}

// Pace of the probes, as in cmd/caddy/pool (cadence.go).
const (
	eagerInterval = 40 * time.Millisecond
	eagerFor      = 2 * time.Minute
	lateInterval  = time.Second
)

// watch begins to look at the member's instance.
func (m *member) watch(l fake.Locked) {
	watchers := m.edge.owner.watchers
	if watchers[m.ip()] == nil {
		watchers[m.ip()] = map[*member]struct{}{}
	}
	watchers[m.ip()][m] = struct{}{}
	m.look(l)
}

func (m *member) unwatch(l fake.Locked) {
	delete(m.edge.owner.watchers[m.ip()], m)
	m.expect(l, m.result)
}

func (m *member) ip() string {
	host, _, err := net.SplitHostPort(m.address)
	if err != nil {
		return m.address
	}
	return host
}

// truth is what a probe of this moment finds.
func (m *member) truth(l fake.Locked) Result {
	sight, ok := l.LookAt(m.ip())
	switch {
	case !ok || !sight.Serving:
		return Unhealthy
	case sight.Health == fake.Degraded:
		return Degraded
	case sight.Health == fake.Unhealthy:
		return Unhealthy
	}
	return Healthy
}

// look compares what is known with the truth; if they differ, the probes will find out in their time.
func (m *member) look(l fake.Locked) {
	if truth := m.truth(l); truth != m.expected {
		m.expect(l, truth)
	}
}

// expect has the probes find a result in their time; the one known already ends what is under way.
func (m *member) expect(l fake.Locked, truth Result) {
	if m.callOff != nil {
		m.callOff(l)
		m.callOff = nil
	}
	m.expected = truth
	if truth == m.result {
		return
	}
	m.callOff = l.In(m.delay(l, truth), func(l fake.Locked) {
		m.callOff = nil
		m.judge(l, truth)
	})
}

// delay is how long the probes take to find a new truth: half an interval on average, and all further retries for bad
// news about a member that was fine.
func (m *member) delay(l fake.Locked, truth Result) time.Duration {
	probe := m.edge.pushed.Probe
	interval := time.Duration(probe.Interval)
	if !m.answered {
		interval = min(interval, eagerInterval)
		if l.Now().Sub(m.added) > eagerFor {
			interval = min(time.Duration(probe.Interval), lateInterval)
		}
	}
	if truth == Healthy || truth == Degraded && m.result != Healthy {
		return interval / 2
	}
	return interval/2 + time.Duration(probe.Retries-1)*interval
}

func (m *member) judge(l fake.Locked, result Result) {
	m.result, m.checked = result, l.Now()
	m.answered = m.answered || result == Healthy || result == Degraded
	m.edge.refresh()
	m.edge.announce()
}

// describe is the member as the document shows it.
func (m *member) describe(l fake.Locked) Member {
	shown := Member{
		Name: m.name, Address: m.address, State: m.state, Since: m.since.UTC(), Serving: m.serving,
		Probe: ProbeOutcome{Result: m.result}, InFlight: m.inFlight, Requests: m.sent.requests, Errors5xx: m.sent.errors5xx,
		TransportErrors: m.sent.transportErrors, LatencySum: m.sent.latency.Seconds(), LatencyHistogram: slices.Clone(m.sent.histogram),
		Ejected: m.ejected, Breakers: append([]Breaker{}, m.breakers...),
	}
	if !m.checked.IsZero() {
		at := m.checked.UTC()
		shown.Probe.CheckedAt, shown.Probe.Latency = &at, 1.2
	}
	no := false
	switch m.result {
	case Healthy:
		shown.Probe.Status, shown.Probe.Document = http.StatusOK, &HealthDocument{Status: "healthy"}
	case Degraded:
		shown.Probe.Status = http.StatusServiceUnavailable
		shown.Probe.Document = &HealthDocument{Status: "degraded", Database: &no}
		shown.Probe.Message = "answered 503 with the status degraded"
	case Unhealthy:
		shown.Probe.Message = "probing: dial tcp " + m.address + ": connect: connection refused"
	case Unknown:
	}
	if sight, ok := l.LookAt(m.ip()); ok && shown.Probe.Document != nil {
		shown.Probe.Document.Metrics = sight.Figures
	}
	if m.result == Degraded || m.result == Unhealthy {
		shown.Probe.ConsecutiveFailures = m.edge.pushed.Probe.Retries
	}
	return shown
}
