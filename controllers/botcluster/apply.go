package botcluster

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// apply carries out the steps and tells of each what became of it: a log line and an event.
func (r *Reconciler) apply(ctx context.Context, bc *v1alpha1.BotCluster, seen observation, steps []plan.Step) []apply.Result {
	if len(steps) == 0 {
		return nil
	}
	log := ctrl.LoggerFrom(ctx)
	ports := apply.Ports{
		Host: seen.host, Owner: seen.blueprint.Owner,
		Edge:      func(instance string) provider.Edge { return r.edge(seen.host, instance) },
		CreateKey: func(ctx context.Context, name string) error { return r.createKey(ctx, bc, name) },
	}
	results := apply.Run(ctx, steps, ports, r.Parallel)
	for _, result := range results {
		step := result.Step
		switch {
		case result.Skipped:
		case result.Err != nil:
			log.Info("Step was refused", "verb", step.Verb, "target", step.Target, "reason", step.Why,
				"class", provider.ClassOf(result.Err).String(), "error", result.Err.Error())
		default:
			log.Info("Step was taken", "verb", step.Verb, "target", step.Target, "reason", step.Why)
			r.announceStep(bc, step)
			r.forgetEdge(seen.host, step)
		}
	}
	return results
}

// edge gives the admin API of an edge instance, reached through Incus.
func (r *Reconciler) edge(host provider.Host, instance string) provider.Edge {
	return r.Edges.Edge(edgeKey(host, instance), provider.DialerTo(host, instance, provider.Target{UnixSocket: render.EdgeAdminSocket}))
}

// forgetEdge closes the connection to an edge that goes; another of the same name is dialed anew.
func (r *Reconciler) forgetEdge(host provider.Host, step plan.Step) {
	if step.Tier == model.TierEdge && (step.Verb == plan.VerbStop || step.Verb == plan.VerbDelete) {
		r.Edges.Forget(edgeKey(host, step.Target))
		r.askings.forget(edgeKey(host, step.Target))
	}
}

func edgeKey(host provider.Host, instance string) string { return host.Key() + "/" + instance }
