package fake

import (
	"container/heap"
	"time"
)

// appointment is one thing that the world does at a time to come.
type appointment struct {
	at    time.Time
	order uint64 // of making: what is due at the same time runs in this order
	run   func() // called with the world locked
	index int    // in the heap; -1 once it ran or was cancelled
}

// timeline is a heap of appointments, the next one first.
type timeline []*appointment

// Len, Less, Swap, Push and Pop are for container/heap.
func (t *timeline) Len() int { return len(*t) }

func (t *timeline) Less(a, b int) bool {
	one, other := (*t)[a], (*t)[b]
	if one.at.Equal(other.at) {
		return one.order < other.order
	}
	return one.at.Before(other.at)
}

func (t *timeline) Swap(a, b int) {
	list := *t
	list[a], list[b] = list[b], list[a]
	list[a].index, list[b].index = a, b
}

func (t *timeline) Push(x any) {
	if a, ok := x.(*appointment); ok {
		a.index = len(*t)
		*t = append(*t, a)
	}
}

func (t *timeline) Pop() any {
	last := len(*t) - 1
	a := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	a.index = -1
	return a
}

// in makes an appointment; the world is locked.
func (w *World) in(d time.Duration, run func()) *appointment {
	w.order++
	a := &appointment{at: w.now.Add(max(d, 0)), order: w.order, run: run}
	heap.Push(&w.timeline, a)
	return a
}

// cancel takes an appointment off the timeline; nil and past ones are fine. The world is locked.
func (w *World) cancel(a *appointment) {
	if a != nil && a.index >= 0 {
		heap.Remove(&w.timeline, a.index)
	}
}

// enter locks the world, catches up with the clock and returns what unlocks it: defer w.enter()().
func (w *World) enter() func() {
	w.mu.Lock()
	w.settle()
	return w.leave
}

func (w *World) leave() {
	w.settle()
	w.arm()
	w.mu.Unlock()
}

// settle does everything that is due; each thing sees its own time as the present.
func (w *World) settle() {
	now := w.clock.Now()
	for len(w.timeline) > 0 && !w.timeline[0].at.After(now) {
		a := w.timeline[0]
		heap.Pop(&w.timeline)
		if a.at.After(w.now) {
			w.now = a.at
		}
		a.run()
	}
	if now.After(w.now) {
		w.now = now
	}
}

// arm sets the one timer of a world on a real clock for the next appointment.
func (w *World) arm() {
	if w.waker == nil || w.closed || len(w.timeline) == 0 {
		return
	}
	due := w.timeline[0].at
	if w.disarm != nil {
		if !due.Before(w.armed) {
			return
		}
		w.disarm()
	}
	w.armed = due
	w.disarm = w.waker.Wake(due.Sub(w.clock.Now()), w.wake)
}

func (w *World) wake() {
	defer w.enter()()
	w.disarm = nil
}

// Settle catches up with the clock. Every call does so itself; it is needed only after the clock was stepped by
// somebody else than Advance and Step.
func (w *World) Settle() { defer w.enter()() }

// Now is the world's present time.
func (w *World) Now() time.Time {
	defer w.enter()()
	return w.now
}

// NextDue is the time of the next thing that the world will do by itself, and whether there is any.
func (w *World) NextDue() (time.Time, bool) {
	defer w.enter()()
	if len(w.timeline) == 0 {
		return time.Time{}, false
	}
	return w.timeline[0].at, true
}

// Advance moves a clock that can be stepped by d, stopping at everything that is due on the way. It panics on a clock
// that moves by itself, for which it has no meaning.
func (w *World) Advance(d time.Duration) {
	target := w.clock.Now().Add(d)
	for due, ok := w.NextDue(); ok && !due.After(target); due, ok = w.NextDue() {
		w.stepTo(due)
	}
	w.stepTo(target)
}

// Step moves a clock that can be stepped to the next thing that is due and does it. It is false when nothing is.
func (w *World) Step() bool {
	due, ok := w.NextDue()
	if ok {
		w.stepTo(due)
	}
	return ok
}

func (w *World) stepTo(t time.Time) {
	if w.stepper == nil {
		panic("fake: only a clock that can be stepped can be advanced")
	}
	if d := t.Sub(w.clock.Now()); d > 0 {
		w.stepper.Step(d)
	}
	w.Settle()
}

// After returns a channel that is closed when d of the world's time has passed, and what stops the waiting.
func (w *World) After(d time.Duration) (<-chan struct{}, func()) {
	defer w.enter()()
	passed := make(chan struct{})
	a := w.in(d, func() { close(passed) })
	return passed, func() {
		defer w.enter()()
		w.cancel(a)
	}
}
