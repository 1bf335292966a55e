package incus

import (
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// rememberEnded is how long the end of an operation is remembered, against events that arrive late. Incus forgets it
	// after 5 s.
	rememberEnded = time.Minute
	// rememberFailure is how long the failure to create an instance is remembered that nobody tries to create again.
	rememberFailure = time.Hour
)

// operation is one that Incus has in hand.
type operation struct {
	id, verb, name string
	// want is the instance that one of our own creates makes; zero for operations of others and other verbs.
	want model.Instance
	// ours tells that the driver itself carries it out; Incus knows nothing of it.
	ours bool
	// began is when we learned of it, heard when it was last heard of or asked after.
	began, heard time.Time
}

// end is when an operation ended.
type end struct {
	id string
	at time.Time
}

// ending is how an operation ended; failed is empty when it did what it was to do, or when nobody knows.
type ending struct {
	operation
	failed string
	known  bool
}

// operations is what Incus has in hand in a project, and what it failed at. An instance has at most one operation that
// counts at a time, because Incus locks it.
type operations struct {
	clock Clock

	mu      sync.Mutex
	running map[string]*operation
	// counter numbers those that the driver carries out itself.
	counter int
	byName  map[string]map[string]struct{}
	names   sortedNames
	// ended are the ids of operations that ended a short while ago, ends the same in their order.
	ended    map[string]struct{}
	ends     []end
	failures map[string]model.Failure
	// failed are the names of those that failures tells of.
	failed sortedNames
}

func newOperations(clock Clock) *operations {
	return &operations{
		clock: clock, running: map[string]*operation{}, byName: map[string]map[string]struct{}{},
		ended: map[string]struct{}{}, failures: map[string]model.Failure{},
	}
}

// begin notes an operation that we started. It is false when the operation has ended already: events overtake answers.
func (o *operations) begin(id, verb, name string, want model.Instance) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, over := o.ended[id]; over {
		return false
	}
	if known := o.running[id]; known != nil {
		known.want = want
		return true
	}
	o.add(&operation{id: id, verb: verb, name: name, want: want})
	return true
}

// hear takes in an operation as Incus shows it. When it has ended, and this is the first word of that, hear returns how:
// the operation is still counted as running until finish is called, so that there is no moment at which neither it nor its
// result is seen.
func (o *operations) hear(shown incusapi.Operation) (ending, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := o.running[shown.ID]
	verb, name := verbOf(shown)
	if _, over := o.ended[shown.ID]; over || (known == nil && (verb == "" || name == "")) {
		return ending{}, false
	}
	if known == nil {
		known = &operation{id: shown.ID, verb: verb, name: name}
		o.add(known)
	}
	known.heard = o.clock.Now()
	if !shown.StatusCode.IsFinal() {
		return ending{}, false
	}
	over := ending{operation: *known, known: true}
	if shown.StatusCode != incusapi.Success {
		over.failed = shown.Err
		if over.failed == "" {
			over.failed = shown.StatusCode.String()
		}
	}
	return over, true
}

// lose is hear for an operation that Incus knows nothing of any more: it ended, and how is not known.
func (o *operations) lose(id string) (ending, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := o.running[id]
	if known == nil {
		return ending{}, false
	}
	return ending{operation: *known}, true
}

// finish takes an operation that ended out of those that run, and counts failures. It returns whose it is as far as is known
// now: one that ends at once may have been heard of before the call that began it was answered.
func (o *operations) finish(over ending) model.Owner {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := o.running[over.id]
	if known == nil {
		return over.want.Owner
	}
	now := o.clock.Now()
	delete(o.running, over.id)
	delete(o.byName[over.name], over.id)
	if len(o.byName[over.name]) == 0 {
		delete(o.byName, over.name)
		o.names.remove(over.name)
	}
	for len(o.ends) > 0 && now.Sub(o.ends[0].at) > rememberEnded {
		delete(o.ended, o.ends[0].id)
		o.ends = o.ends[1:]
	}
	o.ended[over.id] = struct{}{}
	o.ends = append(o.ends, end{id: over.id, at: now})
	if over.known {
		o.judge(over, now)
	}
	return known.want.Owner
}

func (o *operations) add(added *operation) {
	added.began = o.clock.Now()
	added.heard = added.began
	o.running[added.id] = added
	if o.byName[added.name] == nil {
		o.byName[added.name] = map[string]struct{}{}
	}
	o.byName[added.name][added.id] = struct{}{}
	o.names.insert(added.name)
}

// judge counts failures in a row. A start that succeeds also makes good for the create that could not start the instance,
// and for the writing of files: nothing starts without them. What
// was created or deleted has no past.
func (o *operations) judge(over ending, now time.Time) {
	last := o.failures[over.name]
	if over.failed != "" {
		count := 1
		if last.Operation == over.verb {
			count = last.Count + 1
		}
		o.failures[over.name] = model.Failure{Operation: over.verb, Message: words(over.failed), At: now, Count: count}
		o.failed.insert(over.name)
		return
	}
	started := over.verb == verbStart && (last.Operation == verbCreate || last.Operation == verbConfigure)
	if last.Operation == over.verb || started || over.verb == verbDelete || over.verb == verbCreate {
		delete(o.failures, over.name)
		o.failed.remove(over.name)
	}
}

// about returns the operation on an instance, if there is one.
func (o *operations) about(name string) operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found operation
	for id := range o.byName[name] {
		// Of two, the later waits for the earlier.
		if candidate := o.running[id]; found.id == "" || candidate.began.Before(found.began) {
			found = *candidate
		}
	}
	return found
}

// failuresOf returns the failures of the named instances, and of those whose name begins with the prefix unless that is empty.
func (o *operations) failuresOf(names []string, prefix string) map[string]model.Failure {
	o.mu.Lock()
	defer o.mu.Unlock()
	if prefix != "" {
		names = append(o.failed.under(prefix), names...)
	}
	found := map[string]model.Failure{}
	for _, name := range names {
		if failure, ok := o.failures[name]; ok {
			found[name] = failure
		}
	}
	return found
}

// under returns the names beginning with prefix on which operations are in hand.
func (o *operations) under(prefix string) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names.under(prefix)
}

// ids returns the ids of all operations that Incus has in hand.
func (o *operations) ids() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []string
	for id, candidate := range o.running {
		if !candidate.ours {
			ids = append(ids, id)
		}
	}
	return ids
}

// silent returns the ids of the operations that were not heard of for a while, which are then to be asked after: those on one
// instance, or all when name is empty.
func (o *operations) silent(name string, since time.Duration) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	among := o.running
	if name != "" {
		among = map[string]*operation{}
		for id := range o.byName[name] {
			among[id] = o.running[id]
		}
	}
	var ids []string
	for id, candidate := range among {
		if !candidate.ours && now.Sub(candidate.heard) >= since {
			candidate.heard = now
			ids = append(ids, id)
		}
	}
	return ids
}

// forget drops failures that nobody asks for any more: those to make instances that were never made.
func (o *operations) forget(exists func(name string) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	for name, failure := range o.failures {
		if now.Sub(failure.At) > rememberFailure && !exists(name) {
			delete(o.failures, name)
			o.failed.remove(name)
		}
	}
}
