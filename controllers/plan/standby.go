package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// A standby is a bot that was made, booted and found healthy, and then frozen, so that it serves a moment after it is needed. On
// its way it is draining in every pool: the edges probe it and give it nothing. It leaves the pools before it is frozen, and no
// pool lists it until it is promoted.

// canServe tells that a standby is as the spec wants it and can be promoted.
func (f *fleet) canServe(a *Assessment) bool {
	return a.idle() && !a.Leaving() && !a.Outdated && !f.want.evacuated(*a.Instance) && f.standbySpent(a) == ""
}

// standbySpent says why a standby is to be replaced although its template is the current one. Nothing is lost with it, so it is
// not restarted first; but another is not made more often than bots are replaced.
func (f *fleet) standbySpent(a *Assessment) string {
	switch {
	case a.NoAddress:
		return whyNoAddress
	case a.sick && f.age(a) > f.want.Policy.ReplaceAfter:
		return "it is unhealthy, and nobody is on it"
	default:
		return ""
	}
}

// relieve lets standbys take the places of bots that stopped: that is quicker than to start them again. One that is young is
// started all the same, so that whatever stops bots does not make others be made for ever.
//
// Frozen ones are thawed, with all that they have in hand. While not everything could be read nobody is promoted, so nobody goes.
func (f *fleet) relieve() {
	if !f.seen.Complete() {
		return
	}
	waiting := 0
	for _, a := range f.standbys {
		if f.canServe(a) && a.Phase == PhaseStandby {
			waiting++
		}
	}
	f.kept = slices.DeleteFunc(f.kept, func(a *Assessment) bool {
		stopped := worth(a) == worthBroken && a.idle() && a.Instance.State == model.StateStopped && !a.restarting()
		if waiting == 0 || !stopped || f.age(a) <= f.want.Policy.ReplaceAfter {
			return false
		}
		waiting--
		a.Wanted, a.goes = false, "it stopped, and one that waited takes its place"
		f.going = append(f.going, a)
		return true
	})
}

// promote takes standbys for bots that are missing, as many as there is room for: those that are frozen, then those on their way.
func (f *fleet) promote(most int) {
	if !f.seen.Complete() {
		return
	}
	slices.SortStableFunc(f.standbys, compareStandbys)
	f.standbys = slices.DeleteFunc(f.standbys, func(a *Assessment) bool {
		if most <= 0 || !f.canServe(a) {
			return false
		}
		most--
		a.Wanted, a.Standby, a.promote = true, false, true
		f.kept = append(f.kept, a)
		f.count++
		f.waiting--
		return true
	})
}

// compareStandbys puts those first that are nearest to waiting: frozen ones, then by what they do, then by ordinal.
func compareStandbys(x, y *Assessment) int {
	frozen := func(a *Assessment) int {
		if a.Phase == PhaseStandby {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(frozen(x), frozen(y)), -cmp.Compare(worth(x), worth(y)), cmp.Compare(x.Ordinal, y.Ordinal))
}

// standBy says which standbys stay and makes those that are missing, once the bots that serve have what they need. Until then
// those of an older template stay as well: the spec may go back.
func (f *fleet) standBy() {
	short := len(f.kept) < f.tier.Replicas
	slices.SortStableFunc(f.standbys, func(x, y *Assessment) int {
		return cmp.Or(compareBools(x.Outdated, y.Outdated), compareBools(x.leaves(), y.leaves()), compareStandbys(x, y))
	})
	staying := 0
	for _, a := range f.standbys {
		switch why := f.standbySpent(a); {
		case staying >= f.tier.Standby:
			a.goes = "it is surplus: " + waiting(f.tier.Standby)
		case why != "":
			a.goes = why
		case a.Outdated && !short && len(f.old) == 0:
			a.goes = whyOutdated
		default:
			a.Wanted = true
			staying++
			a.freeze = f.mayFreeze(a)
		}
	}
	for ; staying < f.tier.Standby && f.waiting < f.tier.Standby && !short; staying++ {
		place := f.place()
		if place.Instance != nil {
			return // somebody has its name, which is told
		}
		place.Standby = true
		f.absent = append(f.absent, place)
		f.waiting++
	}
}

func compareBools(x, y bool) int {
	number := map[bool]int{true: 1}
	return cmp.Compare(number[x], number[y])
}

// mayFreeze tells that a standby is ready to wait: every edge finds it well.
func (f *fleet) mayFreeze(a *Assessment) bool {
	ready := a.Wanted && a.idle() && a.running() && !a.Leaving() && !a.Outdated && a.Instance.Address.IsValid()
	return ready && f.seen.Complete() && f.want.Policy.wait(a.Failure, "freeze", f.now) <= 0 && f.seen.healthyEverywhere(a.Name)
}

// waiting is "2 bots are to wait frozen".
func waiting(standbys int) string {
	if standbys == 1 {
		return "1 bot is to wait frozen"
	}
	return fmt.Sprintf("%d bots are to wait frozen", standbys)
}

// promote lets a standby serve. A crash after the first step leaves a frozen bot that is wanted, which is started as any other.
func (s *instanceStage) promote(a Assessment) {
	tier, _ := s.want.tier(a.Tier)
	s.add(Step{
		Verb: VerbPromote, Target: a.Name, Tier: a.Tier, Why: wanted(tier.Replicas, a.Tier) + " and this one waits",
		Change: model.InstanceChange{Standby: new(bool)},
	})
	if a.Instance.State == model.StateFrozen && !s.held(a, "start") {
		s.add(Step{Verb: VerbStart, Target: a.Name, Tier: a.Tier, Why: "it is wanted and frozen"})
	}
}

// freezing names the standbys that are to wait from now on.
func (p *Plan) freezing() map[string]bool {
	out := map[string]bool{}
	for _, a := range p.Assessments {
		if a.freeze {
			out[a.Name] = true
		}
	}
	return out
}

// freezes makes standbys wait that are ready for it. The pools of this pass list them no more, and no edge is told later.
func (p *Plan) freezes(want Blueprint, now time.Time) {
	for _, a := range p.Assessments {
		if a.freeze {
			p.Steps = append(p.Steps, Step{Verb: VerbFreeze, Target: a.Name, Tier: a.Tier, Why: "it is well and waits until it is needed"})
		}
		if a.Standby && a.Wanted {
			p.held(want.Policy, a.Failure, "freeze", now)
		}
	}
}
