package pool

import (
	"errors"
	"sync/atomic"
	"time"
)

// ErrNotAdmitted means that the member left the pool, or changed its address, between being chosen and being called.
// Nothing was sent; another member can be chosen.
var ErrNotAdmitted = errors.New("the member has left the pool")

// ErrBreakerRefused means that the member's circuit breaker turned between the member's being chosen and being called, and lets
// nothing more through. Nothing was sent; another member can be chosen.
var ErrBreakerRefused = errors.New("the member's circuit breaker lets nothing more through")

// Request is one request on its way to a member. End must be called exactly when nothing of it is left: after the body of
// its answer was closed, for a WebSocket when the connection has ended.
type Request struct {
	registry *Registry
	member   *candidate
	judge    func(error) // tells the breaker of the outcome; nil if there is none
	judged   atomic.Bool
	begun    time.Time   // if there is a breaker
	overdue  *time.Timer // of a half-open breaker: rings when it has waited long enough
	ended    atomic.Bool
}

// admit counts a request to a member, or refuses it with ErrNotAdmitted or ErrBreakerRefused. What is admitted is seen by
// everybody who learns of the member's removal afterwards: a removed member with nothing in flight gets nothing any more.
func (r *Registry) admit(member *candidate, taken permit) (*Request, error) {
	// The order matters: count first, then look. Removal does the reverse.
	member.inFlight.Add(1)
	request := &Request{registry: r, member: member, judge: taken.judge}
	if !member.admitting.Load() {
		request.End()
		return nil, ErrNotAdmitted
	}
	if !taken.fresh(member.breaker) {
		taken.giveBack()
		anew, ok := r.permitOf(member.breaker)
		if request.judge = anew.judge; !ok {
			request.End()
			return nil, ErrBreakerRefused
		}
	}
	if member.breaker != nil {
		request.watch(member.breaker)
	}
	member.counters.requests.Add(1)
	return request, nil
}

// watch begins the time that the member has for its answer. Half-open, what is not answered when it is over counts as a failure
// at once: a member that accepts requests and answers none would keep all permits otherwise.
func (q *Request) watch(b *breaker) {
	q.begun = time.Now()
	if b.halfOpen() {
		q.overdue = time.AfterFunc(b.timeout, func() { q.tell(errFailed) })
	}
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

// BrokenOff says that the client did not send the whole request. That says nothing of the member, however long it took.
func (q *Request) BrokenOff() { q.settle(errGivenUp) }

// End says that nothing of the request is left. Only the first call counts. A request that ends without having been answered
// and without having failed was given up by the client: it says nothing of the member, unless the client has waited for as long
// as the breaker stays open, which then counts as a failure to it.
func (q *Request) End() {
	if q.ended.Swap(true) {
		return
	}
	if q.hung() {
		q.settle(errFailed)
	} else {
		q.settle(errGivenUp)
	}
	if q.member.inFlight.Add(-1) == 0 && q.member.leaving.Load() {
		q.registry.idle(q.member.target)
	}
}

// hung tells whether the member has had long enough to answer.
func (q *Request) hung() bool {
	return !q.begun.IsZero() && time.Since(q.begun) >= q.member.breaker.timeout
}

// settle tells the breaker of the outcome, so that its permit is given back.
func (q *Request) settle(outcome error) {
	if q.overdue != nil {
		q.overdue.Stop()
	}
	q.tell(outcome)
}

// tell tells the breaker of the outcome; only the first counts.
func (q *Request) tell(outcome error) {
	if q.judge == nil || q.judged.Swap(true) {
		return
	}
	q.judge(outcome)
	q.registry.publishBreaker(q.member.breaker)
}
