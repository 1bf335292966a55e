package autoscale_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// used is a reading of a bot with two processors, so long after noon.
func used(after, cpu time.Duration) model.Usage {
	return model.Usage{
		Name: "bot-1", At: noon.Add(after), CPU: cpu, Allocated: 2 * time.Second, Memory: 300, MemoryLimit: 1000,
	}
}

// counted is a reading of an edge that sent so many requests to a bot, each answered in 0.2 s.
func counted(edge, process string, after time.Duration, requests float64) autoscale.EdgeCounters {
	return autoscale.EdgeCounters{
		Edge: edge, Process: process, At: noon.Add(after),
		Members: []autoscale.MemberCounters{
			{Name: "bot-1", Requests: requests, LatencyCount: requests, LatencySum: requests / 5},
		},
	}
}

var _ = Describe("The processor's share", func() {
	const s = time.Second

	DescribeTable("follows from two readings", func(want float64, readings ...model.Usage) {
		usages := &autoscale.Usages{Gap: autoscale.DefaultGap(30 * s)}
		var share autoscale.Share
		for _, reading := range readings {
			share = usages.Observe([]model.Usage{reading})["bot-1"]
		}
		if want < 0 {
			Expect(share.CPU).To(BeNil())
			return
		}
		Expect(share.CPU).NotTo(BeNil())
		Expect(share.CPU.Value).To(BeNumerically("~", want, 1e-9))
	},
		Entry("not from one", -1.0, used(0, 9*s)),
		Entry("from two", 50.0, used(0, 0), used(30*s, 30*s)),
		Entry("from the last two", 25.0, used(0, 0), used(30*s, 30*s), used(60*s, 45*s)),
		Entry("as before when the gap is too short", 50.0, used(0, 0), used(30*s, 30*s), used(31*s, 32*s)),
		Entry("from the longer gap after one too short", 50.0, used(0, 0), used(1*s, 2*s), used(30*s, 30*s)),
		Entry("as before when it is the same measurement", 50.0, used(0, 0), used(30*s, 30*s), used(30*s, 30*s)),
		Entry("not from a gap too long", -1.0, used(0, 0), used(151*s, 30*s)),
		Entry("not across a boot", -1.0, used(0, 100*s), used(30*s, 1*s)),
		Entry("not across a boot of just now", -1.0, used(0, 0), used(30*s, 30*s), used(31*s, 0)),
		Entry("anew after a boot", 50.0, used(0, 100*s), used(30*s, 0), used(60*s, 30*s)),
		Entry("not from a clock that goes back", -1.0, used(30*s, 30*s), used(0, 40*s)),
		Entry("not without an allocation", -1.0, used(0, 0), model.Usage{Name: "bot-1", At: noon.Add(30 * s), CPU: 30 * s}),
	)

	It("is as old as its reading", func() {
		Expect(autoscale.CPUShare(used(0, 0), used(30*s, 6*s))).To(Equal(at(10, noon.Add(30*s))))
	})

	It("remembers nothing of bots that are gone", func() {
		usages := &autoscale.Usages{Gap: autoscale.DefaultGap(30 * s)}
		usages.Observe([]model.Usage{used(0, 0)})
		Expect(usages.Observe(nil)).To(BeEmpty())
		Expect(usages.Observe([]model.Usage{used(30*s, 30*s)})["bot-1"].CPU).To(BeNil())
	})

	It("comes with that of the memory, where a limit is known", func() {
		Expect(autoscale.MemoryShare(used(0, 0))).To(Equal(at(30, noon)))
		Expect(autoscale.MemoryShare(model.Usage{Memory: 300, At: noon})).To(BeNil())
	})
})

var _ = Describe("The traffic of a bot", func() {
	const s = time.Second
	// observe lets time pass over edges, and returns the last rates.
	observe := func(edges []string, rounds ...[]autoscale.EdgeCounters) map[string]autoscale.Rate {
		traffic := &autoscale.Traffic{Gap: autoscale.DefaultGap(30 * s)}
		var rates map[string]autoscale.Rate
		for _, readings := range rounds {
			rates = traffic.Observe(edges, readings)
		}
		return rates
	}

	It("is the sum over all edges, and as old as the oldest reading", func() {
		rates := observe([]string{"a", "b"},
			[]autoscale.EdgeCounters{counted("a", "1", 0, 100), counted("b", "1", 0, 0)},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 200), counted("b", "1", 20*s, 100)})
		Expect(*rates["bot-1"].RequestsPerMinute).To(Equal(*at(500, noon.Add(20*s))))
		Expect(rates["bot-1"].ResponseTime.Value).To(BeNumerically("~", 200, 1e-9))
	})

	It("is a response time of zero when nobody asked: nobody waited", func() {
		rates := observe([]string{"a"},
			[]autoscale.EdgeCounters{counted("a", "1", 0, 100)}, []autoscale.EdgeCounters{counted("a", "1", 30*s, 100)})
		Expect(*rates["bot-1"].ResponseTime).To(Equal(*at(0, noon.Add(30*s))))
		Expect(*rates["bot-1"].RequestsPerMinute).To(Equal(*at(0, noon.Add(30*s))))
	})

	DescribeTable("is not known", func(rounds ...[]autoscale.EdgeCounters) {
		Expect(observe([]string{"a", "b"}, rounds...)).To(BeEmpty())
	},
		Entry("from one reading", []autoscale.EdgeCounters{counted("a", "1", 0, 1), counted("b", "1", 0, 1)}),
		Entry("when one edge was not read",
			[]autoscale.EdgeCounters{counted("a", "1", 0, 1), counted("b", "1", 0, 1)},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 2)}),
		Entry("when one edge began anew",
			[]autoscale.EdgeCounters{counted("a", "1", 0, 1), counted("b", "1", 0, 1)},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 2), counted("b", "2", 30*s, 2)}),
		Entry("when the bot came into a pool anew",
			[]autoscale.EdgeCounters{counted("a", "1", 0, 1), counted("b", "1", 0, 5)},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 2), counted("b", "1", 30*s, 4)}),
		Entry("when the bot was in the pool of one edge only",
			[]autoscale.EdgeCounters{counted("a", "1", 0, 1), {Edge: "b", Process: "1", At: noon}},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 2), counted("b", "1", 30*s, 2)}),
		Entry("when too much time went by",
			[]autoscale.EdgeCounters{counted("a", "1", 0, 1), counted("b", "1", 0, 1)},
			[]autoscale.EdgeCounters{counted("a", "1", 200*s, 2), counted("b", "1", 200*s, 2)}),
	)

	It("is not known without an edge", func() {
		Expect(observe(nil, nil)).To(BeEmpty())
	})

	It("is that of the longer gap when one was too short", func() {
		rates := observe([]string{"a"}, []autoscale.EdgeCounters{counted("a", "1", 0, 0)},
			[]autoscale.EdgeCounters{counted("a", "1", 30*s, 30)},
			[]autoscale.EdgeCounters{counted("a", "1", 31*s, 90)})
		Expect(*rates["bot-1"].RequestsPerMinute).To(Equal(*at(60, noon.Add(30*s))))
	})

	It("remembers the edges of the last call only", func() {
		traffic := &autoscale.Traffic{Gap: autoscale.DefaultGap(30 * s)}
		for i := range 1000 {
			traffic.Observe(nil, []autoscale.EdgeCounters{counted(fmt.Sprint("edge-", i), "1", 0, 1)})
		}
		Expect(traffic.Observe([]string{"edge-1"}, []autoscale.EdgeCounters{counted("edge-1", "1", 30*s, 2)})).To(BeEmpty())
	})
})
