package botcluster

import (
	"math/rand/v2"
	"time"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var phases = []plan.Phase{
	plan.PhaseAbsent, plan.PhaseCreating, plan.PhaseStopped, plan.PhaseStarting, plan.PhaseBooting, plan.PhaseProbing,
	plan.PhaseReady, plan.PhaseReady, plan.PhaseReady, plan.PhaseDegraded, plan.PhaseUnhealthy, plan.PhaseDraining,
	plan.PhaseStopping, plan.PhaseDeleting, plan.PhaseConflict, plan.PhaseUnknown,
}

// randomReport is of a pass that saw and did anything whatever; it may change the spec as well.
func randomReport(seed uint64, bc *v1alpha1.BotCluster) *report {
	r := rand.New(rand.NewPCG(seed, 2))
	out := served(r.IntN(5), 1+r.IntN(2))
	bc.Spec.Suspend = r.IntN(8) == 0
	if r.IntN(3) > 0 {
		for i := range out.plan.Assessments {
			randomAssessment(r, &out.plan.Assessments[i])
		}
	}
	if r.IntN(6) == 0 {
		out.seen.hostErr = randomError(r)
	}
	if out.seen.hostErr != nil || r.IntN(6) == 0 {
		unseen(out, randomError(r))
	}
	if r.IntN(6) == 0 {
		out.seen.FactsErr = randomError(r)
	}
	if r.IntN(6) == 0 {
		out.seen.SecretsErr = randomError(r)
	}
	if r.IntN(6) == 0 {
		out.seen.EdgeSecretsErr = randomError(r)
	}
	for ordinal := range len(out.seen.Edges) {
		if r.IntN(4) == 0 {
			out.seen.Edges[nameOf(model.TierEdge, ordinal+1)] = plan.EdgeObservation{Err: randomError(r)}
		}
	}
	for range r.IntN(4) {
		verb := []plan.Verb{plan.VerbCreate, plan.VerbChange, plan.VerbSetPool, plan.VerbSetSecrets, plan.VerbSetRoutes, plan.VerbStop}[r.IntN(6)]
		took(out, verb, nameOf(model.TierBot, 1), randomError(r))
	}
	if r.IntN(6) == 0 {
		out.results = append(out.results, apply.Result{Skipped: true})
	}
	return out
}

func randomAssessment(r *rand.Rand, a *plan.Assessment) {
	a.Phase = phases[r.IntN(len(phases))]
	a.Wanted = r.IntN(5) > 0
	a.Outdated, a.NoAddress = r.IntN(4) == 0, a.Phase == plan.PhaseBooting && r.IntN(2) == 0
	if r.IntN(3) == 0 {
		a.Message = "something is awaited"
	}
	if r.IntN(4) == 0 {
		a.Failure = model.Failure{Operation: "start", Message: "no luck", At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Count: 1}
	}
	a.Behind = r.IntN(8) == 0
	if a.Tier == model.TierBot && r.IntN(4) == 0 {
		a.Drain, a.Phase = &plan.Drain{ByHand: true, Known: r.IntN(2) == 0}, plan.PhaseDrained
	}
	if a.Phase == plan.PhaseAbsent {
		a.Instance = nil
		return
	}
	if r.IntN(3) == 0 {
		a.Instance.DrainingSince = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
}

func randomError(r *rand.Rand) error {
	class := provider.Class(r.IntN(int(provider.Conflict) + 2))
	if class > provider.Conflict {
		return errOdd
	}
	return failure(class, []string{"", v1alpha1.ReasonServerUnreachable}[r.IntN(2)])
}
