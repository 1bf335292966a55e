package plan

import (
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	whyOutdated  = "it was made from an older template"
	whyNoAddress = "it runs without an address beyond the deadline"
)

// replacements chooses which wanted instances are replaced now, with the reason, at most as many at a time as the policy
// allows for each tier. What does not work anyway may go at any time. What works, or may still do some of its work, goes
// only while nothing else of the tier is on its way up. A bot that somebody drains by hand is as good as absent: it goes as
// soon as it is its turn, and while it stays, one less of those that serve may go.
func replacements(want Blueprint, assessments []Assessment) map[string]string {
	chosen := map[string]string{}
	for _, tier := range want.Tiers {
		most := max(want.Policy.MaxUnavailable, 0)
		turn := choice{budget: most, most: most, chosen: chosen}
		settled := true
		for _, a := range assessments {
			if a.Tier != tier.Tier || !a.Wanted {
				continue
			}
			turn.tier = append(turn.tier, a)
			settled = settled && (a.Ready() || impaired(a) || a.Drained())
			switch {
			case a.Leaving():
				turn.budget--
				turn.leaving++
			case a.Drained():
				turn.drained++
			}
		}
		turn.take(turn.goesOn)
		turn.takeWithin(broken)
		if settled {
			turn.takeWithin(impaired)
			turn.takeWithin(Assessment.Drained)
			turn.budget -= turn.staysDrained()
			turn.takeWithin(Assessment.Ready)
		}
	}
	return chosen
}

// choice is what is chosen among the wanted instances of one tier.
type choice struct {
	tier []Assessment
	// budget is how many more may be chosen of the most at a time.
	budget, most int
	// leaving and drained count the instances that leave, and those that do not and are drained by hand.
	leaving, drained int
	chosen           map[string]string
}

// staysDrained counts the instances that are drained by hand and not chosen.
func (c *choice) staysDrained() int {
	count := 0
	for _, a := range c.tier {
		if a.Drained() && c.chosen[a.Name] == "" {
			count++
		}
	}
	return count
}

// take chooses all that fit and have a reason to be replaced.
func (c *choice) take(fits func(Assessment) bool) {
	for _, a := range c.tier {
		if why := replaceReason(a); why != "" && c.chosen[a.Name] == "" && fits(a) {
			c.chosen[a.Name] = why
		}
	}
}

// goesOn tells that an instance whose turn began in an earlier pass keeps it. One that still works is taken back when others
// went missing or were drained by hand meanwhile: together they would be more than the policy allows.
func (c *choice) goesOn(a Assessment) bool {
	if !a.Leaving() {
		return false
	}
	if !a.running() || !a.Works || a.named() {
		return true
	}
	missing := func(other Assessment) bool {
		return !other.Ready() && !other.Leaving() && !impaired(other) && !other.Drained()
	}
	return !slices.ContainsFunc(c.tier, missing) && (c.drained == 0 || c.leaving+c.drained <= c.most)
}

// takeWithin chooses what fits as long as the budget lasts.
func (c *choice) takeWithin(fits func(Assessment) bool) {
	c.take(func(a Assessment) bool {
		if c.budget <= 0 || !a.idle() || !fits(a) {
			return false
		}
		c.budget--
		return true
	})
}

func replaceReason(a Assessment) string {
	switch {
	case a.NoAddress:
		return whyNoAddress
	case a.Outdated:
		return whyOutdated
	default:
		return ""
	}
}

// broken tells that the instance is known not to work: nothing is lost when it goes.
func broken(a Assessment) bool {
	switch a.Phase {
	case PhaseStopped, PhaseBooting:
		return true
	case PhaseUnhealthy:
		return !a.Works
	default:
		return false
	}
}

// impaired tells that an outdated instance does not do all of its work and may do some: a bot without its database, a bot
// that some edge finds well, an edge that does not answer or refuses its routes. Its newer template may be the cure, so it
// must not have to be ready before it is replaced.
func impaired(a Assessment) bool {
	switch a.Phase {
	case PhaseDegraded, PhaseUnhealthy:
		return a.Outdated
	case PhaseProbing:
		return a.Outdated && a.Tier == model.TierEdge
	default:
		return false
	}
}
