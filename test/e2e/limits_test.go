package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

var _ = Describe("Resource limits", Label("limits"), func() {
	It("are those of the spec, and change live", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "limited", func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = ptr.To[int32](1)
			spec.Bot.HostPortBase = ptr.To[int32](18080)
			spec.Bot.Resources = v1alpha1.Resources{
				CPU: new(intstr.FromInt32(1)), Memory: "512MiB", Disk: v1alpha1.DiskResources{Size: "3GiB"},
			}
		})
		create(ctx, bc)
		before := botOf(ctx, bc)
		Expect(before.Config).To(And(HaveKeyWithValue("limits.cpu", "1"), HaveKeyWithValue("limits.memory", "512MiB")))
		Expect(before.Devices["root"]).To(HaveKeyWithValue("size", "3GiB"))
		status, body, _, err := get(ctx, "http://127.0.0.1:18081/api/health")
		Expect(err).NotTo(HaveOccurred(), "bot 1 is published on hostPortBase+1")
		Expect(status).To(Equal(200), body)

		update(ctx, bc, func(spec *v1alpha1.BotClusterSpec) {
			spec.Bot.Resources = v1alpha1.Resources{CPU: new(intstr.FromString("500m")), Memory: "1GB"}
		})
		Eventually(ctx, func(g Gomega) {
			after := botOf(ctx, bc)
			g.Expect(after.CreatedAt).To(Equal(before.CreatedAt), "the instance was not replaced")
			g.Expect(after.Config).To(And(HaveKeyWithValue("limits.cpu.allowance", "50ms/100ms"), HaveKeyWithValue("limits.memory", "1GB"),
				Not(HaveKey("limits.cpu"))))
			g.Expect(after.Devices["root"]).NotTo(HaveKey("size"))
		}).WithTimeout(promptTimeout).Should(Succeed())
		waitReady(ctx, bc)
		expectServed(ctx, bc)
	}, SpecTimeout(4*time.Minute))
})

// Some limits need what not every kernel has: a weight for disk I/O, queueing disciplines for the network.
var _ = Describe("A limit that needs the host's kernel", Label("limits"), func() {
	DescribeTable("is applied, or refused with Incus's words, and the fleet heals without it",
		func(ctx context.Context, word string, probe []string, set func(*v1alpha1.Resources), applied func(ground.Instance) string) {
			_, unable := incus.Run(ctx, append([]string{"launch", "botcluster-bot", "probe"}, probe...)...)
			run(ctx, "delete", "--force", "probe")
			bc := newBotCluster(newNamespace(ctx), "kernel", func(spec *v1alpha1.BotClusterSpec) {
				spec.Replicas = ptr.To[int32](1)
				set(&spec.Bot.Resources)
			})
			Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
			if unable == nil {
				waitReady(ctx, bc)
				Expect(applied(botOf(ctx, bc))).NotTo(BeEmpty())
			} else {
				Eventually(ctx, func() string {
					refresh(ctx, bc)
					return fmt.Sprint(bc.Status.Conditions)
				}).WithTimeout(promptTimeout).Should(ContainSubstring(word))
			}
			update(ctx, bc, func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Resources = v1alpha1.Resources{} })
			waitReady(ctx, bc)
			expectServed(ctx, bc)
			Expect(applied(botOf(ctx, bc))).To(BeEmpty())
		},
		Entry("disk priority", "limits.disk.priority", []string{"--config", "limits.disk.priority=7"},
			func(r *v1alpha1.Resources) { r.Disk.Priority = ptr.To[int32](7) },
			func(i ground.Instance) string { return i.Config["limits.disk.priority"] }, SpecTimeout(4*time.Minute)),
		Entry("network ingress", "ingress", []string{"--device", "eth0,limits.ingress=100Mbit"},
			func(r *v1alpha1.Resources) { r.Network.Ingress = "100Mbit" },
			func(i ground.Instance) string { return i.Devices["eth0"]["limits.ingress"] }, SpecTimeout(4*time.Minute)),
	)
})

func botOf(ctx context.Context, bc *v1alpha1.BotCluster) ground.Instance {
	GinkgoHelper()
	for _, instance := range instancesOf(ctx, bc) {
		if instance.Config["user.botcluster.tier"] == "bot" {
			return instance
		}
	}
	Fail("there is no bot")
	return ground.Instance{}
}
