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
	plan.Assessments, plan.Rollouts = assessor{want: want, seen: sight, now: now}.all()
	plan.Pool = poolOf(want, sight, plan.freezing(), now)
	plan.key(want, seen)
	plan.volumes(want, seen)
	plan.instances(want, sight, now)
	plan.pools(sight)
	plan.freezes(want, now)
	plan.secrets(want, sight)
	plan.routes(want, sight)
	plan.awaitPhases(now)
	return plan
}

// Assess judges every instance of a BotCluster that is to exist, as a plan does; nil when they cannot be seen.
func Assess(want Blueprint, seen Observed, now time.Time) []Assessment {
	if seen.InventoryErr != nil {
		return nil
	}
	assessments, _ := assessor{want: want, seen: look(want, seen), now: now}.all()
	return assessments
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

// key makes the Secret that the key of the edges' cookies is kept in. One that is there is never touched.
func (p *Plan) key(want Blueprint, seen Observed) {
	if seen.KeyMissing {
		p.Steps = append(p.Steps, Step{
			Verb: VerbCreateKey, Target: want.KeySecret, Tier: model.TierEdge, Why: "the edges need a key for the cookies of sticky sessions",
		})
	}
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

// secrets gives each edge that answers the secrets that it needs, when they could be had.
func (p *Plan) secrets(want Blueprint, seen sight) {
	if seen.EdgeSecretsErr != nil || want.Secrets.Revision == "" {
		return
	}
	for _, name := range seen.edges {
		edge := seen.Edges[name]
		if edge.Err != nil || edge.State.SecretsRevision == want.Secrets.Revision {
			continue
		}
		why := "its secrets are not the current ones"
		if edge.State.SecretsRevision == "" {
			why = "it holds no secrets yet"
		}
		p.Steps = append(p.Steps, Step{Verb: VerbSetSecrets, Target: name, Tier: model.TierEdge, Secrets: want.Secrets, Why: why})
	}
}

// routes tells each edge that answers what to serve. One that has no secrets yet waits for them: it could prove to nobody
// who it is, and would lose the sessions of those who come with a cookie. Routes that need certificates go out only with the
// current secrets, which secrets gave in this pass to each edge that did not hold them: that an edge holds some does not
// tell that there are certificates among them.
func (p *Plan) routes(want Blueprint, seen sight) {
	if want.Routes.NeedsSecrets && (seen.EdgeSecretsErr != nil || want.Secrets.Revision == "") {
		return
	}
	for _, name := range seen.edges {
		edge := seen.Edges[name]
		if edge.Err != nil || edge.State.RoutesRevision == want.Routes.Revision {
			continue
		}
		if seen.EdgeSecretsErr != nil && edge.State.SecretsRevision == "" {
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
		if a.Drained() && a.Phase == PhaseDraining {
			p.awaitHandDrain(a.Drain.Since, now)
		}
	}
}

// awaitHandDrain looks again when the drain of a bot by hand may be over: soon at first. One that takes long, which nothing
// ends but the clients, and one that no edge has begun or is told to begin, is left to the passes that come anyway. The time
// is that of an edge: a clock that is ahead is not a reason to look often.
func (p *Plan) awaitHandDrain(since, now time.Time) {
	switch awaited := now.Sub(since); {
	case since.IsZero() && len(p.Steps) > 0:
		p.recheckIn(recheckDrain)
	case since.IsZero() || awaited > recheckPatience:
	case awaited < 0:
		p.recheckIn(recheckSlow)
	default:
		p.recheckIn(recheckDrain)
	}
}

// slower is how soon to look again at what has been awaited for a while.
func slower(soon, awaited time.Duration) time.Duration {
	if awaited > recheckPatience {
		return recheckSlow
	}
	return soon
}
