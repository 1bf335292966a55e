package pool

// EventKind says what happened.
type EventKind int

// The kinds of events.
const (
	// PoolPushed: another pool was pushed.
	PoolPushed EventKind = iota
	// MemberJudged: the probes of a member amount to something else than before.
	MemberJudged
)

// Event is something worth a line in a log.
type Event struct {
	Kind EventKind

	// Of PoolPushed.
	Revision string
	Members  int

	// Of MemberJudged.
	Member, Address string
	Before, Result  Result
	Message         string
}

// tell reports an event, in the order in which events happen. The registry is locked.
func (r *Registry) tell(event Event) {
	if r.report != nil {
		r.report(event)
	}
}
