package plan

import (
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Policy holds the limits of time and number that a plan keeps. DefaultPolicy has the values; DrainTimeout and DrainSettle
// come from the spec when it has them.
type Policy struct {
	// DrainTimeout is how long a leaving bot may go on with what it has in hand.
	DrainTimeout time.Duration
	// DrainSettle is the least time between the moment when the last edge was told of a drain and its end, unless
	// DrainTimeout ends it: a request that an edge has just given to the bot is not counted as in flight for a moment
	// (Envoy Gateway's minDrainDuration serves the same end).
	DrainSettle time.Duration
	// MaxLaunching is how many instances of one BotCluster boot at the same time. Booting is bound by CPU: more at once
	// makes none of them faster.
	MaxLaunching int
	// Victims says which of several bots leaves first when there are too many.
	Victims VictimPolicy
	// AddressDeadline is how long an instance may run without an address before it is replaced. A boot takes 1 s alone
	// and 8 s among ten on two cores.
	AddressDeadline time.Duration
	// ProgressDeadline is how long a newcomer of a rolling update may take until it serves, before the update is called
	// stalled (Kubernetes' progressDeadlineSeconds has the same default and meaning).
	ProgressDeadline time.Duration
	// LostAfter is how long the member of an Incus cluster may be offline until its bots are made anew elsewhere (Kubernetes
	// evicts pods from a node that is gone after the same time).
	LostAfter time.Duration
	// ReplaceAfter is the least age of a bot that is replaced because it stayed unhealthy after a restart, and how long the one
	// that was made last may take to become ready before another is replaced: no replacement helps against what ails them all.
	ReplaceAfter time.Duration
	// HealthyAfter is how long a bot must have run since it was restarted for its health before that is forgotten.
	HealthyAfter time.Duration
	// HoldLaunches keeps bots from being made for now: launches keep failing. Those that ran before are started and healed. One
	// that never ran waits as well, or its failures would hold up all others for ever.
	HoldLaunches bool
	// RestartDelay is the least time between two starts of one instance, so that one that dies at boot does not burn
	// the host's CPU.
	RestartDelay time.Duration
	// StopGrace is how long a bot may take to stop before it is stopped by force; the real server takes 10 s at most.
	StopGrace time.Duration
	// RetryBase and RetryMax bound the doubling delay after a failed operation.
	RetryBase time.Duration
	RetryMax  time.Duration
}

// DefaultPolicy returns the values in force when the spec says nothing.
func DefaultPolicy() Policy {
	return Policy{
		DrainTimeout:     30 * time.Second,
		DrainSettle:      time.Second,
		MaxLaunching:     16,
		Victims:          LeastConnections,
		AddressDeadline:  45 * time.Second,
		ProgressDeadline: 10 * time.Minute,
		LostAfter:        5 * time.Minute,
		ReplaceAfter:     5 * time.Minute,
		HealthyAfter:     10 * time.Minute,
		RestartDelay:     5 * time.Second,
		StopGrace:        15 * time.Second,
		RetryBase:        time.Second,
		RetryMax:         time.Minute,
	}
}

// retryDelay is how long to wait after the count-th failure in a row.
func (p Policy) retryDelay(count int) time.Duration {
	delay := p.RetryBase
	for range count - 1 {
		if delay >= p.RetryMax {
			return p.RetryMax
		}
		delay *= 2
	}
	return min(delay, p.RetryMax)
}

// held tells that the operation failed too recently to be tried again, and makes the plan look again when it is time.
func (p *Plan) held(policy Policy, failure model.Failure, operation string, now time.Time) bool {
	wait := policy.wait(failure, operation, now)
	p.recheckIn(wait)
	return wait > 0
}

// wait is how long the operation has to wait because it failed, zero or less when it need not.
func (p Policy) wait(failure model.Failure, operation string, now time.Time) time.Duration {
	if failure.Count == 0 || failure.Operation != operation {
		return 0
	}
	return failure.At.Add(p.retryDelay(failure.Count)).Sub(now)
}
