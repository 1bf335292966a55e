package pool

import (
	"context"
	"time"
)

// lanes bound how many probes are under way, so that a pool of dead bots exhausts neither sockets nor memory. New targets
// have a lane of their own: they must not wait behind the time-outs of old ones.
type lanes struct{ fresh, proven chan struct{} }

// Widths of the lanes: 5,000 dead members at the documented 10 s interval and 5 s timeout fill the wide one, and are then
// probed at longer intervals.
const (
	freshLane  = 64
	provenLane = 512
)

func newLanes() lanes {
	return lanes{fresh: make(chan struct{}, freshLane), proven: make(chan struct{}, provenLane)}
}

// startProbing probes a target until it is removed. The registry is locked.
func (r *Registry) startProbing(target *target) {
	ctx, cancel := context.WithCancel(context.Background())
	target.stop = cancel
	r.probing.Go(func() { r.probeUntilDone(ctx, target) })
}

func (r *Registry) probeUntilDone(ctx context.Context, target *target) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-target.probe:
		}
		seen, probe, done := r.probeOnce(ctx, target)
		if done {
			return
		}
		timer.Reset(r.record(target, seen, probe))
	}
}

// probeOnce waits for a free lane and probes. done means that the target is no longer probed.
func (r *Registry) probeOnce(ctx context.Context, target *target) (seen Observation, probe Probe, done bool) {
	hurried := !target.admitting.Load()
	lane := r.lanes.proven
	if hurried {
		lane = r.lanes.fresh
	}
	select {
	case lane <- struct{}{}:
		defer func() { <-lane }()
	case <-ctx.Done():
		return seen, probe, true
	}
	r.mu.Lock()
	probe = r.pushed.Probe
	r.mu.Unlock()
	seen = r.checker.Check(ctx, probe, target.address, hurried)
	return seen, probe, ctx.Err() != nil
}

// record takes in what a probe saw, and returns the time until the next one.
func (r *Registry) record(target *target, seen Observation, probe Probe) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if target.state != Removed {
		r.judge(target, target.health.after(seen, probe.Retries))
	}
	return untilNext(time.Duration(probe.Interval), target.admitting.Load(), time.Since(target.added), r.unanswered)
}

// judge gives a target its new health and lets the world see what follows from it. The registry is locked.
func (r *Registry) judge(target *target, next health) {
	before := target.health.result
	target.health = next
	if next.result == before {
		return
	}
	if next.answers() {
		target.admitting.Store(true)
	}
	r.refreshSoon()
	r.tell(Event{
		Kind: MemberJudged, Member: target.name, Address: target.address,
		Before: before, Result: next.result, Message: next.last.Message,
	})
}
