package incus

import (
	"context"
	"sync"
	"time"
)

const (
	// listPatience is how long a call waits for a list.
	listPatience = 10 * time.Second
	// pauseBetweenLists is how often a list is made on demand, at most, while no events come; and how long a list that
	// failed is not tried again.
	pauseBetweenLists = 2 * time.Second
)

// refresh keeps a read of everything: one at a time, in the background, shared by all who need it.
type refresh struct {
	clock Clock
	queue *queue
	read  func(ctx context.Context) error
	// doing says in sentences what the server is busy with meanwhile.
	doing string

	mu      sync.Mutex
	running chan struct{}
	// began is when the last read that succeeded began; failed is when the last one failed, if it did.
	began, failed time.Time
	err           error
	// doubts counts the changes that only a new read shows; answered is how many the last read that succeeded began after.
	// They are counted, not timed: two things may happen at the same time of a coarse clock.
	doubts, answered int
}

// invalidate says that what was read until now is not enough.
func (r *refresh) invalidate() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts++
}

// fresh tells whether nothing is to be begun: the last read is good enough, another is on its way, or the last one has just
// failed.
func (r *refresh) fresh(notBefore time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.running != nil || r.covers(notBefore) || (r.err != nil && r.clock.Now().Sub(r.failed) < pauseBetweenLists)
}

// changed says that what was read is kept up by hand; a read that is on its way may have missed the change.
func (r *refresh) changed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running != nil {
		r.doubts++
	}
}

// covers tells whether the last read is good enough for somebody who needs one that began at or after a time.
func (r *refresh) covers(notBefore time.Time) bool {
	return !r.began.IsZero() && !r.began.Before(notBefore) && r.answered == r.doubts
}

// start begins a read unless one runs.
func (r *refresh) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin()
}

// begin is start for who holds the lock; the channel is closed at the end of the read.
func (r *refresh) begin() <-chan struct{} {
	if r.running != nil {
		return r.running
	}
	done := make(chan struct{})
	r.running = done
	r.queue.put(func(ctx context.Context) {
		r.mu.Lock()
		began, doubts := r.clock.Now(), r.doubts
		r.mu.Unlock()
		err := r.read(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.err = err
		if err == nil {
			r.began, r.answered = began, doubts
		} else {
			r.failed = r.clock.Now()
		}
		r.running = nil
		close(done)
	})
	return done
}

// ensure returns nil once a read that began at or after notBefore succeeded. A read that failed just now is not tried
// again: its error is returned, and so it is when nobody would answer any faster.
func (r *refresh) ensure(ctx context.Context, notBefore time.Time) error {
	var given <-chan time.Time
	for {
		r.mu.Lock()
		if r.covers(notBefore) {
			r.mu.Unlock()
			return nil
		}
		if r.err != nil && (r.running != nil || r.clock.Now().Sub(r.failed) < pauseBetweenLists) {
			defer r.mu.Unlock()
			return r.err
		}
		done := r.begin()
		r.mu.Unlock()
		if given == nil {
			given = r.clock.After(listPatience)
		}
		select {
		case <-done:
		case <-given:
			return waiting(nil, "the Incus server is still %s", r.doing)
		case <-ctx.Done():
			return transient(reasonServerUnreachable, ctx.Err(), "gave up waiting for the Incus server, which is %s", r.doing)
		}
	}
}
