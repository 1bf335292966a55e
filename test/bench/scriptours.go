package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

// oursFleet is a BotCluster that our operator scales.
type oursFleet struct {
	*scaled
	incus    *ground.Incus
	start    func() (*ground.Operator, error)
	operator *ground.Operator
}

func startOurs(ctx context.Context, incus *ground.Incus) (*oursFleet, error) {
	cluster, start, err := prepareOperator(ctx)
	if err != nil {
		return nil, err
	}
	f := &oursFleet{incus: incus, start: start, scaled: &scaled{cluster: cluster, known: map[string]bool{}, bc: oursCluster(incus)}}
	if f.operator, err = start(); err != nil {
		return nil, errors.Join(err, cluster.Stop())
	}
	if err := cluster.Client.Create(ctx, f.bc); err != nil {
		return nil, errors.Join(fmt.Errorf("apply: %w", err), f.operator.Stop(), cluster.Stop())
	}
	if err := f.whole(ctx, scriptLeast); err != nil {
		return nil, errors.Join(err, f.operator.Stop(), cluster.Stop())
	}
	return f, nil
}

// oursCluster has what the script is told, and signals of CPU alone, as the script; it goes where the load would fit, while the
// script adds one bot at a time.
func oursCluster(incus *ground.Incus) *v1alpha1.BotCluster {
	bc := realCluster(incus, "script-", scriptLeast)
	bc.Spec.Bot.Resources.CPU = new(intstr.FromString("200m")) // scriptAllowance
	bc.Spec.Scaling = v1alpha1.ScalingSpec{
		Enabled: true, MinInstances: scriptLeast, MaxInstances: scriptMost, Mode: v1alpha1.ScalingModeProportional,
		CPUThreshold: new(int32(scriptThreshold)), MemoryThreshold: new(int32(0)), RequestThreshold: new(int32(0)),
		CheckInterval: &metav1.Duration{Duration: scriptInterval}, Cooldown: &metav1.Duration{Duration: scriptCooldown},
		StabilizationWindow: &metav1.Duration{Duration: 2 * scriptInterval},
	}
	return bc
}

// whole waits until so many bots serve.
func (f *oursFleet) whole(ctx context.Context, bots int32) error {
	err := f.until(ctx, func() bool {
		return f.bc.Status.ReadyReplicas == bots && len(f.bc.Status.URLs) > 0 &&
			meta.IsStatusConditionTrue(f.bc.Status.Conditions, v1alpha1.ConditionReady)
	})
	if err != nil {
		return fmt.Errorf("wait until %d bots serve (%v): %w", bots, f.bc.Status.Conditions, err)
	}
	return nil
}

func (f *oursFleet) url() string { return strings.TrimSuffix(f.bc.Status.URLs[0], "/") }

func (f *oursFleet) tell(bool) error { return nil } // it sees for itself

func (f *oursFleet) final() (bool, error) { return false, nil }

func (f *oursFleet) bots(ctx context.Context) (int, error) {
	bots, err := botsOf(ctx, f.incus)
	return len(bots), err
}

// killed kills the operator as soon as it has made more instances, starts it again and waits until it has finished them.
func (f *oursFleet) killed(ctx context.Context) ([]string, error) {
	before, err := f.bots(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.change(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Scaling.MinInstances = scriptMost }); err != nil {
		return nil, err
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		bots, err := f.bots(ctx)
		return bots > before, err
	})
	if err != nil {
		return nil, fmt.Errorf("wait for more bots: %w", err)
	}
	f.operator.Kill()
	killed := time.Now()
	if f.operator, err = f.start(); err != nil {
		return nil, err
	}
	within, cancel := context.WithDeadline(ctx, killed.Add(repairTime))
	defer cancel()
	if err := f.whole(within, scriptMost); err != nil && within.Err() == nil {
		return nil, err
	}
	return silent(ctx, f.incus)
}

// explain writes what the operator says of its decisions.
func (f *oursFleet) explain(ctx context.Context, out io.Writer) {
	err := f.until(ctx, func() bool { return true })
	text, encodeErr := json.Marshal(map[string]any{"scaling": f.bc.Status.Scaling, "conditions": f.bc.Status.Conditions})
	fmt.Fprintf(out, "bench: %s: %s (%v)\n", f.bc.Name, text, errors.Join(err, encodeErr))
}

func (f *oursFleet) stop(ctx context.Context) error {
	return errors.Join(f.remove(ctx), f.operator.Stop(), f.cluster.Stop())
}
