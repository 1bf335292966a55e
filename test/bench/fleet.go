package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/test/ground"
)

// The budgets of design, section 7, for 1,000 BotClusters of 10 bots each.
const (
	fleetClusters = 1000
	fleetBots     = 10

	fleetReadyBudget   = 600.0 // s
	fleetMemoryBudget  = 300.0 // MB
	fleetSteadyBudget  = 0.05  // cores
	fleetRestartBudget = 30.0  // s

	fleetTimeout = 20 * time.Minute
	// fleetSteady is how long the fleet at rest is watched.
	fleetSteady = 60 * time.Second
)

// measureFleet runs the operator process against a fake host with 1,000 BotClusters.
func measureFleet(ctx context.Context, report *reporter) (err error) {
	host, err := startFakeHost()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.stop()) }()
	bench, err := startFleet(ctx, host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.stop()) }()
	for _, measure := range []func(context.Context, *reporter) error{bench.ready, bench.steady, bench.restart} {
		if err := measure(ctx, report); err != nil {
			return err
		}
	}
	return nil
}

type fleetBench struct {
	host       *fakeHost
	cluster    *ground.Kubernetes
	operator   *ground.Operator
	binary     string
	kubeconfig string
	log        *os.File
}

func startFleet(ctx context.Context, host *fakeHost) (*fleetBench, error) {
	b := &fleetBench{host: host}
	var err error
	if b.cluster, err = ground.StartKubernetes(ctx); err != nil {
		return nil, err
	}
	if b.binary, err = ground.BuildOperator(ctx); err == nil {
		b.kubeconfig, err = b.cluster.OperatorKubeconfig(ctx)
	}
	if err == nil {
		b.log, err = os.CreateTemp("", "botcluster-fleet-*.log")
	}
	if err == nil {
		err = b.startOperator()
	}
	if err != nil {
		return nil, errors.Join(err, b.cluster.Stop())
	}
	return b, nil
}

func (b *fleetBench) startOperator() (err error) {
	b.operator, err = ground.StartOperator(b.binary, b.kubeconfig, b.log, "--incus-unix-socket", b.host.server.Socket)
	return err
}

func (b *fleetBench) stop() error {
	return errors.Join(b.operator.Stop(), b.cluster.Stop(), b.log.Close())
}

// ready measures from the first apply until all are ready.
func (b *fleetBench) ready(ctx context.Context, report *reporter) error {
	started := time.Now()
	var group errgroup.Group
	group.SetLimit(8)
	for i := range fleetClusters {
		group.Go(func() error {
			return b.cluster.Client.Create(ctx, b.host.botCluster(fmt.Sprintf("fleet-%d", i), fleetBots))
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("create the BotClusters: %w", err)
	}
	if err := b.untilReady(ctx); err != nil {
		return err
	}
	params := map[string]any{"clusters": fleetClusters, "bots": fleetBots}
	took := figure{Name: "fleet_ready", Params: params, Value: time.Since(started).Seconds(), Unit: "s"}
	if err := report.report(took.within(fleetReadyBudget)); err != nil {
		return err
	}
	memory, err := peakMemory(b.operator.PID())
	if err != nil {
		return err
	}
	return report.report(figure{Name: "fleet_operator_rss", Params: params, Value: memory, Unit: "MB"}.within(fleetMemoryBudget))
}

// untilReady waits until every BotCluster is ready.
func (b *fleetBench) untilReady(ctx context.Context) error {
	ready := 0
	err := wait.PollUntilContextTimeout(ctx, 2*time.Second, fleetTimeout, true, func(ctx context.Context) (bool, error) {
		var list v1alpha1.BotClusterList
		if err := b.cluster.Client.List(ctx, &list); err != nil {
			return false, fmt.Errorf("list the BotClusters: %w", err)
		}
		ready = 0
		for _, bc := range list.Items {
			if meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReady) {
				ready++
			}
		}
		return ready == fleetClusters, nil
	})
	if err != nil {
		return fmt.Errorf("%d of %d are ready: %w", ready, fleetClusters, err)
	}
	return nil
}

// steady measures the cost of a fleet at rest: CPU, lists and writes.
func (b *fleetBench) steady(ctx context.Context, report *reporter) error {
	if err := b.untilQuiet(ctx); err != nil {
		return err
	}
	writes, before := len(b.host.world.Writes()), time.Now()
	cpu, err := cpuTime(b.operator.PID())
	if err != nil {
		return err
	}
	if err := sleep(ctx, fleetSteady); err != nil {
		return err
	}
	later, err := cpuTime(b.operator.PID())
	if err != nil {
		return err
	}
	params := map[string]any{"clusters": fleetClusters, "bots": fleetBots, "seconds": fleetSteady.Seconds()}
	cores := (later - cpu).Seconds() / time.Since(before).Seconds()
	used := figure{Name: "fleet_steady_cpu", Params: params, Value: cores, Unit: "cores"}
	if err := report.report(used.within(fleetSteadyBudget)); err != nil {
		return err
	}
	written := float64(len(b.host.world.Writes()) - writes)
	return report.report(figure{Name: "fleet_steady_writes", Params: params, Value: written, Unit: "writes"}.within(0))
}

// restart measures how long a new operator process takes until it has looked at everything, and that it writes nothing.
func (b *fleetBench) restart(ctx context.Context, report *reporter) error {
	b.operator.Kill()
	writes := len(b.host.world.Writes())
	started := time.Now()
	if err := b.startOperator(); err != nil {
		return err
	}
	if err := b.untilQuiet(ctx); err != nil {
		return err
	}
	params := map[string]any{"instances": fleetClusters * (fleetBots + 1)}
	quiet := figure{Name: "fleet_restart_quiet", Params: params, Value: (time.Since(started) - quietFor).Seconds(), Unit: "s"}
	if err := report.report(quiet.within(fleetRestartBudget)); err != nil {
		return err
	}
	written := float64(len(b.host.world.Writes()) - writes)
	return report.report(figure{Name: "fleet_restart_writes", Params: params, Value: written, Unit: "writes"}.within(0))
}

const (
	// quietFor is how long the operator must be quiet to be called so; quietCPU is how much of a core it may use then.
	quietFor = 6 * time.Second
	quietCPU = 0.3
)

// untilQuiet waits until the operator has written nothing and hardly worked for a while.
func (b *fleetBench) untilQuiet(ctx context.Context) error {
	deadline := time.Now().Add(fleetTimeout)
	for time.Now().Before(deadline) {
		writes := b.lastWrite()
		cpu, err := cpuTime(b.operator.PID())
		if err != nil {
			return err
		}
		if err := sleep(ctx, quietFor); err != nil {
			return err
		}
		later, err := cpuTime(b.operator.PID())
		if err != nil {
			return err
		}
		if b.lastWrite() == writes && (later-cpu).Seconds() < quietCPU*quietFor.Seconds() {
			return nil
		}
	}
	return errors.New("the operator does not come to rest")
}

func (b *fleetBench) lastWrite() fake.WriteRecord {
	writes := b.host.world.Writes()
	if len(writes) == 0 {
		return fake.WriteRecord{}
	}
	return writes[len(writes)-1]
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
