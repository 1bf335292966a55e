package incusd_test

import (
	"maps"
	"net/http"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// The texts and codes are those of Incus 6.0.4.
var _ = Describe("A create that cannot be", func() {
	disk := func(device map[string]string) func(*incusapi.InstancesPost) {
		return func(post *incusapi.InstancesPost) {
			post.Devices = incusapi.DevicesMap{"root": {"type": "disk", "path": "/", "pool": "default"}}
			maps.Copy(post.Devices["root"], device)
		}
	}

	DescribeTable("is refused at once",
		func(change func(*incusapi.InstancesPost), status int, text string) {
			b := newBench()
			_, err := b.client.CreateInstance(ofBot("bot-1", change))
			Expect(err).To(MatchError(ContainSubstring(text)))
			Expect(code(err)).To(Equal(status))
		},
		Entry("without an image", func(p *incusapi.InstancesPost) { p.Source.Alias = "" }, 500, "Must specify one of alias"),
		Entry("from an unknown source", func(p *incusapi.InstancesPost) { p.Source.Type = "wish" }, 400, "Unknown source type"),
		Entry("with a missing profile", func(p *incusapi.InstancesPost) { p.Profiles = []string{"nope"} }, 500, `Requested profile "nope" doesn't exist`),
		Entry("with an underscore", func(p *incusapi.InstancesPost) { p.Name = "bot_1" }, 400, "alphanumeric and hyphen"),
		Entry("with a long name", func(p *incusapi.InstancesPost) { p.Name = strings.Repeat("b", 64) }, 400, "1-63 characters"),
		Entry("with a number for a name", func(p *incusapi.InstancesPost) { p.Name = "1" }, 400, "cannot be a number"),
	)

	DescribeTable("fails in the background and leaves nothing",
		func(change func(*incusapi.InstancesPost), text string) {
			b := newBench()
			Expect(b.over(b.client.CreateInstance(ofBot("bot-1", change)))).To(MatchError(ContainSubstring(text)))
			Expect(b.world.LookAll("")).To(BeEmpty())
		},
		Entry("from a missing alias", func(p *incusapi.InstancesPost) { p.Source.Alias = "nope" }, "Image not provided"),
		Entry("on a missing pool", disk(map[string]string{"pool": "nope"}), "Failed loading storage pool: Storage pool not found"),
		Entry("in a missing network", func(p *incusapi.InstancesPost) {
			p.Devices = incusapi.DevicesMap{"eth0": {"type": "nic", "network": "nope"}}
		}, `Failed to load network "nope"`),
		Entry("with a missing volume", func(p *incusapi.InstancesPost) {
			p.Devices = incusapi.DevicesMap{"data": {"type": "disk", "path": "/data", "pool": "default", "source": "nope"}}
		}, "Storage volume not found"),
		Entry("without a root disk", func(p *incusapi.InstancesPost) { p.Profiles = []string{} }, "No root device could be found"),
		Entry("with a size that is none", disk(map[string]string{"size": "big"}), "Invalid value: big"),
		Entry("with an option that is none", disk(map[string]string{"colour": "red"}), `Invalid device option "colour"`),
		Entry("with a bad limits.cpu", withConfig("limits.cpu", "lots"), "Invalid CPU limit syntax"),
		Entry("with no CPU", withConfig("limits.cpu", "0"), "Invalid cpuset value: 0"),
		Entry("with Kubernetes' units", withConfig("limits.memory", "4Gi"), "Invalid value: 4Gi"),
		Entry("with no memory", withConfig("limits.memory", "0"), "Memory limit can't be 0"),
		Entry("with a bad disk priority", withConfig("limits.disk.priority", "11"), "Must be between 0 and 10"),
		Entry("with an unknown key", withConfig("limits.colour", "red"), "Unknown configuration key: limits.colour"),
	)

	It("is found out at the start when a rate is bad", func() {
		b := newBench()
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1", disk(map[string]string{"limits.read": "fast"}))))).To(Succeed())
		Expect(b.change("bot-1", start)).To(MatchError("Invalid value: fast"))
		Expect(b.status("bot-1")).To(Equal("Stopped"))
	})

	DescribeTable("finds its name taken as late as the release does",
		func(version string, status int, text string) {
			b := newBench(func(c *fake.Config) { c.Version = version })
			b.launch("bot-1")
			err := b.over(b.client.CreateInstance(ofBot("bot-1")))
			Expect(err).To(MatchError(ContainSubstring(text)))
			Expect(code(err)).To(Equal(status))
			Expect(b.status("bot-1")).To(Equal("Running"))
		},
		Entry("6.0", "6.0.4", 0, "UNIQUE constraint failed"),
		Entry("6.23", "6.23", http.StatusInternalServerError, "already exists"),
	)

	It("finds the pool full, and succeeds when there is room again", func() {
		b := newBench()
		b.world.AddPool(fake.Pool{Name: "default", Driver: "btrfs", Capacity: 20 << 20})
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1")))).To(Succeed())
		Expect(b.over(b.client.CreateInstance(ofBot("bot-2")))).To(Succeed())
		Expect(b.over(b.client.CreateInstance(ofBot("bot-3")))).To(MatchError(ContainSubstring("No space left on device")))
		Expect(b.client.GetInstanceNames(incusapi.InstanceTypeAny)).To(ConsistOf("bot-1", "bot-2"))
		resources, err := b.client.GetStoragePoolResources("default")
		Expect(err).NotTo(HaveOccurred())
		Expect(resources.Space.Used).To(Equal(uint64(16 << 20)))
		b.world.AddPool(fake.Pool{Name: "default", Driver: "btrfs", Capacity: 1 << 30})
		Expect(b.over(b.client.CreateInstance(ofBot("bot-3")))).To(Succeed())
	})

	It("respects the project's own limit", func() {
		b := newBench()
		b.world.AddProject("small", map[string]string{"limits.instances": "1", "features.profiles": "false", "features.images": "false"})
		client := b.client.UseProject("small")
		Expect(b.over(client.CreateInstance(ofBot("bot-1")))).To(Succeed())
		_, err := client.CreateInstance(ofBot("bot-2"))
		Expect(err).To(MatchError(ContainSubstring("Reached maximum number of instances")))
	})

	When("the daemon is killed in the middle", func() {
		It("leaves a record that is not started, and its operation is forgotten", func() {
			b := newBench()
			op, err := b.client.CreateInstance(ofBot("bot-1", started))
			Expect(err).NotTo(HaveOccurred())
			b.world.Advance(50 * time.Millisecond)
			b.world.RestartDaemon()
			b.world.Advance(time.Minute)
			_, _, err = b.client.GetOperation(op.Get().ID)
			Expect(code(err)).To(Equal(http.StatusNotFound))
			Expect(b.status("bot-1")).To(Equal("Stopped"))
			Expect(b.change("bot-1", start)).To(Succeed())
		})
	})
})
