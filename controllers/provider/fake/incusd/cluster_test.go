package incusd_test

import (
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("A cluster", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		b.world.AddMember(fake.Member{Name: "host-1", Groups: []string{"default", "fast"}})
		b.world.AddMember(fake.Member{Name: "host-2"})
		b.world.AddMember(fake.Member{Name: "host-3", Groups: []string{"default", "fast"}})
	})

	place := func(name, target string) string {
		GinkgoHelper()
		Expect(b.over(b.client.UseTarget(target).CreateInstance(ofBot(name, started, withConfig("user.botcluster.uid", "u1"))))).To(Succeed())
		sight, ok := b.world.Look(inDefault(name))
		Expect(ok).To(BeTrue())
		return sight.Location
	}

	It("places on a member, in a group, or where there is least", func() {
		Expect(place("bot-1", "host-2")).To(Equal("host-2"))
		Expect(place("bot-2", "@fast")).To(Equal("host-1"))
		Expect(place("bot-3", "@fast")).To(Equal("host-3"))
		Expect(place("bot-4", "")).To(Equal("host-1"))
	})

	DescribeTable("refuses a target",
		func(target string, status int, text string) {
			b.world.SetMemberStatus("host-2", fake.MemberEvacuated)
			_, err := b.client.UseTarget(target).CreateInstance(ofBot("bot-1"))
			Expect(code(err)).To(Equal(status))
			Expect(err).To(MatchError(ContainSubstring(text)))
		},
		Entry("that is not there", "host-9", http.StatusNotFound, `Cluster member "host-9" not found`),
		Entry("that is evacuated", "host-2", http.StatusForbidden, "evacuated"),
		Entry("group that is not there", "@slow", http.StatusBadRequest, `group "slow" doesn't exist`),
	)

	It("shows its members and groups", func() {
		b.world.SetMemberStatus("host-3", fake.MemberOffline)
		members, err := b.client.GetClusterMembers()
		Expect(err).NotTo(HaveOccurred())
		statuses := map[string]string{}
		for _, member := range members {
			statuses[member.ServerName] = member.Status
		}
		Expect(statuses).To(Equal(map[string]string{"host-1": "Online", "host-2": "Online", "host-3": "Offline"}))
		groups, err := b.client.GetClusterGroups()
		Expect(err).NotTo(HaveOccurred())
		Expect(groups).To(HaveLen(2))
		server, _, err := b.client.GetServer()
		Expect(err).NotTo(HaveOccurred())
		Expect(server.Environment.ServerClustered).To(BeTrue())
	})

	Describe("whose member is evacuated", func() {
		running := func(name, location string) {
			GinkgoHelper()
			b.world.Advance(time.Second)
			sight, ok := b.world.Look(inDefault(name))
			Expect(ok).To(BeTrue())
			Expect(sight).To(And(HaveField("Status", "Running"), HaveField("Location", location)))
		}

		It("moves what can be moved and starts it there, and takes it back", func() {
			place("bot-1", "host-1")
			place("bot-2", "host-2")
			Expect(b.world.Evacuate("host-2")).To(Succeed())
			running("bot-2", "host-3")
			sight, _ := b.world.Look(inDefault("bot-2"))
			Expect(sight.Config).To(HaveKeyWithValue("volatile.evacuate.origin", "host-2"))
			_, err := b.client.UseTarget("host-2").CreateInstance(ofBot("bot-3"))
			Expect(code(err)).To(Equal(http.StatusForbidden))

			Expect(b.world.Restore("host-2")).To(Succeed())
			running("bot-2", "host-2")
			running("bot-1", "host-1")
			sight, _ = b.world.Look(inDefault("bot-2"))
			Expect(sight.Config).NotTo(HaveKey("volatile.evacuate.origin"))
		})

		DescribeTable("stops what cannot be moved, and starts it again afterwards",
			func(change func(*incusapi.InstancesPost), others func()) {
				Expect(b.over(b.client.UseTarget("host-2").CreateInstance(ofBot("bot-1", started, change)))).To(Succeed())
				Expect(b.over(b.client.UseTarget("host-2").CreateInstance(ofBot("bot-2", change)))).To(Succeed())
				if others != nil {
					others()
				}
				Expect(b.world.Evacuate("host-2")).To(Succeed())
				b.world.Advance(time.Minute)
				for _, name := range []string{"bot-1", "bot-2"} {
					sight, _ := b.world.Look(inDefault(name))
					Expect(sight).To(And(HaveField("Status", "Stopped"), HaveField("Location", "host-2")))
				}
				Expect(code(b.change("bot-1", start))).To(Equal(http.StatusForbidden))
				Expect(b.world.Restore("host-2")).To(Succeed())
				running("bot-1", "host-2")
				Expect(b.status("bot-2")).To(Equal("Stopped"), "it did not run before")
			},
			Entry("because of a device", func(post *incusapi.InstancesPost) {
				post.Devices = incusapi.DevicesMap{"web": {"type": "proxy", "listen": "tcp:0.0.0.0:80", "connect": "tcp:127.0.0.1:80"}}
			}, nil),
			Entry("because it is to be so", withConfig("cluster.evacuate", "stop"), nil),
			Entry("because there is no place", func(*incusapi.InstancesPost) {}, func() {
				b.world.SetMemberStatus("host-1", fake.MemberOffline)
				b.world.SetMemberStatus("host-3", fake.MemberEvacuated)
			}),
		)

		It("is not when it is away, and is not restored when it serves", func() {
			b.world.SetMemberStatus("host-2", fake.MemberOffline)
			Expect(b.world.Evacuate("host-2")).NotTo(Succeed())
			Expect(b.world.Restore("host-1")).NotTo(Succeed())
			Expect(code(b.world.Evacuate("host-9"))).To(Equal(http.StatusNotFound))
		})
	})

	When("a member is off line", func() {
		BeforeEach(func() {
			place("bot-1", "host-2")
			place("bot-2", "host-3")
			b.world.SetMemberStatus("host-2", fake.MemberOffline)
		})

		It("lists its instances without config, as an error", func() {
			for _, list := range []func() ([]incusapi.Instance, error){
				func() ([]incusapi.Instance, error) { return b.client.GetInstances(incusapi.InstanceTypeAny) },
				func() ([]incusapi.Instance, error) {
					full, err := b.client.GetInstancesFull(incusapi.InstanceTypeAny)
					plain := []incusapi.Instance{}
					for _, instance := range full {
						plain = append(plain, instance.Instance)
					}
					return plain, err
				},
			} {
				instances, err := list()
				Expect(err).NotTo(HaveOccurred())
				Expect(instances).To(HaveLen(2))
				Expect(instances[0]).To(And(
					HaveField("Name", "bot-1"), HaveField("Status", "Error"), HaveField("StatusCode", incusapi.Error),
					HaveField("Config", BeEmpty()), HaveField("Location", "host-2"), HaveField("Project", "default"),
				))
				Expect(instances[1].Config).To(HaveKeyWithValue("user.botcluster.uid", "u1"))
			}
		})

		It("drops them silently from a filtered list", func() {
			instances, err := b.client.GetInstancesWithFilter(incusapi.InstanceTypeAny, []string{"config.user.botcluster.uid=u1"})
			Expect(err).NotTo(HaveOccurred())
			Expect(instances).To(HaveExactElements(HaveField("Name", "bot-2")))
		})

		It("answers for none of them, and says nothing of whether they run", func() {
			_, _, err := b.client.GetInstance("bot-1")
			Expect(code(err)).To(Equal(http.StatusInternalServerError))
			_, err = b.client.UpdateInstanceState("bot-1", kill, "")
			Expect(code(err)).To(Equal(http.StatusInternalServerError))
			sight, _ := b.world.Look(inDefault("bot-1"))
			Expect(sight.Status).To(Equal("Running"))
		})

		It("has metrics of one member at a time", func() {
			Expect(b.client.GetMetrics()).NotTo(ContainSubstring("bot-2"), "it is on another than the one that answers")
			Expect(b.client.UseTarget("host-3").GetMetrics()).To(ContainSubstring(`name="bot-2"`))
			_, err := b.client.UseTarget("host-2").GetMetrics()
			Expect(err).To(HaveOccurred())
		})

		It("shows them as they are when it is back", func() {
			b.world.SetMemberStatus("host-2", fake.MemberOnline)
			Expect(b.status("bot-1")).To(Equal("Running"))
		})
	})
})
