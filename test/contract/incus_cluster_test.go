package contract_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("The Incus driver on a fake cluster", Label("fake"), func() {
	var at *fakeIncus
	var d *driver
	BeforeEach(func() {
		at = newFakeIncus(fake.Member{Name: "one"}, fake.Member{Name: "two", Groups: []string{"fast", "default"}})
		d = newDriver(at.identity())
	})

	// away returns the names of the owner's instances on the member that can be taken away, and of those on the other.
	away := func(ctx SpecContext) (on, off []string) {
		GinkgoHelper()
		for _, suffix := range []string{"1", "2", "3", "4"} {
			d.started(ctx, suffix)
			if d.look(ctx, suffix).Location == "two" {
				off = append(off, suffix)
			} else {
				on = append(on, suffix)
			}
		}
		Expect(on).NotTo(BeEmpty())
		Expect(off).NotTo(BeEmpty())
		return on, off
	}

	It("knows that it is one", func(ctx SpecContext) {
		facts, err := d.host.Facts(ctx, bots(nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.Clustered).To(BeTrue())
	})

	It("shows the instances of a member that is away as unknown, to an operator that has never seen them too", func(ctx SpecContext) {
		on, off := away(ctx)
		at.world.SetMemberStatus("two", fake.MemberOffline)
		at.world.CutEvents()
		successor := newDriver(at.identity())
		successor.owner = d.owner
		for _, observer := range []*driver{d, successor} {
			for _, suffix := range off {
				observer.becomes(ctx, suffix, showing(Fields{"State": Equal(model.StateUnknown)}))
			}
			for _, suffix := range on {
				Expect(observer.look(ctx, suffix)).To(idle(model.StateRunning))
			}
		}
		at.world.SetMemberStatus("two", fake.MemberOnline)
		for _, suffix := range off {
			d.becomes(ctx, suffix, idle(model.StateRunning))
		}
	})

	It("says that a member is evacuated, and not that a right is missing", func(ctx SpecContext) {
		_, off := away(ctx)
		name := d.name(off[0])
		Expect(d.host.Instances().Stop(ctx, name, d.owner, 0)).To(Succeed())
		d.becomes(ctx, off[0], idle(model.StateStopped))
		at.world.SetMemberStatus("two", fake.MemberEvacuated)
		err := d.host.Instances().Start(ctx, name, d.owner)
		Expect(err).To(beClass(provider.Transient, "OperationFailed"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring("two"))
	})

	It("makes an instance where it is told to", func(ctx SpecContext) {
		for suffix, location := range map[string]string{"1": "one", "2": "two", "3": "two"} {
			want := d.spec(suffix)
			want.Location = location
			Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
			Expect(d.look(ctx, suffix)).To(showing(Fields{"Location": Equal(location)}), "while it is being made")
			d.becomes(ctx, suffix, And(idle(model.StateStopped), showing(Fields{"Location": Equal(location)})))
		}
		want := d.spec("4")
		want.Location = "@fast"
		Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
		d.becomes(ctx, "4", And(idle(model.StateStopped), showing(Fields{"Location": Equal("two")})))
	})

	DescribeTable("says why an instance cannot be made where it is to be", func(
		ctx SpecContext, location string, status fake.MemberStatus, class provider.Class, reason string, words ...string,
	) {
		at.world.SetMemberStatus("two", status)
		want := d.spec("1")
		want.Location = location
		err := d.host.Instances().Create(ctx, want)
		Expect(err).To(beClass(class, reason))
		for _, word := range append(words, location) {
			Expect(provider.MessageOf(err, "")).To(ContainSubstring(word))
		}
		Expect(d.inventory(ctx)).To(And(HaveField("Instances", BeEmpty()), HaveField("Failures", BeEmpty())))
	},
		Entry("a member that is not there", "three", fake.MemberOnline, provider.Terminal, "InvalidRequest", "incus cluster list"),
		Entry("a member that is away", "two", fake.MemberOffline, provider.Transient, "OperationFailed", "Offline"),
		Entry("a member that is evacuated", "two", fake.MemberEvacuated, provider.Transient, "OperationFailed", "Evacuated"),
	)

	It("says that there is no such group of members", func(ctx SpecContext) {
		want := d.spec("1")
		want.Location = "@slow"
		err := d.host.Instances().Create(ctx, want)
		Expect(err).To(beClass(provider.Terminal, "InvalidRequest"))
		Expect(provider.MessageOf(err, "")).To(And(ContainSubstring(`"slow"`), ContainSubstring("incus cluster group")))
	})

	It("follows instances that an evacuation moves, and those that it leaves", func(ctx SpecContext) {
		_, off := away(ctx)
		stays := d.spec("stays")
		stays.Location, stays.Start = "two", true
		stays.Config = map[string]string{"cluster.evacuate": "stop"}
		Expect(d.host.Instances().Create(ctx, stays)).To(Succeed())
		d.becomes(ctx, "stays", idle(model.StateRunning))
		Expect(at.world.Evacuate("two")).To(Succeed())
		for _, suffix := range off {
			d.becomes(ctx, suffix, And(idle(model.StateRunning), showing(Fields{"Location": Equal("one")})))
		}
		d.becomes(ctx, "stays", And(idle(model.StateStopped), showing(Fields{"Location": Equal("two")})))
		Expect(at.world.Restore("two")).To(Succeed())
		for _, suffix := range append(off, "stays") {
			d.becomes(ctx, suffix, And(idle(model.StateRunning), showing(Fields{"Location": Equal("two")})))
		}
	})

	Describe("when it is asked for the members", func() {
		var now *clocktesting.FakeClock
		BeforeEach(func() {
			now = clocktesting.NewFakeClock(time.Now())
			d = newDriverBy(at.identity(), now)
		})
		members := func(ctx SpecContext) []model.HostMember {
			GinkgoHelper()
			facts, err := d.host.Facts(ctx, bots(nil))
			Expect(err).NotTo(HaveOccurred())
			return facts.Members
		}

		It("tells of each since when it is as it is, and of their groups", func(ctx SpecContext) {
			begin := now.Now()
			Expect(members(ctx)).To(Equal([]model.HostMember{
				{Name: "one", Groups: []string{"default"}, State: model.HostMemberOnline, Since: begin},
				{Name: "two", Groups: []string{"default", "fast"}, State: model.HostMemberOnline, Since: begin},
			}))
			for status, state := range map[fake.MemberStatus]model.HostMemberState{
				fake.MemberOffline: model.HostMemberOffline, fake.MemberBlocked: model.HostMemberOffline, "Strange": model.HostMemberOffline,
				fake.MemberEvacuated: model.HostMemberEvacuated, fake.MemberEvacuating: model.HostMemberEvacuated,
				fake.MemberRestoring: model.HostMemberEvacuated,
			} {
				at.world.SetMemberStatus("two", fake.MemberOnline)
				now.Step(11 * time.Second)
				Expect(members(ctx)[1].State).To(Equal(model.HostMemberOnline))
				at.world.SetMemberStatus("two", status)
				now.Step(11 * time.Second)
				changed := now.Now()
				Expect(members(ctx)[1]).To(And(HaveField("State", state), HaveField("Since", changed)), string(status))
				now.Step(time.Minute)
				Expect(members(ctx)[1]).To(And(HaveField("State", state), HaveField("Since", changed)), string(status))
				Expect(members(ctx)[0]).To(And(HaveField("State", model.HostMemberOnline), HaveField("Since", begin)))
			}
		})

		It("tells of them although something else is missing", func(ctx SpecContext) {
			members(ctx)
			at.world.SetMemberStatus("two", fake.MemberOffline)
			now.Step(11 * time.Second)
			facts, err := d.host.Facts(ctx, bots(func(r *model.Requirements) { r.Network = "nowhere" }))
			Expect(err).To(beClass(provider.Terminal, "NetworkNotFound"))
			Expect(facts).To(And(HaveField("Clustered", true), HaveField("Members", ContainElement(HaveField("State", model.HostMemberOffline)))))
		})

		It("tells of none and of no trouble when it may not see them", func(ctx SpecContext) {
			at.world.Faults().Plan(fake.Fault{Mode: fake.Refuse, Status: http.StatusForbidden, Path: "/1.0/cluster/members", Times: 1000})
			Expect(members(ctx)).To(BeEmpty())
			Expect(at.world.Faults().Unreached()).To(BeEmpty())
		})

		It("does not take members that it could not read for none", func(ctx SpecContext) {
			at.world.Faults().Plan(fake.Fault{Mode: fake.Refuse, Path: "/1.0/cluster/members", Times: 1000})
			_, err := d.host.Facts(ctx, bots(nil))
			Expect(err).To(beClass(provider.Transient, "OperationFailed"))
			at.world.Faults().Clear()
			now.Step(3 * time.Second)
			Expect(members(ctx)).To(HaveLen(2))
		})
	})
})
