package pool_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("Requests to a member", func() {
	var (
		fleet    *bots
		registry *pool.Registry
		route    *pool.Route
	)
	BeforeEach(func() {
		fleet = newBots()
		registry = pool.New(fleet, nil)
		DeferCleanup(registry.Close)
		route = use(registry, pool.RouteSettings{Name: "api", Policy: pool.RoundRobin})
		fleet.answer(address(1), pool.Healthy)
		pushTo(registry, quickProbe(3), member(1, pool.Active))
		Eventually(serving(registry)).Should(HaveLen(1))
	})

	admit := func() *pool.Request {
		GinkgoHelper()
		return send(route)
	}

	It("are counted with their outcome", func() {
		admit().Answered(200, 7*time.Millisecond)
		admit().Answered(503, 3*time.Second)
		admit().Failed()
		counted := find(registry, "bot-1")[0]
		Expect(counted.InFlight).To(BeEquivalentTo(3))
		Expect(counted.Requests).To(BeEquivalentTo(3))
		Expect(counted.Errors5xx).To(BeEquivalentTo(1))
		Expect(counted.TransportErrors).To(BeEquivalentTo(1))
		Expect(counted.LatencySum).To(BeNumerically("~", 3.007, 1e-9))
		Expect(counted.LatencyHistogram).To(HaveExactElements(
			BeZero(), BeEquivalentTo(1), BeZero(), BeZero(), BeZero(), BeZero(), BeZero(), BeZero(), BeZero(), BeEquivalentTo(1), BeZero(), BeZero()))
	})

	It("end once, however often it is said", func() {
		first, second := admit(), admit()
		first.End()
		first.End()
		Expect(find(registry, "bot-1")[0].InFlight).To(BeEquivalentTo(1))
		second.End()
		Expect(find(registry, "bot-1")[0].InFlight).To(BeZero())
	})

	It("are refused when none was chosen", func() {
		choice := route.Choose(pool.Asker{})
		_, err := choice.Admit()
		Expect(err).To(MatchError(pool.ErrNotAdmitted))
		Expect(choice.Address()).To(BeEmpty())
	})

	It("are refused at a member that has changed its address since it was chosen", func() {
		chosen := choose(route)
		pushTo(registry, quickProbe(3), pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active})
		_, err := chosen.Admit()
		Expect(err).To(MatchError(pool.ErrNotAdmitted))
		Expect(find(registry, "bot-1")).To(HaveExactElements(HaveField("InFlight", BeZero())))
	})

	It("keep a removed member listed until they have ended", func() {
		request, late := admit(), choose(route)
		pushTo(registry, quickProbe(3))
		Expect(serving(registry)()).To(BeEmpty())
		listed := find(registry, "bot-1")
		Expect(listed).To(HaveLen(1))
		Expect(listed[0].State).To(Equal(pool.Removed))
		Expect(listed[0].Serving).To(BeFalse())
		Expect(listed[0].InFlight).To(BeEquivalentTo(1))
		_, err := late.Admit()
		Expect(err).To(MatchError(pool.ErrNotAdmitted))
		request.End()
		Expect(find(registry, "bot-1")).To(BeEmpty())
	})

	It("are counted under the name when the address changes, and end at the address where they began", func() {
		request := admit()
		fleet.answer(address(9), pool.Healthy)
		pushTo(registry, quickProbe(3), pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active})
		Eventually(serving(registry)).Should(HaveExactElements(address(9)))
		listed := find(registry, "bot-1")
		Expect(listed).To(HaveLen(2))
		Expect(listed[0].Address).To(Equal(address(9)))
		Expect(listed[0].Requests).To(BeEquivalentTo(1))
		Expect(listed[0].InFlight).To(BeZero())
		Expect(listed[1].State).To(Equal(pool.Removed))
		Expect(listed[1].InFlight).To(BeEquivalentTo(1))
		request.End()
		Expect(find(registry, "bot-1")).To(HaveLen(1))
	})

	It("begin to be counted anew when a member comes back after all was over", func() {
		admit().End()
		pushTo(registry, quickProbe(3))
		pushTo(registry, quickProbe(3), member(1, pool.Active))
		Expect(find(registry, "bot-1")[0].Requests).To(BeZero())
	})

	It("never begin at a member that was seen removed with nothing in flight", func() {
		var inHand atomic.Int64
		var done atomic.Bool
		var clients sync.WaitGroup
		for range 2 {
			clients.Go(func() {
				for !done.Load() {
					runtime.Gosched()
					request, err := choose(route).Admit()
					if err != nil {
						continue
					}
					inHand.Add(1)
					inHand.Add(-1)
					request.End()
				}
			})
		}
		for range 100 {
			pushTo(registry, quickProbe(3))
			for len(find(registry, "bot-1")) > 0 {
				runtime.Gosched()
			}
			Expect(inHand.Load()).To(BeZero())
			pushTo(registry, quickProbe(3), member(1, pool.Active))
			Eventually(serving(registry)).Should(HaveLen(1))
		}
		done.Store(true)
		clients.Wait()
	})
})
