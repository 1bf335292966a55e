package contract_test

import (
	"context"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var _ = incusContract("when a verb is said again", func(world func() *incusWorld, under func() *driver) {
	It("creates what exists or is being made, without an error and without another", func(ctx SpecContext) {
		d := under()
		Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(Succeed())
		Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(Succeed(), "it is being made")
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(Succeed(), "it is there")
		Expect(d.inventory(ctx)).To(And(HaveField("Instances", HaveLen(1)), HaveField("Failures", BeEmpty())))
	})

	It("starts what runs and stops what is stopped, without an error", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		verbs := d.host.Instances()
		Expect(verbs.Stop(ctx, name, d.owner, 0)).To(Succeed())
		Expect(verbs.Stop(ctx, name, d.owner, time.Second)).To(Succeed())
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed())
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed(), "it is being started")
		d.becomes(ctx, "1", idle(model.StateRunning))
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed(), "it runs")
		Expect(verbs.Stop(ctx, name, d.owner, 0)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.inventory(ctx).Failures).To(BeEmpty())
	})

	It("starts what is frozen", func(ctx SpecContext) {
		d := under()
		name := d.started(ctx, "1")
		wait(world().behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "freeze", Timeout: -1}, ""))
		d.becomes(ctx, "1", idle(model.StateFrozen))
		Expect(d.host.Instances().Start(ctx, name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateRunning))
	})

	It("freezes what runs, once, and thaws it by starting it", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		verbs := d.host.Instances()
		Expect(verbs.Freeze(ctx, name, d.owner)).To(beClass(provider.Conflict, ""), "it is stopped")
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", And(idle(model.StateRunning), showing(Fields{"Address": HaveField("IsValid()", true)})))
		before := d.look(ctx, "1")
		for range 2 {
			Expect(verbs.Freeze(ctx, name, d.owner)).To(Succeed())
			Expect(d.look(ctx, "1")).To(Or(idle(model.StateFrozen), showing(Fields{"Operation": Equal("freeze")})))
		}
		d.becomes(ctx, "1", idle(model.StateFrozen))
		Expect(verbs.Freeze(ctx, name, d.owner)).To(Succeed(), "it is frozen")
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", And(idle(model.StateRunning), showing(Fields{
			"Address": Equal(before.Address), "StartedAt": BeTemporally("==", before.StartedAt),
		})))
		Expect(verbs.Freeze(ctx, name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateFrozen))
		Expect(verbs.Delete(ctx, name, d.owner)).To(beClass(provider.Conflict, ""))
		Expect(verbs.Stop(ctx, name, d.owner, 0)).To(Succeed(), "what is frozen can be stopped by force")
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.inventory(ctx).Failures).To(BeEmpty())
	})

	It("deletes what is gone, and says of other verbs that there is nothing", func(ctx SpecContext) {
		d := under()
		verbs, name := d.host.Instances(), d.name("1")
		Expect(verbs.Delete(ctx, name, d.owner)).To(Succeed())
		Expect(verbs.Start(ctx, name, d.owner)).To(beClass(provider.NotFound, ""))
		Expect(verbs.Stop(ctx, name, d.owner, 0)).To(beClass(provider.NotFound, ""))
		Expect(verbs.Freeze(ctx, name, d.owner)).To(beClass(provider.NotFound, ""))
		Expect(verbs.Configure(ctx, name, d.owner, nil, "x")).To(beClass(provider.NotFound, ""))
		Expect(verbs.Change(ctx, name, d.owner, model.InstanceChange{Config: map[string]string{"limits.cpu": "1"}})).
			To(beClass(provider.NotFound, ""))
	})

	It("waits while Incus is busy with the instance", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		verbs := d.host.Instances()
		Expect(verbs.Start(ctx, name, d.owner)).To(Succeed())
		Expect(verbs.Stop(ctx, name, d.owner, 0)).To(beClass(provider.Waiting, ""))
		Expect(verbs.Delete(ctx, name, d.owner)).To(beClass(provider.Waiting, ""))
		Expect(verbs.Configure(ctx, name, d.owner, nil, "x")).To(beClass(provider.Waiting, ""))
		Expect(verbs.Change(ctx, name, d.owner, model.InstanceChange{Config: map[string]string{"limits.cpu": "1"}})).
			To(beClass(provider.Waiting, ""))
		d.becomes(ctx, "1", idle(model.StateRunning))
		Expect(d.inventory(ctx).Failures).To(BeEmpty(), "nothing was asked of Incus that it could not do")
	})

	It("makes one of two operators that create the same", func(ctx SpecContext) {
		d := under()
		other := newDriver(world().identity())
		want := d.spec("1")
		Expect(other.host.Instances().Create(ctx, want)).To(Succeed())
		Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.inventory(ctx).Instances).To(HaveLen(1))
	})
})

