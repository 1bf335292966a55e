package pool

import (
	"errors"
	"sync/atomic"
	"time"
)

// ErrNotAdmitted means that the member left the pool, or changed its address, between being chosen and being called.
// Nothing was sent; another member can be chosen.
var ErrNotAdmitted = errors.New("the member has left the pool")

// Request is one request on its way to a member. End must be called exactly when nothing of it is left: after the body of
// its answer was closed, for a WebSocket when the connection has ended.
type Request struct {
	registry *Registry
	target   *target
	ended    atomic.Bool
}

// Admit counts a request to the address, or refuses it with ErrNotAdmitted. What is admitted is seen by everybody who
// learns of the member's removal afterwards: a removed member with nothing in flight gets nothing any more.
func (r *Registry) Admit(address string) (*Request, error) {
	target, known := r.view.Load().byAddress[address]
	if !known {
		return nil, ErrNotAdmitted
	}
	// The order matters: count first, then look. Removal does the reverse.
	target.inFlight.Add(1)
	request := &Request{registry: r, target: target}
	if !target.admitting.Load() {
		request.End()
		return nil, ErrNotAdmitted
	}
	target.counters.requests.Add(1)
	return request, nil
}

// Answered counts the answer: its status, and the time from sending the request to the end of the answer's header.
func (q *Request) Answered(status int, latency time.Duration) {
	q.target.counters.answered(status, latency)
}

// Failed counts a request without an answer, for which the member or the way to it is to blame.
func (q *Request) Failed() { q.target.counters.transportErrors.Add(1) }

// End says that nothing of the request is left. Only the first call counts.
func (q *Request) End() {
	if q.ended.Swap(true) {
		return
	}
	if q.target.inFlight.Add(-1) == 0 && q.target.leaving.Load() {
		q.registry.idle(q.target)
	}
}
