package botcluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const (
	// orphanInterval and orphanAge add up to less than the 60 s within which an orphan goes, two rounds (stop, delete)
	// included.
	orphanInterval = 10 * time.Second
	// orphanAge keeps what was made just now: its BotCluster may be newer than what the API server answered
	// (Karpenter's garbage collection waits as long).
	orphanAge = 30 * time.Second
)

// Orphans removes instances whose BotCluster does not exist any more: made by an operation that outlived its owner, or
// left because somebody took the finalizer away. Only instances that carry this manager's tag are looked at, on the
// servers that BotClusters name. Data volumes stay.
type Orphans struct {
	Reconciler *Reconciler
}

// NeedLeaderElection keeps the collection to the leader.
func (o *Orphans) NeedLeaderElection() bool { return true }

// Start collects until the context ends.
func (o *Orphans) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := o.Collect(ctx); err != nil {
			ctrl.LoggerFrom(ctx).Info("Orphans could not be collected; trying again", "error", err.Error())
		}
	}, orphanInterval)
	return nil
}

// Collect makes one round: outside first, then the API server, so that what a new BotCluster just made is not taken for
// an orphan.
func (o *Orphans) Collect(ctx context.Context) error {
	hosts, err := o.hosts(ctx)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		inventory, err := host.Inventory(ctx, model.Owner{Manager: o.Reconciler.Manager})
		if err != nil {
			continue // the BotClusters on it say so in their conditions
		}
		if err := o.collectFrom(ctx, host, inventory.Instances); err != nil {
			return err
		}
	}
	return nil
}

// hosts are the servers that BotClusters name, each once.
func (o *Orphans) hosts(ctx context.Context) ([]provider.Host, error) {
	var list v1alpha1.BotClusterList
	if err := o.Reconciler.Client.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list BotClusters: %w", err)
	}
	seen := map[string]bool{}
	var hosts []provider.Host
	for i := range list.Items {
		host, err := o.Reconciler.host(ctx, &list.Items[i])
		if err != nil || seen[host.Key()] {
			continue
		}
		seen[host.Key()] = true
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func (o *Orphans) collectFrom(ctx context.Context, host provider.Host, instances []model.Instance) error {
	slices.SortStableFunc(instances, func(a, b model.Instance) int { return cmp.Compare(a.Owner.UID, b.Owner.UID) })
	for start := 0; start < len(instances); {
		owner := instances[start].Owner
		end := start
		for end < len(instances) && instances[end].Owner.UID == owner.UID {
			end++
		}
		if err := o.collectOwner(ctx, host, owner, instances[start:end]); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func (o *Orphans) collectOwner(ctx context.Context, host provider.Host, owner model.Owner, instances []model.Instance) error {
	now := o.Reconciler.Clock.Now()
	old := slices.DeleteFunc(slices.Clone(instances), func(i model.Instance) bool { return now.Sub(i.CreatedAt) < orphanAge })
	if len(old) == 0 || owner.UID == "" {
		return nil
	}
	exists, err := o.exists(ctx, owner)
	if err != nil || exists {
		return err
	}
	steps := plan.Orphans(old)
	log := ctrl.LoggerFrom(ctx).WithValues("BotCluster", owner.Namespace+"/"+owner.Name, "uid", owner.UID)
	for _, result := range apply.Run(ctx, steps, apply.Ports{Host: host, Owner: owner}, o.Reconciler.Parallel) {
		log.Info("Removing an orphan", "verb", result.Step.Verb, "target", result.Step.Target,
			"reason", result.Step.Why, "failed", result.Err != nil)
	}
	return nil
}

// exists asks the API server itself, not the cache.
func (o *Orphans) exists(ctx context.Context, owner model.Owner) (bool, error) {
	var bc v1alpha1.BotCluster
	err := o.Reconciler.Reader.Get(ctx, types.NamespacedName{Namespace: owner.Namespace, Name: owner.Name}, &bc)
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for the BotCluster of an instance: %w", err)
	default:
		return string(bc.UID) == owner.UID, nil
	}
}
