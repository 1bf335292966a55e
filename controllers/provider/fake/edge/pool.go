package edge

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// apply makes the pool hold what the push asks for; one that asks for what is held changes nothing.
func (e *edge) apply(l fake.Locked, push Push) {
	if e.pushed.equal(push) {
		return
	}
	e.pushed = push
	wanted := map[string]bool{}
	for _, p := range push.Members {
		wanted[p.Name] = true
		e.place(l, p)
	}
	for name, m := range e.members {
		if !wanted[name] {
			e.retire(l, m)
		}
	}
	e.refresh()
	e.announce()
}

func (e *edge) place(l fake.Locked, p PushedMember) {
	m := e.members[p.Name]
	if m == nil || m.address != p.Address {
		sent := newCounters()
		if m != nil {
			sent = m.sent
			e.retire(l, m)
		}
		m = &member{
			edge: e, name: p.Name, address: p.Address, state: p.State, since: l.Now(), added: l.Now(),
			result: Unknown, expected: Unknown, sent: sent,
		}
		e.members[p.Name] = m
		m.watch(l)
	}
	if m.state != p.State {
		m.state, m.since = p.State, l.Now()
	}
}

// retire takes a member out; it is kept only while something is in flight.
func (e *edge) retire(l fake.Locked, m *member) {
	m.state, m.since = Removed, l.Now()
	m.unwatch(l)
	delete(e.members, m.name)
	if m.inFlight > 0 {
		e.removed = append(e.removed, m)
	}
}

// refresh works out who serves: the active members that are healthy, or those that are degraded when nobody is.
func (e *edge) refresh() {
	wanted := Degraded
	for _, m := range e.members {
		if m.state == Active && m.result == Healthy {
			wanted = Healthy
		}
	}
	for _, m := range e.members {
		m.serving = m.state == Active && m.result == wanted
	}
	for _, m := range e.removed {
		m.serving = false
	}
}

// setInFlight changes what a member has in hand. The last one of a member that leaves is a change.
func (e *edge) setInFlight(name string, count int64) {
	for _, m := range e.all() {
		if m.name != name {
			continue
		}
		if count > m.inFlight {
			m.sent.requests += count - m.inFlight
		}
		m.inFlight = count
		if count == 0 && m.state != Active {
			e.removed = slices.DeleteFunc(e.removed, func(gone *member) bool { return gone == m })
			e.announce()
		}
	}
}

// setBreaker puts one circuit breaker of a member into a state; a closed one is not listed.
func (e *edge) setBreaker(name string, breaker Breaker) {
	m := e.members[name]
	if m == nil {
		return
	}
	m.breakers = slices.DeleteFunc(slices.Clone(m.breakers), func(b Breaker) bool { return b.Route == breaker.Route })
	if breaker.State == "open" || breaker.State == "half-open" {
		m.breakers = append(m.breakers, breaker)
		slices.SortFunc(m.breakers, func(a, b Breaker) int { return strings.Compare(a.Route, b.Route) })
	}
	e.announce()
}

// all lists the members in the order of their names, as people count; of one name, what left comes last.
func (e *edge) all() []*member {
	list := slices.Clone(e.removed)
	for _, m := range e.members {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *member) int {
		return cmp.Or(compareNames(a.name, b.name), compareBools(a.state == Removed, b.state == Removed),
			strings.Compare(a.address, b.address))
	})
	return list
}

func (e *edge) document(l fake.Locked) Document {
	d := Document{
		Process: e.process, StartedAt: e.startedAt.UTC(), RoutesRevision: e.revision, Revision: e.pushed.Revision,
		SecretsRevision: e.secrets.Revision, Change: e.change, LatencyBuckets: latencyBuckets, Members: []Member{},
	}
	if d.Revision != "" {
		probe := e.pushed.Probe
		d.Probe = &probe
	}
	for _, m := range e.all() {
		d.Members = append(d.Members, m.describe(l))
	}
	return d
}

func (p Push) equal(other Push) bool {
	return p.Revision == other.Revision && p.Probe == other.Probe && slices.Equal(p.Members, other.Members)
}

// decodePush reads a push as strictly as the module does in what the operator can get wrong.
func decodePush(body []byte) (Push, error) {
	push := Push{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&push); err != nil {
		return push, err
	}
	if push.Probe.Scheme == "" {
		push.Probe.Scheme = "http"
	}
	switch {
	case push.Revision == "":
		return push, errors.New("revision: \"\" is not usable; write 1 to 128 letters, digits or ._:/+=-")
	case !strings.HasPrefix(push.Probe.Path, "/"):
		return push, fmt.Errorf("probe.path: %q is no path; write one that begins with a single /", push.Probe.Path)
	case push.Probe.Interval <= 0 || push.Probe.Timeout <= 0 || push.Probe.Retries < 1:
		return push, errors.New("probe: interval, timeout and retries must be greater than zero")
	case push.Members == nil:
		return push, errors.New("members: the list is missing; write [] to empty the pool")
	}
	return push, validMembers(push.Members)
}

func validMembers(members []PushedMember) error {
	names, addresses := map[string]bool{}, map[string]bool{}
	for i, m := range members {
		if _, err := netip.ParseAddrPort(m.Address); err != nil {
			return fmt.Errorf("members[%d].address: %q is no IP address with a port", i, m.Address)
		}
		if m.Name == "" || names[m.Name] || addresses[m.Address] {
			return fmt.Errorf("members[%d]: name %q and address %q must be given, once each", i, m.Name, m.Address)
		}
		if m.State != Active && m.State != Draining {
			return fmt.Errorf("members[%d].state: %q is unknown; write active or draining", i, m.State)
		}
		names[m.Name], addresses[m.Address] = true, true
	}
	return nil
}

// compareNames orders bot-2 before bot-10.
func compareNames(a, b string) int {
	headA, numberA := splitNumber(a)
	headB, numberB := splitNumber(b)
	return cmp.Or(strings.Compare(headA, headB), cmp.Compare(len(numberA), len(numberB)), strings.Compare(numberA, numberB))
}

func splitNumber(name string) (head, number string) {
	head = strings.TrimRight(name, "0123456789")
	return head, strings.TrimLeft(name[len(head):], "0")
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
