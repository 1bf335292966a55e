package pool

// EventKind says what happened.
type EventKind int

// The kinds of events.
const (
	// PoolPushed: another pool was pushed.
	PoolPushed EventKind = iota
	// MemberJudged: the probes of a member amount to something else than before.
	MemberJudged
	// MemberEjected: requests to a member failed and it is passed over, or it no longer is.
	MemberEjected
	// BreakerTurned: a member's circuit breaker is in another state than before.
	BreakerTurned
)

// Event is something worth a line in a log.
type Event struct {
	Kind EventKind

	// Of PoolPushed.
	Revision string
	Members  int

	// Of all others.
	Member string

	// Of MemberJudged and MemberEjected.
	Address string

	// Of MemberJudged.
	Before, Result Result
	Message        string

	// Of MemberEjected: whether it is passed over now.
	Ejected bool

	// Of BreakerTurned.
	Route                  string
	BreakerBefore, Breaker BreakerState
}

// tell reports an event, in the order in which events happen. The registry is locked.
func (r *Registry) tell(event Event) {
	if r.report != nil {
		r.report(event)
	}
}
