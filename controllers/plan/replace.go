package plan

import (
	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	whyOutdated  = "it was made from an older template"
	whyNoAddress = "it runs without an address beyond the deadline"
)

// replacements chooses which wanted instances are replaced now, with the reason. The budget counts per tier what is
// wanted and not ready. What does not work anyway may go within it; what works goes only while nothing else is missing.
// An instance whose health is not known counts as missing and is not chosen.
func replacements(want Blueprint, assessments []Assessment) map[string]string {
	chosen := map[string]string{}
	for _, tier := range want.Tiers {
		budget := max(want.Policy.MaxUnavailable, 0)
		working, missing := 0, 0
		for _, a := range assessments {
			if a.Tier != tier.Tier || !a.Wanted {
				continue
			}
			if a.Ready() {
				working++
			} else {
				missing++
			}
			if a.Leaving() && replaceReason(a) != "" { // its turn began in an earlier pass
				chosen[a.Name] = replaceReason(a)
				budget--
			}
		}
		chooseBroken(tier.Tier, assessments, &budget, chosen)
		if working > 0 && missing == 0 {
			chooseWorking(tier.Tier, assessments, &budget, chosen)
		}
	}
	return chosen
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
	case PhaseStopped, PhaseUnhealthy:
		return true
	case PhaseBooting:
		return a.NoAddress || a.Outdated
	default:
		return false
	}
}

func chooseBroken(tier model.Tier, assessments []Assessment, budget *int, chosen map[string]string) {
	for _, a := range assessments {
		if *budget > 0 && a.Tier == tier && a.Wanted && a.idle() && broken(a) && chosen[a.Name] == "" && replaceReason(a) != "" {
			chosen[a.Name] = replaceReason(a)
			*budget--
		}
	}
}

func chooseWorking(tier model.Tier, assessments []Assessment, budget *int, chosen map[string]string) {
	for _, a := range assessments {
		if *budget > 0 && a.Tier == tier && a.Ready() && a.idle() && a.Outdated && chosen[a.Name] == "" {
			chosen[a.Name] = whyOutdated
			*budget--
		}
	}
}
