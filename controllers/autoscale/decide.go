package autoscale

import (
	"slices"
	"time"
)

// Decide returns how many bots there are to be, and the State to keep. It changes none of its arguments.
func Decide(policy Policy, state State, seen Observation, now time.Time) (Decision, State) {
	policy = policy.normalized()
	state.Holds, state.Enough = slices.Clone(state.Holds), slices.Clone(state.Enough)
	state.noteLaunches(seen.Launches)

	bounds := policy.limits(now)
	decision := Decision{Current: state.Desired, Min: bounds.min, Max: bounds.max, Windows: bounds.windows}
	if decision.Current <= 0 {
		decision.Current = max(seen.Desired, 0)
	}
	decision.Reconsider = bounds.next
	// The limits come first, at once and whatever else holds; the rules go on from there.
	start := min(max(decision.Current, bounds.min), bounds.max)
	chamber := chamber{
		ballot: ballot{
			policy: policy, state: &state, seen: seen, now: now,
			current: start, pending: max(start-seen.serving()-seen.stuck(), 0),
		},
		decision: &decision,
		bounds:   bounds,
	}
	decision.Votes = chamber.votes()
	decision.Desired = chamber.elect()
	chamber.conclude(start)
	return decision, state
}

// chamber turns votes into a decision.
type chamber struct {
	ballot
	decision *Decision
	bounds   limits
}

// elect returns the number that the rules may have.
func (c chamber) elect() int {
	c.waits()
	c.decision.Wanted = c.current
	if winner := c.mostWanted(); winner != nil {
		c.state.noteEnough(c.current, c.current, c.now)
		return c.up(*winner)
	}
	if c.unknown() == nil {
		c.state.Unfinished = false
	}
	return c.down()
}

// mostWanted returns the vote that asks for the most bots above those there are; the first among equals.
func (c chamber) mostWanted() *Vote {
	var winner *Vote
	for i := range c.decision.Votes {
		vote := &c.decision.Votes[i]
		if vote.Vote == DirectionUp && (winner == nil || vote.Desired > winner.Desired) {
			winner = vote
		}
		c.decision.Urgent = c.decision.Urgent || vote.urgent
	}
	return winner
}

// waits notes when the cooldowns end, and whether launches are tried.
func (c chamber) waits() {
	if event := c.state.lastEvent(); !event.IsZero() {
		c.decision.NextUp = later(event.Add(c.policy.CooldownUp), c.now)
		c.decision.NextDown = later(event.Add(c.policy.CooldownDown), c.now)
	}
	if until, tripped := c.policy.tripped(c.state.Breaker); tripped && c.now.Before(until) {
		c.decision.StopCreating, c.decision.BreakerUntil = true, until
		c.decision.Reconsider = earliest(c.decision.Reconsider, until)
	}
}

// later returns a time when it is still to come, else zero.
func later(at, now time.Time) time.Time {
	if at.After(now) {
		return at
	}
	return time.Time{}
}

// up carries a wish for more through all that may hold it back.
func (c chamber) up(winner Vote) int {
	d, none := c.decision, time.Time{}
	d.Wanted, d.Winner = winner.Desired, winner.Rule
	desired := c.limit(BoundMax, winner.Desired, min(winner.Desired, c.bounds.max), none, c.atMost())
	if c.policy.PauseUp {
		desired = c.limit(BoundPaused, desired, c.current, none, "scaling up is paused")
	}
	if d.StopCreating {
		desired = c.limit(BoundBreaker, desired, c.current, d.BreakerUntil,
			"launches keep failing and none is tried until the back-off is over")
	} else if _, tripped := c.policy.tripped(c.state.Breaker); tripped {
		desired = c.limit(BoundBreaker, desired, min(desired, c.current+c.policy.StepUp), none,
			"launches kept failing and one step is tried at a time")
	}
	if !d.NextUp.IsZero() && !d.Urgent && !c.state.Unfinished {
		desired = c.limit(BoundCooldown, desired, c.current, d.NextUp, "the cooldown after the last change is not over")
	}
	asked := desired
	if c.policy.MaxLaunching > 0 {
		room := max(c.policy.MaxLaunching-max(c.pending, c.seen.Launches.InFlight), 0)
		desired = c.limit(BoundLaunchBudget, desired, min(desired, c.current+room), none, "enough launches are in flight")
	}
	d.Urgent = d.Urgent && desired > c.current && !d.NextUp.IsZero()
	if desired > c.current {
		c.state.noteUp(desired, c.now)
		c.state.Unfinished = desired < asked
	}
	return desired
}

// limit notes a correction, when it is one, and returns the corrected number.
func (c chamber) limit(by Bound, from, to int, until time.Time, message string) int {
	if from != to {
		c.decision.Limits = append(c.decision.Limits, Limit{By: by, From: from, To: to, Until: until, Message: message})
		c.decision.Reconsider = earliest(c.decision.Reconsider, until)
	}
	return to
}

// atMost and atLeast say where a limit comes from.
func (c chamber) atMost() string {
	return quantity("at most", c.bounds.max, "allowed", c.bounds.windows)
}

func (c chamber) atLeast() string {
	return quantity("at least", c.bounds.min, "to be there", c.bounds.windows)
}

// conclude notes the number, its direction and the sentence. The limits' own change of the number is told first.
func (c chamber) conclude(start int) {
	d := c.decision
	if d.Desired == start && start != d.Current && d.Wanted == start {
		d.Wanted = d.Current
	}
	if start > d.Current {
		d.Limits = slices.Insert(d.Limits, 0, Limit{By: BoundMin, From: d.Current, To: start, Message: c.atLeast()})
	} else if start < d.Current {
		d.Limits = slices.Insert(d.Limits, 0, Limit{By: BoundMax, From: d.Current, To: start, Message: c.atMost()})
	}
	switch {
	case d.Desired > d.Current:
		d.Direction = DirectionUp
	case d.Desired < d.Current:
		d.Direction = DirectionDown
	default:
		d.Direction = DirectionNone
	}
	if d.Desired > start {
		d.NextUp = later(c.state.LastUp.Add(c.policy.CooldownUp), c.now)
		d.NextDown = later(c.state.LastUp.Add(c.policy.CooldownDown), c.now)
	} else if d.Desired < start {
		d.NextUp = later(c.state.LastDown.Add(c.policy.CooldownUp), c.now)
		d.NextDown = later(c.state.LastDown.Add(c.policy.CooldownDown), c.now)
	}
	for _, hold := range c.state.Holds {
		d.Reconsider = earliest(d.Reconsider, later(hold.Since.Add(c.policy.holdFor(hold.Rule)), c.now))
	}
	c.state.Desired = d.Desired
	d.Message = sentence(*d, start)
}

// holdFor returns how long a rule must hold.
func (p Policy) holdFor(name string) time.Duration {
	for _, rule := range p.Rules {
		if rule.Name == name {
			return rule.For
		}
	}
	return 0
}
