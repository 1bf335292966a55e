package plan

import (
	"fmt"
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Rollout is how far a tier is on its way to the current template. Instances that wait frozen are not counted.
type Rollout struct {
	Tier model.Tier
	// Total is how many instances are to serve.
	Total int
	// Updated are those of the current template, UpdatedReady those of them that do their work.
	Updated, UpdatedReady int
	// Old are those that are left of other templates, also on their way out.
	Old int
	// Stalled tells that a newcomer fails, so that no other instance is replaced. Message names it and says what is wrong.
	Stalled bool
	Message string
}

// rollout sums up a tier.
func rollout(tier TierBlueprint, assessments []Assessment, stalled string) Rollout {
	out := Rollout{Tier: tier.Tier, Total: tier.Replicas, Stalled: stalled != "", Message: stalled}
	for _, a := range assessments {
		switch {
		case a.Tier != tier.Tier || a.Instance == nil || a.Phase == PhaseConflict || a.Away || standsBy(*a.Instance):
		case a.Outdated:
			out.Old++
		case a.Phase != PhaseUnknown && a.Wanted:
			out.Updated++
			if a.Ready() {
				out.UpdatedReady++
			}
		}
	}
	return out
}

// roll lets old bots go while enough serve. Those that do no work go first: nothing is lost. As there are never fewer than
// the floor besides newcomers that are not ready, all may be replaced although none of the old works, and never all at once.
// A newcomer that fails stops it. Old ones that leave are taken back when fewer serve than must.
func (f *fleet) roll() {
	f.inOrder(f.old)
	settled, available := f.settled()
	stay := []*Assessment{}
	for _, a := range f.old {
		switch {
		case !a.leaves():
			stay = append(stay, a)
		case available < f.floor() && f.seen.Complete() && a.running() && a.Works && !f.want.Drained[a.Name]:
			stay = append(stay, a)
			available++
		default:
			a.goes = whyOutdated
		}
	}
	spare := settled + len(stay) - f.floor()
	rising := f.rising(stay)
	for _, a := range stay {
		if spare > 0 && f.mayGo(a, available, rising) {
			a.goes = whyOutdated
			spare--
			if a.Phase == PhaseReady {
				available--
			}
			continue
		}
		a.Wanted = true
		f.staying = append(f.staying, a)
	}
}

// settled counts the kept bots that are as they should be, and all that serve and do not leave.
func (f *fleet) settled() (settled, available int) {
	for _, a := range f.kept {
		if !a.Leaving() && (a.Phase == PhaseReady || f.want.Drained[a.Name]) {
			settled++
		}
	}
	for _, a := range slices.Concat(f.kept, f.old) {
		if a.Phase == PhaseReady {
			available++
		}
	}
	return settled, available
}

// mayGo tells that an old bot may go now, when that many serve. One that may do some work waits for those that are on their
// way up: it would not be missed then.
func (f *fleet) mayGo(a *Assessment, available int, rising bool) bool {
	if !f.seen.Complete() || f.stalled != "" || a.leaves() || !a.idle() {
		return false
	}
	switch worth(a) {
	case worthHopeless, worthBroken, worthUnhealthy:
		return true
	case worthImpaired:
		return available >= f.floor() || !rising
	case worthReady:
		if a.Phase != PhaseReady { // somebody drains it by hand
			return available >= f.floor() || !rising
		}
		return available > f.floor()
	default:
		return a.Phase == PhaseBooting || available >= f.floor()
	}
}

// rising tells that a bot is on its way up, or will be made.
func (f *fleet) rising(old []*Assessment) bool {
	if len(f.absent) > 0 {
		return true
	}
	return slices.ContainsFunc(slices.Concat(f.kept, old), func(a *Assessment) bool {
		return slices.Contains([]int{worthComing, worthBroken, worthUnknown}, worth(a))
	})
}

// failing says which newcomer fails while there are old bots to be replaced, empty when none does.
func (f *fleet) failing() string {
	if len(f.old) == 0 {
		return ""
	}
	newcomers := slices.Concat(f.kept, f.spent, f.absent)
	slices.SortStableFunc(newcomers, func(x, y *Assessment) int { return x.Ordinal - y.Ordinal })
	for _, a := range newcomers {
		if why := f.fails(*a); why != "" {
			return a.Name + " of the current template " + why
		}
	}
	return ""
}

// fails says what is wrong with an instance that should be up by now, empty when nothing is known to be.
func (a assessor) fails(newcomer Assessment) string {
	failure := newcomer.Failure
	began := slices.Contains([]string{"create", "configure", "start"}, failure.Operation) && failure.Count > 0
	switch {
	case newcomer.Phase == PhaseReady || newcomer.Phase == PhaseUnknown || newcomer.byHand:
		return ""
	case newcomer.Phase == PhaseConflict:
		return "cannot be made: its name is taken"
	case began && !newcomer.running():
		return fmt.Sprintf("fails to %s: %s", failure.Operation, failure.Message)
	case newcomer.Instance == nil:
		return ""
	case !newcomer.Instance.Restarted.IsZero():
		return "was restarted, because it was unhealthy, and is not ready"
	case newcomer.NoAddress:
		return whyNoAddress[len("it "):]
	case newcomer.Phase == PhaseStopped && !newcomer.Instance.StartedAt.IsZero():
		return "stopped after it was started"
	case newcomer.Phase == PhaseUnhealthy && a.now.Sub(newcomer.Instance.StartedAt) > a.healthGrace():
		return "is unhealthy: " + newcomer.Message
	}
	since := newcomer.Instance.CreatedAt
	if newcomer.Instance.StartedAt.After(since) {
		since = newcomer.Instance.StartedAt
	}
	// One that waits for its first probe waits for the edges.
	if a.now.Sub(since) > a.want.Policy.ProgressDeadline && !newcomer.Leaving() && newcomer.Phase != PhaseProbing {
		return fmt.Sprintf("is not ready after %s", a.want.Policy.ProgressDeadline)
	}
	return ""
}
