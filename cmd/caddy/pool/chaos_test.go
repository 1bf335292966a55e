package pool_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// TestManyAtOnce lets requests with all outcomes, pushes, other routes, other keys and readers meet, and then looks whether
// anything was lost: a request that is still counted, a permit that nobody gave back.
func TestManyAtOnce(t *testing.T) {
	inBubble(t, 8, func(b *bubble) {
		settings := pool.RouteSettings{
			Name: "api", Policy: pool.Cookie, Fallback: pool.LeastConn,
			Breaker: pool.BreakerSettings{Threshold: 2, Timeout: time.Millisecond, HalfOpenRequests: 3},
			Passive: pool.PassiveSettings{FailDuration: 2 * time.Millisecond, MaxFails: 3},
		}
		kept := b.registry.UseRoute(settings)
		var stopped atomic.Bool
		var others, clients sync.WaitGroup
		meanwhile := func(act func(turn int)) {
			others.Go(func() {
				for turn := 0; !stopped.Load(); turn++ {
					act(turn)
					<-time.After(300 * time.Microsecond)
				}
			})
		}
		meanwhile(func(turn int) { b.pushSome(turn) })
		meanwhile(func(int) { b.registry.Describe() })
		meanwhile(func(turn int) { b.registry.SetCookieKey([]byte{byte(turn)}) })
		meanwhile(func(turn int) {
			changed := settings
			changed.Breaker.Threshold += uint32(turn % 3)
			route := b.registry.UseRoute(changed)
			b.goOnce(route)
			route.Release()
		})
		for range 8 {
			clients.Go(func() {
				for range 2000 {
					b.goOnce(kept)
				}
			})
		}
		clients.Wait()
		stopped.Store(true)
		others.Wait()
		b.recovers(kept)
	})
}

// pushSome makes a part of the bots active and another draining.
func (b *bubble) pushSome(turn int) {
	members := []pool.PushedMember{}
	for number := range 8 {
		switch (turn + number) % 8 {
		case 0: // it leaves
		case 1:
			members = append(members, member(number+1, pool.Draining))
		default:
			members = append(members, member(number+1, pool.Active))
		}
	}
	probe := pool.Probe{Path: "/health", Scheme: "http", Interval: pool.Duration(time.Second), Timeout: pool.Duration(time.Second), Retries: 3}
	b.Expect(b.registry.Apply(pool.Push{Revision: time.Now().String(), Probe: probe, Members: members}, nil)).To(Succeed())
}

// goOnce takes a request through as many tries as it needs, at most four.
func (b *bubble) goOnce(route *pool.Route) {
	choice := route.Choose(pool.Asker{Tokens: []string{signed([]byte{byte(rand.N(64))}, "bot-3")}})
	for range 4 {
		if _, rejected := choice.Rejected(); rejected || !choice.Next() {
			<-time.After(50 * time.Microsecond)
			continue
		}
		_ = choice.NewToken()
		request, err := choice.Admit()
		if err != nil {
			continue
		}
		<-time.After(time.Duration(rand.N(30)) * time.Microsecond)
		outcome := []string{"ok", "ok", "5xx", "fail", "cancel"}[rand.N(5)]
		outcomes[outcome](request)
		outcomes[outcome](request) // what is said twice counts once
		if outcome != "fail" {
			return
		}
	}
}

// recovers looks whether every member can be brought back to where it gets everything.
func (b *bubble) recovers(route *pool.Route) {
	all := []pool.PushedMember{}
	for number := range 8 {
		all = append(all, member(number+1, pool.Active))
	}
	b.push(all...)
	b.pass(time.Second) // probes pass, breakers are half-open, failures forgotten
	b.Expect(serving(b.registry)()).To(HaveLen(8))
	for range 8 * 10 {
		request, _ := b.ask(route)
		outcomes["ok"](request)
	}
	document := b.registry.Describe()
	b.Expect(document.Members).To(HaveLen(8))
	b.Expect(document.Members).To(HaveEach(And(
		HaveField("InFlight", BeZero()), HaveField("Ejected", BeFalse()), HaveField("Breakers", BeEmpty()))))
}
