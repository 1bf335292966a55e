package plan

import (
	"cmp"
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// fleet is the bots of a BotCluster while it is chosen which of them there should be. Which exist is what counts, not their
// ordinals: those that do their work stay, the rest goes, and what is missing is made under the lowest free ordinals.
//
//	fresh    as the spec wants them: the best of them are kept, the rest is surplus
//	old      of another template: they serve until those of the current one do
//	spent    of the current template, and beyond waiting: they are replaced
//	going    stopped on their way out, or being removed
//	standbys wait frozen, or are on their way there: they are promoted before others are made
//
// A bot on its way out is taken back before another is made in its place.
type fleet struct {
	assessor

	tier               TierBlueprint
	surge, unavailable int
	// bots are all that are there, by name. Pointers, as the choice is written into them.
	bots []*Assessment

	fresh, old, spent, going, standbys []*Assessment
	// kept are the fresh ones that stay, staying the old and the spent ones that do.
	kept, staying []*Assessment
	// absent are the places of those that are to be made.
	absent []*Assessment
	// foreign are the instances of others that have the name of a bot, by ordinal; taken are all ordinals in use.
	foreign map[int]*Assessment
	taken   map[int]bool
	// count is how many instances of the tier there are that serve or did, in whatever state, waiting how many standbys.
	count, waiting int
	// stalled says which newcomer fails, so that nothing else is replaced.
	stalled string
}

// chooseBots says of each bot whether there should be one, and adds those that are missing.
func (a assessor) chooseBots(tier TierBlueprint, bots []*Assessment) (absent []*Assessment, stalled string) {
	f := &fleet{
		assessor: a, tier: tier, bots: bots, foreign: map[int]*Assessment{}, taken: map[int]bool{},
		surge: max(tier.Surge, 0), unavailable: max(tier.Unavailable, 0),
	}
	if f.surge+f.unavailable == 0 {
		f.surge = 1 // else nothing could ever be replaced
	}
	f.heal()
	f.group()
	f.keep()
	f.fill()
	f.roll()
	f.retire()
	f.holdPlaces()
	f.standBy()
	return f.absent, f.stalled
}

// floor is how many bots are to serve, or at least to be there, while others are replaced.
func (f *fleet) floor() int { return max(f.tier.Replicas-f.unavailable, 0) }

func (f *fleet) group() {
	for _, a := range f.bots {
		switch {
		case a.Phase == PhaseConflict:
			f.foreign[a.Ordinal] = a
			continue
		case a.Name != InstanceName(f.want.Owner.Prefix, model.TierBot, a.Ordinal):
			a.goes = "it is surplus: its name is not that of a wanted instance"
		case a.Away:
			f.taken[a.Ordinal] = true
			continue
		case a.Standby:
			f.groupStandby(a)
			continue
		case goneSoon(a):
			f.going = append(f.going, a)
		case a.Outdated:
			f.old = append(f.old, a)
		case spentReason(a) != "":
			f.spent = append(f.spent, a)
		default:
			f.fresh = append(f.fresh, a)
		}
		f.taken[a.Ordinal] = true
		f.count++
	}
}

func (f *fleet) groupStandby(a *Assessment) {
	f.taken[a.Ordinal] = true
	f.waiting++
	if goneSoon(a) {
		a.goes = "it was leaving when it stopped"
		return
	}
	f.standbys = append(f.standbys, a)
}

// goneSoon tells that nothing can bring a bot back that is on its way out.
func goneSoon(a *Assessment) bool {
	switch {
	case a.Instance.Operation == "delete":
		return true
	case !a.leaves() || a.Phase == PhaseUnknown:
		return false
	default:
		return !a.running() || a.Instance.Operation == "stop"
	}
}

// keep chooses among the fresh ones. Those that leave come last: they are taken back when they are needed.
func (f *fleet) keep() {
	slices.SortStableFunc(f.fresh, func(x, y *Assessment) int { return -f.compareVictims(x, y) })
	for i, a := range f.fresh {
		if a.Wanted = i < f.tier.Replicas; a.Wanted {
			f.kept = append(f.kept, a)
			continue
		}
		a.goes = "it is surplus: " + wanted(f.tier.Replicas, f.tier.Tier)
		if a.hopeless() { // another was made in its place
			a.goes = whyUnhealthy
		}
	}
}

// fill says which bots are to be promoted or made: what is missing, as far as there is room for them beside all that are there.
func (f *fleet) fill() {
	f.relieve()
	f.promote(min(f.tier.Replicas-len(f.kept), f.tier.Replicas+f.surge-f.count))
	missing := f.tier.Replicas - len(f.kept)
	most := min(missing, f.tier.Replicas+f.surge-f.count)
	if !f.seen.Complete() { // whether the old ones are to be replaced cannot be told
		most = min(missing, f.tier.Replicas-f.count)
	}
	for range max(most, 0) {
		f.absent = append(f.absent, f.place())
	}
	f.stalled = f.failing()
	if f.stalled != "" { // only what fails is tried again
		f.absent = slices.DeleteFunc(f.absent, func(a *Assessment) bool { return f.fails(*a) == "" })
	}
}

// place takes the lowest free ordinal for a bot that is to be made. A name that somebody else has is told and not passed over.
func (f *fleet) place() *Assessment {
	ordinal := 1
	for f.taken[ordinal] {
		ordinal++
	}
	f.taken[ordinal] = true
	if foreign, found := f.foreign[ordinal]; found {
		foreign.Wanted = true
		return foreign
	}
	out := f.one(InstanceName(f.want.Owner.Prefix, model.TierBot, ordinal), model.TierBot, ordinal)
	out.Wanted = true
	f.homeless(&out, f.tier)
	return &out
}

// retire lets go of the spent ones, as many at a time as may be away. They do no work, so nothing else is asked. While a newcomer
// fails no others are made, so one of them goes before there is another in its place.
func (f *fleet) retire() {
	f.inOrder(f.spent)
	there, leaving := len(f.kept)+len(f.staying), 0
	for _, a := range f.spent {
		if a.leaves() {
			leaving++
			continue
		}
		there++
	}
	for _, a := range f.spent {
		switch {
		case a.leaves():
			a.goes = spentReason(a)
		case a.idle() && (there > f.floor() || (f.stalled != "" && leaving == 0)):
			a.goes = spentReason(a)
			there--
			leaving++
		default:
			a.Wanted = true
			f.staying = append(f.staying, a)
		}
	}
}

// inOrder puts those that do the least work first, then by ordinal.
func (f *fleet) inOrder(bots []*Assessment) {
	slices.SortStableFunc(bots, func(x, y *Assessment) int {
		return cmp.Or(cmp.Compare(worth(x), worth(y)), cmp.Compare(x.Ordinal, y.Ordinal))
	})
}

// holdPlaces lets those that leave hold the places of the bots that will be made when they are gone.
func (f *fleet) holdPlaces() {
	leaving := slices.Concat(f.old, f.spent, f.going)
	slices.SortStableFunc(leaving, func(x, y *Assessment) int { return cmp.Compare(x.Ordinal, y.Ordinal) })
	places := len(f.kept) + len(f.staying) + len(f.absent)
	for _, a := range leaving {
		if a.Wanted {
			continue
		}
		if a.Wanted = places < f.tier.Replicas; a.Wanted {
			places++
		}
		if a.goes == "" {
			a.goes = f.goingReason(a)
		}
	}
	for ; places < f.tier.Replicas; places++ {
		later := f.place()
		later.later = true
		f.absent = append(f.absent, later)
	}
}

// goingReason says why a bot goes that stopped on its way out.
func (f *fleet) goingReason(a *Assessment) string {
	switch {
	case a.Outdated:
		return whyOutdated
	case a.Wanted || len(f.absent) > 0:
		return "it was leaving when it stopped"
	default:
		return "it is surplus: " + wanted(f.tier.Replicas, f.tier.Tier)
	}
}
