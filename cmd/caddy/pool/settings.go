package pool

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// Policy says how a route chooses among the members that serve.
type Policy string

// The policies.
const (
	// RoundRobin takes one after the other. Its position is kept under the route's name.
	RoundRobin Policy = "round_robin"
	// First takes the first in the order of the names.
	First Policy = "first"
	// LeastConn takes the one with the least in flight, streams included; those with equally little in turn.
	LeastConn Policy = "least_conn"
	// IPHash takes the same one for the same client address; all edges agree, and few clients move when members come and go.
	IPHash Policy = "ip_hash"
	// Cookie takes the one whose cookie the client holds.
	Cookie Policy = "cookie"
	// Random takes any.
	Random Policy = "random"
)

// RouteSettings say how one route chooses among the members, and when it passes one over.
type RouteSettings struct {
	// Name of the route: breakers and the position of RoundRobin are kept under it.
	Name   string
	Policy Policy
	// Fallback is, with Cookie, the policy for clients without the cookie of a member that can be chosen.
	Fallback Policy
	// Breaker is the circuit breaker that each member has in this route; the zero value: none.
	Breaker BreakerSettings
	// Passive takes members out whose requests fail; the zero value: it does not.
	Passive PassiveSettings
}

// BreakerSettings are those of a circuit breaker.
type BreakerSettings struct {
	// Threshold is how many failures in a row open it.
	Threshold uint32
	// Timeout is how long it stays open before it is half-open.
	Timeout time.Duration
	// HalfOpenRequests is how many requests it lets through when half-open: when all of them succeed it closes.
	HalfOpenRequests uint32
}

// PassiveSettings are those of passive health.
type PassiveSettings struct {
	// FailDuration is how long a failure counts.
	FailDuration time.Duration
	// MaxFails is how many failures that count eject a member.
	MaxFails int
}

// Limits of the settings: what is beyond them is a slip of the pen, not a wish.
const (
	mostFailures     = 10_000 // and half-open requests
	mostFails        = 1000   // each failure that counts is remembered
	shortestDuration = time.Millisecond
	longestDuration  = 24 * time.Hour
)

// routeForm keeps a route's name fit for a metric label.
var routeForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// Validate says what is wrong with the settings, and what to write instead.
func (s RouteSettings) Validate() error {
	if !routeForm.MatchString(s.Name) {
		return fmt.Errorf("route: %q is no name of a route; write 1 to 32 small letters, digits and inner hyphens", shortened(s.Name))
	}
	if !s.Policy.known() {
		return fmt.Errorf("policy: %q is unknown; write round_robin, first, least_conn, ip_hash, cookie or random", shortened(string(s.Policy)))
	}
	if s.Policy == Cookie && (s.Fallback == Cookie || !s.Fallback.known()) {
		return fmt.Errorf("cookie.fallback: %q is not usable; write round_robin, first, least_conn, ip_hash or random",
			shortened(string(s.Fallback)))
	}
	return errors.Join(s.Breaker.validate(), s.Passive.validate())
}

func (p Policy) known() bool {
	switch p {
	case RoundRobin, First, LeastConn, IPHash, Cookie, Random:
		return true
	default:
		return false
	}
}

func (s BreakerSettings) validate() error {
	if s == (BreakerSettings{}) {
		return nil
	}
	if s.Threshold < 1 || s.Threshold > mostFailures {
		return fmt.Errorf("breaker.threshold: %d is out of range; write 1 to %d", s.Threshold, mostFailures)
	}
	if s.HalfOpenRequests < 1 || s.HalfOpenRequests > mostFailures {
		return fmt.Errorf("breaker.half_open_requests: %d is out of range; write 1 to %d", s.HalfOpenRequests, mostFailures)
	}
	return validateDuration("breaker.timeout", s.Timeout)
}

func (s PassiveSettings) validate() error {
	if s == (PassiveSettings{}) {
		return nil
	}
	if s.MaxFails < 1 || s.MaxFails > mostFails {
		return fmt.Errorf("passive.max_fails: %d is out of range; write 1 to %d", s.MaxFails, mostFails)
	}
	return validateDuration("passive.fail_duration", s.FailDuration)
}

func validateDuration(where string, duration time.Duration) error {
	if duration < shortestDuration || duration > longestDuration {
		return fmt.Errorf("%s: %s is out of range; write %s to %s", where, duration, shortestDuration, longestDuration)
	}
	return nil
}
