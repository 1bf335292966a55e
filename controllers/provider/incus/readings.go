package incus

import (
	"context"
	"net/http"
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// patience is how long an inventory waits for the reading of an instance before it shows it as unknown.
	patience = 3 * time.Second
	// slow is when a reading that still runs is joined rather than followed by another.
	slow = time.Second
	// pauseAfterFailure is how long an instance that could not be read is left alone.
	pauseAfterFailure = 2 * time.Second
	// lookAgain is how often an instance that runs without an address is read, at most, while somebody asks for it.
	lookAgain = 200 * time.Millisecond
)

// reading is one read of one instance. Its fields are written before done is closed.
type reading struct {
	done  chan struct{}
	began time.Time
	err   error
	// announce holds owners to be told when it ends, changed or not; before that, then is called.
	announce []model.Owner
	then     []func(error)
}

// readings reads single instances in the background. Requests for one instance that wait for their turn are one reading.
type readings struct {
	clock Clock
	queue *queue
	index *index
	fetch func(ctx context.Context, name string) (*model.Instance, error)
	// notify is told who should look again.
	notify func([]model.Owner)

	mu    sync.Mutex
	lines map[string]*line
}

// line is what goes on about one instance.
type line struct {
	// waiting has not begun, running is the one that began last; active counts those that have not ended.
	waiting, running *reading
	active           int
	// ended and err tell of the last reading.
	ended time.Time
	err   error
}

// request returns a reading that begins after now, or one that has been running for so long that another would fare no
// better.
func (r *readings) request(name string, announce ...model.Owner) *reading {
	return r.requestThen(name, nil, announce...)
}

// requestThen is request with what is to be called when the reading ended, before anybody is told.
func (r *readings) requestThen(name string, then func(error), announce ...model.Owner) *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lines[name]
	if l == nil {
		l = &line{}
		r.lines[name] = l
	}
	asked := l.waiting
	switch {
	case asked != nil:
	case l.running != nil && r.clock.Now().Sub(l.running.began) > slow:
		asked = l.running
	default:
		asked = &reading{done: make(chan struct{})}
		l.waiting = asked
		r.queue.put(func(ctx context.Context) { r.perform(ctx, name) })
	}
	asked.announce = append(asked.announce, announce...)
	if then != nil {
		asked.then = append(asked.then, then)
	}
	return asked
}

func (r *readings) perform(ctx context.Context, name string) {
	r.mu.Lock()
	l := r.lines[name]
	current := l.waiting
	current.began = r.clock.Now()
	l.waiting, l.running = nil, current
	l.active++
	r.mu.Unlock()

	number := r.index.begin()
	instance, err := r.fetch(ctx, name)
	var changed []model.Owner
	if err == nil {
		changed = r.index.set(name, number, instance)
	}
	r.mu.Lock()
	current.err = err
	l.ended, l.err = r.clock.Now(), err
	l.active--
	if l.running == current {
		l.running = nil
	}
	if l.waiting == nil && l.active == 0 && err == nil && pauseOf(instance) == 0 {
		delete(r.lines, name)
	}
	changed = append(changed, current.announce...)
	then := current.then
	r.mu.Unlock()
	for _, call := range then {
		call(err)
	}
	close(current.done)
	r.notify(changed)
}

// due tells whether a reading that nothing but time asks for may be made.
func (r *readings) due(name string, pause time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lines[name]
	return l == nil || r.clock.Now().Sub(l.ended) >= pause
}

// pauseOf is how old the reading of an instance may get that no event will be heard of, and zero when one will: addresses
// come, and members of a cluster return, without an event.
func pauseOf(instance *model.Instance) time.Duration {
	switch {
	case instance == nil:
		return 0
	case instance.State == model.StateUnknown:
		return pauseAfterFailure
	case instance.State == model.StateRunning && !instance.Address.IsValid():
		return lookAgain
	default:
		return 0
	}
}

// failed returns why the last reading of an instance failed, when that is so short ago that it is not tried again yet.
func (r *readings) failed(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.lines[name]
	if l == nil || l.err == nil || r.clock.Now().Sub(l.ended) >= pauseAfterFailure {
		return nil
	}
	return l.err
}

// fetchInstance reads one instance, nil when there is none of that name. What is stopped has no state to ask for: Incus starts
// processes to look into an instance, while others boot.
func (h *host) fetchInstance(ctx context.Context, name string) (*model.Instance, error) {
	full := fullInstance{State: &fullState{}}
	_, err := h.client.do(ctx, request{
		method: http.MethodGet, path: resource("instances", name), doing: "read the instance " + name,
	}, &full)
	if err == nil && full.StatusCode != incusapi.Stopped {
		_, err = h.client.do(ctx, request{
			method: http.MethodGet, path: resource("instances", name, "state"), doing: "read the state of the instance " + name,
		}, full.State)
		full.StatusCode = full.State.StatusCode
	}
	if hasStatus(err, http.StatusNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	instance := convert(full)
	return &instance, nil
}
