package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// servingBudget is design's bound for the p99 from an answered probe, and so from the push of a bot that answers, to the
	// first request that the bot serves, in milliseconds.
	servingBudget = 50.0
	// newcomers is how many bots join of each kind.
	newcomers = 200
	// lateness is how long after its push a late bot listens: probes before have found nobody.
	lateness = 60 * time.Millisecond
	// watchers ask the edge once per watchPause each: what they see is late by that much at most.
	watchers   = 2
	watchPause = time.Millisecond
	// newcomerTimeout ends a measurement in which a bot never serves.
	newcomerTimeout = 10 * time.Second
)

// measureNewcomers measures how soon a bot serves: from the push of its pool when it listens already, and from the first
// probe that it answers when it listens later.
func measureNewcomers(ctx context.Context, report *reporter, binary string) (err error) {
	standing, stopBots, err := startLoopbackBots(ctx, 2)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopBots()) }()
	edge, err := startEdge(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, edge.stop()) }()
	if err := edge.serve(ctx, standing); err != nil {
		return fmt.Errorf("wait until all bots serve: %w", err)
	}
	watchCtx, stop := context.WithCancel(ctx)
	seen := &lookout{seen: make(chan time.Time, 1)}
	var group errgroup.Group
	for range watchers {
		group.Go(func() error { return seen.watch(watchCtx, edge.address) })
	}
	defer func() {
		stop()
		err = errors.Join(err, group.Wait())
	}()
	return reportNewcomers(ctx, report, func(number int, late time.Duration) (newcomer, error) {
		return edge.welcome(ctx, seen, standing, number, late)
	})
}

func reportNewcomers(ctx context.Context, report *reporter, welcome func(number int, late time.Duration) (newcomer, error)) error {
	var fromPush, fromListening, fromProbe []float64
	for number := range newcomers {
		prompt, err := welcome(1000+number, 0)
		if err != nil {
			return err
		}
		late, err := welcome(2000+number, lateness)
		if err != nil {
			return err
		}
		fromPush = append(fromPush, prompt.sincePush)
		fromListening, fromProbe = append(fromListening, late.sinceListening), append(fromProbe, late.sinceProbe)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	params := map[string]any{"newcomers": newcomers}
	for _, f := range []figure{
		{Name: "edge_push_to_serving_p50", Params: params, Value: median(fromPush), Unit: "ms"},
		figure{Name: "edge_push_to_serving_p99", Params: params, Value: quantile(fromPush, 0.99), Unit: "ms"}.within(servingBudget),
		{Name: "edge_listening_to_serving_p99", Params: params, Value: quantile(fromListening, 0.99), Unit: "ms"},
		figure{Name: "edge_probe_to_serving_p99", Params: params, Value: quantile(fromProbe, 0.99), Unit: "ms"}.within(servingBudget),
	} {
		if err := report.report(f); err != nil {
			return err
		}
	}
	return nil
}

// newcomer is how long it took until a bot served its first request, in milliseconds.
type newcomer struct{ sincePush, sinceListening, sinceProbe float64 }

// welcome adds a bot to the pool, which listens at once or later, waits until it serves, and takes it out again.
func (e *servedEdge) welcome(
	ctx context.Context, seen *lookout, standing []*loopbackBot, number int, late time.Duration,
) (newcomer, error) {
	bot := newLoopbackBot(number)
	defer func() { _ = bot.close() }() // the pool does not know it any more
	seen.lookFor(bot.name)
	if late == 0 {
		if err := bot.listen(ctx); err != nil {
			return newcomer{}, err
		}
	}
	pushed := time.Now()
	if _, err := e.hold(ctx, append(membersOf(standing), membersOf([]*loopbackBot{bot})...)...); err != nil {
		return newcomer{}, err
	}
	listening := pushed
	if late > 0 {
		if err := sleep(ctx, late); err != nil {
			return newcomer{}, err
		}
		listening = time.Now()
		if err := bot.listen(ctx); err != nil {
			return newcomer{}, err
		}
	}
	served, err := seen.await(ctx)
	if err != nil {
		return newcomer{}, fmt.Errorf("%s: %w", bot.name, err)
	}
	if _, err := e.hold(ctx, membersOf(standing)...); err != nil {
		return newcomer{}, err
	}
	return newcomer{
		sincePush: milliseconds(served.Sub(pushed)), sinceListening: milliseconds(served.Sub(listening)),
		sinceProbe: milliseconds(served.Sub(time.Unix(0, bot.probed.Load()))),
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// lookout is told which bot to look for, and sees it in the answers of the edge.
type lookout struct {
	wanted atomic.Pointer[string]
	seen   chan time.Time
}

func (l *lookout) lookFor(bot string) { l.wanted.Store(&bot) }

func (l *lookout) await(ctx context.Context) (time.Time, error) {
	timer := time.NewTimer(newcomerTimeout)
	defer timer.Stop()
	select {
	case served := <-l.seen:
		return served, nil
	case <-timer.C:
		return time.Time{}, fmt.Errorf("it has not served within %s", newcomerTimeout)
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// watch asks the edge until the context ends.
func (l *lookout) watch(ctx context.Context, address string) error {
	client, err := newRawClient(ctx, address, "/api/bench")
	if err != nil {
		return err
	}
	defer client.close()
	ticker := time.NewTicker(watchPause)
	defer ticker.Stop()
	for ctx.Err() == nil {
		<-ticker.C
		bot, err := client.exchange()
		if err != nil {
			return err
		}
		if wanted := l.wanted.Load(); wanted != nil && string(bot) == *wanted && l.wanted.CompareAndSwap(wanted, nil) {
			l.seen <- time.Now()
		}
	}
	return nil
}
