package pool

import (
	"maps"
	"slices"
	"time"
)

// Document is all that is known of the pool at one moment.
type Document struct {
	// Process is random for each process of the proxy: another value means that its memory was lost and the pool must be pushed.
	Process string `json:"process"`
	// StartedAt is when the process began.
	StartedAt time.Time `json:"startedAt"`
	// RoutesRevision is the revision of the routes that are loaded; empty if none are.
	RoutesRevision string `json:"routesRevision"`
	// Revision is that of the last push; empty before the first.
	Revision string `json:"revision"`
	// SecretsRevision is that of the secrets that the proxy holds; empty before the first.
	SecretsRevision string `json:"secretsRevision"`
	// Change grows with everything that Wait waits for.
	Change uint64 `json:"change"`
	// Probe is how members are probed; absent before the first push.
	Probe *Probe `json:"probe,omitempty"`
	// LatencyBuckets are the upper bounds, in seconds, of the buckets of every latencyHistogram.
	LatencyBuckets []float64 `json:"latencyBucketsSeconds"`
	// Members in the order of their names, as people count; then of their addresses.
	Members []Member `json:"members"`
	// BreakerRoutes are the routes with circuit breakers, in the order of their names: each of them has one per member.
	BreakerRoutes []string `json:"-"`
}

// Member is one bot as the edge sees it. Counters begin with 0 when the name enters the pool.
type Member struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	// State is active, draining, or removed while something is still in flight. A name may be there twice: as it is now,
	// and removed with its address from before. Both then show the same counters, which are kept by name.
	State State `json:"state"`
	// Since is when the state began.
	Since time.Time `json:"since"`
	// Serving tells whether new requests may be sent to it.
	Serving bool `json:"serving"`
	// Ejected tells whether requests to it failed lately, so that it is passed over while others are there.
	Ejected bool `json:"ejected"`
	// Breakers are its circuit breakers that are not closed, in the order of the routes' names.
	Breakers []Breaker `json:"breakers,omitempty"`
	// Probe is the outcome of the probes.
	Probe ProbeOutcome `json:"probe"`
	// InFlight counts requests, streams and WebSockets that have not ended, at this address.
	InFlight int64 `json:"inFlight"`
	// Requests counts those sent to it.
	Requests uint64 `json:"requests"`
	// Errors5xx counts its answers with a status of 500 and more.
	Errors5xx uint64 `json:"errors5xx"`
	// TransportErrors counts requests that it did not answer. Those given up by the client are not among them.
	TransportErrors uint64 `json:"transportErrors"`
	// LatencySum is the sum of the times from sending a request to the end of the answer's header, in seconds.
	LatencySum float64 `json:"latencySecondsSum"`
	// LatencyHistogram counts answers by that time: one count for each bound of latencyBucketsSeconds, and a last one for slower answers.
	LatencyHistogram []uint64 `json:"latencyHistogram"`
}

// Breaker is a circuit breaker of a member that is not closed.
type Breaker struct {
	Route string       `json:"route"`
	State BreakerState `json:"state"`
	// Since is when the state began.
	Since time.Time `json:"since"`
}

// ProbeOutcome is what the probes of a member amount to, and the last one.
type ProbeOutcome struct {
	Result Result `json:"result"`
	// Status is the HTTP status of the last probe; 0 if there was no answer.
	Status int `json:"status"`
	// Latency of the last probe, in milliseconds.
	Latency             float64 `json:"latencyMilliseconds"`
	ConsecutiveFailures int     `json:"consecutiveFailures"`
	// CheckedAt is when the last probe ended; absent before the first.
	CheckedAt *time.Time `json:"checkedAt,omitempty"`
	// Message says why the last probe did not pass.
	Message  string          `json:"message,omitempty"`
	Document *HealthDocument `json:"document,omitempty"`
}

// Describe returns the document of this moment.
func (r *Registry) Describe() Document {
	r.mu.Lock()
	defer r.mu.Unlock()
	document := Document{
		Process: r.process, StartedAt: r.startedAt, RoutesRevision: r.routes.current().Revision,
		Revision: r.pushed.Revision, SecretsRevision: r.secretsRevision, Change: r.change, LatencyBuckets: bucketBounds(),
	}
	if r.pushed.Revision != "" {
		probe := r.pushed.Probe
		document.Probe = &probe
	}
	listed := r.inOrder()
	if len(r.removed) > 0 {
		listed = slices.AppendSeq(slices.Clone(listed), maps.Keys(r.removed))
		slices.SortFunc(listed, byName)
	}
	sets := r.shownBreakers()
	for _, set := range sets {
		document.BreakerRoutes = append(document.BreakerRoutes, set.route)
	}
	document.Members = make([]Member, len(listed))
	for i, target := range listed {
		document.Members[i] = target.describe()
		if target.state != Removed {
			document.Members[i].Breakers = describeBreakers(sets, target.name)
		}
	}
	return document
}

// describe is called with the registry locked.
func (t *target) describe() Member {
	counted := t.counters
	return Member{
		Name: t.name, Address: t.address, State: t.state, Since: t.since, Serving: t.serving, Ejected: t.ejected,
		Probe:    t.health.describe(),
		InFlight: t.inFlight.Load(), Requests: counted.requests.Load(), Errors5xx: counted.errors5xx.Load(),
		TransportErrors:  counted.transportErrors.Load(),
		LatencySum:       time.Duration(counted.latencyNanos.Load()).Seconds(),
		LatencyHistogram: counted.histogram(),
	}
}

func (h health) describe() ProbeOutcome {
	outcome := ProbeOutcome{
		Result: h.result, Status: h.last.Status, Latency: float64(h.last.Latency.Microseconds()) / 1000,
		ConsecutiveFailures: h.consecutiveFailures, Message: h.last.Message, Document: h.last.Document,
	}
	if !h.last.CheckedAt.IsZero() {
		outcome.CheckedAt = &h.last.CheckedAt
	}
	return outcome
}

func bucketBounds() []float64 {
	bounds := make([]float64, len(latencyBounds))
	for i, bound := range latencyBounds {
		bounds[i] = bound.Seconds()
	}
	return bounds
}
