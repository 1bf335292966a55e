package contract_test

import (
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// soon is how long an event may take to show. It is far below the time between two lists.
const soon = 15 * time.Second

var _ = incusContract("when others act behind its back", func(world func() *incusWorld, under func() *driver) {
	It("sees it by events, and tells the owner", func(ctx SpecContext) {
		d, w := under(), world()
		name := d.started(ctx, "1")
		sees := func(what string, matcher OmegaMatcher) {
			GinkgoHelper()
			told := d.told()
			Eventually(d.looking(ctx, "1")).WithTimeout(soon).WithPolling(10*time.Millisecond).Should(matcher, what)
			Eventually(d.told).WithTimeout(soon).Should(BeNumerically(">", told-1), what)
		}
		before := d.told()
		wait(w.behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "stop", Force: true}, ""))
		sees("a stop", idle(model.StateStopped))
		Expect(d.told()).To(BeNumerically(">", before), "the owner was told")

		found, etag, err := w.behind.GetInstance(name)
		Expect(err).NotTo(HaveOccurred())
		put := found.Writable()
		put.Config["limits.cpu"] = "1"
		wait(w.behind.UpdateInstance(name, put, etag))
		sees("a change", showing(Fields{"Config": Equal(map[string]string{"limits.cpu": "1"})}))

		wait(w.behind.DeleteInstance(name))
		sees("a deletion", BeNil())

		w.create(name, map[string]string{"user.botcluster.manager": d.owner.Manager, "user.botcluster.uid": d.owner.UID})
		sees("a creation", idle(model.StateStopped))
	})

	It("sees who took the name after a deletion", func(ctx SpecContext) {
		d, w := under(), world()
		name := d.made(ctx, "1")
		wait(w.behind.DeleteInstance(name))
		w.create(name, nil)
		Eventually(d.looking(ctx, "1")).WithTimeout(soon).Should(showing(Fields{"Owned": BeFalse()}))
	})
})

var _ = incusContract("when Incus fails", func(world func() *incusWorld, under func() *driver) {
	It("shows why an instance could not be made, how often, and forgets it when it is", func(ctx SpecContext) {
		d := under()
		want := d.spec("1")
		want.Config = map[string]string{"limits.memory": "banana"}
		failed := func(count int) {
			GinkgoHelper()
			told := d.told()
			Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
			Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
				Should(HaveKeyWithValue(want.Name, MatchFields(IgnoreExtras, Fields{
					"Operation": Equal("create"), "Message": ContainSubstring("banana"), "Count": Equal(count),
					"At": BeTemporally("~", time.Now(), time.Minute),
				})))
			Eventually(d.told).WithTimeout(soon).Should(BeNumerically(">", told))
			Expect(d.look(ctx, "1")).To(BeNil())
		}
		failed(1)
		failed(2)
		d.made(ctx, "1")
		Expect(d.inventory(ctx).Failures).To(BeEmpty())
	})

	It("shows why an instance could not be started", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		world().spoil(name)
		Expect(d.host.Instances().Start(ctx, name, d.owner)).To(Succeed())
		Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
			Should(HaveKeyWithValue(name, MatchFields(IgnoreExtras, Fields{
				"Operation": Equal("start"), "Message": Not(BeEmpty()), "Count": Equal(1),
			})))
		d.becomes(ctx, "1", idle(model.StateStopped))
	})
})

var _ = incusContract("when the operator is new", func(world func() *incusWorld, under func() *driver) {
	It("finds what its predecessor has made and begun", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		since := time.Now()
		d.configured(ctx, "1", "files")
		d.halted(ctx, "1")
		Expect(d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{DrainingSince: &since})).To(Succeed())
		before := *d.look(ctx, "1")
		Expect(d.host.Instances().Create(ctx, d.spec("2"))).To(Succeed())

		successor := newDriver(world().identity())
		successor.owner = d.owner
		Expect(successor.look(ctx, "2")).NotTo(BeNil(), "it is being made, so nobody makes it again")
		Expect(successor.look(ctx, "1")).To(PointTo(Equal(before)))
		successor.becomes(ctx, "2", idle(model.StateStopped))
	})

	It("sees an operation under way", func(ctx SpecContext) {
		d := under()
		name := d.started(ctx, "1")
		Expect(d.host.Instances().Stop(ctx, name, d.owner, 0)).To(Succeed())
		successor := newDriver(world().identity())
		successor.owner = d.owner
		Expect(successor.look(ctx, "1")).To(Or(showing(Fields{"Operation": Equal("stop")}), idle(model.StateStopped)))
		successor.becomes(ctx, "1", idle(model.StateStopped))
	})
})
