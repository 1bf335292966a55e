package autoscale

import "time"

// down carries a wish for fewer through all that may hold it back.
func (c chamber) down() int {
	d, none := c.decision, time.Time{}
	wish, winner := c.fewest()
	if wish >= c.current {
		c.forget()
		return c.current
	}
	d.Wanted, d.Winner = wish, winner
	desired := c.limit(BoundMin, wish, max(wish, c.bounds.min), none, c.atLeast())
	if missing := c.unknown(); missing != nil {
		return c.limit(BoundMissingSignal, desired, c.current, none, missing.Metric.noun()+" is not known for every bot that serves")
	}
	c.state.noteEnough(desired, c.current, c.now)
	if c.policy.PauseDown {
		desired = c.limit(BoundPaused, desired, c.current, none, "scaling down is paused")
	}
	if !d.NextDown.IsZero() {
		desired = c.limit(BoundCooldown, desired, c.current, d.NextDown, "the cooldown after the last change is not over")
	}
	if desired < c.current {
		ripe, ok, next := c.state.enough(c.state.window(c.policy), c.now)
		if !ok {
			ripe = c.current
		}
		desired = c.limit(BoundStabilization, desired, max(desired, ripe), next,
			"so few must be enough for the whole stabilization window first")
	}
	if c.policy.Mode != ModeProportional {
		desired = c.limit(BoundStep, desired, max(desired, c.current-c.policy.StepDown), none, "bots leave step by step")
	}
	if desired < c.current {
		c.state.noteDown(c.current, c.now)
		c.state.noteEnough(min(c.lowest(), desired), desired, c.now)
	}
	return desired
}

// forget ends the stabilisation window when it is known that the bots are needed. What is unknown does not end it.
func (c chamber) forget() {
	if c.unknown() == nil {
		c.state.noteEnough(c.current, c.current, c.now)
		return
	}
	c.state.noteEnough(c.lowest(), c.current, c.now)
}

// lowest is the smallest number in the list of Enough, current when it is empty.
func (c chamber) lowest() int {
	lowest := c.current
	for _, entry := range c.state.Enough {
		lowest = min(lowest, entry.Desired)
	}
	return lowest
}

// fewest returns how few bots the rules allow by what is known, and the rule that decides it: of the rules for down, where there
// are any, one must ask for it; every threshold must allow it; and no rule for up may hold.
func (c chamber) fewest() (int, string) {
	asked, winner, downRules, thresholds := 1, "", false, false
	fired := false
	for i, rule := range c.policy.Rules {
		vote := c.decision.Votes[i]
		switch {
		case rule.Action == DirectionUp && vote.holds:
			return c.current, ""
		case rule.Action == DirectionDown:
			downRules = true
			fired = fired || vote.Vote == DirectionDown
			if vote.Vote != DirectionDown {
				continue
			}
		case rule.threshold() && vote.Value != nil:
			thresholds = true
		default:
			continue
		}
		if winner == "" || vote.Desired > asked {
			asked, winner = vote.Desired, rule.Name
		}
	}
	if (downRules && !fired) || (!downRules && !thresholds) {
		return c.current, ""
	}
	return max(asked, 1), winner
}

// unknown returns the first vote whose signal is missing for a bot that serves, or for all since none serves.
func (c chamber) unknown() *Vote {
	for i := range c.decision.Votes {
		if vote := &c.decision.Votes[i]; vote.Known == 0 || vote.Missing > 0 {
			return vote
		}
	}
	return nil
}
