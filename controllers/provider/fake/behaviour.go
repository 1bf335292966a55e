package fake

import (
	"path"
	"slices"
	"time"
)

// Health is what the application of an instance says of itself when it is probed.
type Health string

// The answers to a probe.
const (
	Healthy   Health = "healthy"
	Unhealthy Health = "unhealthy" // it answers, and badly
	Degraded  Health = "degraded"  // it answers that something it needs is away
)

// Behaviour is how instances act. It comes from the image and is changed by Behave.
type Behaviour struct {
	AddressDelay  time.Duration // from the start of the instance until it has an IPv4 address
	ServeDelay    time.Duration // from its address until its application answers
	ShutdownDelay time.Duration // of a graceful stop

	Health          Health        // default Healthy
	NoAddress       bool          // as when the host's inotify instances are used up: it runs, without an address
	NewAddress      bool          // at every start, instead of the one it had
	FailsToStart    string        // the error of each start
	DiesAfter       time.Duration // it stops by itself this long after each start
	IgnoresShutdown bool          // a graceful stop ends by its time-out
	MissingPrograms []string      // that an exec does not find, such as socat
	NotifiesReady   bool          // it tells Incus that it is ready when it has its address

	Load      Load               // from its start on
	NoMetrics bool               // the daemon fails to read its metrics, so that the page does not have it
	Figures   map[string]float64 // that its health document tells by name, such as queue_depth
}

// MeasuredBehaviour is that of our lean Debian images on a 2-core machine: address 0.55 s after the start, of which Incus
// is told, and an application that answers 0.1 s later.
func MeasuredBehaviour() Behaviour {
	return Behaviour{
		AddressDelay: 550 * time.Millisecond, ServeDelay: 100 * time.Millisecond, ShutdownDelay: 350 * time.Millisecond,
		NotifiesReady: true,
	}
}

// behaviourRule changes the behaviour of the instances whose "project/name" matches a pattern of path.Match.
type behaviourRule struct {
	pattern string
	change  func(*Behaviour)
}

// Behave changes how instances act from now on, those to come included. The pattern is matched by path.Match with
// "project/name"; later rules see what earlier ones did. It panics on a bad pattern.
func (w *World) Behave(pattern string, change func(*Behaviour)) {
	if _, err := path.Match(pattern, ""); err != nil {
		panic(err)
	}
	defer w.enter()()
	w.changeBehaviours(append(slices.Clone(w.behaviours), behaviourRule{pattern, change}))
}

// Recover forgets the rules that Behave made with the same pattern.
func (w *World) Recover(pattern string) {
	defer w.enter()()
	w.changeBehaviours(slices.DeleteFunc(slices.Clone(w.behaviours), func(r behaviourRule) bool { return r.pattern == pattern }))
}

// changeBehaviours replaces the rules, and has running instances bear the load that the new ones put on them.
func (w *World) changeBehaviours(rules []behaviourRule) {
	before := map[*instance]Load{}
	for _, i := range w.instances {
		if i.running() {
			before[i] = w.behaviour(i).Load
		}
	}
	w.behaviours = rules
	for i, load := range before {
		if changed := w.behaviour(i).Load; changed != load {
			i.usage.bear(changed, w.now)
		}
	}
	w.touchAll()
}

// behaviour is how an instance acts at this moment.
func (w *World) behaviour(i *instance) Behaviour {
	b := i.image.Behaviour
	for _, rule := range w.behaviours {
		if matched, err := path.Match(rule.pattern, i.ref.String()); err == nil && matched {
			rule.change(&b)
		}
	}
	if b.Health == "" {
		b.Health = Healthy
	}
	return b
}
