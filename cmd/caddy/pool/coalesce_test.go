package pool_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func TestProbesAreSeenTogether(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		fleet := []pool.PushedMember{member(1, pool.Active)}
		for number := 2; number <= 200; number++ {
			b.fleet.answer(address(number), pool.Healthy)
			fleet = append(fleet, member(number, pool.Active))
		}
		before := b.registry.Describe().Change
		b.push(fleet...)
		b.Expect(serving(b.registry)()).To(HaveLen(200))
		b.Expect(b.registry.Describe().Change-before).To(BeNumerically("<=", 2), "the push, and all the probes in one")
	})
}

func TestOneProbeIsSeenAtOnce(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(pool.RouteSettings{Policy: pool.First})
		b.fleet.answer(address(1), pool.Degraded)
		for begin := time.Now(); choose(route).Address() == address(1); synctest.Wait() {
			b.Expect(time.Since(begin)).To(BeNumerically("<", time.Minute))
			b.pass(time.Millisecond)
			b.Expect(slices.Contains(serving(b.registry)(), address(1))).To(Equal(result(b.registry, 1)() == pool.Healthy),
				"what the document says of the probes holds for requests in the same moment")
		}
	})
}

func TestPushesDoNotWaitForProbes(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(pool.RouteSettings{Policy: pool.First})
		b.fleet.answer(address(3), pool.Healthy)
		push := func(revision string, members ...pool.PushedMember) {
			b.Expect(b.registry.Apply(pool.Push{
				Revision: revision, Members: members,
				Probe: pool.Probe{Path: "/health", Scheme: "http", Interval: pool.Duration(10 * time.Second), Timeout: pool.Duration(time.Second), Retries: 3},
			}, nil)).To(Succeed())
		}
		push("three", member(1, pool.Active), member(2, pool.Active), member(3, pool.Active))
		synctest.Wait()
		b.Expect(result(b.registry, 3)()).To(Equal(pool.Healthy))
		b.Expect(serving(b.registry)()).To(HaveLen(2), "the third is due")
		push("without the first", member(2, pool.Active), member(3, pool.Active))
		b.Expect(choose(route).Address()).To(Equal(address(2)))
		b.Expect(serving(b.registry)()).To(Equal([]string{address(2), address(3)}), "the push saw to that as well")
		change := b.registry.Describe().Change
		b.pass(time.Second)
		b.Expect(b.registry.Describe().Change).To(Equal(change), "nothing is due any more")
	})
}
