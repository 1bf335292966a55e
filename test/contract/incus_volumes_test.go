package contract_test

import (
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var _ = incusContract("through the life of a volume", func(world func() *incusWorld, under func() *driver) {
	volume := func(d *driver) model.Volume {
		return model.Volume{Pool: incusPool, Name: d.name("data"), Owner: d.owner, Tier: "postgres", Ordinal: 3}
	}

	It("creates and deletes, again and again", func(ctx SpecContext) {
		d := under()
		want := volume(d)
		for range 2 {
			Expect(d.host.Volumes().Create(ctx, want)).To(Succeed())
			Expect(d.inventory(ctx).Volumes).To(ConsistOf(MatchFields(IgnoreExtras, Fields{
				"Pool": Equal(incusPool), "Name": Equal(want.Name), "Owned": BeTrue(), "Tier": Equal(model.Tier("postgres")), "Ordinal": Equal(3),
			})))
		}
		for range 2 {
			Expect(d.host.Volumes().Delete(ctx, want)).To(Succeed())
			Expect(d.inventory(ctx).Volumes).To(BeEmpty())
		}
	})

	It("does not delete what an instance uses", func(ctx SpecContext) {
		d := under()
		want := volume(d)
		Expect(d.host.Volumes().Create(ctx, want)).To(Succeed())
		spec := d.spec("1")
		spec.Devices = map[string]model.Device{"data": {"type": "disk", "pool": incusPool, "source": want.Name, "path": "/data"}}
		Expect(d.host.Instances().Create(ctx, spec)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.host.Volumes().Delete(ctx, want)).To(beClass(provider.Conflict, ""))
		Expect(d.host.Instances().Delete(ctx, spec.Name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", BeNil())
		Expect(d.host.Volumes().Delete(ctx, want)).To(Succeed())
	})

	It("touches none that belongs to somebody else", func(ctx SpecContext) {
		d, w := under(), world()
		want := volume(d)
		post := incusapi.StorageVolumesPost{Name: want.Name, Type: "custom", ContentType: "filesystem"}
		Expect(w.behind.CreateStoragePoolVolume(incusPool, post)).To(Succeed())
		Expect(d.host.Volumes().Create(ctx, want)).To(beClass(provider.Terminal, "NameConflict"))
		Expect(d.host.Volumes().Delete(ctx, want)).To(beClass(provider.Terminal, "NameConflict"))
		Eventually(func() []model.Volume { return d.inventory(ctx).Volumes }).WithTimeout(soon).
			Should(ConsistOf(MatchFields(IgnoreExtras, Fields{"Name": Equal(want.Name), "Owned": BeFalse()})))
	})

	It("takes over what an earlier BotCluster of the same name has left", func(ctx SpecContext) {
		d := under()
		earlier := volume(d)
		earlier.Owner.UID = "earlier"
		Expect(d.host.Volumes().Create(ctx, earlier)).To(Succeed())
		Expect(d.inventory(ctx).Volumes).To(ConsistOf(HaveField("Owned", BeFalse())))
		Expect(d.host.Volumes().Create(ctx, volume(d))).To(Succeed())
		Expect(d.inventory(ctx).Volumes).To(ConsistOf(HaveField("Owned", BeTrue())))
		Expect(d.host.Volumes().Delete(ctx, earlier)).To(beClass(provider.Terminal, "NameConflict"))
	})

	It("says when the pool is not there", func(ctx SpecContext) {
		want := volume(under())
		want.Pool = "nowhere"
		Expect(under().host.Volumes().Create(ctx, want)).To(beClass(provider.Terminal, "StoragePoolNotFound"))
	})

	It("sees what others make and delete", func(ctx SpecContext) {
		d, w := under(), world()
		want := volume(d)
		Expect(d.inventory(ctx).Volumes).To(BeEmpty())
		post := incusapi.StorageVolumesPost{Name: want.Name, Type: "custom", ContentType: "filesystem"}
		post.Config = map[string]string{"user.botcluster.manager": d.owner.Manager, "user.botcluster.uid": d.owner.UID}
		Expect(w.behind.CreateStoragePoolVolume(incusPool, post)).To(Succeed())
		Eventually(func() []model.Volume { return d.inventory(ctx).Volumes }).WithTimeout(soon).Should(HaveLen(1))
		Expect(w.behind.DeleteStoragePoolVolume(incusPool, "custom", want.Name)).To(Succeed())
		Eventually(func() []model.Volume { return d.inventory(ctx).Volumes }).WithTimeout(soon).Should(BeEmpty())
	})
})
