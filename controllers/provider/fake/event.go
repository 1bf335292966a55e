package fake

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// bus brings events to who subscribed; the world's lock guards it.
type bus struct {
	world         *World
	subscriptions []*Subscription
}

// Subscription is one stream of events. It never blocks the world: what is not read yet is kept.
type Subscription struct {
	project string // empty: all
	types   []string
	caller  Caller

	mu     sync.Mutex
	queue  []incusapi.Event
	late   []incusapi.Event // by a fault, until the next event of the stream
	closed bool
	wake   chan struct{} // holds one token when there is something to look at
}

// EventTypes are the kinds of events that a World has.
func EventTypes() []string { return []string{incusapi.EventTypeLifecycle, incusapi.EventTypeOperation} }

// Subscribe opens a stream of events of a project, or of all projects if it is empty, and of the given types.
func (w *World) Subscribe(caller Caller, projectName string, types []string) (*Subscription, error) {
	defer w.enter()()
	if projectName != "" {
		if _, err := w.project(projectName); err != nil {
			return nil, err
		}
	}
	s := &Subscription{project: projectName, types: types, caller: caller, wake: make(chan struct{}, 1)}
	if w.closed {
		s.close()
	}
	w.bus.subscriptions = append(w.bus.subscriptions, s)
	return s, nil
}

// Unsubscribe ends a stream.
func (w *World) Unsubscribe(s *Subscription) {
	defer w.enter()()
	s.close()
	w.bus.subscriptions = slices.DeleteFunc(w.bus.subscriptions, func(other *Subscription) bool { return other == s })
}

// CutEvents ends every stream, as a daemon that restarts or a network that breaks does.
func (w *World) CutEvents() {
	defer w.enter()()
	w.bus.closeAll()
}

// Wake has a token whenever Take may have something new to say.
func (s *Subscription) Wake() <-chan struct{} { return s.wake }

// Take returns what came since the last call, and whether the stream is still open.
func (s *Subscription) Take() ([]incusapi.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.queue
	s.queue = nil
	return events, !s.closed
}

func (s *Subscription) put(event incusapi.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.queue = append(append(s.queue, event), s.late...)
		s.late = nil
	}
	s.signal()
}

func (s *Subscription) delay(event incusapi.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, event)
}

func (s *Subscription) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signal()
}

func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Subscription) wants(event incusapi.Event) bool {
	if s.project != "" && event.Project != "" && s.project != event.Project {
		return false
	}
	return slices.Contains(s.types, event.Type) && (event.Project == "" || s.caller.MayUse(event.Project) == nil)
}

func (b *bus) closeAll() {
	for _, s := range b.subscriptions {
		s.close()
	}
	b.subscriptions = nil
}

// send publishes an event, subject to the faults that are planned for events. name is a lifecycle action, or "operation".
func (b *bus) send(event incusapi.Event, name string, ref Ref) {
	times := 1
	switch b.world.faults.onEvent(name, ref) {
	case DropEvent:
		times = 0
	case DuplicateEvent:
		times = 2
	case DelayEvent:
		b.deliver(event, (*Subscription).delay)
		return
	case CutEvents:
		b.closeAll()
		return
	default: // nothing is wrong with it
	}
	for range times {
		b.deliver(event, (*Subscription).put)
	}
}

func (b *bus) deliver(event incusapi.Event, how func(*Subscription, incusapi.Event)) {
	for _, s := range b.subscriptions {
		if s.wants(event) {
			how(s, event)
		}
	}
}

func (w *World) publish(project, kind, name string, ref Ref, payload any) {
	if len(w.bus.subscriptions) == 0 && !w.faults.planned() {
		return
	}
	metadata, err := json.Marshal(payload)
	if err != nil {
		panic(err) // only plain values come here
	}
	event := incusapi.Event{Type: kind, Timestamp: w.now.UTC(), Metadata: metadata, Project: project, Location: w.location()}
	w.bus.send(event, name, ref)
}

// lifecycle tells that something was made, changed or removed; path is that of its resource below /1.0.
func (w *World) lifecycle(
	project, action string, from *incusapi.EventLifecycleRequestor, path, name string, context map[string]any,
) {
	parts := strings.Split(path, "/")
	if len(parts) == 1 {
		parts = append(parts, name)
	}
	payload := incusapi.EventLifecycle{
		Action: action, Source: resourceURL(project, parts...), Context: context, Requestor: from, Name: name, Project: project,
	}
	ref := Ref{}
	if parts[0] == "instances" {
		ref = Ref{project, name}
	}
	w.publish(project, incusapi.EventTypeLifecycle, action, ref, payload)
}

func (w *World) instanceEvent(i *instance, action string, op *operation, context map[string]any) {
	var from *incusapi.EventLifecycleRequestor
	if op != nil {
		from = op.requestor
	}
	w.lifecycle(i.ref.Project, action, from, "instances", i.ref.Name, context)
}

func (w *World) operationEvent(op *operation) {
	ref := Ref{}
	if names := op.resources["instances"]; len(names) == 1 {
		path, _, _ := strings.Cut(names[0], "?")
		ref = Ref{op.project, path[strings.LastIndex(path, "/")+1:]}
	}
	w.publish(op.project, incusapi.EventTypeOperation, incusapi.EventTypeOperation, ref, w.renderOperation(op))
}
