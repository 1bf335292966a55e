package e2e

import (
	"context"
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
				CPU: ptr.To(intstr.FromInt32(1)), Memory: "512MiB",
				Disk:    v1alpha1.DiskResources{Size: "3GiB", Priority: ptr.To[int32](5)},
				Network: v1alpha1.NetworkResources{Ingress: "100Mbit", Egress: "50Mbit"},
			}
		})
		create(ctx, bc)
		before := botOf(ctx, bc)
		Expect(before.Config).To(And(HaveKeyWithValue("limits.cpu", "1"), HaveKeyWithValue("limits.memory", "512MiB"),
			HaveKeyWithValue("limits.disk.priority", "5")))
		Expect(before.Devices["root"]).To(HaveKeyWithValue("size", "3GiB"))
		Expect(before.Devices["eth0"]).To(And(HaveKeyWithValue("limits.ingress", "100Mbit"), HaveKeyWithValue("limits.egress", "50Mbit")))
		status, body, _, err := get(ctx, "http://127.0.0.1:18081/api/health")
		Expect(err).NotTo(HaveOccurred(), "bot 1 is published on hostPortBase+1")
		Expect(status).To(Equal(200), body)

		update(ctx, bc, func(spec *v1alpha1.BotClusterSpec) {
			spec.Bot.Resources = v1alpha1.Resources{
				CPU: ptr.To(intstr.FromString("500m")), Memory: "1GB",
				Network: v1alpha1.NetworkResources{Ingress: "1Gbit"},
			}
		})
		Eventually(ctx, func(g Gomega) {
			after := botOf(ctx, bc)
			g.Expect(after.CreatedAt).To(Equal(before.CreatedAt), "the instance was not replaced")
			g.Expect(after.Config).To(And(HaveKeyWithValue("limits.cpu.allowance", "50ms/100ms"), HaveKeyWithValue("limits.memory", "1GB"),
				Not(HaveKey("limits.cpu")), Not(HaveKey("limits.disk.priority"))))
			g.Expect(after.Devices["eth0"]).To(And(HaveKeyWithValue("limits.ingress", "1Gbit"), Not(HaveKey("limits.egress"))))
		}).WithTimeout(promptTimeout).Should(Succeed())
		waitReady(ctx, bc)
		expectServed(ctx, bc)
	}, SpecTimeout(4*time.Minute))
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
