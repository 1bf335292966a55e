package autoscale

import "time"

// Breaker counts launches that failed in a row.
type Breaker struct {
	Failures int `json:"failures"`
	// Last is when the last of them failed.
	Last time.Time `json:"last"`
}

// noteLaunches keeps the count of failed launches. The provider's count begins at zero when the operator starts; the State's goes
// on until a launch succeeds.
func (s *State) noteLaunches(launches Launches) {
	failures, last := 0, time.Time{}
	if s.Breaker != nil {
		failures, last = s.Breaker.Failures, s.Breaker.Last
	}
	if failed := stamp(launches.LastFailed); launches.Failed > 0 && failed.After(last) {
		failures, last = max(launches.Failed, failures+1), failed
	}
	if failures == 0 || stamp(launches.LastSucceeded).After(last) {
		s.Breaker = nil
		return
	}
	s.Breaker = &Breaker{Failures: failures, Last: last}
}

// tripped tells that so many launches failed that no more are tried until a time; at and after that time a single step is.
func (p Policy) tripped(breaker *Breaker) (until time.Time, tripped bool) {
	if breaker == nil || p.BreakerThreshold <= 0 || breaker.Failures < p.BreakerThreshold {
		return time.Time{}, false
	}
	wait := p.BreakerBackoff
	for range breaker.Failures - p.BreakerThreshold {
		if wait >= p.BreakerMaxBackoff {
			break
		}
		wait *= 2
	}
	if p.BreakerMaxBackoff > 0 {
		wait = min(wait, p.BreakerMaxBackoff)
	}
	return breaker.Last.Add(wait), true
}
