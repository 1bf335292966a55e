package pool

import (
	"cmp"
	"slices"
)

// view is what requests see of the pool: immutable, replaced as a whole.
type view struct {
	serving   []string           // addresses, in the order of the names
	byAddress map[string]*target // all that are not removed
}

// Serving returns the addresses that may be chosen for a new request, ordered by the members' names as people count.
// The caller must not change the slice.
func (r *Registry) Serving() []string { return r.view.Load().serving }

// refresh works out again who serves, and publishes it. The registry is locked.
func (r *Registry) refresh() {
	next := &view{byAddress: make(map[string]*target, len(r.targets))}
	wanted := r.servingResult()
	var serving []*target
	r.unanswered = 0
	for _, target := range r.targets {
		if !target.admitting.Load() {
			r.unanswered++
		}
		next.byAddress[target.address] = target
		target.serving = target.state == Active && target.health.result == wanted
		if target.serving {
			serving = append(serving, target)
		}
	}
	slices.SortFunc(serving, byName)
	next.serving = make([]string, len(serving))
	for i, target := range serving {
		next.serving[i] = target.address
	}
	r.view.Store(next)
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
