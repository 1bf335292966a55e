package plan

import (
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	whyOutdated  = "it was made from an older template"
	whyNoAddress = "it runs without an address beyond the deadline"
)

// replaceInPlace chooses which instances of the tiers that are bound to their ordinals are replaced now, at most as many at a
// time as may be missing. What does not work anyway may go at any time. What works, or may still do some of its work, goes
// only while nothing else of the tier is on its way up.
func replaceInPlace(want Blueprint, assessments []Assessment) {
	for _, tier := range want.Tiers {
		if tier.Tier == model.TierBot {
			continue
		}
		turn := choice{budget: max(tier.Unavailable, 1)}
		settled := true
		for i := range assessments {
			a := &assessments[i]
			if a.Tier != tier.Tier || !a.Wanted {
				continue
			}
			turn.tier = append(turn.tier, a)
			settled = settled && (a.Ready() || impaired(*a))
			if a.Leaving() {
				turn.budget--
			}
		}
		turn.take(turn.goesOn)
		turn.takeWithin(broken)
		if settled {
			turn.takeWithin(impaired)
			turn.takeWithin(Assessment.Ready)
		}
	}
}

// choice is what is chosen among the wanted instances of one tier.
type choice struct {
	tier []*Assessment
	// budget is how many more may be chosen.
	budget int
}

// take chooses all that fit and have a reason to be replaced.
func (c *choice) take(fits func(Assessment) bool) {
	for _, a := range c.tier {
		if why := replaceReason(*a); why != "" && a.goes == "" && fits(*a) {
			a.goes = why
		}
	}
}

// goesOn tells that an instance whose turn began in an earlier pass keeps it. One that still works is taken back when others
// went missing meanwhile: together they would be more than the policy allows.
func (c *choice) goesOn(a Assessment) bool {
	if !a.Leaving() {
		return false
	}
	if !a.running() || !a.Works {
		return true
	}
	return !slices.ContainsFunc(c.tier, func(other *Assessment) bool {
		return !other.Ready() && !other.Leaving() && !impaired(*other)
	})
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
func broken(a Assessment) bool { return a.Phase == PhaseStopped || a.Phase == PhaseBooting }

// impaired tells that an outdated instance may do some of its work: it does not answer, or refuses its routes. Its newer template
// may be the cure, so it must not have to be ready before it is replaced.
func impaired(a Assessment) bool { return a.Outdated && a.Phase == PhaseProbing }
