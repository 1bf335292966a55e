package botcluster

import (
	"fmt"
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const generation = 7

// crew is a BotCluster that has been seen before.
func crew() *v1alpha1.BotCluster {
	return &v1alpha1.BotCluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: "chat", Name: "crew", Generation: generation},
		Spec:       v1alpha1.BotClusterSpec{Edge: v1alpha1.EdgeSpec{Instances: 1}},
	}
}

// served is the report of a pass that found all as wanted: that many bots and edges serve.
func served(bots, edges int) *report {
	r := &report{}
	r.seen.Edges = map[string]plan.EdgeObservation{}
	r.seen.blueprint.Drained = map[string]bool{}
	r.seen.blueprint.Tiers = []plan.TierBlueprint{
		{Tier: model.TierEdge, Replicas: edges}, {Tier: model.TierBot, Replicas: bots},
	}
	for ordinal := 1; ordinal <= edges; ordinal++ {
		r.plan.Assessments = append(r.plan.Assessments, ready(model.TierEdge, ordinal))
		r.seen.Edges[nameOf(model.TierEdge, ordinal)] = plan.EdgeObservation{}
	}
	for ordinal := 1; ordinal <= bots; ordinal++ {
		r.plan.Assessments = append(r.plan.Assessments, ready(model.TierBot, ordinal))
	}
	return r
}

func nameOf(tier model.Tier, ordinal int) string { return fmt.Sprintf("crew-%s-%d", tier, ordinal) }

func ready(tier model.Tier, ordinal int) plan.Assessment {
	last := byte(ordinal)
	if tier == model.TierEdge {
		last += 100
	}
	return plan.Assessment{
		Name: nameOf(tier, ordinal), Tier: tier, Ordinal: ordinal, Wanted: true, Phase: plan.PhaseReady,
		Instance: &model.Instance{Owned: true, State: model.StateRunning, Address: netip.AddrFrom4([4]byte{10, 0, 0, last})},
	}
}

func (r report) assessment(name string) *plan.Assessment {
	for i := range r.plan.Assessments {
		if r.plan.Assessments[i].Name == name {
			return &r.plan.Assessments[i]
		}
	}
	panic("the report has no " + name)
}

func (r report) bot(ordinal int) *plan.Assessment {
	return r.assessment(nameOf(model.TierBot, ordinal))
}

// botIs puts a bot into a phase, with a message.
func (r report) botIs(ordinal int, phase plan.Phase, message string) *plan.Assessment {
	bot := r.bot(ordinal)
	bot.Phase, bot.Message = phase, message
	return bot
}

// drainByHand has somebody drain a bot, which is in a phase.
func (r report) drainByHand(ordinal int, phase plan.Phase) *plan.Assessment {
	bot := r.botIs(ordinal, phase, "")
	bot.Drain = &plan.Drain{ByHand: true, Known: true, Quiet: true}
	r.seen.blueprint.Drained[bot.Name] = true
	return bot
}

// edgeSays lets an edge be asked with that outcome.
func (r report) edgeSays(ordinal int, err error) {
	name := nameOf(model.TierEdge, ordinal)
	r.assessment(name).Phase = plan.PhaseProbing
	r.seen.Edges[name] = plan.EdgeObservation{Err: err}
}

// unseen lets the instances not be seen.
func unseen(r *report, err error) {
	r.plan.Assessments, r.seen.Edges, r.seen.InventoryErr = nil, nil, err
}

// took adds a step and what became of it.
func took(r *report, verb plan.Verb, target string, err error) {
	step := plan.Step{Verb: verb, Target: target, Why: "it is time"}
	r.plan.Steps = append(r.plan.Steps, step)
	r.results = append(r.results, apply.Result{Step: step, Err: err})
}

func failure(class provider.Class, reason string) error {
	return fmt.Errorf("in passing: %w", &provider.Error{Class: class, Reason: reason, Message: "a sentence about " + reason})
}

// saidOf is the fact of a type as "status reason: message", or "absent".
func saidOf(facts []conditions.Fact, kind string) string {
	for _, fact := range facts {
		if fact.Type == kind {
			return fmt.Sprintf("%s %s: %s", fact.Status, fact.Reason, fact.Message)
		}
	}
	return "absent"
}
