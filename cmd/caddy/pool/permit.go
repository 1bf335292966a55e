package pool

import "github.com/sony/gobreaker/v2"

// permit is what a breaker gives a request that it lets through. The zero value: there is no breaker, or none was taken.
type permit struct {
	judge  func(error) // tells the breaker of the outcome
	turned uint64      // how often the breaker had turned before: after another turn the permit says nothing any more
}

// permitOf takes a permit of a breaker, so that nobody else gets it; false if there is none to be had. It must be called without
// the registry's lock.
func (r *Registry) permitOf(b *breaker) (taken permit, ok bool) {
	if b == nil {
		return permit{}, true
	}
	turned := b.turned.Load()
	judge, err := b.circuit.Allow()
	r.publishBreaker(b)
	return permit{judge: judge, turned: turned}, err == nil
}

// fresh tells whether the breaker, if there is one, has not turned since.
func (p permit) fresh(b *breaker) bool {
	return b == nil || p.judge != nil && p.turned == b.turned.Load()
}

// giveBack returns a permit that was not used.
func (p permit) giveBack() {
	if p.judge != nil {
		p.judge(errGivenUp)
	}
}

// halfOpen tells whether the requests that it lets through now are to show that the member has recovered.
func (b *breaker) halfOpen() bool { return gobreaker.State(b.state.Load()) == gobreaker.StateHalfOpen }
