package plan

import (
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Teardown plans one pass for a BotCluster that is to go (want has no instances): the edges first, so that no request
// arrives any more, then the bots, then the data volumes if they are to go. Foreign instances are not looked at; one that
// cannot be read is waited for, because removing its owner would leave it behind.
func Teardown(want Blueprint, seen Observed, deleteVolumes bool, now time.Time) Plan {
	var plan Plan
	if seen.InventoryErr != nil {
		return plan
	}
	plan.Assessments, _ = assessor{want: want, seen: look(want, seen), now: now}.all()
	edges, others := byTier(plan.Assessments)
	switch {
	case len(edges) > 0:
		plan.remove(want.Policy, edges, now)
	case len(others) > 0:
		plan.remove(want.Policy, others, now)
	case deleteVolumes && plan.removeVolumes(want, seen):
	default:
		plan.Done = true
	}
	return plan
}

// Orphans plans one pass for instances whose BotCluster is gone: by force, since nobody waits for them.
func Orphans(instances []model.Instance) []Step {
	var plan Plan
	for _, instance := range instances {
		if instance.Owned && instance.State != model.StateUnknown && instance.Operation == "" {
			plan.removeOne(instance, 0, "its BotCluster does not exist any more")
		}
	}
	return plan.Steps
}

func byTier(assessments []Assessment) (edges, others []Assessment) {
	for _, a := range assessments {
		if a.Tier == model.TierEdge {
			edges = append(edges, a)
		} else {
			others = append(others, a)
		}
	}
	return edges, others
}

func (p *Plan) remove(policy Policy, assessments []Assessment, now time.Time) {
	for _, a := range assessments {
		p.recheckIn(recheckDrain)
		if !a.idle() || p.held(policy, a.Failure, "stop", now) || p.held(policy, a.Failure, "delete", now) {
			continue
		}
		grace := policy.StopGrace
		if a.Tier == model.TierEdge || a.Failure.Operation == "stop" {
			grace = 0
		}
		p.removeOne(*a.Instance, grace, "the BotCluster is being deleted")
	}
}

func (p *Plan) removeOne(instance model.Instance, grace time.Duration, why string) {
	step := Step{Verb: VerbDelete, Target: instance.Name, Tier: instance.Tier, Why: why}
	if instance.State != model.StateStopped {
		step.Verb, step.Grace = VerbStop, grace
		if instance.State == model.StateFrozen {
			step.Grace = 0
		}
	}
	p.Steps = append(p.Steps, step)
}

// removeVolumes plans the removal of the owner's volumes and tells whether there are any.
func (p *Plan) removeVolumes(want Blueprint, seen Observed) bool {
	for _, volume := range seen.Inventory.Volumes {
		if !want.owns(volume) {
			continue
		}
		p.Steps = append(p.Steps, Step{
			Verb: VerbDeleteVolume, Target: volume.Name, Tier: volume.Tier, Volume: volume,
			Why: "the BotCluster is being deleted and its deletionPolicy is Delete",
		})
	}
	return len(p.Steps) > 0
}
