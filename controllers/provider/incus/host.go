package incus

import (
	"context"
	"sync"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// host is one project on one server.
type host struct {
	key     string
	options Options
	client  *client
	link    *link
	stream  *stream

	// queue holds reads, jobs what changes something by several calls: they must not wait for each other.
	queue, jobs *queue

	index      *index
	readings   *readings
	operations *operations
	volumes    *volumeStore
	meter      meter
	members    *memberStore
	// listing reads all instances and operations, shelf all volumes, memory what instances use of it, roster the members of the
	// cluster.
	listing, shelf, memory, roster *refresh

	pools   poolNames
	facts   *factStore
	tunnels *tunnels

	// end ends the host. It belongs to the goroutine of Hosts, which sets it when it lets the host run.
	end context.CancelFunc

	mu   sync.Mutex
	used time.Time
}

var _ provider.Host = (*host)(nil)

func newHost(key string, connection *client, options Options) *host {
	clock := options.Clock
	h := &host{
		key: key, options: options, client: connection, link: newLink(clock), stream: &stream{},
		queue: newQueue(), jobs: newQueue(), index: newIndex(), operations: newOperations(clock), volumes: newVolumeStore(),
		facts: newFactStore(clock), tunnels: newTunnels(),
		members: newMemberStore(clock),
	}
	h.readings = &readings{
		clock: clock, queue: h.queue, index: h.index, fetch: h.fetchInstance, notify: h.notify, lines: map[string]*line{},
	}
	h.listing = &refresh{clock: clock, queue: h.queue, read: h.listInstances, doing: "listing its instances"}
	h.shelf = &refresh{clock: clock, queue: h.queue, read: h.listVolumes, doing: "listing its volumes"}
	h.memory = &refresh{clock: clock, queue: h.queue, read: h.readMemory, doing: "measuring the memory of its instances"}
	h.roster = &refresh{clock: clock, queue: h.queue, read: h.readMembers, doing: "listing the members of the cluster"}
	return h
}

// Key implements provider.Host.
func (h *host) Key() string { return h.key }

// Instances implements provider.Host.
func (h *host) Instances() provider.Instances { return instances{h} }

// Volumes implements provider.Host.
func (h *host) Volumes() provider.Volumes { return volumes{h} }

// run connects and listens until ctx ends, and returns when nothing of the host runs any more.
func (h *host) run(ctx context.Context) {
	var group sync.WaitGroup
	group.Go(func() { h.queue.run(ctx) })
	group.Go(func() { h.jobs.run(ctx) })
	h.keepLink(ctx)
	h.link.close()
	h.tunnels.closeAll()
	group.Wait()
	h.client.close()
}

func (h *host) use() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used = h.options.Clock.Now()
}

func (h *host) idle() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.options.Clock.Now().Sub(h.used)
}

// ready lets a call through when the server can be used.
func (h *host) ready(ctx context.Context) error {
	h.use()
	return h.link.await(ctx)
}

// do sends a request; one that was not answered in time makes the host look whether the server answers at all.
func (h *host) do(ctx context.Context, r request, into any) (string, error) {
	etag, err := h.client.do(ctx, r, into)
	if isUnreachable(err) && ctx.Err() == nil {
		h.link.doubt()
	}
	return etag, err
}

func (h *host) notify(owners []model.Owner) {
	told := make(map[model.Owner]struct{}, len(owners))
	for _, owner := range owners {
		if _, done := told[owner]; done || owner.UID == "" {
			continue
		}
		told[owner] = struct{}{}
		h.options.Notify(owner)
	}
}
