package edge

import (
	"fmt"
	"net/http"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// DefaultSocket is where the edge image has Caddy's admin API.
const DefaultSocket = "/run/caddy/admin.sock"

// Config says which instances are edges.
type Config struct {
	Image  string        // alias or fingerprint of the edge image
	Socket string        // default DefaultSocket
	Delay  time.Duration // from the start of the instance until the socket accepts
	// KeepsRoutes is a Caddy that resumes its last configuration when it starts again. Secrets are always kept by the
	// instance, the pool is always lost.
	KeepsRoutes bool
}

// Edges are the Caddys of a world.
type Edges struct {
	world    *fake.World
	config   Config
	refusal  string
	edges    map[fake.Ref]*edge
	watchers map[string]map[*member]struct{} // by IP address
	known    map[fake.Ref]string             // last IP address of each instance
}

// Install puts Caddy into the instances of the image, those to come included.
func Install(world *fake.World, config Config) *Edges {
	if config.Socket == "" {
		config.Socket = DefaultSocket
	}
	s := &Edges{
		world: world, config: config, edges: map[fake.Ref]*edge{},
		watchers: map[string]map[*member]struct{}{}, known: map[fake.Ref]string{},
	}
	world.OnInstance(s.instanceChanged)
	world.AddService(fake.Service{
		Image: config.Image, Socket: config.Socket, Delay: config.Delay,
		Serve: fake.HTTP(func(at fake.Boot) http.Handler { return s.handler(at) }),
	})
	return s
}

// edge is one Caddy process, or what its instance keeps of it.
type edge struct {
	owner     *Edges
	createdAt time.Time // of the instance
	boot      int64
	process   string
	startedAt time.Time
	config    []byte // loaded; nil before the first load
	revision  string // of the routes
	loads     int    // that changed something
	secrets   Secrets

	pushed  Push
	members map[string]*member
	removed []*member // with something in flight
	change  uint64
	changed chan struct{}
}

// at finds the Caddy of one boot of an instance, and begins a new process when that is not the one known.
func (s *Edges) at(l fake.Locked, boot fake.Boot) *edge {
	sight, _ := l.Look(boot.Ref)
	old := s.edges[boot.Ref]
	if old != nil && old.boot == boot.ID && sight.Boot == boot.ID {
		return old
	}
	e := &edge{
		owner: s, createdAt: sight.CreatedAt, boot: boot.ID, startedAt: boot.StartedAt,
		process: fmt.Sprintf("%016x%016x", l.Draw(boot.Ref, boot.ID, "low"), l.Draw(boot.Ref, boot.ID, "high")),
		members: map[string]*member{}, change: uint64(boot.StartedAt.UnixMicro()), changed: make(chan struct{}),
	}
	if sight.Boot != boot.ID { // a request from before the end of its process
		return e
	}
	if old != nil {
		old.forget(l)
		same := old.createdAt.Equal(sight.CreatedAt)
		if s.config.KeepsRoutes && same {
			e.config, e.revision = old.config, old.revision
		}
		if same {
			e.secrets = old.secrets
		}
	}
	s.edges[boot.Ref] = e
	return e
}

// forget ends the probing of a process that is gone.
func (e *edge) forget(l fake.Locked) {
	if e.changed == nil {
		return
	}
	for _, m := range e.members {
		m.unwatch(l)
	}
	e.members, e.removed = map[string]*member{}, nil
	close(e.changed)
	e.changed = nil
}

// announce lets the waiters see a change.
func (e *edge) announce() {
	e.change++
	if e.changed != nil {
		close(e.changed)
	}
	e.changed = make(chan struct{})
}

// instanceChanged has the members at the instance's addresses, the present and the former one, looked at anew.
func (s *Edges) instanceChanged(l fake.Locked, ref fake.Ref) {
	sight, _ := l.Look(ref)
	former := s.known[ref]
	if sight.Address == "" {
		delete(s.known, ref)
	} else {
		s.known[ref] = sight.Address
	}
	for _, address := range []string{former, sight.Address} {
		for m := range s.watchers[address] {
			m.look(l)
		}
	}
	if e := s.edges[ref]; e != nil && e.boot != sight.Boot {
		e.forget(l)
	}
}
