package plan

import (
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	whyUnhealthy = "it stayed unhealthy after it was restarted"
	whyRestart   = "it is unhealthy for every edge that answers"
)

// healthGrace is how long after its start a bot may be found unhealthy by its probes: it boots, and the edges look often
// meanwhile. A restart that did not help within that time did not help.
func (a assessor) healthGrace() time.Duration {
	return a.want.Policy.AddressDeadline + time.Duration(a.want.Probe.Retries)*a.want.Probe.Interval
}

// sick tells that a bot which should be up answers no edge well, and has not for as long as it takes to call it unhealthy: an edge
// that has just met it gives it up after a few quick probes. One that merely cannot reach its database is not sick.
func (a assessor) sick(bot model.Instance) bool {
	running := bot.Tier == model.TierBot && bot.Owned && bot.State == model.StateRunning && bot.Operation == "" && bot.Address.IsValid()
	if !running || (a.want.Drained[bot.Name] && !bot.Standby) || bot.StartedAt.IsZero() || a.now.Sub(bot.StartedAt) <= a.healthGrace() {
		return false
	}
	patience, answered := time.Duration(a.want.Probe.Retries)*a.want.Probe.Interval, false
	for _, edge := range a.seen.edges {
		if a.seen.Edges[edge].Err != nil {
			continue
		}
		member := a.seen.member(edge, bot.Name)
		if member.Probe != model.ProbeUnhealthy || member.State == model.MemberRemoved || a.now.Sub(member.Since) <= patience {
			return false
		}
		answered = true
	}
	return answered
}

// spentReason says why a bot is beyond waiting, whatever the others do, empty when it is not. One that is replaced because it
// stayed unhealthy is known by its restart, which it was marked after: once it is out of the pools nobody probes it.
func spentReason(a *Assessment) string {
	switch {
	case a.NoAddress:
		return whyNoAddress
	case a.leaves() && !a.Instance.Restarted.IsZero() && !a.Works, a.replace:
		return whyUnhealthy
	default:
		return ""
	}
}

// hopeless tells that a bot is sick although it was restarted.
func (a Assessment) hopeless() bool { return a.sick && !a.Instance.Restarted.IsZero() }

// heal chooses among the sick: one is restarted, and replaced when that did not help. They are healed one after the other, as many
// at a time as may be missing: what ails several at once may be what they depend on, and a bot that boots answers nobody
// either. While none is well nothing is replaced, as the next one would fare no better.
func (f *fleet) heal() {
	bots := slices.DeleteFunc(slices.Clone(f.bots), func(a *Assessment) bool { return a.Standby })
	slices.SortStableFunc(bots, func(x, y *Assessment) int { return x.Ordinal - y.Ordinal })
	well := slices.ContainsFunc(bots, func(a *Assessment) bool { return a.Phase == PhaseReady })
	budget := 1
	if well {
		budget = max(f.unavailable, 1)
	}
	for _, a := range bots {
		if f.heals(a) {
			budget--
		}
	}
	replacing := well && f.mayReplace(bots)
	for _, a := range bots {
		if budget <= 0 || !a.sick || a.Leaving() || f.heals(a) || !f.seen.Complete() {
			continue
		}
		switch {
		case !a.hopeless():
			a.restart = true
		case replacing && !a.Outdated && f.age(a) > f.want.Policy.ReplaceAfter:
			a.replace = true
		default:
			continue
		}
		budget--
	}
}

// heals tells that a bot is being healed: it stops to be started again, has just been, or makes room for another.
func (f *fleet) heals(a *Assessment) bool {
	if !a.ours() || a.Instance.Restarted.IsZero() || a.Phase == PhaseReady {
		return false
	}
	return a.Leaving() || f.now.Sub(a.Instance.Restarted) <= f.healthGrace()
}

// mayReplace tells that the last bot that was made has proven itself, or had its time to. While old ones are replaced by newcomers
// nothing else is: an unhealthy newcomer holds that up, and those that come after it would not do better.
func (f *fleet) mayReplace(bots []*Assessment) bool {
	return !slices.ContainsFunc(bots, func(a *Assessment) bool {
		return a.ours() && (a.Outdated || (a.Phase != PhaseReady && f.age(a) <= f.want.Policy.ReplaceAfter))
	})
}

func (f *fleet) age(a *Assessment) time.Duration { return f.now.Sub(a.Instance.CreatedAt) }

// recovered tells that a bot has been well for long enough since it was restarted, so that the restart can be forgotten.
func (s *instanceStage) recovered(a Assessment) bool {
	if a.Instance.Restarted.IsZero() || a.Leaving() || a.Phase != PhaseReady || !s.seen.Complete() {
		return false
	}
	since := a.Instance.Restarted
	if a.Instance.StartedAt.After(since) {
		since = a.Instance.StartedAt
	}
	return s.now.Sub(since) > s.want.Policy.HealthyAfter
}

// restart begins to restart a bot: it drains like one that leaves, with two tags of the same time, and is started when it stopped.
func (s *instanceStage) restart(a Assessment) {
	if s.held(a, "stop") || s.held(a, "update") {
		return
	}
	now := s.now
	s.add(Step{
		Verb: VerbRestart, Target: a.Name, Tier: a.Tier, Why: whyRestart,
		Change: model.InstanceChange{DrainingSince: &now, Restarted: &now},
	})
}

// goOnRestarting takes a bot that is restarted one step further. One that became well meanwhile is left as it is.
func (s *instanceStage) goOnRestarting(a Assessment) {
	if !s.seen.Complete() || s.held(a, "update") {
		return
	}
	unmark := Step{Verb: VerbUnmark, Target: a.Name, Tier: a.Tier, Change: model.InstanceChange{DrainingSince: &time.Time{}}}
	switch {
	case !a.running():
		unmark.Why = "it stopped, and is to be started again"
		s.add(unmark)
	case s.well(a.Name):
		unmark.Why, unmark.Change.Restarted = "it became well before it was restarted", &time.Time{}
		s.add(unmark)
	default:
		s.leave(a, whyRestart)
	}
}

// well tells that all edges answer and find a bot healthy.
func (s *instanceStage) well(bot string) bool { return s.seen.healthyEverywhere(bot) }

// healthyEverywhere tells that every edge that may serve answers, lists a bot, and finds it healthy.
func (s sight) healthyEverywhere(bot string) bool {
	for _, edge := range s.edges {
		member := s.member(edge, bot)
		if s.Edges[edge].Err != nil || member.State == model.MemberRemoved || member.Probe != model.ProbeHealthy {
			return false
		}
	}
	return len(s.edges) > 0 && !s.hidden
}
