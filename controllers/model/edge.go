package model

import "time"

// MemberState says whether a bot in the pool takes new requests.
type MemberState string

const (
	// MemberActive takes new requests once its probe passed.
	MemberActive MemberState = "active"
	// MemberDraining ends what it has in hand and takes nothing new.
	MemberDraining MemberState = "draining"
	// MemberRemoved is out of the pool; an edge shows it while requests are still in flight.
	MemberRemoved MemberState = "removed"
)

// ProbeResult is what an edge last learned of a member's health.
type ProbeResult string

const (
	// ProbeUnknown is a member that was not probed yet.
	ProbeUnknown ProbeResult = "unknown"
	// ProbeHealthy is a member that passed.
	ProbeHealthy ProbeResult = "healthy"
	// ProbeDegraded is a member that lives but says that its database is away.
	ProbeDegraded ProbeResult = "degraded"
	// ProbeUnhealthy is a member that failed.
	ProbeUnhealthy ProbeResult = "unhealthy"
)

// Probe says how members are probed.
type Probe struct {
	Path     string
	Interval time.Duration
	Timeout  time.Duration
	Retries  int
}

// Pool is the set of bots that an edge is to know.
type Pool struct {
	// Revision identifies the content: equal revisions, equal pools.
	Revision string
	Probe    Probe
	Members  []Member
}

// Member is one bot of a pool.
type Member struct {
	Name string
	// Address is IP:port.
	Address string
	State   MemberState
}

// EdgeState is what an edge answers: which routes and which pool it holds, and how the members do.
type EdgeState struct {
	// Process identifies the run of Caddy; a new one has an empty pool.
	Process string
	// RoutesRevision is the revision of the routes that it serves, empty before the first.
	RoutesRevision string
	// PoolRevision is the revision of the pool that it holds, empty before the first.
	PoolRevision string
	// SecretsRevision is the revision of the secrets that it holds, empty before the first.
	SecretsRevision string
	Members         []MemberStatus
}

// MemberStatus is a member as one edge sees it.
type MemberStatus struct {
	Name    string
	Address string
	State   MemberState
	// Since is when the State began, by the edge's clock.
	Since time.Time
	// Serving tells that new requests may go to it.
	Serving bool
	Probe   ProbeResult
	// StatusCode of the last probe, zero when there was no answer; Message says what failed.
	StatusCode int
	Message    string
	// InFlight counts requests and open streams.
	InFlight int64
	// Requests counts those that were sent to it. The counters are those of one edge: they begin anew with another Process of
	// it, and when the name of the member enters the pool again.
	Requests int64
	// ServerErrors counts its answers with a status of 500 and more, Unanswered the requests that it did not answer.
	ServerErrors, Unanswered int64
	// LatencySum is the sum of the times from sending a request to the end of the answer's header, LatencyCount how many
	// answers these were.
	LatencySum   time.Duration
	LatencyCount int64
	// QueueDepth is how much work waits in the member, and Connections how many clients are connected to it, by the health
	// document of its last probe; nil when that does not say.
	QueueDepth, Connections *int64
	// Ejected tells that requests to it failed lately and that it is passed over while others are there.
	Ejected bool
	// Breakers are the circuit breakers of the member that are not closed, by route.
	Breakers []Breaker
}

// BreakerState is the state of a circuit breaker.
type BreakerState string

const (
	// BreakerOpen lets nothing through.
	BreakerOpen BreakerState = "open"
	// BreakerHalfOpen lets a few requests through, to find out whether the member recovered.
	BreakerHalfOpen BreakerState = "half-open"
)

// Breaker is a circuit breaker of one member for one route, when it is not closed.
type Breaker struct {
	Route string
	State BreakerState
}

// Routes is a configuration for an edge.
type Routes struct {
	// Revision identifies the content: equal revisions, equal routes.
	Revision string
	// Config is Caddy's JSON.
	Config []byte
	// NeedsSecrets tells that nobody could be served by them without the certificates among the EdgeSecrets.
	NeedsSecrets bool
}

// EdgeSecrets are what an edge needs and nobody else may see. They are never printed, logged or kept in a status.
type EdgeSecrets struct {
	// Revision identifies the content without telling anything of it: equal revisions, equal secrets.
	Revision string
	// CookieKey signs the cookies of sticky sessions; all edges of a BotCluster have the same.
	CookieKey []byte
	// Certificates are those that clients see.
	Certificates []Certificate
}

// Certificate is a chain of certificates and its private key, both PEM.
type Certificate struct {
	Chain []byte
	Key   []byte
}

// String hides what EdgeSecrets holds.
func (s EdgeSecrets) String() string { return "secrets " + s.Revision }

// GoString hides what EdgeSecrets holds from %#v.
func (s EdgeSecrets) GoString() string { return s.String() }

// MarshalText hides what EdgeSecrets holds from loggers that encode what they are given.
func (s EdgeSecrets) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String hides what Certificate holds.
func (c Certificate) String() string { return "a certificate" }

// GoString hides what Certificate holds from %#v.
func (c Certificate) GoString() string { return c.String() }

// MarshalText hides what Certificate holds from loggers that encode what they are given.
func (c Certificate) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
