package incus

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// defaultIdleAfter is well above the longest time that a reconciler leaves a BotCluster alone.
const defaultIdleAfter = 15 * time.Minute

// Options configure Hosts.
type Options struct {
	// Clock tells the time. Required.
	Clock Clock
	// Notify is called for owners for whom something changed: an instance, a volume, or an operation that ended. The owner
	// is the one in the tags, so it has no Prefix. Notify is called from several goroutines at once and must not block.
	Notify func(owner model.Owner)
	// AllowedSockets are the unix sockets that identities may name.
	AllowedSockets []string
	// Logger is told when a server is lost and found.
	Logger logr.Logger
	// IdleAfter is how long a host is kept that nobody asks for; its event stream ends with it. It must be longer than the
	// longest time between two looks at a BotCluster. Zero is 15 minutes.
	IdleAfter time.Duration
}

// Hosts keeps one host per identity. A changed identity, such as a rotated certificate, is another host; the old one is
// closed when it was not asked for in a while.
type Hosts struct {
	options Options
	// fresh takes hosts that are to be run; done is closed when nothing runs any more.
	fresh chan *host
	stop  context.CancelFunc
	done  chan struct{}

	mu    sync.Mutex
	hosts map[model.Identity]*host
}

var _ provider.Hosts = (*Hosts)(nil)

// NewHosts returns Hosts that work until ctx ends or Close is called.
func NewHosts(ctx context.Context, options Options) *Hosts {
	if options.IdleAfter == 0 {
		options.IdleAfter = defaultIdleAfter
	}
	if options.Notify == nil {
		options.Notify = func(model.Owner) {}
	}
	ctx, stop := context.WithCancel(ctx)
	h := &Hosts{options: options, fresh: make(chan *host), stop: stop, done: make(chan struct{}), hosts: map[model.Identity]*host{}}
	go h.run(ctx)
	return h
}

// Host implements provider.Hosts.
func (h *Hosts) Host(identity model.Identity) (provider.Host, error) {
	known, added, err := h.find(identity)
	if err != nil {
		return nil, err
	}
	if added {
		// Not under the lock, which the receiver takes as well.
		select {
		case h.fresh <- known:
		case <-h.done:
			known.link.close()
		}
	}
	return known, nil
}

// find returns the host of an identity, and whether it was made just now.
func (h *Hosts) find(identity model.Identity) (known *host, added bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.hosts[identity]; known != nil {
		known.use()
		return known, false, nil
	}
	if err := checkIdentity(identity, h.options.AllowedSockets); err != nil {
		return nil, false, err
	}
	connection, err := newClient(identity)
	if err != nil {
		return nil, false, err
	}
	known = newHost(identity.String(), connection, h.options)
	known.use()
	h.hosts[identity] = known
	return known, true, nil
}

// Close ends all connections, event streams and tunnels, and returns when nothing reads or writes any more.
func (h *Hosts) Close() {
	h.stop()
	<-h.done
}

// run gives every host a context of its own and ends it when the host is idle.
func (h *Hosts) run(ctx context.Context) {
	defer close(h.done)
	var group sync.WaitGroup
	defer group.Wait()
	look := h.options.Clock.After(h.options.IdleAfter / 4)
	for {
		select {
		case <-ctx.Done():
			return
		case added := <-h.fresh:
			lifetime, end := context.WithCancel(ctx)
			added.end = end
			group.Go(func() { added.run(lifetime) })
		case <-look:
			h.closeIdle()
			look = h.options.Clock.After(h.options.IdleAfter / 4)
		}
	}
}

func (h *Hosts) closeIdle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for identity, known := range h.hosts {
		if known.end == nil || known.idle() < h.options.IdleAfter {
			continue
		}
		delete(h.hosts, identity)
		known.end()
	}
}
