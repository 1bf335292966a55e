package contract_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// incusContract registers the specs of one part of the contract in every world.
func incusContract(part string, specs func(world func() *incusWorld, under func() *driver)) bool {
	return Describe("The Incus driver", func() {
		for _, w := range incusWorlds {
			Context("on "+w.name, w.label, func() {
				var world *incusWorld
				var under *driver
				BeforeEach(func() {
					world = w.begin()
					under = newDriver(world.identity())
					DeferCleanup(func() { world.sweep(under.owner.Prefix) })
				})
				Describe(part, func() { specs(func() *incusWorld { return world }, func() *driver { return under }) })
			})
		}
	})
}

var _ = incusContract("through the life of an instance", func(_ func() *incusWorld, under func() *driver) {
	It("creates, configures, starts, stops and deletes, and shows each at once", func(ctx SpecContext) {
		d := under()
		verbs := d.host.Instances()
		want := d.spec("1")
		want.Config = map[string]string{"limits.memory": "256MiB", "security.protection.delete": "true"}

		Expect(d.inventory(ctx).Instances).To(BeEmpty())
		Expect(verbs.Create(ctx, want)).To(Succeed())
		Expect(d.look(ctx, "1")).To(showing(Fields{
			"Owned": BeTrue(), "State": Equal(model.StateStopped), "Tier": Equal(model.TierBot), "Ordinal": Equal(7),
			"Template": Equal("template-1"), "Owner": MatchFields(IgnoreExtras, Fields{"UID": Equal(d.owner.UID), "Name": Equal(d.owner.Name)}),
		}), "what was started is shown before it is done")
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.look(ctx, "1")).To(showing(Fields{
			"Tier": Equal(model.TierBot), "Ordinal": Equal(7), "Template": Equal("template-1"), "Configured": BeEmpty(),
			"Config": Equal(map[string]string{"limits.memory": "256MiB"}), "Image": HaveLen(64),
			"CreatedAt": BeTemporally("~", time.Now(), time.Minute), "StartedAt": BeZero(), "Address": BeZero(),
		}))

		d.configured(ctx, "1", "files-1", model.File{Path: "/etc/bot.env", Content: []byte("A=1\n"), Mode: 0o600})
		d.halted(ctx, "1")

		Expect(verbs.Start(ctx, want.Name, d.owner)).To(Succeed())
		Expect(d.look(ctx, "1")).To(Or(showing(Fields{"Operation": Equal("start")}), idle(model.StateRunning)))
		d.becomes(ctx, "1", showing(Fields{
			"State": Equal(model.StateRunning), "Operation": BeEmpty(), "StartedAt": BeTemporally("~", time.Now(), time.Minute),
			"Address": WithTransform(netip.Addr.Is4, BeTrue()),
		}))

		Expect(verbs.Delete(ctx, want.Name, d.owner)).To(beClass(provider.Conflict, ""), "it runs")

		Expect(verbs.Stop(ctx, want.Name, d.owner, 10*time.Second)).To(Succeed())
		Expect(d.look(ctx, "1")).To(Or(showing(Fields{"Operation": Equal("stop")}), idle(model.StateStopped)))
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.look(ctx, "1")).To(showing(Fields{"Address": BeZero(), "StartedAt": BeTemporally("~", time.Now(), time.Minute)}))

		Expect(verbs.Delete(ctx, want.Name, d.owner)).To(Succeed(), "the protection was the owner's own")
		Expect(d.look(ctx, "1")).To(Or(showing(Fields{"Operation": Equal("delete")}), BeNil()))
		d.becomes(ctx, "1", BeNil())
	})
})
