package autoscale_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// windows understands schedules.
func windows(schedules ...autoscale.Schedule) func(*autoscale.Policy) {
	GinkgoHelper()
	var understood []autoscale.Window
	for _, schedule := range schedules {
		window, err := autoscale.NewWindow(schedule)
		Expect(err).NotTo(HaveOccurred())
		understood = append(understood, window)
	}
	return func(policy *autoscale.Policy) { policy.Windows = understood }
}

// office is open on working days from 8 to 18 o'clock in Lisbon.
func office() autoscale.Schedule {
	return autoscale.Schedule{
		Name: "office", Start: "0 8 * * 1-5", Duration: 10 * time.Hour, TimeZone: "Europe/Lisbon", Min: 4, Max: 12,
	}
}

// bounds are the limits that are in force at a time.
func bounds(policy autoscale.Policy, now time.Time) []int {
	decision, _ := autoscale.Decide(policy, autoscale.State{}, fleet(2, 40, now), now)
	return []int{decision.Min, decision.Max}
}

var _ = Describe("A schedule", func() {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		panic(err)
	}

	DescribeTable("brings its limits while it is open", func(schedule autoscale.Schedule, now time.Time, want ...int) {
		Expect(bounds(with(windows(schedule)), now)).To(Equal(want))
	},
		Entry("before", office(), time.Date(2026, 3, 4, 7, 59, 59, 999, lisbon), 1, 10),
		Entry("from its start", office(), time.Date(2026, 3, 4, 8, 0, 0, 0, lisbon), 4, 12),
		Entry("until its end", office(), time.Date(2026, 3, 4, 17, 59, 59, 0, lisbon), 4, 12),
		Entry("not at its end", office(), time.Date(2026, 3, 4, 18, 0, 0, 0, lisbon), 1, 10),
		Entry("not on Sunday", office(), time.Date(2026, 3, 8, 12, 0, 0, 0, lisbon), 1, 10),
		Entry("in summer by the summer's clock", office(), time.Date(2026, 7, 1, 7, 30, 0, 0, time.UTC), 4, 12),
		Entry("across midnight, with an end", autoscale.Schedule{Start: "0 22 * * *", End: "0 6 * * *", Max: 2},
			time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC), 1, 2),
		Entry("with an end, outside", autoscale.Schedule{Start: "0 22 * * *", End: "0 6 * * *", Max: 2}, noon, 1, 10),
		Entry("with a min above the policy's max", autoscale.Schedule{Start: "0 0 * * *", Duration: 24 * time.Hour, Min: 20}, noon, 20, 20),
		Entry("in an hour that the clocks skip", autoscale.Schedule{
			Start: "30 1 * * *", Duration: 2 * time.Hour, TimeZone: "Europe/Lisbon", Min: 3,
		}, time.Date(2026, 3, 29, 2, 15, 0, 0, lisbon), 3, 10),
	)

	It("lets the largest min and the largest max win where several are open", func() {
		policy := with(windows(office(), autoscale.Schedule{Name: "sale", Start: "0 11 4 3 *", Duration: 2 * time.Hour, Min: 6, Max: 8}))
		Expect(bounds(policy, noon)).To(Equal([]int{6, 12}))
	})

	It("brings bots up at once, without a cooldown, and says when it changes", func() {
		policy := with(windows(office()))
		now := time.Date(2026, 3, 4, 8, 0, 0, 0, lisbon)
		before := autoscale.State{Desired: 2, LastUp: now.UTC().Add(-time.Second)}
		decision, state := autoscale.Decide(policy, before, fleet(2, 40, now), now)
		Expect(decision.Desired).To(Equal(4))
		Expect(decision.Windows).To(Equal([]string{"office"}))
		Expect(decision.Message).To(Equal(`Scaling up from 2 to 4: at least 4 are to be there during the schedule "office".`))
		Expect(decision.Reconsider).To(BeTemporally("==", time.Date(2026, 3, 4, 18, 0, 0, 0, lisbon)))
		Expect(state.LastUp).To(Equal(before.LastUp))
	})

	DescribeTable("is refused", func(schedule autoscale.Schedule, why string) {
		_, err := autoscale.NewWindow(schedule)
		Expect(err).To(MatchError(autoscale.ErrWindow))
		Expect(err).To(MatchError(ContainSubstring(why)))
	},
		Entry("without an end", autoscale.Schedule{Start: "0 8 * * *"}, "either an end or a duration"),
		Entry("with two ends", autoscale.Schedule{Start: "0 8 * * *", End: "0 9 * * *", Duration: time.Hour}, "either an end or a duration"),
		Entry("with a start that is none", autoscale.Schedule{Start: "8 o'clock", Duration: time.Hour}, "write five fields"),
		Entry("with an end that is none", autoscale.Schedule{Start: "0 8 * * *", End: "61 * * * *"}, "end: cron expression"),
		Entry("with a zone in the expression", autoscale.Schedule{Start: "TZ=UTC", Duration: time.Hour}, "time zone beside it"),
		Entry("that has no hours", autoscale.Schedule{Start: "@every 5m", Duration: time.Hour}, "write five fields"),
		Entry("with a day that never comes", autoscale.Schedule{Start: "0 0 30 2 *", Duration: time.Hour}, "never comes"),
		Entry("with a zone that is none", autoscale.Schedule{Start: "0 8 * * *", Duration: time.Hour, TimeZone: "../etc/passwd"}, "is not known"),
		Entry("with the machine's zone", autoscale.Schedule{Start: "0 8 * * *", Duration: time.Hour, TimeZone: "Local"}, "depends on the machine"),
		Entry("with bounds the wrong way round", autoscale.Schedule{Start: "0 8 * * *", Duration: time.Hour, Min: 5, Max: 4}, "min (5)"),
		Entry("that ends when it starts", autoscale.Schedule{Start: "0 8 * * *", End: "0 8 * * *"}, "ends when it starts"),
	)
})
