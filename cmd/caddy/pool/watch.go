package pool

import "context"

// announce lets the waiters see a change. The registry is locked.
func (r *Registry) announce() {
	r.change++
	close(r.changed)
	r.changed = make(chan struct{})
}

// Wait returns when the pool has changed since the change number, at once if it has already, or when the context ends.
// A change is a push, another result of a member's probes, a member beginning or ceasing to serve or to be ejected, a circuit
// breaker's turn, the last request of a draining or removed member ending, other routes being loaded, or other secrets.
func (r *Registry) Wait(ctx context.Context, since uint64) {
	for {
		r.mu.Lock()
		change, changed := r.change, r.changed
		r.mu.Unlock()
		if change != since {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
