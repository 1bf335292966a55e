package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/botcluster"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
	"github.com/generalbots/botcluster-operator/controllers/provider/incus"
	"github.com/generalbots/botcluster-operator/test/ground"
)

const (
	// noopPasses is how many passes over a BotCluster at rest are measured.
	noopPasses = 500
	// noopBudget is design's bound for the p99 at 10 instances, in milliseconds; it grows in proportion to the instances.
	noopBudget = 2.0
	// passPause is the time between two passes until all is at rest: here nobody else makes them.
	passPause = 10 * time.Millisecond
)

// measureNoop measures a pass over a BotCluster at rest, as the operator makes it: the object from the informer's cache,
// instances from the driver's inventory, one edge asked over its tunnel.
func measureNoop(ctx context.Context, report *reporter) (err error) {
	cluster, err := ground.StartKubernetes(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	for _, bots := range []int{10, 1000} {
		if err := noop(ctx, report, cluster, bots); err != nil {
			return fmt.Errorf("%d bots: %w", bots, err)
		}
	}
	return nil
}

func noop(ctx context.Context, report *reporter, cluster *ground.Kubernetes, bots int) (err error) {
	host, err := startFakeHost()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.stop()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reconciler, hosts, err := noopReconciler(ctx, cluster, host)
	if err != nil {
		return err
	}
	defer hosts.Close()
	bc := host.botCluster(fmt.Sprintf("noop-%d", bots), bots)
	if err := cluster.Client.Create(ctx, bc); err != nil {
		return fmt.Errorf("create the BotCluster: %w", err)
	}
	request := ctrl.Request{NamespacedName: client.ObjectKeyFromObject(bc)}
	if err := converge(ctx, reconciler, cluster, bc); err != nil {
		return err
	}
	before := len(host.world.Writes())
	var took []float64
	for range noopPasses {
		started := time.Now()
		if _, err := reconciler.Reconcile(ctx, request); err != nil {
			return fmt.Errorf("a pass at rest: %w", err)
		}
		took = append(took, float64(time.Since(started).Microseconds())/1000)
	}
	version := bc.ResourceVersion
	if err := cluster.Client.Get(ctx, request.NamespacedName, bc); err != nil {
		return fmt.Errorf("read the BotCluster: %w", err)
	}
	if len(host.world.Writes()) != before || bc.ResourceVersion != version {
		return errWrites
	}
	params := map[string]any{"instances": bots + 1, "passes": noopPasses, "writes": 0}
	if err := report.report(figure{Name: "noop_pass_p50", Params: params, Value: median(took), Unit: "ms"}); err != nil {
		return err
	}
	budget := noopBudget * max(1, float64(bots)/10)
	return report.report(figure{Name: "noop_pass_p99", Params: params, Value: quantile(took, 0.99), Unit: "ms"}.within(budget))
}

// noopReconciler is the operator's reconciler with the operator's cache.
func noopReconciler(ctx context.Context, cluster *ground.Kubernetes, host *fakeHost) (*botcluster.Reconciler, *incus.Hosts, error) {
	informers, err := cache.New(cluster.Config, cache.Options{Scheme: ground.Scheme()})
	if err != nil {
		return nil, nil, fmt.Errorf("make the cache: %w", err)
	}
	go func() { _ = informers.Start(ctx) }() // it ends with the context
	cached, err := client.New(cluster.Config, client.Options{Scheme: ground.Scheme(), Cache: &client.CacheOptions{Reader: informers}})
	if err != nil {
		return nil, nil, fmt.Errorf("make the client: %w", err)
	}
	hosts := incus.NewHosts(ctx, incus.Options{Clock: clock.RealClock{}, AllowedSockets: []string{host.server.Socket}})
	return botcluster.NewReconciler(botcluster.Options{
		Client: cached, Reader: cluster.Client, Recorder: events.NewFakeRecorder(1 << 16), Clock: clock.RealClock{},
		Random: rand.Reader, Hosts: hosts, Edges: caddy.New(), Manager: "bench",
	}), hosts, nil
}

// converge makes passes until the BotCluster is ready and at rest.
func converge(ctx context.Context, reconciler *botcluster.Reconciler, cluster *ground.Kubernetes, bc *v1alpha1.BotCluster) error {
	return wait.PollUntilContextTimeout(ctx, passPause, launchTimeout, true, func(ctx context.Context) (bool, error) {
		if _, err := reconciler.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(bc)}); err != nil {
			return false, fmt.Errorf("a pass: %w", err)
		}
		if err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc); err != nil {
			return false, fmt.Errorf("read the BotCluster: %w", err)
		}
		return meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReady) &&
			!meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReconciling), nil
	})
}
