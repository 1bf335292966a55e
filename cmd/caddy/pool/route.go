package pool

import (
	"iter"
	"slices"
	"sync/atomic"
)

// Route is one user of the pool: a route of the proxy, from its being loaded to the end of its last request.
type Route struct {
	registry *Registry
	settings RouteSettings
	position *atomic.Uint64 // of RoundRobin, shared by all of the name
	group    *group
}

// group is what routes share that pass over the same members: a name, a breaker and passive health, all with the same settings.
type group struct {
	name     string
	breakers *breakers // nil: none
	passive  *passive  // nil: none
	view     atomic.Pointer[routeView]
}

// UseRoute makes the settings, which must be valid, a user of the pool until it is released. What was there for a route of the
// same name with the same settings, such as its breakers, goes on: so nothing is forgotten while routes replace their like.
func (r *Registry) UseRoute(settings RouteSettings) *Route {
	r.mu.Lock()
	defer r.mu.Unlock()
	route := &Route{registry: r, settings: settings, position: r.positionOf(settings.Name), group: r.groupOf(settings)}
	r.inUse = append(r.inUse, route)
	if route.group.view.Load() == nil {
		route.group.publish(r)
	}
	r.announceSettings(route)
	return route
}

// Release ends the use. Requests that the route still has in hand go on; it must not begin new ones.
func (route *Route) Release() {
	r := route.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse = slices.DeleteFunc(r.inUse, func(other *Route) bool { return other == route })
	r.announceSettings(route)
	if set := route.group.breakers; set != nil && !r.has(set) {
		set.retire()
	}
	if seen := route.group.passive; seen != nil && !r.uses(seen) {
		seen.retire()
		r.judgeEjections()
	}
}

// announceSettings wakes those who wait if the document changes with the use of a route. The registry is locked.
func (r *Registry) announceSettings(route *Route) {
	if set := route.group.breakers; set != nil && set.tripped() {
		r.announce()
		return
	}
	if seen := route.group.passive; seen != nil && len(seen.ejected) > 0 {
		r.announce()
	}
}

// positionOf finds the position that the name has, or begins a new one. The registry is locked.
func (r *Registry) positionOf(name string) *atomic.Uint64 {
	for _, route := range r.inUse {
		if route.settings.Name == name {
			return route.position
		}
	}
	return new(atomic.Uint64)
}

// groupOf finds the group of the settings, or makes one of what there is. The registry is locked.
func (r *Registry) groupOf(settings RouteSettings) *group {
	wanted := &group{name: settings.Name}
	if settings.Breaker != (BreakerSettings{}) {
		wanted.breakers = r.breakersOf(settings.Name, settings.Breaker)
	}
	if settings.Passive != (PassiveSettings{}) {
		wanted.passive = r.passiveOf(settings.Passive)
	}
	for _, route := range r.inUse {
		if held := route.group; held.name == wanted.name && held.breakers == wanted.breakers && held.passive == wanted.passive {
			return held
		}
	}
	return wanted
}

func (r *Registry) breakersOf(name string, settings BreakerSettings) *breakers {
	for _, route := range r.inUse {
		if held := route.group.breakers; held != nil && held.route == name && held.settings == settings {
			return held
		}
	}
	return &breakers{route: name, settings: settings, byMember: map[string]*breaker{}}
}

func (r *Registry) passiveOf(settings PassiveSettings) *passive {
	for _, route := range r.inUse {
		if held := route.group.passive; held != nil && held.settings == settings {
			return held
		}
	}
	return newPassive(settings)
}

// has tells whether a route in use has the breakers. The registry is locked.
func (r *Registry) has(set *breakers) bool {
	return slices.ContainsFunc(r.inUse, func(route *Route) bool { return route.group.breakers == set })
}

// uses tells whether a route in use has the passive health. The registry is locked.
func (r *Registry) uses(seen *passive) bool {
	return slices.ContainsFunc(r.inUse, func(route *Route) bool { return route.group.passive == seen })
}

// groups are those of the routes in use, each once. The registry is locked.
func (r *Registry) groups() iter.Seq[*group] {
	return once(r.inUse, func(route *Route) *group { return route.group })
}

// passives are those of the routes in use, each once. The registry is locked.
func (r *Registry) passives() iter.Seq[*passive] {
	return once(r.inUse, func(route *Route) *passive { return route.group.passive })
}

// breakerSets are those of the routes in use, each once. The registry is locked.
func (r *Registry) breakerSets() iter.Seq[*breakers] {
	return once(r.inUse, func(route *Route) *breakers { return route.group.breakers })
}

// once goes through what the routes have, without repetition and without nil.
func once[T any](routes []*Route, part func(*Route) *T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		seen := map[*T]struct{}{nil: {}}
		for _, route := range routes {
			held := part(route)
			if _, again := seen[held]; again {
				continue
			}
			seen[held] = struct{}{}
			if !yield(held) {
				return
			}
		}
	}
}

// Choose begins to look for a member for a request.
func (route *Route) Choose(asker Asker) Choice { return Choice{route: route, asker: asker} }
