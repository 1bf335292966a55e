package pool_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("The pool", func() {
	var (
		fleet    *bots
		registry *pool.Registry
	)
	BeforeEach(func() {
		fleet = newBots()
		registry = pool.New(fleet, nil)
		DeferCleanup(registry.Close)
	})

	// healthyFleet pushes the active bots with the numbers and waits until all of them serve.
	healthyFleet := func(numbers ...int) {
		GinkgoHelper()
		var members []pool.PushedMember
		for _, number := range numbers {
			fleet.answer(address(number), pool.Healthy)
			members = append(members, member(number, pool.Active))
		}
		pushTo(registry, quickProbe(3), members...)
		Eventually(serving(registry)).Should(HaveLen(len(numbers)))
	}

	Describe("Who serves", func() {
		It("serves nobody before the first push", func() {
			Expect(serving(registry)()).To(BeEmpty())
			Expect(registry.Describe().Members).To(BeEmpty())
			Expect(registry.Describe().Probe).To(BeNil())
		})

		It("serves a new member only after its probe passed", func() {
			healthyFleet(1)
			pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Active))
			Eventually(func() int { return fleet.probed(address(2)) }).Should(BeNumerically(">", 3))
			Expect(serving(registry)()).To(HaveExactElements(address(1)))
			fleet.answer(address(2), pool.Healthy)
			Eventually(serving(registry)).Should(HaveExactElements(address(1), address(2)))
		})

		It("orders members as people count", func() {
			healthyFleet(10, 2, 1)
			Expect(serving(registry)()).To(HaveExactElements(address(1), address(2), address(10)))
			names := []string{}
			for _, listed := range registry.Describe().Members {
				names = append(names, listed.Name)
			}
			Expect(names).To(HaveExactElements("bot-1", "bot-2", "bot-10"))
		})

		It("stops serving a member that drains, and serves it again at once when it no longer does", func() {
			healthyFleet(1, 2)
			pushTo(registry, quickProbe(3), member(1, pool.Draining), member(2, pool.Active))
			Expect(serving(registry)()).To(HaveExactElements(address(2)))
			pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Active))
			Expect(serving(registry)()).To(HaveExactElements(address(1), address(2)))
		})

		It("proves a member again when its address changes", func() {
			healthyFleet(1, 2)
			moved := pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active}
			pushTo(registry, quickProbe(3), moved, member(2, pool.Active))
			Expect(serving(registry)()).To(HaveExactElements(address(2)))
			fleet.answer(address(9), pool.Healthy)
			Eventually(serving(registry)).Should(HaveExactElements(address(9), address(2)))
		})

		It("serves those that are degraded when nobody is healthy", func() {
			healthyFleet(1, 2)
			fleet.answer(address(1), pool.Degraded)
			Eventually(serving(registry)).Should(HaveExactElements(address(2)))
			fleet.answer(address(2), pool.Degraded)
			Eventually(serving(registry)).Should(HaveExactElements(address(1), address(2)))
			By("a new member that is not up yet changes nothing for them")
			pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Active), member(3, pool.Active))
			Eventually(func() int { return fleet.probed(address(3)) }).Should(BeNumerically(">", 3))
			Expect(serving(registry)()).To(HaveExactElements(address(1), address(2)))
			By("the first that is healthy again serves alone")
			fleet.answer(address(2), pool.Healthy)
			Eventually(serving(registry)).Should(HaveExactElements(address(2)))
		})

		It("does not count a healthy member that drains as somebody who serves", func() {
			healthyFleet(1, 2)
			fleet.answer(address(1), pool.Degraded)
			Eventually(result(registry, 1)).Should(Equal(pool.Degraded))
			pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Draining))
			Expect(serving(registry)()).To(HaveExactElements(address(1)))
		})
	})

	Describe("Probing", func() {
		It("probes draining members too", func() {
			healthyFleet(1)
			pushTo(registry, quickProbe(3), member(1, pool.Draining))
			fleet.answer(address(1), "")
			Eventually(result(registry, 1)).Should(Equal(pool.Unhealthy))
		})

		It("ends with the member", func() {
			healthyFleet(1)
			pushTo(registry, quickProbe(3))
			before := -1
			Eventually(func() bool {
				same := fleet.probed(address(1)) == before
				before = fleet.probed(address(1))
				return same
			}).WithPolling(30*time.Millisecond).Should(BeTrue(), "no probe in 30 intervals")
		})

		It("is in a hurry until the first answer", func() {
			pushTo(registry, quickProbe(3), member(1, pool.Active))
			Eventually(func() int { return fleet.probed(address(1)) }).Should(BeNumerically(">", 3))
			Expect(fleet.hurriedAt(address(1))).To(BeTrue())
			fleet.answer(address(1), pool.Healthy)
			Eventually(func() bool { return fleet.hurriedAt(address(1)) }).Should(BeFalse())
			fleet.answer(address(1), "")
			Eventually(result(registry, 1)).Should(Equal(pool.Unhealthy))
			Expect(fleet.hurriedAt(address(1))).To(BeFalse())
		})

		It("applies another interval at once", func() {
			slow := quickProbe(1)
			slow.Interval = pool.Duration(time.Hour)
			fleet.answer(address(1), pool.Healthy)
			pushTo(registry, slow, member(1, pool.Active))
			Eventually(serving(registry)).Should(HaveLen(1))
			fleet.answer(address(1), "")
			pushTo(registry, quickProbe(1), member(1, pool.Active))
			Eventually(serving(registry)).Should(BeEmpty())
		})

		It("does not let old members that hang delay a new one", func() {
			fleet.held = make(chan struct{})
			var hanging []pool.PushedMember
			for number := range 60 { // fewer than the lane of new targets is wide
				hanging = append(hanging, member(100+number, pool.Active))
			}
			pushTo(registry, quickProbe(3), hanging...)
			Eventually(func() int { return fleet.probed(address(159)) }).Should(Equal(1))
			fleet.mu.Lock()
			release := fleet.held
			fleet.held = nil
			fleet.mu.Unlock()
			DeferCleanup(func() { close(release) })
			fleet.answer(address(1), pool.Healthy)
			pushTo(registry, quickProbe(3), append(hanging, member(1, pool.Active))...)
			Eventually(serving(registry)).Should(HaveExactElements(address(1)))
		})
	})

	Describe("Pushing", func() {
		It("changes nothing when the same is pushed again", func() {
			push := pool.Push{Revision: "same", Probe: quickProbe(3), Members: []pool.PushedMember{member(1, pool.Draining)}}
			Expect(registry.Apply(push, nil)).To(Succeed())
			Eventually(result(registry, 1)).Should(Equal(pool.Unhealthy))
			before := registry.Describe()
			Expect(registry.Apply(push, nil)).To(Succeed())
			Expect(registry.Describe().Change).To(Equal(before.Change))
			Expect(registry.Describe().Members[0].Since).To(Equal(before.Members[0].Since))
		})

		It("asks about the revision held, and leaves the pool alone if that is another", func() {
			pushTo(registry, quickProbe(3), member(1, pool.Active))
			held := registry.Describe().Revision
			err := registry.Apply(pool.Push{Revision: "other", Probe: quickProbe(3)}, func(revision string) bool { return revision != held })
			Expect(err).To(MatchError(pool.ErrRevisionMismatch))
			Expect(registry.Describe().Revision).To(Equal(held))
			Expect(registry.Describe().Members).To(HaveLen(1))
		})

		It("tells since when a member is in its state", func() {
			pushTo(registry, quickProbe(3), member(1, pool.Active))
			active := find(registry, "bot-1")[0].Since
			pushTo(registry, quickProbe(2), member(1, pool.Active))
			Expect(find(registry, "bot-1")[0].Since).To(Equal(active))
			pushTo(registry, quickProbe(2), member(1, pool.Draining))
			Expect(find(registry, "bot-1")[0].Since).To(BeTemporally(">", active))
		})
	})

	Describe("Waiting for a change", func() {
		// changed tells whether waiting for a change after the number returns before the spec gives up.
		changed := func(since uint64) <-chan struct{} {
			ctx, cancel := context.WithCancel(context.Background())
			DeferCleanup(cancel)
			returned := make(chan struct{})
			go func() {
				registry.Wait(ctx, since)
				close(returned)
			}()
			return returned
		}

		It("returns at once when there is one already", func() {
			Eventually(changed(registry.Describe().Change - 1)).Should(BeClosed())
		})

		It("returns for a push, for a probe, for the last request of a draining member, and for other routes", func() {
			waiting := changed(registry.Describe().Change)
			Consistently(waiting, "20ms").ShouldNot(BeClosed())
			pushTo(registry, quickProbe(3), member(1, pool.Active))
			Eventually(waiting).Should(BeClosed())

			Eventually(result(registry, 1)).Should(Equal(pool.Unhealthy))
			waiting = changed(registry.Describe().Change)
			fleet.answer(address(1), pool.Healthy)
			Eventually(waiting).Should(BeClosed())

			request := send(use(registry, pool.RouteSettings{Name: "api", Policy: pool.RoundRobin}))
			pushTo(registry, quickProbe(3), member(1, pool.Draining))
			waiting = changed(registry.Describe().Change)
			Consistently(waiting, "20ms").ShouldNot(BeClosed())
			request.End()
			Eventually(waiting).Should(BeClosed())

			waiting = changed(registry.Describe().Change)
			release := registry.LoadRoutes(pool.Routes{Revision: "routes"})
			Eventually(waiting).Should(BeClosed())
			release()
		})
	})

	Describe("The routes", func() {
		It("are those loaded last, until they are released", func() {
			releaseOld := registry.LoadRoutes(pool.Routes{Revision: "old"})
			releaseFailed := registry.LoadRoutes(pool.Routes{Revision: "failed"})
			Expect(registry.Describe().RoutesRevision).To(Equal("failed"))
			releaseFailed()
			Expect(registry.Describe().RoutesRevision).To(Equal("old"))
			releaseNew := registry.LoadRoutes(pool.Routes{Revision: "new", Rules: pool.Rules{LoopbackMembers: true}})
			releaseOld()
			Expect(registry.Describe().RoutesRevision).To(Equal("new"))
			Expect(registry.Rules().LoopbackMembers).To(BeTrue())
			releaseNew()
			Expect(registry.Describe().RoutesRevision).To(BeEmpty())
			Expect(registry.Rules()).To(BeZero())
		})
	})
})
