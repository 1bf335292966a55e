package edge

import (
	"encoding/json"
	"fmt"
	"time"
)

// State says what a member is for.
type State string

// The states of a member.
const (
	Active   State = "active"
	Draining State = "draining"
	Removed  State = "removed" // listed until what it has in flight has ended
)

// Result is what the probes of a member amount to.
type Result string

// The results of probing.
const (
	Unknown   Result = "unknown"
	Healthy   Result = "healthy"
	Degraded  Result = "degraded"
	Unhealthy Result = "unhealthy"
)

// Push is what the operator wants the pool to hold: the body of PUT /botcluster/pool.
type Push struct {
	Revision string         `json:"revision"`
	Probe    Probe          `json:"probe"`
	Members  []PushedMember `json:"members"`
}

// PushedMember is one bot of a push.
type PushedMember struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	State   State  `json:"state"`
}

// Probe says how members are probed.
type Probe struct {
	Path     string   `json:"path"`
	Scheme   string   `json:"scheme,omitempty"`
	Interval Duration `json:"interval"`
	Timeout  Duration `json:"timeout"`
	Retries  int      `json:"retries"`
}

// Document is the answer to GET and PUT /botcluster/pool.
type Document struct {
	Process         string    `json:"process"`
	StartedAt       time.Time `json:"startedAt"`
	RoutesRevision  string    `json:"routesRevision"`
	SecretsRevision string    `json:"secretsRevision"`
	Revision        string    `json:"revision"`
	Change          uint64    `json:"change"`
	Probe           *Probe    `json:"probe,omitempty"`
	LatencyBuckets  []float64 `json:"latencyBucketsSeconds"`
	Members         []Member  `json:"members"`
}

// Member is one bot as the edge sees it.
type Member struct {
	Name             string       `json:"name"`
	Address          string       `json:"address"`
	State            State        `json:"state"`
	Since            time.Time    `json:"since"`
	Serving          bool         `json:"serving"`
	Probe            ProbeOutcome `json:"probe"`
	InFlight         int64        `json:"inFlight"`
	Requests         int64        `json:"requests"`
	Errors5xx        int64        `json:"errors5xx"`
	TransportErrors  int64        `json:"transportErrors"`
	LatencySum       float64      `json:"latencySecondsSum"`
	LatencyHistogram []int64      `json:"latencyHistogram"`
	Ejected          bool         `json:"ejected"`
	Breakers         []Breaker    `json:"breakers,omitempty"`
}

// Breaker is a circuit breaker of a member that is not closed.
type Breaker struct {
	Route string    `json:"route"`
	State string    `json:"state"`
	Since time.Time `json:"since"`
}

// ProbeOutcome is what the probes of a member amount to, and the last one.
type ProbeOutcome struct {
	Result              Result          `json:"result"`
	Status              int             `json:"status"`
	Latency             float64         `json:"latencyMilliseconds"`
	ConsecutiveFailures int             `json:"consecutiveFailures"`
	CheckedAt           *time.Time      `json:"checkedAt,omitempty"`
	Message             string          `json:"message,omitempty"`
	Document            *HealthDocument `json:"document,omitempty"`
}

// HealthDocument is what a bot says of itself.
type HealthDocument struct {
	Status   string             `json:"status"`
	Database *bool              `json:"database,omitempty"`
	Metrics  map[string]float64 `json:"metrics,omitempty"`
}

// Traffic is what was sent to a member and has ended.
type Traffic struct {
	Requests  int64
	Errors5xx int64 // of these: answered with a status of 500 and more
	// TransportErrors are further requests, which were not answered.
	TransportErrors int64
	// Latency is how long each of the answers took to begin.
	Latency time.Duration
}

// latencyBuckets are the bounds of every histogram, in seconds.
var latencyBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10}

// Duration is written as "10s".
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(encoded []byte) error {
	text := ""
	if err := json.Unmarshal(encoded, &text); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is no duration; write one such as 10s", text)
	}
	*d = Duration(parsed)
	return nil
}
