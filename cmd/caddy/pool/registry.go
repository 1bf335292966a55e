package pool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"time"
)

// ErrRevisionMismatch means that the pool holds another revision than the push asked for.
var ErrRevisionMismatch = errors.New("the pool holds another revision")

// Registry is a pool. Its methods may be called from many goroutines.
type Registry struct {
	checker   Checker
	report    func(Event)
	process   string
	startedAt time.Time
	lanes     lanes
	probing   sync.WaitGroup

	mu         sync.Mutex
	pushed     Push // the zero value before the first push
	targets    map[string]*target
	ordered    []*target            // those of targets by name; nil when some came or went since it was made
	removed    map[*target]struct{} // still in flight
	unanswered int                  // targets that have never answered a probe
	view       *view
	refreshed  time.Time   // when the view was made
	due        *time.Timer // makes it anew; nil if nothing has happened since that waits for it
	routes     routes
	inUse      []*Route // in the order of their beginning
	cookieKey  []byte   // empty before it was set
	change     uint64
	changed    chan struct{} // closed at the next change

	secretsRevision string
}

// New returns an empty pool that probes with the checker. report is told of events, one call at a time but not in one
// goroutine; it must not call the registry. Close ends the probing.
func New(checker Checker, report func(Event)) *Registry {
	now := time.Now()
	r := &Registry{
		checker: checker, report: report, process: randomName(), startedAt: now, lanes: newLanes(),
		targets: map[string]*target{}, removed: map[*target]struct{}{},
		// The number starts high above those of an earlier process, so that they are not taken for each other.
		change: uint64(now.UnixMicro()), changed: make(chan struct{}),
	}
	r.refresh()
	return r
}

func randomName() string {
	var random [16]byte
	// crypto/rand.Read never fails: it ends the program instead.
	_, _ = rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// Apply makes the pool hold what the push asks for. match, if given, is asked about the revision held until now; if it says
// no, nothing changes and the error is ErrRevisionMismatch. A push that asks for what is held already changes nothing.
func (r *Registry) Apply(push Push, match func(held string) bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if match != nil && !match(r.pushed.Revision) {
		return ErrRevisionMismatch
	}
	if r.pushed.equal(push) {
		return nil
	}
	reprobe := r.pushed.Probe != push.Probe
	r.pushed = push
	now := time.Now()
	wanted := make(map[string]struct{}, len(push.Members))
	for _, member := range push.Members {
		wanted[member.Name] = struct{}{}
		r.place(member, now, reprobe)
	}
	for name, target := range r.targets {
		if _, stays := wanted[name]; !stays {
			r.retire(target, now)
			r.forget(name)
		}
	}
	r.refresh()
	r.announce()
	r.tell(Event{Kind: PoolPushed, Revision: push.Revision, Members: len(push.Members)})
	return nil
}

// place makes one member what the push says. The registry is locked.
func (r *Registry) place(member PushedMember, now time.Time, reprobe bool) {
	held := r.targets[member.Name]
	if held == nil || held.address != member.Address {
		held = r.replace(held, member, now)
	} else if reprobe {
		held.probeSoon()
	}
	if held.state != member.State {
		held.enter(member.State, now)
	}
}

// replace puts a new target under a name, with the counters that the name has, and starts to probe it. The registry is locked.
func (r *Registry) replace(held *target, member PushedMember, now time.Time) *target {
	counted := r.countersOf(member.Name)
	if held != nil {
		r.retire(held, now)
	}
	fresh := newTarget(member, counted, tokenOf(r.cookieKey, member.Name), now)
	r.targets[member.Name] = fresh
	r.ordered = nil
	r.startProbing(fresh)
	return fresh
}

// countersOf finds the counters of a name that is in the pool or still has something in flight. The registry is locked.
func (r *Registry) countersOf(name string) *counters {
	if held := r.targets[name]; held != nil {
		return held.counters
	}
	for gone := range r.removed {
		if gone.name == name {
			return gone.counters
		}
	}
	return &counters{}
}

// retire takes a target out: it gets no request any more, and is kept only while something is in flight. The registry is locked.
func (r *Registry) retire(target *target, now time.Time) {
	target.enter(Removed, now)
	target.stop()
	for seen := range r.passives() {
		seen.leave(target)
	}
	delete(r.targets, target.name)
	r.ordered = nil
	if target.inFlight.Load() > 0 {
		r.removed[target] = struct{}{}
	}
}

// forget drops what is kept under a name that has left. The registry is locked.
func (r *Registry) forget(name string) {
	for set := range r.breakerSets() {
		set.leave(name)
	}
}

// idle is called when nothing is in flight any more at a target that is draining or removed.
func (r *Registry) idle(target *target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if target.inFlight.Load() > 0 || target.state == Active {
		return
	}
	delete(r.removed, target)
	r.announce()
}

// Close ends the probing and waits for it. The registry goes on answering with what it knows; nothing may be applied any more.
func (r *Registry) Close() {
	r.mu.Lock()
	for _, target := range r.targets {
		target.stop()
	}
	for set := range r.breakerSets() {
		set.retire()
	}
	for seen := range r.passives() {
		seen.retire()
	}
	r.mu.Unlock()
	r.probing.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nothingDue()
}
