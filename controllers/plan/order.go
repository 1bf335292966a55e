package plan

import (
	"cmp"
	"math"
)

// VictimPolicy says which of several bots that do their work equally well leaves first when there are too many.
type VictimPolicy string

const (
	// LeastConnections takes one that somebody drains by hand, then the bot with the fewest requests and streams in flight; of
	// several, the one with the highest ordinal. It is the policy when none is named.
	LeastConnections VictimPolicy = "LeastConnections"
	// HighestOrdinal takes the bot with the highest ordinal.
	HighestOrdinal VictimPolicy = "HighestOrdinal"
)

// The worth of a bot, from what is lost without it: the least goes first.
const (
	worthLeaving   = iota // chosen once, chosen again
	worthUnknown          // nothing can be done to it, whoever is chosen
	worthHopeless         // waiting does not help, and a restart did not
	worthBroken           // it stopped
	worthUnhealthy        // it runs and answers nobody well
	worthComing           // it is on its way up
	worthImpaired         // it does some of its work
	worthReady            // it serves, or would if nobody drained it
)

func worth(a *Assessment) int {
	switch {
	case a.Phase == PhaseUnknown:
		return worthUnknown
	case a.leaves():
		return worthLeaving
	case a.NoAddress || a.hopeless():
		return worthHopeless
	case a.restarting():
		return worthBroken
	case a.Phase == PhaseStopped && a.Instance.StartedAt.IsZero():
		return worthComing
	case a.Phase == PhaseUnhealthy && !a.Works:
		return worthUnhealthy
	}
	if worth, known := phaseWorth[a.Phase]; known {
		return worth
	}
	return worthComing
}

// phaseWorth is the worth of a bot in a phase, when the phase alone tells it. All others are on their way up.
var phaseWorth = map[Phase]int{
	PhaseStopped: worthBroken, PhaseStopping: worthBroken, PhaseDeleting: worthBroken,
	PhaseUnhealthy: worthImpaired, PhaseDegraded: worthImpaired,
	PhaseReady: worthReady, PhaseDraining: worthReady, PhaseDrained: worthReady,
}

// compareVictims orders fresh bots: the one that leaves first comes first.
func (f *fleet) compareVictims(x, y *Assessment) int {
	order := cmp.Compare(worth(x), worth(y))
	if f.want.Policy.Victims != HighestOrdinal {
		order = cmp.Or(order, cmp.Compare(f.load(x), f.load(y)))
	}
	return cmp.Or(order, -cmp.Compare(x.Ordinal, y.Ordinal))
}

// load is what a bot has in hand. One that somebody drains by hand has less than any: it takes nothing new. What is not known
// counts as most.
func (f *fleet) load(a *Assessment) int64 {
	count, known := f.seen.inFlight(a.Name)
	switch {
	case a.byHand:
		return -1
	case !known:
		return math.MaxInt64
	default:
		return count
	}
}
