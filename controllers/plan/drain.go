package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Drain is how far a bot is that takes nothing new.
type Drain struct {
	// ByHand tells that somebody asked for it; otherwise the bot leaves.
	ByHand bool
	// Since is when it began, zero while no edge has begun with one by hand.
	Since time.Time
	// InFlight counts the requests and streams that are left on all edges; Known is false when an edge could not be asked.
	InFlight int64
	Known    bool
	// Quiet tells that no edge gives the bot what is new, and has not for Policy.DrainSettle.
	Quiet bool
}

// drain is how far a bot's drain is, nil when it has none.
func (a assessor) drain(bot model.Instance, wanted bool) *Drain {
	out := Drain{ByHand: wanted && a.want.Drained[bot.Name] && !bot.Standby, Since: bot.DrainingSince}
	if bot.Tier != model.TierBot || !bot.Owned || (!out.ByHand && out.Since.IsZero()) {
		return nil
	}
	if out.Since.IsZero() {
		out.Since = a.seen.drainingSince(bot.Name)
	}
	out.InFlight, out.Known = a.seen.inFlight(bot.Name)
	out.Quiet = a.seen.settled(bot.Name, a.want.Policy.DrainSettle, a.now)
	return &out
}

// handDrainPhase judges a running bot that somebody drains by hand: how its probes do is of no interest until it is to
// serve again.
func (a assessor) handDrainPhase(bot string) (Phase, string) {
	const message = "somebody drains it by hand"
	left, known := a.seen.inFlight(bot)
	if !known || left > 0 || !a.seen.settled(bot, a.want.Policy.DrainSettle, a.now) {
		return PhaseDraining, message
	}
	return PhaseDrained, message
}

// nobodyServes tells that somebody drains all bots by hand that are wanted.
func nobodyServes(all []Assessment) bool {
	drained := false
	for _, a := range all {
		if a.Tier != model.TierBot || !a.Wanted || a.Standby {
			continue
		}
		if drained = a.byHand; !drained {
			return false
		}
	}
	return drained
}

// lastToServe tells that a bot which is not wanted is among the last that may take new requests, when those that are wanted take
// none. One that leaves already goes on: its edges give it nothing any more.
func lastToServe(bot model.Instance) bool {
	runs := bot.Tier == model.TierBot && bot.Owned && bot.State == model.StateRunning
	return runs && bot.DrainingSince.IsZero() && !bot.Standby
}

// overdue says what a bot waits for whose drain is over.
func (a assessor) overdue(bot model.Instance) string {
	if bot.Tier != model.TierBot || a.now.Sub(bot.DrainingSince) < a.want.Policy.DrainTimeout {
		return ""
	}
	for _, edge := range a.seen.edges {
		if a.seen.Edges[edge].Err != nil {
			return fmt.Sprintf("its drain is over and it waits for %s, which does not answer and may still send it requests: "+
				"restart that instance", edge)
		}
	}
	return ""
}

// passedOver says which edges give a bot nothing for a moment.
func (a assessor) passedOver(bot string) string {
	var edges []string
	for _, edge := range a.seen.edges {
		if a.seen.member(edge, bot).Ejected {
			edges = append(edges, edge)
		}
	}
	if len(edges) == 0 {
		return ""
	}
	return "requests to it failed, so it is passed over for a moment by " + strings.Join(edges, ", ")
}

// inFlight counts what a bot has in hand on all edges; it is not known when one of them cannot be asked.
func (s sight) inFlight(bot string) (count int64, known bool) {
	known = !s.hidden
	for _, edge := range s.edges {
		known = known && s.Edges[edge].Err == nil
		count += s.member(edge, bot).InFlight
	}
	return count, known
}

// drainingSince is when the first edge began to drain a bot, by its own clock; zero while none has.
func (s sight) drainingSince(bot string) time.Time {
	var first time.Time
	for _, edge := range s.edges {
		member := s.member(edge, bot)
		if member.State == model.MemberDraining && (first.IsZero() || member.Since.Before(first)) {
			first = member.Since
		}
	}
	return first
}

// settled tells that no edge gives a bot what is new, and none has for as long as a request may be on its way uncounted. The
// clock of an edge may be ahead: what it says will begin has just begun.
func (s sight) settled(bot string, settle time.Duration, now time.Time) bool {
	for _, edge := range s.edges {
		member := s.member(edge, bot)
		if member.State == model.MemberActive || (member.State == model.MemberDraining && max(now.Sub(member.Since), 0) < settle) {
			return false
		}
	}
	return true
}

// drained tells that a leaving bot may be taken out of the pools: nothing is in flight on any edge and no edge has given it
// anything new for a while, or its time is over. An edge that does not answer is unknown, so only time ends the drain then.
// The while is also counted from the mark, which is older than what any edge was told: the clock of an edge may be behind.
func drained(policy Policy, seen sight, bot *model.Instance, now time.Time) bool {
	since := now.Sub(bot.DrainingSince)
	if since >= policy.DrainTimeout {
		return true
	}
	left, known := seen.inFlight(bot.Name)
	return since >= policy.DrainSettle && known && left == 0 && seen.settled(bot.Name, policy.DrainSettle, now)
}

// released tells that a leaving bot may be stopped: no edge lists it any more, or lists it as removed with requests in
// hand that have outlived the drain. An edge that does not answer, or that cannot even be read, may still send requests.
func released(policy Policy, seen sight, bot *model.Instance, now time.Time) bool {
	if seen.hidden {
		return false
	}
	overdue := now.Sub(bot.DrainingSince) >= policy.DrainTimeout
	for _, edge := range seen.edges {
		if seen.Edges[edge].Err != nil {
			return false
		}
		member := seen.member(edge, bot.Name)
		if member.State != model.MemberRemoved || (member.InFlight > 0 && !overdue) {
			return false
		}
	}
	return true
}
