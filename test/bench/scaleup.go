package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

const (
	// coldBudget is design's bound for scale decision → new bot serving beside a bare launch with its first healthy probe, warmBudget
	// that from warm standby in seconds.
	coldBudget = 1.3
	warmBudget = 0.3
	// scaleRuns is how often each is measured.
	scaleRuns = 5
	// servingPoll is how often the edge is asked whether a new bot answers.
	servingPoll = 5 * time.Millisecond
)

// measureScaleUp measures how soon a new bot serves its first request after more were asked for, cold and from warm standby,
// beside one instance that is launched straight through Incus and probed.
func measureScaleUp(ctx context.Context, report *reporter) (err error) {
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
	fleet, err := startScaled(ctx, cluster, incus)
	if err != nil {
		return err
	}
	var bare, cold, warm []float64
	for range scaleRuns {
		took, err := launchBareBot(ctx, incus)
		if err != nil {
			return err
		}
		bare = append(bare, took.Seconds())
		if took, err = fleet.grow(ctx); err != nil {
			return fmt.Errorf("scale up: %w", err)
		}
		cold = append(cold, took.Seconds())
	}
	for range scaleRuns {
		if err := fleet.prepare(ctx); err != nil {
			return fmt.Errorf("wait for a standby: %w", err)
		}
		took, err := fleet.grow(ctx)
		if err != nil {
			return fmt.Errorf("scale up from standby: %w", err)
		}
		warm = append(warm, took.Seconds())
	}
	if err := fleet.remove(ctx); err != nil {
		return err
	}
	params := map[string]any{"runs": scaleRuns}
	return errors.Join(
		report.report(figure{Name: "scale_up_cold_to_serving", Params: params, Value: median(cold), Unit: "s"}.
			against(median(bare)).within(coldBudget)),
		report.report(figure{Name: "scale_up_from_standby_to_serving", Params: params, Value: median(warm), Unit: "s"}.within(warmBudget)),
		report.report(figure{Name: "scale_up_from_standby_worst", Params: params, Value: slices.Max(warm), Unit: "s"}.against(median(bare))),
	)
}

// launchBareBot launches one bot straight through Incus and measures until it answers its health endpoint.
func launchBareBot(ctx context.Context, incus *ground.Incus) (time.Duration, error) {
	server, disconnect, err := connectBare(ctx, incus)
	if err != nil {
		return 0, err
	}
	defer disconnect()
	const name = "bare-bot"
	started := time.Now()
	err = bareInstance(ctx, server, incus, name)
	took := time.Since(started)
	return took, errors.Join(err, removeBare(server, name))
}

// scaled is a BotCluster that grows by one bot at a time.
type scaled struct {
	cluster *ground.Kubernetes
	bc      *v1alpha1.BotCluster
	known   map[string]bool
}

func startScaled(ctx context.Context, cluster *ground.Kubernetes, incus *ground.Incus) (*scaled, error) {
	bc := realCluster(incus, "scale-", 1)
	if err := cluster.Client.Create(ctx, bc); err != nil {
		return nil, fmt.Errorf("apply: %w", err)
	}
	s := &scaled{cluster: cluster, bc: bc, known: map[string]bool{}}
	if err := s.until(ctx, func() bool { return bc.Status.ReadyReplicas == 1 && len(bc.Status.URLs) > 0 }); err != nil {
		return nil, fmt.Errorf("wait for the first bot: %w", err)
	}
	return s, s.learn(ctx)
}

// until waits for what the status tells.
func (s *scaled) until(ctx context.Context, done func() bool) error {
	return poll(ctx, func(ctx context.Context) (bool, error) {
		err := s.cluster.Client.Get(ctx, client.ObjectKeyFromObject(s.bc), s.bc)
		return err == nil && done(), err
	})
}

// learn notes which bots serve now.
func (s *scaled) learn(ctx context.Context) error {
	return s.until(ctx, func() bool {
		for _, instance := range s.bc.Status.Instances {
			if instance.Tier == "bot" && instance.Phase == "Ready" {
				s.known[instance.Name] = true
			}
		}
		return len(s.known) == int(s.bc.Status.ReadyReplicas)
	})
}

// change changes the spec.
func (s *scaled) change(ctx context.Context, change func(*v1alpha1.BotClusterSpec)) error {
	before := s.bc.DeepCopy()
	change(&s.bc.Spec)
	return s.cluster.Client.Patch(ctx, s.bc, client.MergeFrom(before))
}

// grow asks for one bot more and measures until it answers a request through the edge.
func (s *scaled) grow(ctx context.Context) (time.Duration, error) {
	started := time.Now()
	if err := s.change(ctx, func(spec *v1alpha1.BotClusterSpec) { *spec.Replicas++ }); err != nil {
		return 0, err
	}
	err := wait.PollUntilContextTimeout(ctx, servingPoll, launchTimeout, true, func(ctx context.Context) (bool, error) {
		bot, err := answering(ctx, strings.TrimSuffix(s.bc.Status.URLs[0], "/")+"/api/grown")
		return err == nil && !s.known[bot], err
	})
	took := time.Since(started)
	if err != nil {
		return 0, err
	}
	if err := s.until(ctx, func() bool { return s.bc.Status.ReadyReplicas == *s.bc.Spec.Replicas }); err != nil {
		return 0, err
	}
	return took, s.learn(ctx)
}

// prepare waits until a bot waits frozen.
func (s *scaled) prepare(ctx context.Context) error {
	if err := s.change(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Scaling.WarmStandby = 1 }); err != nil {
		return err
	}
	return s.until(ctx, func() bool {
		return slices.ContainsFunc(s.bc.Status.Tiers, func(tier v1alpha1.TierStatus) bool { return tier.Standby == 1 })
	})
}

func (s *scaled) remove(ctx context.Context) error {
	if err := s.cluster.Client.Delete(ctx, s.bc); err != nil {
		return err
	}
	return poll(ctx, func(ctx context.Context) (bool, error) {
		err := s.cluster.Client.Get(ctx, client.ObjectKeyFromObject(s.bc), s.bc)
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
}

// answering is which bot answers a request.
func answering(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.Header.Get("Botserver-Name"), errors.Join(err, response.Body.Close())
}
