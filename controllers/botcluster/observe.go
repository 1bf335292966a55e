package botcluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// observation is what a pass has seen, and the blueprint that was rendered from the spec and the facts.
type observation struct {
	plan.Observed
	blueprint plan.Blueprint
	// strangers are what the annotation that drains bots names and that is no bot.
	strangers plan.Strangers
	// host is nil when the identity could not be had; hostErr says why.
	host    provider.Host
	hostErr error
	// scaling is what was found out about the number of bots.
	scaling scaling
}

// observe reads everything that a pass needs. It changes nothing. Each part that cannot be read keeps its error.
func (r *Reconciler) observe(ctx context.Context, bc *v1alpha1.BotCluster) observation {
	seen := observation{}
	seen.host, seen.hostErr = r.host(ctx, bc)
	var facts model.HostFacts
	if seen.hostErr != nil {
		seen.InventoryErr, seen.FactsErr = seen.hostErr, seen.hostErr
	} else {
		facts, seen.FactsErr = seen.host.Facts(ctx, render.Requirements(bc.Spec))
	}
	var secrets map[string]render.Secret
	secrets, seen.SecretsErr = r.botSecrets(ctx, bc)
	var edgeSecrets render.EdgeSecrets
	edgeSecrets, seen.EdgeSecretsErr = r.edgeSecrets(ctx, bc)
	seen.KeyMissing = errors.Is(seen.EdgeSecretsErr, errKeyMissing)
	var renderErr error
	seen.blueprint, renderErr = render.Blueprint(render.Input{
		Cluster: bc, Owner: r.owner(bc), Facts: facts, Secrets: secrets, EdgeSecrets: edgeSecrets, Policy: r.Policy,
	})
	if seen.SecretsErr == nil && renderErr != nil {
		seen.SecretsErr = unusable(renderErr)
		r.secrets.forget(bc.Namespace, slices.Collect(maps.Keys(secrets))...)
	}
	seen.blueprint.KeySecret = keySecretName(bc.Name)
	if seen.hostErr == nil {
		r.observeInstances(ctx, &seen)
	}
	seen.drains(bc)
	return seen
}

// drains reads which bots somebody drains by hand: those that are there, and the first ones, which are made again under the
// same names. While it cannot be seen which are there, no ordinal is called that of none.
func (o *observation) drains(bc *v1alpha1.BotCluster) {
	prefix, bots, there := o.blueprint.Owner.Prefix, 0, map[string]bool{}
	for _, tier := range o.blueprint.Tiers {
		if tier.Tier == model.TierBot {
			bots = tier.Replicas
		}
	}
	for _, instance := range o.Inventory.Instances {
		there[instance.Name] = true
	}
	known := func(ordinal int) bool {
		return ordinal <= bots || o.InventoryErr != nil || there[plan.InstanceName(prefix, model.TierBot, ordinal)]
	}
	o.blueprint.Drained, o.strangers = plan.DrainedByHand(bc.Annotations[v1alpha1.AnnotationDrain], prefix, known)
}

// observeInstances reads the instances, then asks each running edge.
func (r *Reconciler) observeInstances(ctx context.Context, seen *observation) {
	seen.Inventory, seen.InventoryErr = seen.host.Inventory(ctx, seen.blueprint.Owner)
	if seen.InventoryErr != nil {
		return
	}
	seen.Edges = map[string]plan.EdgeObservation{}
	var group sync.WaitGroup
	var mutex sync.Mutex
	for _, instance := range seen.Inventory.Instances {
		if !instance.Owned || instance.Tier != model.TierEdge || instance.State != model.StateRunning {
			continue
		}
		group.Go(func() {
			answer := r.ask(ctx, seen.host, instance)
			mutex.Lock()
			defer mutex.Unlock()
			seen.Edges[instance.Name] = answer
		})
	}
	group.Wait()
}

// errEdgeBoots is what is known of an edge that is not asked yet.
var errEdgeBoots = &provider.Error{Class: provider.Waiting, Reason: v1alpha1.ReasonProgressing, Message: "the edge is booting"}

// ask asks an edge for its state. One that has just been started is not waited for, and not asked before it has an address. One
// that stays without is asked, as it may serve.
func (r *Reconciler) ask(ctx context.Context, host provider.Host, edge model.Instance) plan.EdgeObservation {
	young := r.Clock.Since(edge.StartedAt) < r.Policy.AddressDeadline
	if young && !edge.Address.IsValid() {
		return plan.EdgeObservation{Err: errEdgeBoots}
	}
	question := func(ctx context.Context) plan.EdgeObservation {
		state, err := r.edge(host, edge.Name).State(ctx)
		return plan.EdgeObservation{State: state, Err: err}
	}
	key := edgeKey(host, edge.Name)
	if !young {
		r.askings.forget(key)
		return question(ctx)
	}
	return r.askings.ask(ctx, key, question)
}

func (r *Reconciler) host(ctx context.Context, bc *v1alpha1.BotCluster) (provider.Host, error) {
	identity, err := r.identity(ctx, bc)
	if err != nil {
		return nil, err
	}
	return r.Hosts.Host(identity)
}

// owner is what the BotCluster's instances are tagged with.
func (r *Reconciler) owner(bc *v1alpha1.BotCluster) model.Owner {
	return model.Owner{
		Manager: r.Manager, UID: string(bc.UID), Namespace: bc.Namespace, Name: bc.Name,
		Prefix: plan.Prefix(bc.Namespace, bc.Name),
	}
}

// botSecrets reads the Secrets that the bots' environment and files name.
func (r *Reconciler) botSecrets(ctx context.Context, bc *v1alpha1.BotCluster) (map[string]render.Secret, error) {
	secrets := map[string]render.Secret{}
	var missing []error
	read := func(name, field string) {
		if _, known := secrets[name]; known {
			return
		}
		secret, err := r.secrets.get(ctx, bc.Namespace, name, field)
		if err != nil {
			missing = append(missing, err)
			return
		}
		secrets[name] = secret
	}
	for _, from := range bc.Spec.Bot.EnvFrom {
		read(from.SecretRef.Name, "spec.bot.envFrom")
	}
	for _, file := range bc.Spec.Bot.Files {
		if file.SecretKeyRef != nil {
			read(file.SecretKeyRef.Name, "spec.bot.files")
		}
	}
	return secrets, errors.Join(missing...)
}

// unusable says that the bots' files or the edges' secrets cannot be made from what the spec and its Secrets hold. The
// errors of render name the field and never a secret value.
func unusable(err error) error {
	reason := v1alpha1.ReasonInvalidRequest
	switch {
	case errors.Is(err, render.ErrSecretMissing):
		reason = v1alpha1.ReasonSecretNotFound
	case errors.Is(err, render.ErrCertificateUnusable):
		reason = v1alpha1.ReasonCertificateInvalid
	}
	return &provider.Error{Class: provider.Terminal, Reason: reason, Message: "spec." + err.Error()}
}
