package load

import (
	"context"
	"crypto/tls"
	"sync"
	"time"
)

// Mix says how many clients of each kind there are and how they behave.
type Mix struct {
	// URL of the edge: scheme, host and, where it is not the usual one, port.
	URL string
	// TLS is what clients of an https URL trust; nil is what the machine trusts.
	TLS *tls.Config
	// GetsPerSecond and PostsPerSecond are requests per second, each at most 1000.
	GetsPerSecond, PostsPerSecond int
	// Burn is the processor time that each GET costs the bot.
	Burn time.Duration
	// Streams and WebSockets are how many are held open at a time.
	Streams, WebSockets int
	// Lifetime is how long a stream or a WebSocket lasts: a client then ends it and opens the next, so that bots can be
	// drained. The first ones end earlier, spread over the time. Default 5s.
	Lifetime time.Duration
	// Patience is how long a client waits for an answer, an event or an echo. Default 15s.
	Patience time.Duration
}

const (
	defaultLifetime = 5 * time.Second
	defaultPatience = 15 * time.Second
	// beat is the time between two events of a stream, and between two messages of a WebSocket.
	beat = 100 * time.Millisecond
)

// Load is a mix of clients at work.
type Load struct {
	mix     Mix
	started time.Time
	ctx     context.Context //nolint:containedctx // the life of the clients, which Start gives them
	working context.Context //nolint:containedctx // ends when clients are to begin nothing new
	rest    context.CancelFunc
	workers sync.WaitGroup

	gets, posts, streams, sockets tally
}

// Start lets the clients begin. They end with the context, which counts nothing as lost, or with Stop.
func Start(ctx context.Context, mix Mix) *Load {
	if mix.Lifetime <= 0 {
		mix.Lifetime = defaultLifetime
	}
	if mix.Patience <= 0 {
		mix.Patience = defaultPatience
	}
	l := &Load{mix: mix, started: time.Now(), ctx: ctx}
	l.working, l.rest = context.WithCancel(ctx)
	l.startRequests("GET", mix.GetsPerSecond, &l.gets)
	l.startRequests("POST", mix.PostsPerSecond, &l.posts)
	for number := range mix.Streams {
		l.workers.Go(func() { l.listen(number) })
	}
	for number := range mix.WebSockets {
		l.workers.Go(func() { l.talk(number) })
	}
	return l
}

// Stop lets requests in hand end, closes streams and WebSockets, and returns what became of all.
func (l *Load) Stop() Report {
	l.rest()
	l.workers.Wait()
	return l.Report()
}

// Report is what became of all until now.
func (l *Load) Report() Report {
	return Report{Gets: l.gets.count(), Posts: l.posts.count(), Streams: l.streams.count(), WebSockets: l.sockets.count()}
}

// Flowing tells whether clients of every kind get answers and all streams and WebSockets are open.
func (l *Load) Flowing() bool {
	report := l.Report()
	return (l.mix.GetsPerSecond == 0 || report.Gets.OK > 0) &&
		(l.mix.PostsPerSecond == 0 || report.Posts.OK > 0) &&
		report.Streams.Open == int64(l.mix.Streams) &&
		report.WebSockets.Open == int64(l.mix.WebSockets)
}

// await waits for the next tick; false means that clients are to begin nothing new.
func (l *Load) await(tick <-chan time.Time) bool {
	select {
	case <-tick:
	case <-l.working.Done():
	}
	return l.working.Err() == nil
}

// lifetime is how long a client holds its stream or WebSocket of a given round: the first round is shorter, by another
// share for each client.
func (l *Load) lifetime(number, clients, round int) time.Duration {
	if round > 0 {
		return l.mix.Lifetime
	}
	return l.mix.Lifetime * time.Duration(number+1) / time.Duration(clients)
}
