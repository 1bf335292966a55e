package fake

import (
	"path"
	"slices"
	"time"
)

// Mode is what goes wrong with a call or an event.
type Mode string

// What may go wrong with a call.
const (
	// RefuseConnection drops the connection before anything is done.
	RefuseConnection Mode = "refuse-connection"
	// Refuse answers with Fault.Status (500 if it is 0) and does nothing.
	Refuse Mode = "refuse"
	// LoseAnswer does what is asked and drops the connection instead of answering.
	LoseAnswer Mode = "lose-answer"
	// Slow answers late, by Fault.Delay.
	Slow Mode = "slow"
	// Conflict answers 412 as if somebody else had changed the resource, and does nothing.
	Conflict Mode = "conflict"
	// Stale answers a read with what it said before its last change. A read that has no earlier answer is let through, and
	// the fault waits for the next one.
	Stale Mode = "stale"
)

// What may go wrong with events.
const (
	DropEvent      Mode = "drop-event"
	DuplicateEvent Mode = "duplicate-event"
	// DelayEvent sends the event after the next one.
	DelayEvent Mode = "delay-event"
	// CutEvents ends all event streams instead of sending the event.
	CutEvents Mode = "cut-events"
)

var eventModes = []Mode{DropEvent, DuplicateEvent, DelayEvent, CutEvents}

// Fault is one thing that goes wrong once, or Times times. Empty fields match everything; Path and Instance are patterns
// of path.Match. It is plain data: written down, it is the reproduction of a failure.
type Fault struct {
	Mode Mode `json:"mode"`

	System   System `json:"system,omitempty"`
	Class    Class  `json:"class,omitempty"`
	Verb     string `json:"verb,omitempty"`
	Path     string `json:"path,omitempty"`     // as in /1.0/instances/*/state
	Instance string `json:"instance,omitempty"` // name
	Write    int    `json:"write,omitempty"`    // the number of a write, counted over all writes
	Event    string `json:"event,omitempty"`    // lifecycle action such as instance-started, or "operation"

	Nth   int `json:"nth,omitempty"`   // of the matching calls or events; default the first
	Times int `json:"times,omitempty"` // how many in a row, from the Nth on; default 1

	Status int           `json:"status,omitempty"` // of Refuse
	Delay  time.Duration `json:"delay,omitempty"`  // of Slow, on the world's clock
	// RealDelay is the delay of Slow on the wall clock, for worlds whose clock nobody moves during a call.
	RealDelay time.Duration `json:"realDelay,omitempty"`
}

// verdict is what goes wrong with one call; the zero value is nothing.
type verdict struct {
	mode      Mode
	code      int // of the answer; 0: 500
	delay     time.Duration
	realDelay time.Duration
	fault     *plannedFault
}

// Faults is a plan of what goes wrong in a world. Its methods may be called at any time.
type Faults struct {
	world *World
	plan  []*plannedFault
	chaos Chaos
	drawn map[string]uint64
}

type plannedFault struct {
	Fault
	seen    int // matching calls so far
	reached int // of these, hit
}

// Plan adds faults. When several match a call, the first one added hits it.
func (f *Faults) Plan(faults ...Fault) {
	defer f.world.enter()()
	for _, fault := range faults {
		fault.Nth, fault.Times = max(fault.Nth, 1), max(fault.Times, 1)
		f.plan = append(f.plan, &plannedFault{Fault: fault})
	}
}

// Clear forgets the plan and the chaos.
func (f *Faults) Clear() {
	defer f.world.enter()()
	f.plan, f.chaos = nil, Chaos{}
}

// Unreached lists the planned faults that hit nothing. A scenario whose fault was not reached proves nothing.
func (f *Faults) Unreached() []Fault {
	defer f.world.enter()()
	var list []Fault
	for _, p := range f.plan {
		if p.reached == 0 {
			list = append(list, p.Fault)
		}
	}
	return list
}

// planned tells whether anything may go wrong with an event.
func (f *Faults) planned() bool { return len(f.plan) > 0 || f.chaos.Rate > 0 }

// mayStale tells whether earlier answers must be kept.
func (f *Faults) mayStale() bool {
	return slices.ContainsFunc(f.plan, func(p *plannedFault) bool { return p.Mode == Stale }) ||
		f.chaos.Rate > 0 && slices.Contains(f.chaos.Modes, Stale)
}

// keepsAnswers tells a gate whether it must remember its answers.
func (f *Faults) keepsAnswers() bool {
	defer f.world.enter()()
	return f.mayStale()
}

// onCall finds the fault of a call; the world is locked.
func (f *Faults) onCall(call Call) verdict {
	for _, p := range f.plan {
		if !slices.Contains(eventModes, p.Mode) && p.matchesCall(call) && p.hits() {
			return verdict{mode: p.Mode, code: p.Status, delay: p.Delay, realDelay: p.RealDelay, fault: p}
		}
	}
	return f.drawCall(call)
}

// onEvent finds the fault of an event; the world is locked.
func (f *Faults) onEvent(name string, ref Ref) Mode {
	for _, p := range f.plan {
		if !slices.Contains(eventModes, p.Mode) || p.Event != "" && p.Event != name || !glob(p.Instance, ref.Name) {
			continue
		}
		if p.hits() {
			return p.Mode
		}
	}
	return f.drawEvent(name, ref)
}

func (p *plannedFault) matchesCall(call Call) bool {
	return (p.System == "" || p.System == call.System) && (p.Class == "" || p.Class == call.Class) &&
		(p.Verb == "" || p.Verb == call.Verb) && (p.Write == 0 || p.Write == call.Write) &&
		glob(p.Path, call.Path) && glob(p.Instance, call.Instance)
}

// hits counts a match and tells whether the fault is to hit it.
func (p *plannedFault) hits() bool {
	p.seen++
	if p.seen < p.Nth || p.seen >= p.Nth+p.Times {
		return false
	}
	p.reached++
	return true
}

// missed gives a fault of mode Stale back that found no earlier answer: it waits for the next matching call.
func (w *World) missed(v verdict) {
	defer w.enter()()
	if v.fault != nil {
		v.fault.seen--
		v.fault.reached--
	}
}

func glob(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	matched, err := path.Match(pattern, name)
	return err == nil && matched
}
