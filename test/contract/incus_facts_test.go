package contract_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// bots are requirements of bots from the image of the world.
func bots(change func(*model.Requirements)) model.Requirements {
	requirements := model.Requirements{
		Profiles: []string{"default"}, Images: map[model.Tier]model.Image{model.TierBot: {Alias: incusImage}},
	}
	if change != nil {
		change(&requirements)
	}
	return requirements
}

var _ = incusContract("when it is asked what is there", func(world func() *incusWorld, under func() *driver) {
	It("answers with the devices of the profiles and the fingerprints of the images", func(ctx SpecContext) {
		alias, _, err := world().behind.GetImageAlias(incusImage)
		Expect(err).NotTo(HaveOccurred())
		facts, err := under().host.Facts(ctx, bots(nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(facts).To(Equal(model.HostFacts{
			Root: model.Device{"type": "disk", "path": "/", "pool": incusPool}, RootName: "root",
			NIC: model.Device{"type": "nic", "name": "eth0", "network": incusNetwork}, NICName: "eth0",
			Fingerprints: map[model.Tier]string{model.TierBot: alias.Target},
		}))
	})

	It("takes pool and network from the requirements where the profiles have none", func(ctx SpecContext) {
		facts, err := under().host.Facts(ctx, bots(func(r *model.Requirements) {
			r.Profiles, r.StoragePool, r.Network = nil, incusPool, incusNetwork
		}))
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.Root).To(Equal(model.Device{"type": "disk", "path": "/", "pool": incusPool}))
		Expect(facts.NIC).To(Equal(model.Device{"type": "nic", "name": "eth0", "network": incusNetwork}))
	})

	It("finds an image by the beginning of its fingerprint", func(ctx SpecContext) {
		alias, _, err := world().behind.GetImageAlias(incusImage)
		Expect(err).NotTo(HaveOccurred())
		facts, err := under().host.Facts(ctx, bots(func(r *model.Requirements) {
			r.Images[model.TierBot] = model.Image{Fingerprint: alias.Target[:12]}
		}))
		Expect(err).NotTo(HaveOccurred())
		Expect(facts.Fingerprints).To(HaveKeyWithValue(model.TierBot, alias.Target))
	})

	DescribeTable("says what is missing and what to do", func(ctx SpecContext, change func(*model.Requirements), reason string, words ...string) {
		_, err := under().host.Facts(ctx, bots(change))
		Expect(err).To(beClass(provider.Terminal, reason))
		for _, word := range words {
			Expect(provider.MessageOf(err, "")).To(ContainSubstring(word))
		}
	},
		Entry("an image", func(r *model.Requirements) { r.Images[model.TierEdge] = model.Image{Alias: "nowhere"} },
			"ImageNotFound", `image "nowhere" is not in project "botcluster-contract"`, "incus image import", "spec.edge.image"),
		Entry("a fingerprint", func(r *model.Requirements) { r.Images[model.TierBot] = model.Image{Fingerprint: "0123456789ab"} },
			"ImageNotFound", "0123456789ab", "spec.bot.image"),
		Entry("a pool", func(r *model.Requirements) { r.StoragePool = "nowhere" },
			"StoragePoolNotFound", `"nowhere"`, "incus storage create", "spec.incus.storagePool"),
		Entry("a root disk", func(r *model.Requirements) { r.Profiles = nil },
			"StoragePoolNotFound", "root disk", "spec.incus.storagePool"),
		Entry("a network", func(r *model.Requirements) { r.Network = "nowhere" },
			"NetworkNotFound", `"nowhere"`, "incus network create", "spec.incus.network"),
		Entry("a network card", func(r *model.Requirements) { r.Profiles, r.StoragePool = nil, incusPool },
			"NetworkNotFound", "eth0", "spec.incus.network"),
		Entry("a profile", func(r *model.Requirements) { r.Profiles = append(r.Profiles, "nowhere") },
			"ProfileNotFound", `"nowhere"`, "incus profile create", "spec.incus.profiles"),
	)
})

var _ = incusContract("when the pool has no room", func(world func() *incusWorld, under func() *driver) {
	It("says so, at the latest after an instance could not be made for that", func(ctx SpecContext) {
		d := under()
		requirements := bots(func(r *model.Requirements) { r.StoragePool = world().full() })
		if facts, err := d.host.Facts(ctx, requirements); err == nil {
			want := d.spec("1")
			want.Devices = map[string]model.Device{"root": facts.Root}
			Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
			Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
				Should(HaveKeyWithValue(want.Name, HaveField("Operation", "create")))
		}
		_, err := d.host.Facts(ctx, requirements)
		Expect(err).To(beClass(provider.Terminal, "StoragePoolFull"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring(requirements.StoragePool))
		d.becomes(ctx, "1", BeNil())
	})
})

var _ = incusContract("when an instance names what is not there", func(_ func() *incusWorld, under func() *driver) {
	// Incus refuses some of it at once and some of it in the operation only.
	DescribeTable("says so, and makes nothing", func(ctx SpecContext, change func(*model.InstanceSpec), word string) {
		d := under()
		want := d.spec("1")
		change(&want)
		if err := d.host.Instances().Create(ctx, want); err != nil {
			Expect(err).To(WithTransform(provider.ClassOf, Equal(provider.Terminal)))
			Expect(provider.MessageOf(err, "")).To(ContainSubstring(word))
		} else {
			Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
				Should(HaveKeyWithValue(want.Name, HaveField("Operation", "create")))
		}
		d.becomes(ctx, "1", BeNil())
	},
		Entry("an image", func(s *model.InstanceSpec) { s.Image = model.Image{Alias: "nowhere"} }, "nowhere"),
		Entry("a profile", func(s *model.InstanceSpec) { s.Profiles = []string{"nowhere"} }, "nowhere"),
		Entry("a pool", func(s *model.InstanceSpec) {
			s.Devices = map[string]model.Device{"root": {"type": "disk", "path": "/", "pool": "nowhere"}}
		}, "nowhere"),
		Entry("a network", func(s *model.InstanceSpec) {
			s.Devices = map[string]model.Device{"eth0": {"type": "nic", "name": "eth0", "network": "nowhere"}}
		}, "nowhere"),
		Entry("a name that is none", func(s *model.InstanceSpec) { s.Name += "_" }, "_"),
		Entry("a place, without a cluster", func(s *model.InstanceSpec) { s.Location = "nowhere" }, `"nowhere"`),
	)
})
