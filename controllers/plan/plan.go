package plan

import (
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// How soon to look again at what sends no event. All are far above the cost of a look (measured: 0.3 ms for an edge's
// state over an exec tunnel) and below what a person notices.
const (
	recheckAddress = 250 * time.Millisecond
	recheckProbe   = 150 * time.Millisecond
	recheckDrain   = 500 * time.Millisecond
	// recheckSlow is for what has been awaited for longer than recheckPatience.
	recheckSlow     = 2 * time.Second
	recheckPatience = 30 * time.Second
)

// BotCluster plans one pass for a BotCluster that is to exist.
func BotCluster(want Blueprint, seen Observed, now time.Time) Plan {
	var plan Plan
	if seen.InventoryErr != nil {
		return plan
	}
	sight := look(want, seen)
	plan.Pool = poolOf(want, sight, now)
	plan.Assessments = assessor{want: want, seen: sight, now: now}.all()
	plan.volumes(want, seen)
	plan.instances(want, sight, now)
	plan.pools(sight)
	plan.routes(want, sight)
	plan.awaitPhases(now)
	return plan
}

// volumes makes the data volumes that wanted instances need.
func (p *Plan) volumes(want Blueprint, seen Observed) {
	if !seen.Complete() {
		return
	}
	for _, a := range p.Assessments {
		tier, found := want.tier(a.Tier)
		if !found || !a.Wanted || tier.VolumePool == "" || a.Phase == PhaseConflict || hasVolume(seen, want, tier, a.Name) {
			continue
		}
		p.Steps = append(p.Steps, Step{
			Verb: VerbCreateVolume, Target: VolumeName(a.Name), Tier: a.Tier,
			Why: "the data of " + a.Name + " outlives the instance",
			Volume: model.Volume{
				Pool: tier.VolumePool, Name: VolumeName(a.Name), Owner: want.Owner, Tier: a.Tier, Ordinal: a.Ordinal,
			},
		})
	}
}

// hasVolume tells whether the data volume of an instance is in the tier's pool and belongs to the BotCluster.
func hasVolume(seen Observed, want Blueprint, tier TierBlueprint, instance string) bool {
	return slices.ContainsFunc(seen.Inventory.Volumes, func(volume model.Volume) bool {
		return volume.Pool == tier.VolumePool && volume.Name == VolumeName(instance) && want.owns(volume)
	})
}

// owns tells that a volume carries the BotCluster's own UID: one that an earlier BotCluster of the same name left behind
// does not, before it is taken over.
func (b Blueprint) owns(volume model.Volume) bool {
	return volume.Owned && volume.Owner.UID == b.Owner.UID
}

// pools tells each edge that answers which bots there are.
func (p *Plan) pools(seen sight) {
	for _, a := range p.Assessments {
		edge, asked := seen.Edges[a.Name]
		if !asked || edge.Err != nil || edge.State.PoolRevision == p.Pool.Revision {
			continue
		}
		p.Steps = append(p.Steps, Step{
			Verb: VerbSetPool, Target: a.Name, Tier: a.Tier, Pool: p.Pool,
			Why: describePool(edge.State, seen.members[a.Name], p.Pool),
		})
	}
}

// routes tells each edge that answers what to serve.
func (p *Plan) routes(want Blueprint, seen sight) {
	for _, name := range seen.edges {
		edge := seen.Edges[name]
		if edge.Err != nil || edge.State.RoutesRevision == want.Routes.Revision {
			continue
		}
		why := "its routes are not the declared ones"
		if edge.State.RoutesRevision == "" {
			why = "it serves no routes yet"
		}
		p.Steps = append(p.Steps, Step{
			Verb: VerbSetRoutes, Target: name, Tier: model.TierEdge, Routes: want.Routes, Why: why,
		})
	}
}

// phaseRechecks says how soon to look again at what changes without an event. Drains are awaited where they are planned.
var phaseRechecks = map[Phase]time.Duration{
	PhaseBooting: recheckAddress, PhaseProbing: recheckProbe, PhaseUnhealthy: recheckSlow, PhaseDegraded: recheckSlow,
}

func (p *Plan) awaitPhases(now time.Time) {
	for _, a := range p.Assessments {
		if soon := phaseRechecks[a.Phase]; soon > 0 {
			p.recheckIn(slower(soon, now.Sub(a.Instance.StartedAt)))
		}
	}
}

// slower is how soon to look again at what has been awaited for a while.
func slower(soon, awaited time.Duration) time.Duration {
	if awaited > recheckPatience {
		return recheckSlow
	}
	return soon
}
