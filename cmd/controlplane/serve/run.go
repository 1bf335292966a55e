package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/supervise"
)

// Run serves until the context ends, and returns nil when everything was stopped then. It returns an error when the control plane
// cannot be started: the options are refused, or a component is not ready in time.
func Run(ctx context.Context, options Options) (err error) {
	out := &journal{to: options.Messages}
	plane, err := prepare(ctx, options, out)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, plane.lock.Close()) }()

	var running []*supervise.Child
	defer func() {
		for _, child := range slices.Backward(running) {
			child.Stop()
		}
	}()
	for _, stage := range plane.stages() {
		if ended(ctx) {
			return nil
		}
		// Not with our context: they stop one after the other, not all when it ends.
		child := supervise.Start(context.WithoutCancel(ctx), stage.process)
		running = append(running, child)
		if err := plane.awaitReady(ctx, child, stage.process.Name, options.StartTimeout); err != nil {
			return unlessEnded(ctx, err)
		}
		if stage.then == nil {
			continue
		}
		if err := stage.then(); err != nil {
			return err
		}
	}
	plane.renewUntil(ctx)
	out.sayf("stopping")
	return nil
}

func (p *plane) awaitReady(ctx context.Context, child *supervise.Child, name string, timeout time.Duration) error {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	select {
	case <-child.Ready():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-deadline.C:
		return fmt.Errorf("%s was not ready within %s; see %s", name, timeout, p.dir.Log(name))
	}
}

// unlessEnded forgets an error that came of being told to stop.
func unlessEnded(ctx context.Context, err error) error {
	if ended(ctx) {
		return nil
	}
	return err
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }
