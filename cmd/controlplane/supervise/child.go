package supervise

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// Child is a process that is being kept alive.
type Child struct {
	process Process
	cancel  context.CancelFunc
	gone    chan struct{}

	ready     chan struct{}
	readyOnce sync.Once
}

// Start keeps the process alive until Stop is called or the context ends.
func Start(ctx context.Context, process Process) *Child {
	ctx, cancel := context.WithCancel(ctx)
	child := &Child{process: process, cancel: cancel, gone: make(chan struct{}), ready: make(chan struct{})}
	go child.keep(ctx)
	return child
}

// Ready is closed when the process is ready for the first time.
func (c *Child) Ready() <-chan struct{} { return c.ready }

// Stop ends the process and returns when it is gone.
func (c *Child) Stop() {
	c.cancel()
	<-c.gone
}

func (c *Child) keep(ctx context.Context) {
	// The kernel means, by the parent whose death kills the child, the thread that started it (prctl(2), PR_SET_PDEATHSIG). This
	// goroutine keeps its thread for as long as there is a child.
	runtime.LockOSThread()
	defer close(c.gone)
	for {
		started := time.Now()
		err := c.run(ctx)
		if ctx.Err() != nil {
			c.report(Event{State: Stopped})
			return
		}
		wait := c.process.Backoff.After(time.Since(started))
		c.report(Event{State: Exited, Err: exit(err), Within: wait})
		select {
		case <-ctx.Done():
			c.report(Event{State: Stopped})
			return
		case <-time.After(wait):
		}
	}
}

// run is one life of the process.
func (c *Child) run(ctx context.Context) error {
	command := c.process.command(ctx)
	if err := command.Start(); err != nil {
		return err
	}
	c.report(Event{State: Started, PID: command.Process.Pid})

	alive, died := context.WithCancel(ctx)
	var asking sync.WaitGroup
	asking.Go(func() { c.awaitReady(alive) })
	err := command.Wait()
	died()
	asking.Wait()
	return err
}

func (c *Child) awaitReady(alive context.Context) {
	started := time.Now()
	if c.process.Ready != nil {
		if c.process.Ready(alive) != nil {
			return // it died or is to stop, and run says so
		}
		c.report(Event{State: Ready, Within: time.Since(started)})
	}
	c.readyOnce.Do(func() { close(c.ready) })
}

func (c *Child) report(event Event) {
	event.Process = c.process.Name
	c.process.Report(event)
}

// errEnded stands in for an exit that os/exec has no error for.
var errEnded = errors.New("exit status 0")

func exit(err error) error {
	if err == nil {
		return errEnded
	}
	return err
}
