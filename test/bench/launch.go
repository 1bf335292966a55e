package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

const (
	// launchBudget is design's bound for apply → Ready beside the same instances launched bare.
	launchBudget = 1.3
	// launchRuns is how often each size is measured; the medians are compared.
	launchRuns = 3
	// readyPoll is how often the status is looked at: each look costs the API server CPU that the bots boot with.
	readyPoll = 50 * time.Millisecond
	// launchTimeout ends a measurement that does not come to an end.
	launchTimeout = 3 * time.Minute
)

// measureLaunch measures apply → Ready on real Incus beside the same instances launched bare, in turns.
func measureLaunch(ctx context.Context, report *reporter) (err error) {
	incus, err := ground.StartIncus(ctx, "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, incus.Stop(context.WithoutCancel(ctx))) }()
	cluster, operator, err := startOperator(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, operator.Stop(), cluster.Stop()) }()
	if _, err := launchOurs(ctx, cluster, incus, 1); err != nil { // the first launch unpacks the images
		return err
	}
	for _, bots := range []int{1, 5, 10, 20} {
		var ours, bare []float64
		for range launchRuns {
			took, err := launchBare(ctx, incus, bots)
			if err != nil {
				return fmt.Errorf("bare launch of %d: %w", bots, err)
			}
			bare = append(bare, took.Seconds())
			if took, err = launchOurs(ctx, cluster, incus, bots); err != nil {
				return fmt.Errorf("apply of %d: %w", bots, err)
			}
			ours = append(ours, took.Seconds())
		}
		f := figure{Name: "launch_to_ready", Params: map[string]any{"bots": bots, "edges": 1, "runs": launchRuns}, Value: median(ours), Unit: "s"}
		if err := report.report(f.against(median(bare)).within(launchBudget)); err != nil {
			return err
		}
	}
	return nil
}

// startOperator runs the operator against an API server of its own.
func startOperator(ctx context.Context) (*ground.Kubernetes, *ground.Operator, error) {
	cluster, start, err := prepareOperator(ctx)
	if err != nil {
		return nil, nil, err
	}
	operator, err := start()
	if err != nil {
		return nil, nil, errors.Join(err, cluster.Stop())
	}
	return cluster, operator, nil
}

// prepareOperator starts an API server and returns what starts an operator for it, as often as one is needed.
func prepareOperator(ctx context.Context) (*ground.Kubernetes, func() (*ground.Operator, error), error) {
	cluster, err := ground.StartKubernetes(ctx)
	if err != nil {
		return nil, nil, err
	}
	binary, err := ground.BuildOperator(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, cluster.Stop())
	}
	kubeconfig, err := cluster.OperatorKubeconfig(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, cluster.Stop())
	}
	log, err := os.CreateTemp("", "botcluster-bench-*.log")
	if err != nil {
		return nil, nil, errors.Join(err, cluster.Stop())
	}
	return cluster, func() (*ground.Operator, error) {
		return ground.StartOperator(binary, kubeconfig, log, "--incus-unix-socket", ground.UnixSocket, "--zap-time-encoding=rfc3339nano")
	}, nil
}

// realCluster is a BotCluster on real Incus, with a name of its own.
func realCluster(incus *ground.Incus, prefix string, bots int) *v1alpha1.BotCluster {
	return &v1alpha1.BotCluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", GenerateName: prefix},
		Spec: v1alpha1.BotClusterSpec{
			Replicas: new(int32(bots)),
			Incus: v1alpha1.IncusSpec{
				UnixSocket: ground.UnixSocket, Project: incus.Project, StoragePool: incus.Pool, Network: incus.Network,
			},
			Bot:  v1alpha1.BotSpec{Image: v1alpha1.ImageReference{Alias: "botcluster-bot"}},
			Edge: v1alpha1.EdgeSpec{Image: v1alpha1.ImageReference{Alias: "botcluster-edge"}},
		},
	}
}

// launchOurs applies a BotCluster, measures until it is ready, and deletes it.
func launchOurs(ctx context.Context, cluster *ground.Kubernetes, incus *ground.Incus, bots int) (time.Duration, error) {
	// The API server of the benchmark collects no garbage: the next one must not meet the Secret of this one.
	bc := realCluster(incus, "bench-", bots)
	started := time.Now()
	if err := cluster.Client.Create(ctx, bc); err != nil {
		return 0, fmt.Errorf("apply: %w", err)
	}
	err := poll(ctx, func(ctx context.Context) (bool, error) {
		err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc)
		return err == nil && meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReady), err
	})
	took := time.Since(started)
	if err != nil {
		return 0, fmt.Errorf("wait for Ready (%v): %w", bc.Status.Conditions, err)
	}
	if err := cluster.Client.Delete(ctx, bc); err != nil {
		return 0, fmt.Errorf("delete: %w", err)
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	return took, err
}

func poll(ctx context.Context, done wait.ConditionWithContextFunc) error {
	return wait.PollUntilContextTimeout(ctx, readyPoll, launchTimeout, true, done)
}
