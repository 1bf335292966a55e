package incus

import (
	"context"
	"sync"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// askAgainAfter is how long an answer "cannot be reached" holds before a call asks for another attempt.
const askAgainAfter = 2 * time.Second

// link is what is known about the way to a server: whether it can be used, and else why not. Calls do not wait at a server
// that was found unusable: they get the reason at once, and the next attempt is made beside them.
type link struct {
	clock Clock

	mu sync.Mutex
	// err is why the server cannot be used, nil when it can.
	err error
	// trying is true from the beginning of an attempt to its end; attempts counts the ended ones.
	trying   bool
	attempts int
	ended    time.Time
	// outcome is closed at the end of the attempt that runs or comes next.
	outcome chan struct{}
	// wanted asks for an attempt now.
	wanted chan struct{}
	// doubted asks whether the server still answers, after a request that it did not answer in time.
	doubted   chan struct{}
	clustered bool
	closed    bool
}

func newLink(clock Clock) *link {
	return &link{clock: clock, trying: true, outcome: make(chan struct{}), wanted: make(chan struct{}, 1), doubted: make(chan struct{}, 1)}
}

// await returns nil when the server can be used. It waits for the first attempt, and for one that it asks for itself
// because the last is a while ago.
func (l *link) await(ctx context.Context) error {
	l.mu.Lock()
	err, outcome := l.err, l.outcome
	first := l.attempts == 0
	stale := err != nil && !l.trying && !l.closed && l.clock.Now().Sub(l.ended) >= askAgainAfter
	if stale {
		l.trying = true
	}
	l.mu.Unlock()
	if !first && !stale {
		return err
	}
	if stale {
		signal(l.wanted)
	}
	select {
	case <-outcome:
	case <-ctx.Done():
		return transient(reasonServerUnreachable, ctx.Err(), "gave up waiting for a connection to the Incus server")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// begin notes that an attempt begins.
func (l *link) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trying = true
}

// settle notes how an attempt ended.
func (l *link) settle(clustered bool, err error) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	changed = l.attempts == 0 || (l.err == nil) != (err == nil) || provider.MessageOf(l.err, "") != provider.MessageOf(err, "")
	l.err, l.clustered = err, clustered
	l.trying, l.ended = false, l.clock.Now()
	l.attempts++
	close(l.outcome)
	l.outcome = make(chan struct{})
	return changed
}

// close lets every call fail from now on.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed, l.attempts = true, l.attempts+1
	l.err = transient("", nil, "the connection to the Incus server was closed: ask for the host again")
	close(l.outcome)
}

func (l *link) isClustered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clustered
}

// doubt asks for a look at the server.
func (l *link) doubt() { signal(l.doubted) }

// signal puts a token into a channel that holds one.
func signal(tokens chan struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
