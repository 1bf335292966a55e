package pool_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// bubble is a pool in a world whose time passes only when somebody waits for it (testing/synctest).
type bubble struct {
	*WithT
	t        *testing.T // of the bubble: its context belongs to it
	registry *pool.Registry
	fleet    *bots
	events   []string // of breakers and ejections; read them after pass
	pushes   int
}

// inBubble runs a test with as many members as given, all of which serve.
func inBubble(t *testing.T, members int, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{WithT: NewWithT(t), t: t, fleet: newBots()}
		b.registry = pool.New(b.fleet, b.note)
		defer b.registry.Close()
		var active []pool.PushedMember
		for number := range members {
			b.fleet.answer(address(number+1), pool.Healthy)
			active = append(active, member(number+1, pool.Active))
		}
		b.push(active...)
		b.Expect(serving(b.registry)()).To(HaveLen(members))
		test(b)
	})
}

// note writes down what the registry tells; it is called under the registry's lock.
func (b *bubble) note(event pool.Event) {
	switch event.Kind {
	case pool.BreakerTurned:
		b.events = append(b.events, fmt.Sprintf("%s/%s %s→%s", event.Member, event.Route, event.BreakerBefore, event.Breaker))
	case pool.MemberEjected:
		b.events = append(b.events, fmt.Sprintf("%s ejected=%t", event.Member, event.Ejected))
	default: // pushes and probes have specs of their own
	}
}

// push makes the pool hold the members, and lets their first probes pass.
func (b *bubble) push(members ...pool.PushedMember) {
	b.pushes++
	probe := pool.Probe{Path: "/health", Scheme: "http", Interval: pool.Duration(10 * time.Second), Timeout: pool.Duration(time.Second), Retries: 3}
	b.Expect(b.registry.Apply(pool.Push{Revision: fmt.Sprint(b.pushes), Probe: probe, Members: members}, nil)).To(Succeed())
	b.pass(5 * time.Millisecond) // what the probes say is seen together
}

// pass lets time pass, and all that is due happen.
func (b *bubble) pass(duration time.Duration) {
	<-time.After(duration)
	synctest.Wait()
}

// breaker reads the state of the breaker of a bot in a route.
func (b *bubble) breaker(number int, route string) pool.BreakerState {
	for _, listed := range b.registry.Describe().Members {
		if listed.Name != member(number, pool.Active).Name {
			continue
		}
		for _, breaker := range listed.Breakers {
			if breaker.Route == route {
				return breaker.State
			}
		}
	}
	return pool.BreakerClosed
}

// ask sends a request of a route and returns it and the address that it went to.
func (b *bubble) ask(route *pool.Route) (*pool.Request, string) {
	choice := choose(route)
	request, err := choice.Admit()
	b.Expect(err).NotTo(HaveOccurred())
	return request, choice.Address()
}

// outcomes are the ways in which a request ends.
var outcomes = map[string]func(*pool.Request){
	"ok":     func(request *pool.Request) { request.Answered(200, time.Millisecond); request.End() },
	"4xx":    func(request *pool.Request) { request.Answered(404, time.Millisecond); request.End() },
	"5xx":    func(request *pool.Request) { request.Answered(503, time.Millisecond); request.End() },
	"fail":   func(request *pool.Request) { request.Failed(); request.End() },
	"cancel": func(request *pool.Request) { request.End() },
	"broken": func(request *pool.Request) { request.BrokenOff(); request.End() },
}
