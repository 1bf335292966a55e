package pool_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// fleetOf returns a pool of as many members that serve.
func fleetOf(b *testing.B, members int) *pool.Registry {
	b.Helper()
	fleet := newBots()
	registry := pool.New(fleet, nil)
	b.Cleanup(registry.Close)
	registry.SetCookieKey(cookieKey)
	push := pool.Push{Revision: "1", Probe: quickProbe(3), Members: make([]pool.PushedMember, members)}
	push.Probe.Interval = pool.Duration(time.Hour)
	for number := range members {
		at := fmt.Sprintf("10.1.%d.%d:8080", number/250, number%250)
		fleet.answer(at, pool.Healthy)
		push.Members[number] = pool.PushedMember{Name: fmt.Sprintf("bot-%d", number), Address: at, State: pool.Active}
	}
	if err := registry.Apply(push, nil); err != nil {
		b.Fatal(err)
	}
	for {
		change := registry.Describe().Change
		if len(serving(registry)()) == members {
			return registry
		}
		registry.Wait(b.Context(), change)
	}
}

// BenchmarkChoice measures all that the pool does for one request: the choice of a member, its admission past a breaker, the
// answer and the end.
func BenchmarkChoice(b *testing.B) {
	for _, policy := range []pool.Policy{pool.RoundRobin, pool.First, pool.LeastConn, pool.IPHash, pool.Cookie, pool.Random} {
		for _, members := range []int{10, 1000} {
			b.Run(fmt.Sprintf("%s/members=%d", policy, members), func(b *testing.B) {
				route := fleetOf(b, members).UseRoute(pool.RouteSettings{
					Name: "api", Policy: policy, Fallback: pool.LeastConn, Breaker: documented, Passive: twoStrikes,
				})
				asker := pool.Asker{Address: "192.0.2.1", Tokens: []string{signed(cookieKey, "bot-7")}}
				b.ReportAllocs()
				b.ResetTimer() // what the pool costs to fill is not measured here
				b.RunParallel(func(parallel *testing.PB) {
					for parallel.Next() {
						choice := route.Choose(asker)
						if !choice.Next() {
							b.Error("nobody was chosen")
							return
						}
						request, err := choice.Admit()
						if err != nil {
							b.Error(err)
							return
						}
						request.Answered(200, time.Millisecond)
						request.End()
					}
				})
			})
		}
	}
}

// BenchmarkPush measures a push that changes one of a thousand members, with three routes.
func BenchmarkPush(b *testing.B) {
	registry := fleetOf(b, 1000)
	for _, name := range []string{"api", "ws", "files"} {
		registry.UseRoute(pool.RouteSettings{Name: name, Policy: pool.RoundRobin, Breaker: documented, Passive: twoStrikes})
	}
	push := pool.Push{Probe: quickProbe(3)}
	push.Probe.Interval = pool.Duration(time.Hour)
	for _, listed := range registry.Describe().Members {
		push.Members = append(push.Members, pool.PushedMember{Name: listed.Name, Address: listed.Address, State: pool.Active})
	}
	b.ReportAllocs()
	for turn := 0; b.Loop(); turn++ {
		next := push
		next.Revision = fmt.Sprint(turn)
		next.Members = append([]pool.PushedMember{}, push.Members...)
		if turn%2 == 0 {
			next.Members[500].State = pool.Draining
		}
		if err := registry.Apply(next, nil); err != nil {
			b.Fatal(err)
		}
	}
}
