package live

import (
	"maps"
	"slices"
	"sync"
)

// Frame is a configuration that runs: all of it but the routes in handlers that can be replaced.
type Frame struct {
	// Hash names it; empty when it was not loaded by PUT /botcluster/config.
	Hash string
	// Swapped is called with the revision of routes that were replaced in place.
	Swapped func(revision string)
}

// frames are those that run. While one configuration replaces another both do, and the newest counts; if it fails and is
// stopped, the old one counts again.
var frames = newest[*Frame]{}

// handlers are the handlers whose routes can be replaced, by the same rule.
var handlers = newest[*Routes]{}

// Run makes a frame count until the returned function is called.
func Run(frame Frame) (stop func()) {
	frames.add(&frame)
	return func() { frames.remove(&frame) }
}

// newest is a list in the order of coming.
type newest[T comparable] struct {
	mu   sync.Mutex
	list []T
}

func (n *newest[T]) add(item T) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, item)
}

func (n *newest[T]) remove(item T) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = slices.DeleteFunc(n.list, func(other T) bool { return other == item })
}

func (n *newest[T]) all() []T {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// runningFrame returns the frame that counts; the zero value if there is none.
func runningFrame() Frame {
	running := frames.all()
	if len(running) == 0 {
		return Frame{}
	}
	return *running[len(running)-1]
}

// runningHandlers returns the handlers that count, by name.
func runningHandlers() map[string]*Routes {
	byName := map[string]*Routes{}
	for _, handler := range handlers.all() {
		byName[handler.Name] = handler
	}
	return byName
}

// sameNames tells whether two maps have the same keys.
func sameNames[A, B any](a map[string]A, b map[string]B) bool {
	return slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
}
