package pool_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// BenchmarkBoot measures the time from a push into an empty pool with ten routes until all of its members serve, each of which
// answers its first probe at once.
func BenchmarkBoot(b *testing.B) {
	for _, members := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			fleet := newBots()
			push := pool.Push{Revision: "1", Probe: quickProbe(3), Members: make([]pool.PushedMember, members)}
			push.Probe.Interval = pool.Duration(time.Hour)
			for number := range members {
				at := fmt.Sprintf("10.1.%d.%d:8080", number/250, number%250)
				fleet.answer(at, pool.Healthy)
				push.Members[number] = pool.PushedMember{Name: fmt.Sprintf("bot-%d", number), Address: at, State: pool.Active}
			}
			for b.Loop() {
				registry := pool.New(fleet, nil)
				registry.SetCookieKey(cookieKey)
				for route := range 10 {
					registry.UseRoute(pool.RouteSettings{
						Name: fmt.Sprintf("route-%d", route), Policy: pool.RoundRobin, Breaker: documented, Passive: twoStrikes,
					})
				}
				if err := registry.Apply(push, nil); err != nil {
					b.Fatal(err)
				}
				for change := registry.Describe().Change; len(serving(registry)()) < members; change = registry.Describe().Change {
					registry.Wait(b.Context(), change)
				}
				registry.Close()
			}
		})
	}
}
