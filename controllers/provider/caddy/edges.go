package caddy

import (
	"sync"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Edges implements provider.Edges. Its methods may be called from many goroutines.
type Edges struct {
	mu    sync.Mutex
	byKey map[string]*edge
}

// New returns Edges without connections.
func New() *Edges {
	return &Edges{byKey: map[string]*edge{}}
}

// Edge implements provider.Edges. The connections of a key that is known go on; new ones are opened by the dial given last.
func (e *Edges) Edge(key string, dial provider.DialFunc) provider.Edge {
	e.mu.Lock()
	defer e.mu.Unlock()
	known, found := e.byKey[key]
	if !found {
		known = newEdge(key)
		e.byKey[key] = known
	}
	known.link.use(dial)
	return known
}

// Forget implements provider.Edges. A call that is under way ends as it would have, and its connection is closed then.
func (e *Edges) Forget(key string) {
	e.mu.Lock()
	known, found := e.byKey[key]
	delete(e.byKey, key)
	e.mu.Unlock()
	if found {
		known.link.close()
	}
}

var _ provider.Edges = (*Edges)(nil)
