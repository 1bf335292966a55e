package contract_test

import (
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// cached is how much page cache the worlds give an instance that is busy.
const cached = 64 << 20

// usage returns what the owner's instances have used.
func (d *driver) usage(ctx SpecContext) []model.Usage {
	GinkgoHelper()
	usages, err := d.host.Usage(ctx, d.owner)
	Expect(err).NotTo(HaveOccurred())
	return usages
}

// uses waits until the usage is as told.
func (d *driver) uses(ctx SpecContext, matcher types.GomegaMatcher) []model.Usage {
	GinkgoHelper()
	var last []model.Usage
	Eventually(func(g Gomega) {
		var err error
		last, err = d.host.Usage(ctx, d.owner)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(last).To(matcher)
	}).WithContext(ctx).WithTimeout(patience).WithPolling(time.Second).Should(Succeed())
	return last
}

var _ = incusContract("when it is asked what instances use", func(world func() *incusWorld, under func() *driver) {
	It("tells of those that run, and of no page cache", func(ctx SpecContext) {
		d := under()
		busy, frozen := d.started(ctx, "1"), d.started(ctx, "2")
		d.made(ctx, "3")
		world().create(d.name("4"), nil)
		world().busy(busy)
		Expect(d.host.Instances().Freeze(ctx, frozen, d.owner)).To(Succeed())
		d.becomes(ctx, "2", idle(model.StateFrozen))

		first := d.uses(ctx, HaveExactElements(And(
			HaveField("Name", busy), HaveField("At", BeTemporally("~", time.Now(), time.Minute)),
			HaveField("CPU", BeNumerically(">", 0)), HaveField("Allocated", BeNumerically(">=", time.Second)),
			HaveField("Memory", BeNumerically(">", 0)), HaveField("MemoryLimit", BeNumerically(">", cached)),
		)))[0]
		later := d.uses(ctx, HaveExactElements(HaveField("At", BeTemporally(">", first.At))))[0]
		Expect(later.CPU-first.CPU).To(And(BeNumerically(">", 0), BeNumerically("<=", 64*later.At.Sub(first.At))), "as long as it ran, on all cores at most")
		state, _, err := world().behind.GetInstanceState(busy)
		Expect(err).NotTo(HaveOccurred())
		Expect(later.Memory).To(BeNumerically("<", state.Memory.Usage-cached/2), "the kernel's sum has the page cache in it")

		Expect(d.host.Instances().Start(ctx, frozen, d.owner)).To(Succeed())
		d.uses(ctx, HaveExactElements(HaveField("Name", busy), And(HaveField("Name", frozen), HaveField("CPU", BeNumerically(">", 0)))))
	})

	It("tells owners of theirs only, and a manager of all of its own", func(ctx SpecContext) {
		d := under()
		mine := d.started(ctx, "1")
		other := newDriver(world().identity())
		DeferCleanup(func() { world().sweep(other.owner.Prefix) })
		theirs := other.started(ctx, "1")
		d.uses(ctx, HaveExactElements(HaveField("Name", mine)))
		d.owner = model.Owner{Manager: d.owner.Manager}
		d.uses(ctx, ContainElements(HaveField("Name", mine), HaveField("Name", theirs)))
		d.owner.Manager = "another"
		Expect(d.usage(ctx)).To(BeEmpty())
	})
})

var _ = Describe("The Incus driver on a fake incusd that is measured", Label("fake"), func() {
	var at *fakeIncus
	var d *driver
	var now *clocktesting.FakeClock
	var seen *calls

	// begin starts a bot and a driver whose clock stands still.
	begin := func(ctx SpecContext, members ...fake.Member) {
		GinkgoHelper()
		at = newFakeIncus(members...)
		maker := newDriver(at.identity())
		for i, suffix := range []string{"1", "2"} {
			want := maker.spec(suffix)
			want.Start = true
			if len(members) > 0 {
				want.Location = members[i].Name
			}
			Expect(maker.host.Instances().Create(ctx, want)).To(Succeed())
			maker.becomes(ctx, suffix, idle(model.StateRunning))
		}
		at.world.Behave(incusProject+"/*", func(b *fake.Behaviour) {
			b.Load = fake.Load{Cores: 0.5, Memory: 100 << 20, PageCache: 50 << 20}
		})
		now = clocktesting.NewFakeClock(time.Now())
		d = newDriverBy(at.identity(), now)
		d.owner = maker.owner
		seen = countCalls(at.world)
	}
	const metricsCall = "GET /1.0/metrics"
	names := func(usages []model.Usage) []string {
		var names []string
		for _, usage := range usages {
			names = append(names, usage.Name)
		}
		return names
	}

	It("is read once for all who ask within ten seconds, and not when nobody asks", func(ctx SpecContext) {
		begin(ctx)
		first := d.usage(ctx)
		Expect(first).To(HaveExactElements(
			And(HaveField("Name", d.name("1")), HaveField("Memory", int64(100<<20)), HaveField("MemoryLimit", int64(16<<30)),
				HaveField("Allocated", 8*time.Second)),
			HaveField("Name", d.name("2")),
		))
		lists, pages := seen.of(listCall), seen.of(metricsCall)
		Expect(pages).To(Equal(1))
		answers := make(chan []model.Usage, 20)
		now.Step(9 * time.Second)
		for range cap(answers) {
			go func() {
				defer GinkgoRecover()
				answers <- d.usage(ctx)
			}()
		}
		for range cap(answers) {
			Eventually(answers).Should(Receive(Equal(first)), "the same measurement, of the same time")
		}
		now.Step(2 * time.Second)
		for range cap(answers) {
			go func() {
				defer GinkgoRecover()
				answers <- d.usage(ctx)
			}()
		}
		for range cap(answers) {
			Eventually(answers).Should(Receive(HaveEach(HaveField("At", BeTemporally(">", first[0].At)))))
		}
		Expect(seen.of(listCall)).To(Equal(lists + 1))
		Expect(seen.of(metricsCall)).To(Equal(pages + 1))
		now.Step(time.Minute)
		Consistently(func() int { return seen.of(metricsCall) }).Should(Equal(pages + 1))
		Expect(seen.writes()).To(BeZero())
	})

	It("knows no memory where the metrics have none, and the rest all the same", func(ctx SpecContext) {
		begin(ctx)
		at.world.Behave(incusProject+"/"+d.name("1"), func(b *fake.Behaviour) { b.NoMetrics = true })
		Expect(d.usage(ctx)).To(HaveExactElements(
			And(HaveField("Memory", BeZero()), HaveField("MemoryLimit", BeZero()), HaveField("CPU", BeNumerically(">", 0))),
			And(HaveField("Memory", int64(100<<20)), HaveField("MemoryLimit", int64(16<<30))),
		))
	})

	DescribeTable("does without the metrics when it does not get them, and forgets old ones", func(ctx SpecContext, fault fake.Fault) {
		begin(ctx)
		Expect(d.usage(ctx)).To(HaveEach(HaveField("Memory", int64(100<<20))))
		fault.Path, fault.Times = "/1.0/metrics", 1000
		at.world.Faults().Plan(fault)
		now.Step(11 * time.Second)
		Expect(d.usage(ctx)).To(HaveEach(And(HaveField("CPU", BeNumerically(">", 0)), HaveField("Memory", int64(100<<20)))))
		now.Step(25 * time.Second)
		Expect(d.usage(ctx)).To(And(HaveLen(2), HaveEach(And(HaveField("CPU", BeNumerically(">", 0)), HaveField("Memory", BeZero()), HaveField("MemoryLimit", BeZero())))))
		Expect(at.world.Faults().Unreached()).To(BeEmpty())
		at.world.Faults().Clear()
		now.Step(11 * time.Second)
		Expect(d.usage(ctx)).To(HaveEach(HaveField("Memory", int64(100<<20))))
	},
		Entry("because they are being made", fake.Fault{Mode: fake.Refuse, Status: http.StatusLocked}),
		Entry("because it may not see them", fake.Fault{Mode: fake.Refuse, Status: http.StatusForbidden}),
		Entry("because the connection breaks", fake.Fault{Mode: fake.RefuseConnection}),
	)

	It("fails when the instances cannot be listed, and tells of none of them", func(ctx SpecContext) {
		begin(ctx)
		Expect(d.usage(ctx)).To(HaveLen(2))
		at.world.Faults().Plan(fake.Fault{Mode: fake.Refuse, Path: "/1.0/instances", Times: 1000})
		now.Step(11 * time.Second)
		usages, err := d.host.Usage(ctx, d.owner)
		Expect(err).To(beClass(provider.Transient, "OperationFailed"))
		Expect(usages).To(BeNil())
	})

	It("asks every member of a cluster for its own, and does without one that is away", func(ctx SpecContext) {
		begin(ctx, fake.Member{Name: "one"}, fake.Member{Name: "two"})
		Expect(d.usage(ctx)).To(And(HaveLen(2), HaveEach(HaveField("Memory", int64(100<<20)))))
		at.world.SetMemberStatus("two", fake.MemberOffline)
		now.Step(11 * time.Second)
		Expect(names(d.usage(ctx))).To(Equal([]string{d.name("1")}), "what could not be measured is missing, not zero")
	})

	It("begins anew with each boot, and tells nothing of what stopped", func(ctx SpecContext) {
		begin(ctx)
		Expect(at.world.SetUsage(fake.Ref{Project: incusProject, Name: d.name("1")}, fake.Usage{CPU: time.Hour, Memory: 1 << 20})).To(Succeed())
		before := d.usage(ctx)
		Expect(before[0].CPU).To(Equal(time.Hour))
		wait(at.behind.UpdateInstanceState(d.name("1"), incusapi.InstanceStatePut{Action: "restart", Force: true}, ""))
		wait(at.behind.UpdateInstanceState(d.name("2"), incusapi.InstanceStatePut{Action: "stop", Force: true}, ""))
		now.Step(11 * time.Second)
		Expect(d.usage(ctx)).To(HaveExactElements(And(HaveField("Name", d.name("1")), HaveField("CPU", BeNumerically("<", time.Minute)))))
		Expect(names(before)).To(Equal([]string{d.name("1"), d.name("2")}))
	})
})
