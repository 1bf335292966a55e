package edge

import "github.com/generalbots/botcluster-operator/controllers/provider/fake"

// RefuseLoads has every edge refuse configurations with an error, as Caddy does with a bad one; an empty message ends it.
func (s *Edges) RefuseLoads(message string) {
	s.world.Locked(func(fake.Locked) { s.refusal = message })
}

// SetInFlight says how many requests a member has in hand at an edge.
func (s *Edges) SetInFlight(ref fake.Ref, member string, count int64) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil {
			e.setInFlight(member, count)
		}
	})
}

// Serve counts requests that an edge has sent to a member and that have ended since. How much waits in the member, and what else
// it tells in its health document, are Figures of its Behaviour.
func (s *Edges) Serve(ref fake.Ref, member string, traffic Traffic) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil && e.members[member] != nil {
			e.members[member].sent.count(traffic)
		}
	})
}

// SetBreaker puts the circuit breaker of a member for a route into a state, "open" or "half-open"; any other closes it.
func (s *Edges) SetBreaker(ref fake.Ref, member, route, state string) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil {
			e.setBreaker(member, Breaker{Route: route, State: state, Since: l.Now().UTC()})
		}
	})
}

// SetEjected has an edge pass over a member, or not any more, as after requests that failed.
func (s *Edges) SetEjected(ref fake.Ref, member string, ejected bool) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil && e.members[member] != nil {
			e.members[member].ejected = ejected
			e.announce()
		}
	})
}

// Secrets are those that an edge holds.
func (s *Edges) Secrets(ref fake.Ref) (held Secrets) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil {
			held = e.secrets
		}
	})
	return held
}

// Document is what an edge would answer; false if no Caddy runs in the instance.
func (s *Edges) Document(ref fake.Ref) (document Document, running bool) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil {
			document, running = e.document(l), true
		}
	})
	return document, running
}

// Routes is the configuration that an edge has loaded, nil if none, and how often another one was loaded since its process
// began.
func (s *Edges) Routes(ref fake.Ref) (config []byte, loads int) {
	s.world.Locked(func(l fake.Locked) {
		if e := s.present(l, ref); e != nil {
			config, loads = e.config, e.loads
		}
	})
	return config, loads
}

// present is the Caddy that runs in an instance at this moment; nil if there is none.
func (s *Edges) present(l fake.Locked, ref fake.Ref) *edge {
	sight, ok := l.Look(ref)
	if !ok || sight.Boot == 0 {
		return nil
	}
	return s.at(l, fake.Boot{Ref: ref, ID: sight.Boot, StartedAt: sight.StartedAt})
}
