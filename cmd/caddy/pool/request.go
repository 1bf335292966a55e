package pool

import (
	"errors"
	"sync/atomic"
	"time"
)

// ErrNotAdmitted means that the member left the pool, or changed its address, between being chosen and being called.
// Nothing was sent; another member can be chosen.
var ErrNotAdmitted = errors.New("the member has left the pool")

// ErrBreakerRefused means that the member's circuit breaker opened, or gave its last permit to another request, between the
// member's being chosen and being called. Nothing was sent; another member can be chosen.
var ErrBreakerRefused = errors.New("the member's circuit breaker lets nothing more through")

// Request is one request on its way to a member. End must be called exactly when nothing of it is left: after the body of
// its answer was closed, for a WebSocket when the connection has ended.
type Request struct {
	registry *Registry
	member   *candidate
	judge    func(error) // tells the breaker of the outcome; nil if there is none
	judged   atomic.Bool
	ended    atomic.Bool
}

// admit counts a request to a member, or refuses it with ErrNotAdmitted or ErrBreakerRefused. What is admitted is seen by
// everybody who learns of the member's removal afterwards: a removed member with nothing in flight gets nothing any more.
func (r *Registry) admit(member *candidate) (*Request, error) {
	// The order matters: count first, then look. Removal does the reverse.
	member.inFlight.Add(1)
	request := &Request{registry: r, member: member}
	if !member.admitting.Load() {
		request.End()
		return nil, ErrNotAdmitted
	}
	if member.breaker != nil {
		judge, err := member.breaker.circuit.Allow()
		r.publishBreaker(member.breaker)
		if err != nil {
			request.End()
			return nil, ErrBreakerRefused
		}
		request.judge = judge
	}
	member.counters.requests.Add(1)
	return request, nil
}

// Answered counts the answer: its status, and the time from sending the request to the end of the answer's header.
func (q *Request) Answered(status int, latency time.Duration) {
	q.member.counters.answered(status, latency)
	if status >= 500 {
		q.settle(errFailed)
	} else {
		q.settle(nil)
	}
}

// Failed counts a request without an answer, for which the member or the way to it is to blame.
func (q *Request) Failed() {
	q.member.counters.transportErrors.Add(1)
	if seen := q.member.passive; seen != nil && seen.strike(q.member.target, time.Now()) {
		q.registry.eject(seen, q.member.target)
	}
	q.settle(errFailed)
}

// End says that nothing of the request is left. Only the first call counts. A request that ends without having been answered
// and without having failed was given up by the client: it says nothing of the member.
func (q *Request) End() {
	if q.ended.Swap(true) {
		return
	}
	q.settle(errGivenUp)
	if q.member.inFlight.Add(-1) == 0 && q.member.leaving.Load() {
		q.registry.idle(q.member.target)
	}
}

// settle tells the breaker of the outcome, once, so that its permit is given back.
func (q *Request) settle(outcome error) {
	if q.judge == nil || q.judged.Swap(true) {
		return
	}
	q.judge(outcome)
	q.registry.publishBreaker(q.member.breaker)
}
