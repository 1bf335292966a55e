package pool

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// view is what all routes see of the pool: immutable, replaced as a whole.
type view struct {
	serving []*target // in the order of the names
	holders []*target // draining: they are chosen only by those who hold their cookie
	byToken map[string]int
}

// at returns a target by its place: those that serve come first.
func (v *view) at(place int) *target {
	if place < len(v.serving) {
		return v.serving[place]
	}
	return v.holders[place-len(v.serving)]
}

// refresh works out again who serves, and publishes it. The registry is locked.
func (r *Registry) refresh() {
	next := &view{}
	wanted := r.servingResult()
	r.unanswered = 0
	for _, target := range r.inOrder() {
		if !target.admitting.Load() {
			r.unanswered++
		}
		result := target.health.result
		target.serving = target.state == Active && result == wanted
		switch {
		case target.serving:
			next.serving = append(next.serving, target)
		case target.state == Draining && (result == wanted || result == Healthy):
			next.holders = append(next.holders, target)
		}
	}
	next.byToken = r.tokens(next)
	r.view = next
	r.judgeEjections()
	r.publishViews(func(*group) bool { return true })
	r.nothingDue()
	r.refreshed = time.Now()
}

// refreshPause is the time between two refreshes that probes ask for. Each looks at every member once for every group of routes,
// so that without it a fleet that boots would cost the square of its size; it is small within the 50 ms from the answer of a new
// bot to its serving.
const refreshPause = 5 * time.Millisecond

// refreshSoon refreshes for a probe and lets the waiters see it: at once, or together with what else happens until the pause is
// over. The registry is locked.
func (r *Registry) refreshSoon() {
	if r.due != nil {
		return
	}
	wait := refreshPause - time.Since(r.refreshed)
	if wait <= 0 {
		r.refresh()
		r.announce()
		return
	}
	r.due = time.AfterFunc(wait, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.due != nil { // else a push was faster
			r.refresh()
			r.announce()
		}
	})
}

// nothingDue drops the refresh that is due. The registry is locked.
func (r *Registry) nothingDue() {
	if r.due != nil {
		r.due.Stop()
		r.due = nil
	}
}

// inOrder lists the targets by name. They are sorted anew only after some came or went. The registry is locked.
func (r *Registry) inOrder() []*target {
	if r.ordered == nil {
		r.ordered = slices.SortedFunc(maps.Values(r.targets), byName)
	}
	return r.ordered
}

// servingResult is what a member's probes must say for it to serve: healthy, or degraded when nobody is healthy.
func (r *Registry) servingResult() Result {
	for _, target := range r.targets {
		if target.state == Active && target.health.result == Healthy {
			return Healthy
		}
	}
	return Degraded
}

// byName orders targets by name; of one name, what left comes after what stays.
func byName(a, b *target) int {
	return cmp.Or(compareNames(a.name, b.name), cmp.Compare(stateOrder(a.state), stateOrder(b.state)), cmp.Compare(a.address, b.address))
}

func stateOrder(state State) int {
	if state == Removed {
		return 1
	}
	return 0
}
