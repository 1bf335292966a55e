package pool_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("The time until the next probe", func() {
	It("is the interval, give or take a tenth, once the member has answered", func() {
		var shortest, longest time.Duration = time.Hour, 0
		for range 1000 {
			wait := pool.UntilNext(10*time.Second, true, time.Hour, 0)
			shortest, longest = min(shortest, wait), max(longest, wait)
		}
		Expect(shortest).To(BeNumerically("~", 9*time.Second, 100*time.Millisecond))
		Expect(longest).To(BeNumerically("~", 11*time.Second, 100*time.Millisecond))
	})

	DescribeTable("is short for a member that has never answered",
		func(interval, age time.Duration, unanswered int, wait time.Duration) {
			Expect(pool.UntilNext(interval, false, age, unanswered)).To(Equal(wait))
		},
		Entry("alone", 10*time.Second, time.Duration(0), 1, 25*time.Millisecond),
		Entry("with nine others", 10*time.Second, time.Duration(0), 10, 25*time.Millisecond),
		Entry("with many others, for at most 400 probes a second of all", 10*time.Second, time.Duration(0), 1000, 2500*time.Millisecond),
		Entry("never longer than the interval", time.Second, time.Duration(0), 1000, time.Second),
		Entry("after two minutes", 10*time.Second, 121*time.Second, 1, time.Second),
		Entry("after two minutes, with a short interval", 100*time.Millisecond, 121*time.Second, 1, 100*time.Millisecond),
	)

	It("lets a new member serve soon after it is up, whatever the interval", func() {
		fleet := newBots()
		registry := pool.New(fleet, nil)
		DeferCleanup(registry.Close)
		probe := quickProbe(3)
		probe.Interval = pool.Duration(time.Hour)
		pushTo(registry, probe, member(1, pool.Active))
		Eventually(func() int { return fleet.probed(address(1)) }).Should(BeNumerically(">", 1))
		fleet.answer(address(1), pool.Healthy)
		Eventually(serving(registry)).Should(HaveExactElements(address(1)))
	})
})
