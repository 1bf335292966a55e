package pool

import "time"

// routeView is what one route sees of the pool: immutable, replaced as a whole.
type routeView struct {
	pool *view
	// candidates are the targets of the pool's view, each at its place there.
	candidates []candidate
	// preferred are those that serve and are not passed over; ejected are those that are chosen when none of them is left.
	// Those whose breaker is open are in neither.
	preferred, ejected []*candidate
	// allOpen tells that there are members that serve and the breaker of every one of them is open; halfOpen is when the first
	// will no longer be.
	allOpen  bool
	halfOpen time.Time
}

// candidate is a target as a route sees it.
type candidate struct {
	*target
	token   string   // as the target's, which may change
	hash    uint64   // as the target's, at hand for those who look at all of them
	breaker *breaker // nil: none
	passive *passive // nil: none
}

// publishViews lets the routes see what has changed, those that are concerned. The registry is locked.
func (r *Registry) publishViews(concerned func(*group) bool) {
	for group := range r.groups() {
		if concerned(group) {
			group.publish(r)
		}
	}
}

// publish lets the routes of a group see the pool as it is now. The registry is locked.
func (g *group) publish(r *Registry) {
	pool := r.view
	next := &routeView{pool: pool, candidates: make([]candidate, len(pool.serving)+len(pool.holders))}
	next.preferred = make([]*candidate, 0, len(pool.serving))
	ejecting := g.passive.effective(pool.serving)
	for place := range next.candidates {
		member := &next.candidates[place]
		target := pool.at(place)
		*member = candidate{
			target: target, token: target.token, hash: target.hash,
			breaker: r.breakerOf(g.breakers, target.name), passive: g.passive,
		}
		if place >= len(pool.serving) {
			continue
		}
		switch {
		case member.breaker.isOpen():
			next.openUntil(member.breaker.openUntil())
		case ejecting && g.passive.ejected[target] != nil:
			next.ejected = append(next.ejected, member)
		default:
			next.preferred = append(next.preferred, member)
		}
	}
	next.allOpen = len(pool.serving) > 0 && len(next.preferred)+len(next.ejected) == 0
	g.view.Store(next)
}

// openUntil takes in when one of the open breakers will be half-open.
func (v *routeView) openUntil(moment time.Time) {
	if v.halfOpen.IsZero() || moment.Before(v.halfOpen) {
		v.halfOpen = moment
	}
}

// holder finds the member whose cookie is among the tokens; nil if there is none that may be chosen for that.
func (v *routeView) holder(tokens []string) *candidate {
	for _, token := range tokens {
		if place, ours := v.pool.byToken[token]; ours {
			return &v.candidates[place]
		}
	}
	return nil
}
