package pool

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"
)

// target is one member at one address. A member whose address changes gets a new target; the old one leaves.
type target struct {
	name, address string
	hash          uint64 // of the name
	counters      *counters
	inFlight      atomic.Int64 // requests, streams and WebSockets that have not ended
	// admitting is true while requests may begin: from the first good answer until removal.
	admitting atomic.Bool
	// leaving is true while somebody waits for inFlight to reach 0: draining or removed.
	leaving atomic.Bool

	// Of the probing of this target.
	stop  context.CancelFunc
	probe chan struct{} // receives when a probe is due at once
	added time.Time

	// Guarded by the registry's lock.
	state   State
	since   time.Time // when state began
	health  health
	serving bool
	ejected bool   // passed over by a route
	token   string // of the sticky cookie; empty before there is a key
}

func newTarget(member PushedMember, counted *counters, token string, now time.Time) *target {
	return &target{
		name: member.Name, address: member.Address, hash: xxhash.Sum64String(member.Name), counters: counted, token: token,
		probe: make(chan struct{}, 1), added: now, health: newHealth(),
	}
}

// enter changes the state. The registry is locked.
func (t *target) enter(state State, now time.Time) {
	t.state, t.since = state, now
	t.leaving.Store(state != Active)
	if state == Removed {
		t.serving, t.ejected = false, false
		t.admitting.Store(false)
	}
}

// probeSoon makes the next probe due at once.
func (t *target) probeSoon() {
	select {
	case t.probe <- struct{}{}:
	default: // it is due already
	}
}
