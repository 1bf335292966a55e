package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// pushRate is how many pools a second are pushed (part 2: 1,000 leave latency alone).
	pushRate = 1000
	// pushers share the rate: each waits for its answer.
	pushers = 4
	// pushRateReached is what may be missing of that: a ticker skips what it is late for.
	pushRateReached = 0.95
	// pushLatencyBudget is how much longer the p99 of requests may be with them than without. What is left of two cores
	// answers both, so a push has its price in any case; one that stopped requests would cost many times this.
	pushLatencyBudget = 1.5
	pushRounds        = 10
	pushWhile         = 2 * time.Second
	// pushClients and pushPause make 1,000 requests a second, far from what the edge can do: latency, not a queue.
	pushClients = 16
	pushPause   = 16 * time.Millisecond
	pushMembers = 10
)

// measurePushes measures latency with and without 1,000 pool pushes a second, each of which changes a member, in turns.
func measurePushes(ctx context.Context, report *reporter, binary string) (err error) {
	bots, stopBots, err := startLoopbackBots(ctx, pushMembers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopBots()) }()
	edge, err := startEdge(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, edge.stop()) }()
	if err := edge.serve(ctx, bots); err != nil {
		return fmt.Errorf("wait until all bots serve: %w", err)
	}
	var quiet, busy, rates []float64
	for range pushRounds {
		came, err := load(ctx, edge.address, pushClients, pushWhile, pushPause)
		if err != nil {
			return fmt.Errorf("without pushes: %w", err)
		}
		quiet = append(quiet, quantile(came.latencies, 0.99))
		pushed, rate, err := loadWithPushes(ctx, edge, bots)
		if err != nil {
			return fmt.Errorf("with pushes: %w", err)
		}
		busy, rates = append(busy, quantile(pushed.latencies, 0.99)), append(rates, rate)
	}
	params := map[string]any{"members": pushMembers, "rounds": pushRounds}
	rate := figure{Name: "edge_pushes_rate", Params: params, Value: median(rates), Unit: "pushes/s"}
	if err := report.report(rate.atLeast(pushRate * pushRateReached)); err != nil {
		return err
	}
	latency := figure{Name: "edge_pushes_latency_p99", Params: params, Value: median(busy), Unit: "ms"}
	return report.report(latency.against(median(quiet)).within(pushLatencyBudget))
}

// loadWithPushes loads the edge while pools are pushed, and tells how many a second were.
func loadWithPushes(ctx context.Context, edge *servedEdge, bots []*loopbackBot) (came burst, rate float64, err error) {
	pushing, stop := context.WithCancel(ctx)
	defer stop()
	var pushed atomic.Int64
	var group errgroup.Group
	for range pushers {
		group.Go(func() error { return push(pushing, edge, bots, &pushed) })
	}
	started := time.Now()
	came, err = load(ctx, edge.address, pushClients, pushWhile, pushPause)
	rate = float64(pushed.Load()) / time.Since(started).Seconds()
	stop()
	return came, rate, errors.Join(err, group.Wait())
}

// push pushes two pools in turns, in which the last bot drains or not, until the context ends.
func push(ctx context.Context, edge *servedEdge, bots []*loopbackBot, pushed *atomic.Int64) error {
	connection, err := edge.caddy.Dial(ctx)
	if err != nil {
		return fmt.Errorf("connect to the admin API: %w", err)
	}
	client, err := rawClientOn(connection, nil)
	if err != nil {
		return err
	}
	defer client.close()
	requests, err := pushRequests(bots)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(time.Second * pushers / pushRate)
	defer ticker.Stop()
	for ctx.Err() == nil {
		<-ticker.C
		client.request = requests[pushed.Add(1)%2]
		if _, err := client.exchange(); err != nil {
			return err
		}
	}
	return nil
}

// pushRequests are two pushes of the same bots: in one of them the last drains.
func pushRequests(bots []*loopbackBot) ([2][]byte, error) {
	var out [2][]byte
	for i, last := range []model.MemberState{model.MemberActive, model.MemberDraining} {
		members := membersOf(bots)
		members[len(members)-1].State = last
		body, err := json.Marshal(map[string]any{
			"revision": "bench-" + string(last),
			"probe": map[string]any{
				"path": benchProbe.Path, "interval": benchProbe.Interval.String(), "timeout": benchProbe.Timeout.String(),
				"retries": benchProbe.Retries,
			},
			"members": pushed(members),
		})
		if err != nil {
			return out, fmt.Errorf("encode a push: %w", err)
		}
		header := "PUT /botcluster/pool HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
		out[i] = fmt.Appendf(nil, header, len(body), body)
	}
	return out, nil
}

func pushed(members []model.Member) []map[string]any {
	out := make([]map[string]any, 0, len(members))
	for _, member := range members {
		out = append(out, map[string]any{"name": member.Name, "address": member.Address, "state": member.State})
	}
	return out
}
