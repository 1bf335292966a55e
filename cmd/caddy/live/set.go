package live

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/generalbots/botcluster-operator/cmd/caddy/privatefile"
)

var (
	// errReplaced means that Caddy has loaded another configuration meanwhile.
	errReplaced = errors.New("another configuration was loaded meanwhile")
	// errMoreThanRoutes means that new routes need what only a load can start.
	errMoreThanRoutes = errors.New("the routes need an app that does not run")
)

// Set is what can be replaced of one configuration. The zero value is ready for use.
type Set struct {
	handlers map[string]*Routes // filled while the configuration is provisioned, then only read

	mu     sync.Mutex
	over   bool
	revise func(revision string)
}

// Host is an app that carries the Set of its configuration; apps.botcluster does.
type Host interface {
	// Replaceable returns the same Set each time.
	Replaceable() *Set
}

// setOf finds the set of the configuration that a context belongs to.
func setOf(ctx caddy.Context) (*Set, error) {
	app, err := ctx.App(poolApp)
	if err != nil {
		return nil, fmt.Errorf("loading the app of the pool: %w", err)
	}
	return app.(Host).Replaceable(), nil //nolint:forcetypeassert // an app of that name without it is a slip in this program
}

// join adds a handler, under a name that no other has.
func (s *Set) join(handler *Routes) error {
	if _, taken := s.handlers[handler.Name]; taken {
		return fmt.Errorf("%w: %q", errNameTwice, handler.Name)
	}
	if s.handlers == nil {
		s.handlers = map[string]*Routes{}
	}
	s.handlers[handler.Name] = handler
	return nil
}

// Begin makes the set the one that counts. revise is told the revision of routes that were replaced in place.
func (s *Set) Begin(revise func(revision string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revise = revise
	sets.add(s)
}

// End is called when another configuration was loaded, or when loading this one failed after all, and may be called again. It
// waits for a replacement that is under way; afterwards there is none any more, and what Caddy saves for the next start stays.
func (s *Set) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	sets.remove(s)
}

// replace gives all handlers their routes, or none.
func (s *Set) replace(wanted configuration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || sets.newest() != s {
		return errReplaced
	}
	prepared, err := s.prepare(wanted.routes)
	if err != nil {
		return err
	}
	if wanted.persist {
		if err := privatefile.Write(caddy.ConfigAutosavePath, wanted.whole); err != nil {
			release(prepared)
			return fmt.Errorf("keeping the configuration for the next start: %w", err)
		}
	}
	for name, next := range prepared {
		s.handlers[name].publish(next)
	}
	s.revise(wanted.revision)
	caddy.Log().Named("botcluster.live").Info("Routes replaced in place",
		zap.String("revision", wanted.revision), zap.Strings("handlers", slices.Sorted(maps.Keys(prepared))))
	return nil
}

// prepare makes the generations of the routes that differ, or none.
func (s *Set) prepare(routes map[string][]byte) (map[string]*generation, error) {
	prepared := map[string]*generation{}
	for name, handler := range s.handlers {
		if handler.serves(routes[name]) {
			continue
		}
		if err := handler.rehearse(routes[name]); err != nil {
			return nil, err
		}
		prepared[name] = nil // to be made when all have been rehearsed
	}
	for name := range prepared {
		made, err := s.handlers[name].prepare(routes[name])
		if err != nil {
			release(prepared)
			return nil, err
		}
		prepared[name] = made
	}
	return prepared, nil
}

// release ends generations that did not come to count.
func release(unused map[string]*generation) {
	for _, one := range unused {
		if one != nil {
			one.release()
		}
	}
}

// sets are those of the configurations that run. While one replaces another both do, and the newest counts; if it fails and is
// stopped, the old one counts again.
var sets running

// running is a list in the order of coming.
type running struct {
	mu   sync.Mutex
	list []*Set
}

func (r *running) add(set *Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, set)
}

func (r *running) remove(set *Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = slices.DeleteFunc(r.list, func(other *Set) bool { return other == set })
}

// newest returns the set that counts; nil if there is none.
func (r *running) newest() *Set {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == 0 {
		return nil
	}
	return r.list[len(r.list)-1]
}

// handler returns the handler of a name that counts; nil if there is none.
func (r *running) handler(name string) *Routes {
	if set := r.newest(); set != nil {
		return set.handlers[name]
	}
	return nil
}
