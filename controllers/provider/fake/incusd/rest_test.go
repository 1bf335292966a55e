package incusd_test

import (
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("The rest of the API", func() {
	var b *bench

	BeforeEach(func() { b = newBench() })

	It("claims the extensions that it keeps, or those that a spec says", func() {
		Expect(b.client.HasExtension("instance_state_cpu_time")).To(BeTrue())
		old := newBench(func(c *fake.Config) { c.Extensions = []string{"etag"} })
		Expect(old.client.HasExtension("instance_state_cpu_time")).To(BeFalse())
	})

	It("shows images by alias and fingerprint", func() {
		alias, _, err := b.client.GetImageAlias("bot")
		Expect(err).NotTo(HaveOccurred())
		image, _, err := b.client.GetImage(alias.Target[:12])
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Fingerprint).To(Equal(alias.Target))
		Expect(b.client.GetImageAliasNames()).To(Equal([]string{"bot"}))
		_, _, err = b.client.GetImageAlias("nope")
		Expect(code(err)).To(Equal(http.StatusNotFound))

		newer := b.world.AddImage(fake.Image{Aliases: []string{"bot"}, Fingerprint: "f00d"})
		alias, _, err = b.client.GetImageAlias("bot")
		Expect(err).NotTo(HaveOccurred())
		Expect(alias.Target).To(Equal(newer), "an alias moves")
		b.world.RemoveImage("default", "bot")
		_, _, err = b.client.GetImageAlias("bot")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	It("keeps custom volumes until nothing uses them", func() {
		volume := incusapi.StorageVolumesPost{Name: "data-0", Type: "custom"}
		volume.Config = incusapi.ConfigMap{"user.botcluster.uid": "u1", "size": "1GiB"}
		Expect(b.client.CreateStoragePoolVolume("default", volume)).To(Succeed())
		Expect(code(b.client.CreateStoragePoolVolume("default", volume))).To(Equal(http.StatusConflict))
		Expect(b.over(b.client.CreateInstance(ofBot("pg-0", func(p *incusapi.InstancesPost) {
			p.Devices = incusapi.DevicesMap{"data": {"type": "disk", "path": "/data", "pool": "default", "source": "data-0"}}
		})))).To(Succeed())
		Expect(code(b.client.DeleteStoragePoolVolume("default", "custom", "data-0"))).To(Equal(http.StatusBadRequest))

		shown, etag, err := b.client.GetStoragePoolVolume("default", "custom", "data-0")
		Expect(err).NotTo(HaveOccurred())
		Expect(shown.UsedBy).To(Equal([]string{"/1.0/instances/pg-0"}))
		writable := shown.Writable()
		writable.Config["user.botcluster.uid"] = "u2"
		Expect(b.client.UpdateStoragePoolVolume("default", "custom", "data-0", writable, etag)).To(Succeed())
		Expect(code(b.client.UpdateStoragePoolVolume("default", "custom", "data-0", writable, etag))).To(Equal(http.StatusPreconditionFailed))

		Expect(b.over(b.client.DeleteInstance("pg-0"))).To(Succeed())
		volumes, err := b.client.GetStoragePoolVolumes("default")
		Expect(err).NotTo(HaveOccurred())
		Expect(volumes).To(HaveExactElements(HaveField("Config", HaveKeyWithValue("user.botcluster.uid", "u2"))))
		Expect(b.client.DeleteStoragePoolVolume("default", "custom", "data-0")).To(Succeed())
		Expect(code(b.client.DeleteStoragePoolVolume("default", "custom", "data-0"))).To(Equal(http.StatusNotFound))
	})

	It("refuses a volume that does not fit", func() {
		volume := incusapi.StorageVolumesPost{Name: "data-0", Type: "custom"}
		volume.Config = incusapi.ConfigMap{"size": "2TiB"}
		Expect(b.client.CreateStoragePoolVolume("default", volume)).To(MatchError(ContainSubstring("No space left")))
	})

	It("shows networks with their leases", func() {
		b.launch("bot-1")
		leases, err := b.client.GetNetworkLeases("incusbr0")
		Expect(err).NotTo(HaveOccurred())
		Expect(leases).To(HaveExactElements(And(HaveField("Hostname", "bot-1"), HaveField("Address", "10.20.0.2"))))
		state, err := b.client.GetNetworkState("incusbr0")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Addresses).To(HaveExactElements(HaveField("Address", "10.20.0.1")))
		b.world.RemoveNetwork("incusbr0")
		_, _, err = b.client.GetNetwork("incusbr0")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	It("gives a static address where one is asked for", func() {
		b.launch("bot-1", func(p *incusapi.InstancesPost) {
			p.Devices = incusapi.DevicesMap{"eth0": {"type": "nic", "name": "eth0", "network": "incusbr0", "ipv4.address": "10.20.5.5"}}
		})
		Expect(addressOf(b, "bot-1")).To(Equal("10.20.5.5"))
	})

	It("keeps projects apart", func() {
		Expect(b.client.CreateProject(incusapi.ProjectsPost{Name: "crew"})).To(Succeed())
		crew := b.client.UseProject("crew")
		Expect(b.over(crew.CreateInstance(ofBot("bot-1")))).To(MatchError("Image not provided for instance creation"), "it has images of its own")
		b.world.AddImage(fake.Image{Project: "crew", Aliases: []string{"bot"}})
		Expect(b.over(crew.CreateInstance(ofBot("bot-1")))).To(MatchError(ContainSubstring("No root device")), "its default profile is empty")
		b.world.AddProfile("crew", "default", incusapi.ProfilePut{Devices: incusapi.DevicesMap{"root": {"type": "disk", "path": "/", "pool": "default"}}})
		Expect(b.over(crew.CreateInstance(ofBot("bot-1")))).To(Succeed())
		Expect(b.client.GetInstanceNames(incusapi.InstanceTypeAny)).To(BeEmpty())
		Expect(b.client.DeleteProject("crew")).To(MatchError(ContainSubstring("Only empty projects")))
	})

	It("has metrics of what runs, made anew every eight seconds", func() {
		b.launch("bot-1")
		Expect(b.over(b.client.CreateInstance(ofBot("bot-2")))).To(Succeed())
		metrics, err := b.client.GetMetrics()
		Expect(err).NotTo(HaveOccurred())
		Expect(metrics).To(And(
			ContainSubstring(`incus_cpu_seconds_total{cpu="0",mode="user",name="bot-1",project="default",type="container"} 1.4`),
			HaveSuffix("# EOF\n"), Not(ContainSubstring("bot-2")),
		))
		Expect(b.world.SetUsage(inDefault("bot-1"), fake.Usage{CPU: 5 * time.Second})).To(Succeed())
		b.world.Advance(7 * time.Second)
		Expect(b.client.GetMetrics()).To(Equal(metrics))
		b.world.Advance(2 * time.Second)
		Expect(b.client.GetMetrics()).To(ContainSubstring(`type="container"} 5`))
	})

	DescribeTable("filters lists",
		func(filter string, expected ...string) {
			for name, tier := range map[string]string{"bot-1": "bot", "bot-2": "bot", "edge-1": "edge"} {
				Expect(b.over(b.client.CreateInstance(ofBot(name, withConfig("user.tier", tier))))).To(Succeed())
			}
			Expect(b.change("bot-1", start)).To(Succeed())
			resp, _, err := b.client.RawQuery(http.MethodGet, "/1.0/instances?recursion=1&filter="+filter, nil, "")
			Expect(err).NotTo(HaveOccurred())
			var instances []incusapi.Instance
			Expect(resp.MetadataAsStruct(&instances)).To(Succeed())
			names := []string{}
			for _, instance := range instances {
				names = append(names, instance.Name)
			}
			Expect(names).To(Equal(expected))
		},
		Entry("by config", "config.user.tier+eq+bot", "bot-1", "bot-2"),
		Entry("by two fields", "config.user.tier+eq+bot+and+status+eq+running", "bot-1"),
		Entry("by one or the other", "name+eq+edge-1+or+status+eq+Running", "bot-1", "edge-1"),
		Entry("by what is not", "not+config.user.tier+eq+bot", "edge-1"),
		Entry("by a pattern", "name+eq+bot-.*", "bot-1", "bot-2"),
		Entry("by a list", "name+eq+bot-1,edge-1", "bot-1", "edge-1"),
		Entry("by inequality", "name+ne+bot-1", "bot-2", "edge-1"),
	)

	DescribeTable("refuses filters", func(filter string) {
		_, _, err := b.client.RawQuery(http.MethodGet, "/1.0/instances?filter="+filter, nil, "")
		Expect(code(err)).To(Equal(http.StatusBadRequest))
	},
		Entry("without an operator", "name"), Entry("without a value", "name+eq"), Entry("with an unknown operator", "name+is+x"),
		Entry("that go on after the end", "name+eq+x+and"), Entry("without a conjunction", "name+eq+x+y"), Entry("with an open quote", "name+eq+%22x+y"),
	)

	DescribeTable("does not pretend",
		func(method, path string, status int) {
			_, _, err := b.client.RawQuery(method, path, nil, "")
			Expect(code(err)).To(Equal(status))
		},
		Entry("what Incus has and it has not", http.MethodPatch, "/1.0/instances", http.StatusNotImplemented),
		Entry("what Incus has not", http.MethodGet, "/1.0/wishes", http.StatusNotFound),
	)
})
