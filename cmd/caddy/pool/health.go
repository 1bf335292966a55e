package pool

import "time"

// Result is what the probes of a member amount to.
type Result string

// The results of probing.
const (
	// Unknown: not enough probes yet to say anything.
	Unknown Result = "unknown"
	// Healthy: the last probe passed, or fewer than the allowed number in a row have failed since.
	Healthy Result = "healthy"
	// Degraded: it answers, and says that it cannot do its work (its database is away).
	Degraded Result = "degraded"
	// Unhealthy: too many probes in a row failed.
	Unhealthy Result = "unhealthy"
)

// Observation is the outcome of one probe.
type Observation struct {
	// Result is Healthy, Degraded or Unhealthy: what this one probe says.
	Result Result
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// Latency is the time from the dial to the last byte.
	Latency time.Duration
	// CheckedAt is when the probe ended.
	CheckedAt time.Time
	// Message says why a probe did not pass.
	Message string
	// Document holds what the health document said; nil if there was none.
	Document *HealthDocument
}

// health is what is known of one target. The zero value is not usable: begin with newHealth.
type health struct {
	result              Result
	consecutiveFailures int // probes in a row that did not pass
	silences            int // of these, those in a row that were not even answered "degraded"
	last                Observation
}

func newHealth() health { return health{result: Unknown} }

// after returns the health after one more probe. One pass heals. A healthy member is given up after the allowed number of
// failures in a row; one that is not healthy anyway shows at once when it degrades instead of failing.
func (h health) after(seen Observation, retries int) health {
	h.last = seen
	switch seen.Result {
	case Healthy:
		h.consecutiveFailures, h.silences, h.result = 0, 0, Healthy
		return h
	case Degraded:
		h.silences = 0
	default:
		h.silences++
	}
	h.consecutiveFailures++
	switch {
	case h.silences >= retries:
		h.result = Unhealthy
	case seen.Result == Degraded && h.result != Healthy,
		h.result == Healthy && h.consecutiveFailures >= retries:
		h.result = Degraded
	}
	return h
}

// answers tells whether the member was ever found able to answer: healthy or degraded.
func (h health) answers() bool { return h.result == Healthy || h.result == Degraded }
