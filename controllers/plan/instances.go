package plan

import (
	"fmt"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// instances takes every instance one step nearer to what is wanted.
func (p *Plan) instances(want Blueprint, seen sight, now time.Time) {
	stage := instanceStage{plan: p, want: want, seen: seen, now: now}
	stage.budgets()
	for i := range p.Assessments {
		stage.advance(p.Assessments[i])
	}
}

// instanceStage carries what the steps for single instances share.
type instanceStage struct {
	plan *Plan
	want Blueprint
	seen sight
	now  time.Time
	// launches is how many more instances may begin to boot.
	launches int
	// placed counts the wanted instances of each tier by member of the Incus cluster, once it was needed.
	placed map[model.Tier]map[string]int
}

func (s *instanceStage) add(step Step) { s.plan.Steps = append(s.plan.Steps, step) }

// budgets counts what is under way already, so that a pass starts no more than the policy allows.
func (s *instanceStage) budgets() {
	s.launches = s.want.Policy.MaxLaunching
	for _, a := range s.plan.Assessments {
		switch a.Phase {
		case PhaseCreating, PhaseStarting, PhaseBooting:
			s.launches--
		default:
		}
	}
	if s.seen.Complete() {
		replaceInPlace(s.want, s.plan.Assessments)
	}
}

// advance plans the next step for one instance. Operations in flight, foreign and unreadable instances are left alone, and
// surplus that is still needed.
func (s *instanceStage) advance(a Assessment) {
	why := s.departure(a)
	switch {
	case a.Phase == PhaseAbsent:
		s.create(a)
	case !a.idle() || a.Waits || a.Away || a.freeze:
		return
	case why != "":
		s.leave(a, why)
	case a.restarting():
		s.goOnRestarting(a)
	case a.Leaving():
		s.takeBack(a)
	case a.restart:
		s.restart(a)
	case a.promote:
		s.promote(a)
	case s.change(a) || a.running() || a.Phase == PhaseStandby:
		// What is to be changed comes before a start: a limit that the host cannot keep may be why it does not start.
	default:
		s.start(a)
	}
}

// departure says why an instance leaves, empty when it stays.
func (s *instanceStage) departure(a Assessment) string {
	switch {
	case a.goes != "":
		return a.goes
	case !a.Wanted:
		return "it is surplus: " + s.surplus(a)
	case a.leaves() && !a.running():
		return "it was leaving when it stopped"
	default:
		return ""
	}
}

func (s *instanceStage) surplus(a Assessment) string {
	tier, _ := s.want.tier(a.Tier)
	if a.Ordinal <= tier.Replicas {
		return "its name is not that of a wanted instance"
	}
	return wanted(tier.Replicas, a.Tier)
}

// create begins an instance that is not there, when its volume is there and the last failure is long enough ago.
func (s *instanceStage) create(a Assessment) {
	tier, found := s.want.tier(a.Tier)
	if !found || a.later || !s.seen.Complete() || s.held(a, "create") {
		return
	}
	if s.launchHeld(a) {
		return
	}
	if tier.VolumePool != "" && !hasVolume(s.seen.Observed, s.want, tier, a.Name) {
		s.plan.recheckIn(recheckAddress)
		return
	}
	location, found := s.location(tier)
	if !found || !s.launch() {
		return
	}
	if location != "" {
		s.placed[tier.Tier][location]++
	}
	why := wanted(tier.Replicas, a.Tier)
	if a.Standby {
		why = waiting(tier.Standby)
	}
	s.add(Step{
		Verb: VerbCreate, Target: a.Name, Tier: a.Tier,
		Why: why + " and this one is missing",
		Instance: model.InstanceSpec{
			Name: a.Name, Owner: s.want.Owner, Tier: a.Tier, Ordinal: a.Ordinal, Template: tier.Template,
			Image: tier.Image, Profiles: tier.Profiles, Config: set(tier.Config), Devices: present(tier.Devices(a.Ordinal)),
			Start: len(tier.Files) == 0, Standby: a.Standby, Location: location,
		},
	})
}

// launch takes one place of the launch budget; without one, an event or the recheck brings the pass back.
func (s *instanceStage) launch() bool {
	if s.launches <= 0 {
		s.plan.recheckIn(recheckAddress)
		return false
	}
	s.launches--
	return true
}

// launchHeld tells that a bot which never ran is not to be made for now.
func (s *instanceStage) launchHeld(a Assessment) bool {
	return s.want.Policy.HoldLaunches && a.Tier == model.TierBot && (a.Instance == nil || a.Instance.StartedAt.IsZero())
}

// held tells that the operation failed on the instance too recently to try it again.
func (s *instanceStage) held(a Assessment, operation string) bool {
	return s.plan.held(s.want.Policy, a.Failure, operation, s.now)
}

// start configures and starts an instance that does not run. One that has the files of its own, older template keeps them.
func (s *instanceStage) start(a Assessment) {
	tier, found := s.want.tier(a.Tier)
	if !found || s.want.evacuated(*a.Instance) || s.held(a, "start") || s.launchHeld(a) {
		return
	}
	bare := a.Instance.State == model.StateStopped && a.Instance.Configured == ""
	if bare && s.seen.SecretsErr != nil && a.Tier != model.TierEdge {
		return // its files cannot be rendered, and only edges have none
	}
	if bare && len(tier.Files) > 0 {
		if !s.held(a, "configure") && s.launch() {
			// The place among those that boot is for the start: Incus begins it as soon as the files are written.
			s.add(Step{
				Verb: VerbConfigure, Target: a.Name, Tier: a.Tier, Files: tier.Files, FilesHash: tier.FilesHash,
				Why: "it does not have its files yet",
			})
		}
		return
	}
	s.boot(a)
}

// boot starts an instance that has its files, or thaws it, which costs nothing.
func (s *instanceStage) boot(a Assessment) {
	if a.Instance.State == model.StateFrozen {
		s.add(Step{Verb: VerbStart, Target: a.Name, Tier: a.Tier, Why: "it is wanted and frozen"})
		return
	}
	if wait := a.Instance.StartedAt.Add(s.want.Policy.RestartDelay).Sub(s.now); !a.Instance.StartedAt.IsZero() && wait > 0 {
		s.plan.recheckIn(wait)
		return
	}
	if !s.launch() {
		return
	}
	s.add(Step{Verb: VerbStart, Target: a.Name, Tier: a.Tier, Why: "it is wanted and stopped"})
}

// change brings limits and devices of an instance to what is wanted, and tells whether there is anything to change.
func (s *instanceStage) change(a Assessment) bool {
	tier, found := s.want.tier(a.Tier)
	if !found || !s.seen.Complete() || a.Outdated || s.held(a, "update") {
		return false
	}
	config := changedConfig(tier.Config, a.Instance.Config)
	devices := changedDevices(tier.Devices(a.Ordinal), a.Instance.Devices)
	step := Step{Verb: VerbChange, Target: a.Name, Tier: a.Tier, Change: model.InstanceChange{Config: config, Devices: devices}}
	switch {
	case len(config)+len(devices) > 0:
		step.Why = describeChange(config, devices)
	case s.recovered(a):
		step.Why = fmt.Sprintf("it has been well for %s since it was restarted", s.want.Policy.HealthyAfter)
		step.Change = model.InstanceChange{Restarted: &time.Time{}}
	default:
		return false
	}
	s.add(step)
	return true
}

// takeBack ends the leaving of an instance that is wanted after all.
func (s *instanceStage) takeBack(a Assessment) {
	if !s.seen.Complete() {
		return // whether it is wanted as it is cannot be told
	}
	why := "it is wanted again"
	if replaceReason(a) != "" {
		why = "others are missing meanwhile"
	}
	s.add(Step{
		Verb: VerbUnmark, Target: a.Name, Tier: a.Tier, Why: why,
		Change: model.InstanceChange{DrainingSince: &time.Time{}},
	})
}

// leave takes an instance one step along the path out.
func (s *instanceStage) leave(a Assessment, why string) {
	instance := *a.Instance
	switch {
	case !s.seen.MayRemove(a.Tier):
		return
	case s.held(a, "stop") || s.held(a, "delete"):
		return
	case instance.State == model.StateStopped:
		s.add(Step{Verb: VerbDelete, Target: a.Name, Tier: a.Tier, Why: why})
	case a.Phase == PhaseStandby: // nobody is on it, so it need not drain
		if released(s.want.Policy, s.seen, a.Instance, s.now) {
			s.add(Step{Verb: VerbStop, Target: a.Name, Tier: a.Tier, Why: why})
			return
		}
		s.plan.recheckIn(recheckSlow)
	case !a.Leaving():
		now := s.now
		s.add(Step{
			Verb: VerbMark, Target: a.Name, Tier: a.Tier, Why: why,
			Change: model.InstanceChange{DrainingSince: &now},
		})
	case s.mayStop(a):
		grace := s.want.Policy.StopGrace
		if a.Failure.Operation == "stop" || instance.State == model.StateFrozen {
			grace = 0
		}
		s.add(Step{Verb: VerbStop, Target: a.Name, Tier: a.Tier, Why: why, Grace: grace})
	default:
		s.awaitDrain(instance.DrainingSince)
	}
}

// awaitDrain looks again when the drain may be over, more slowly when it takes long, and at its end.
func (s *instanceStage) awaitDrain(since time.Time) {
	s.plan.recheckIn(slower(recheckDrain, s.now.Sub(since)))
	s.plan.recheckIn(since.Add(s.want.Policy.DrainTimeout).Sub(s.now))
}

// mayStop is the gate of each tier: what must be true before a marked instance is stopped.
func (s *instanceStage) mayStop(a Assessment) bool {
	if a.Tier == model.TierEdge {
		return s.edgeMayStop(a)
	}
	return released(s.want.Policy, s.seen, a.Instance, s.now) && drained(s.want.Policy, s.seen, a.Instance, s.now)
}

// edgeMayStop keeps requests served. A surplus edge waits until another is ready. One that comes back waits until another
// serves, unless there is to be no other, or it does not serve itself.
func (s *instanceStage) edgeMayStop(a Assessment) bool {
	if a.Wanted && !a.Works {
		return true
	}
	staying := 0
	for _, other := range s.plan.Assessments {
		if other.Tier != model.TierEdge || !other.Wanted || other.Name == a.Name {
			continue
		}
		staying++
		stays := !other.Leaving() || other.Ordinal > a.Ordinal // of several that leave, one after the other
		if other.Ready() || (a.Wanted && other.Works && stays) {
			return true
		}
	}
	return a.Wanted && staying == 0
}
