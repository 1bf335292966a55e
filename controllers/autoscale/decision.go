package autoscale

import "time"

// Bound is what holds a decision back.
type Bound string

const (
	// BoundMin is the least number of bots, of the policy or of a schedule.
	BoundMin Bound = "Min"
	// BoundMax is the largest number of bots, of the policy or of a schedule.
	BoundMax Bound = "Max"
	// BoundPaused is a pause that somebody set.
	BoundPaused Bound = "Paused"
	// BoundMissingSignal is a metric that is not known for all bots that serve: none is taken away.
	BoundMissingSignal Bound = "MissingSignal"
	// BoundCooldown is the wait after the last scaling event.
	BoundCooldown Bound = "Cooldown"
	// BoundStabilization is the window in which fewer bots must have been enough.
	BoundStabilization Bound = "Stabilization"
	// BoundStep is the size of a step.
	BoundStep Bound = "Step"
	// BoundLaunchBudget is the number of bots that may be on their way up at once.
	BoundLaunchBudget Bound = "LaunchBudget"
	// BoundBreaker is that launches keep failing.
	BoundBreaker Bound = "Breaker"
)

// Limit is one correction of what was wanted.
type Limit struct {
	By   Bound
	From int
	To   int
	// Until is when it ends by itself, zero when it does not.
	Until time.Time
	// Message says it in a part of a sentence, without times.
	Message string
}

// Decision is how many bots there are to be, and why.
type Decision struct {
	// Current is how many were wanted before, Desired how many are now.
	Current   int
	Desired   int
	Direction Direction
	// Wanted is what the rules asked for before anything held it back; Current when they asked for nothing.
	Wanted int
	// Winner is the rule that won, empty when none did. Urgent tells that it went on within the cooldown.
	Winner string
	Urgent bool
	Votes  []Vote
	// Limits are the corrections on the way from Wanted to Desired, in their order.
	Limits []Limit
	// Min and Max are those in force, by the schedules in Windows when there are any.
	Min     int
	Max     int
	Windows []string
	// NextUp and NextDown are when the waits end before which the rules can add or take away none; zero when there is no wait.
	NextUp   time.Time
	NextDown time.Time
	// Reconsider is when the decision can change without anything new being measured, zero when it cannot.
	Reconsider time.Time
	// StopCreating tells that launches keep failing: until BreakerUntil no new bot is to be made, not even one wanted before.
	StopCreating bool
	BreakerUntil time.Time
	// Message says it in one sentence.
	Message string
}

// LimitedBy tells that a bound is among the Limits.
func (d Decision) LimitedBy(by Bound) bool {
	for _, limit := range d.Limits {
		if limit.By == by {
			return true
		}
	}
	return false
}
