package pool

import (
	"maps"
	"slices"
	"strings"

	"github.com/sony/gobreaker/v2"
)

// breakers are those of one route with the same settings, by the members' names: they outlive a change of an address, and of
// everything else of the route.
type breakers struct {
	route    string
	settings BreakerSettings
	byMember map[string]*breaker
}

// breakerOf returns the breaker of a member, a new one if it has none yet. The registry is locked.
func (r *Registry) breakerOf(set *breakers, member string) *breaker {
	if set == nil {
		return nil
	}
	held := set.byMember[member]
	if held == nil {
		held = newBreaker(set.route, member, set.settings, r.breakerExpired)
		set.byMember[member] = held
	}
	return held
}

// breakerExpired is called when a breaker has been open for its time.
func (r *Registry) breakerExpired(b *breaker) {
	b.circuit.State() // makes it half-open
	r.publishBreaker(b)
}

// publishBreaker lets everybody see how a breaker turned since it was asked last; mostly it did not. It must be called after
// everything that may turn one, without the registry's lock: breakers turn under a lock of their own.
func (r *Registry) publishBreaker(b *breaker) {
	if b == nil || !b.turning.Load() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	turns := b.take()
	if len(turns) == 0 {
		return // it has left, or another goroutine was faster
	}
	for _, turn := range turns {
		b.shown = turn
		r.tell(Event{
			Kind: BreakerTurned, Member: b.member, Route: b.route,
			BreakerBefore: stateOf(turn.from), Breaker: stateOf(turn.to),
		})
	}
	r.publishViews(func(g *group) bool { return g.breakers != nil && g.breakers.byMember[b.member] == b })
	r.announce()
}

// leave drops the breaker of a member that has left. The registry is locked.
func (s *breakers) leave(member string) {
	if held := s.byMember[member]; held != nil {
		held.retire()
		delete(s.byMember, member)
	}
}

// retire ends all of them. The registry is locked.
func (s *breakers) retire() {
	for _, held := range s.byMember {
		held.retire()
	}
}

// tripped tells whether one of them is not closed. The registry is locked.
func (s *breakers) tripped() bool {
	for _, held := range s.byMember {
		if held.shown.to != gobreaker.StateClosed {
			return true
		}
	}
	return false
}

// shownBreakers are those of the routes in use, in the order of the routes' names. Where old and new settings of a route are in
// use at once, as while its last streams end, the new ones are shown. The registry is locked.
func (r *Registry) shownBreakers() []*breakers {
	newest := map[string]*breakers{}
	for _, route := range r.inUse {
		newest[route.settings.Name] = route.group.breakers
	}
	maps.DeleteFunc(newest, func(_ string, set *breakers) bool { return set == nil })
	return slices.SortedFunc(maps.Values(newest), func(a, b *breakers) int { return strings.Compare(a.route, b.route) })
}

// describeBreakers lists a member's breakers that are not closed. The registry is locked.
func describeBreakers(sets []*breakers, member string) []Breaker {
	var described []Breaker
	for _, set := range sets {
		if held := set.byMember[member]; held != nil && held.shown.to != gobreaker.StateClosed {
			described = append(described, Breaker{Route: set.route, State: stateOf(held.shown.to), Since: held.shown.at})
		}
	}
	return described
}
