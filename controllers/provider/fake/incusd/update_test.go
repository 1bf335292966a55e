package incusd_test

import (
	"net/http"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("A change of an instance", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		b.launch("bot-1", withConfig("limits.cpu", "1"))
	})

	put := func(change func(*incusapi.InstancePut)) error {
		GinkgoHelper()
		instance, etag, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		writable := instance.Writable()
		change(&writable)
		return b.over(b.client.UpdateInstance("bot-1", writable, etag))
	}

	It("holds at once and keeps what the daemon wrote", func() {
		Expect(put(func(p *incusapi.InstancePut) {
			p.Config["limits.cpu"] = "3"
			p.Config["limits.memory"] = "25%"
		})).To(Succeed())
		state, _, err := b.client.GetInstanceState("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.CPU.AllocatedTime).To(Equal(int64(3e9)))
		Expect(state.Memory.Total).To(Equal(int64(4 << 30)))
		Expect(state.Network["eth0"].Addresses).NotTo(BeEmpty())
	})

	It("is refused with 412 when the daemon wrote a volatile key meanwhile", func() {
		instance, etag, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(b.change("bot-1", kill)).To(Succeed())
		_, err = b.client.UpdateInstance("bot-1", instance.Writable(), etag)
		Expect(code(err)).To(Equal(http.StatusPreconditionFailed))
	})

	DescribeTable("fails and changes nothing",
		func(change func(*incusapi.InstancePut), text string) {
			before, _, err := b.client.GetInstance("bot-1")
			Expect(err).NotTo(HaveOccurred())
			Expect(put(change)).To(MatchError(ContainSubstring(text)))
			after, _, err := b.client.GetInstance("bot-1")
			Expect(err).NotTo(HaveOccurred())
			Expect(after).To(Equal(before))
		},
		Entry("with a bad limit", func(p *incusapi.InstancePut) { p.Config["limits.memory"] = "lots" }, "Invalid config: Invalid value: lots"),
		Entry("without the volatile keys", func(p *incusapi.InstancePut) { p.Config = incusapi.ConfigMap{"user.a": "b"} },
			"Volatile idmap keys can't be deleted"),
		Entry("without profiles", func(p *incusapi.InstancePut) { p.Profiles = []string{} }, "No root device could be found"),
		Entry("with a missing profile", func(p *incusapi.InstancePut) { p.Profiles = []string{"nope"} }, "Profile not found"),
		Entry("of the pool", func(p *incusapi.InstancePut) {
			p.Devices = incusapi.DevicesMap{"root": {"type": "disk", "path": "/", "pool": "other"}}
		}, "Cannot update root disk device pool name"),
		Entry("to a bad rate of a running device", func(p *incusapi.InstancePut) {
			p.Devices = incusapi.DevicesMap{"eth0": {"type": "nic", "name": "eth0", "network": "incusbr0", "limits.ingress": "fast"}}
		}, `Failed to update device "eth0": Invalid value: fast`),
	)

	patch := func(etag, body string) error {
		_, _, err := b.client.RawQuery(http.MethodPatch, "/1.0/instances/bot-1", strings.NewReader(body), etag)
		return err
	}

	It("by PATCH touches only what it names; an empty value removes a key", func() {
		Expect(patch("", `{"config":{"user.a":"b"},"description":"first"}`)).To(Succeed())
		Expect(patch("", `{"config":{"limits.cpu":""}}`)).To(Succeed())
		instance, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(instance.Config).To(HaveKeyWithValue("user.a", "b"))
		Expect(instance.Config).To(HaveKey("volatile.uuid"))
		Expect(instance.Config).NotTo(HaveKey("limits.cpu"))
		Expect(instance.Description).To(Equal("first"))
	})

	It("by PATCH can be conditional too", func() {
		_, etag, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(patch(etag, `{"config":{"user.a":"b"}}`)).To(Succeed())
		Expect(code(patch(etag, `{"config":{"user.a":"c"}}`))).To(Equal(http.StatusPreconditionFailed))
	})

	It("waits for the one before, and does not overwrite it unseen", func() {
		instance, etag, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		writable := instance.Writable()
		writable.Config["limits.cpu"] = "3"
		op, err := b.client.UpdateInstance("bot-1", writable, etag)
		Expect(err).NotTo(HaveOccurred())
		Expect(code(patch(etag, `{"config":{"user.a":"b"}}`))).To(Equal(http.StatusPreconditionFailed))
		Expect(b.over(op, nil)).To(Succeed())
		Expect(patch("", `{"config":{"user.a":"b"}}`)).To(Succeed())
		after, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(after.Config).To(And(HaveKeyWithValue("limits.cpu", "3"), HaveKeyWithValue("user.a", "b")))
	})

	It("of a profile shows in its instances", func() {
		profile, etag, err := b.client.GetProfile("default")
		Expect(err).NotTo(HaveOccurred())
		Expect(profile.UsedBy).To(ConsistOf("/1.0/instances/bot-1"))
		writable := profile.Writable()
		writable.Config = incusapi.ConfigMap{"limits.processes": "500"}
		Expect(b.client.UpdateProfile("default", writable, etag)).To(Succeed())
		Expect(code(b.client.UpdateProfile("default", writable, etag))).To(Equal(http.StatusPreconditionFailed))
		instance, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(instance.ExpandedConfig).To(HaveKeyWithValue("limits.processes", "500"))
		Expect(instance.Config).NotTo(HaveKey("limits.processes"))
	})

	It("by somebody else is seen", func() {
		Expect(b.world.Edit(fake.Ref{Project: "default", Name: "bot-1"}, map[string]string{"user.botcluster.uid": "theirs"})).To(Succeed())
		instance, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(instance.Config).To(HaveKeyWithValue("user.botcluster.uid", "theirs"))
	})
})