// verbCalls are all verbs for an instance, each as it would be said for the owner.
var verbCalls = map[string]func(ctx context.Context, d *driver, name string) error{
	"Create": func(ctx context.Context, d *driver, name string) error {
		want := d.spec("1")
		want.Name = name
		return d.host.Instances().Create(ctx, want)
	},
	"Configure": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Configure(ctx, name, d.owner, []model.File{{Path: "/etc/mark", Content: []byte("x"), Mode: 0o644}}, "hash")
	},
	"Change": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{Config: map[string]string{"limits.cpu": "1"}})
	},
	"Start": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Start(ctx, name, d.owner)
	},
	"Stop": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Stop(ctx, name, d.owner, 0)
	},
	"Freeze": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Freeze(ctx, name, d.owner)
	},
	"Delete": func(ctx context.Context, d *driver, name string) error {
		return d.host.Instances().Delete(ctx, name, d.owner)
	},
}

var _ = incusContract("when an instance belongs to somebody else", func(world func() *incusWorld, under func() *driver) {
	DescribeTable("touches it with no verb", func(ctx SpecContext, tags func(d *driver) map[string]string) {
		d := under()
		name := d.name("1")
		world().create(name, tags(d))
		before := world().config(name)
		for verb, call := range verbCalls {
			Expect(call(ctx, d, name)).To(beClass(provider.Terminal, "NameConflict"), verb)
		}
		Expect(world().config(name)).To(Equal(before))
		Expect(d.look(ctx, "1")).To(showing(Fields{"Owned": BeFalse(), "State": Equal(model.StateStopped)}))
	},
		Entry("made by hand", func(*driver) map[string]string { return nil }),
		Entry("of another BotCluster", func(d *driver) map[string]string {
			return map[string]string{"user.botcluster.manager": d.owner.Manager, "user.botcluster.uid": "another"}
		}),
		Entry("of another operator, with the same UID", func(d *driver) map[string]string {
			return map[string]string{"user.botcluster.manager": "another", "user.botcluster.uid": d.owner.UID}
		}),
	)

	It("acts for no owner that has no UID", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		d.owner.UID = ""
		for verb, call := range verbCalls {
			Expect(call(ctx, d, name)).To(beClass(provider.Terminal, "InvalidRequest"), verb)
		}
	})

	It("shows owners theirs only, and a manager all of its own", func(ctx SpecContext) {
		d := under()
		d.made(ctx, "1")
		other := newDriver(world().identity())
		DeferCleanup(func() { world().sweep(other.owner.Prefix) })
		other.made(ctx, "1")
		stranger := d.owner.Prefix + "stranger"
		world().create(stranger, map[string]string{"user.botcluster.manager": "another", "user.botcluster.uid": "another"})

		names := func(owner model.Owner) []string {
			GinkgoHelper()
			inventory, err := d.host.Inventory(ctx, owner)
			Expect(err).NotTo(HaveOccurred())
			var names []string
			for _, instance := range inventory.Instances {
				names = append(names, instance.Name)
			}
			return names
		}
		Eventually(func() []string { return names(d.owner) }).WithTimeout(patience).Should(Equal([]string{d.name("1"), stranger}))
		Expect(names(other.owner)).To(Equal([]string{other.name("1")}))
		all := names(model.Owner{Manager: d.owner.Manager})
		Expect(all).To(ContainElements(d.name("1"), other.name("1")))
		Expect(all).NotTo(ContainElement(stranger))
	})
})
