package incus

import (
	"context"
	"sync"
)

// atOnce is how many reads a host has on the way at the same time. Incus looks into an instance by a process of its own.
const atOnce = 16

// queue holds jobs for the background of a host. They get the host's context, so that none outlives it.
type queue struct {
	mu   sync.Mutex
	jobs []func(context.Context)
	wake chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) put(job func(context.Context)) {
	q.mu.Lock()
	q.jobs = append(q.jobs, job)
	q.mu.Unlock()
	signal(q.wake)
}

func (q *queue) take() []func(context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

// run does the jobs until ctx ends, a bounded number at a time, and returns when the last is done.
func (q *queue) run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	places := make(chan struct{}, atOnce)
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		for _, job := range q.take() {
			select {
			case <-ctx.Done():
				return
			case places <- struct{}{}:
			}
			group.Go(func() {
				defer func() { <-places }()
				job(ctx)
			})
		}
	}
}
