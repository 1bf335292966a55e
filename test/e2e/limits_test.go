package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
				Disk:    v1alpha1.DiskResources{Size: "3GiB"},
				Network: v1alpha1.NetworkResources{Ingress: "100Mbit", Egress: "50Mbit"},
			}
		})
		create(ctx, bc)
		before := botOf(ctx, bc)
		Expect(before.Config).To(And(HaveKeyWithValue("limits.cpu", "1"), HaveKeyWithValue("limits.memory", "512MiB")))
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
				Not(HaveKey("limits.cpu"))))
			g.Expect(after.Devices["eth0"]).To(And(HaveKeyWithValue("limits.ingress", "1Gbit"), Not(HaveKey("limits.egress"))))
		}).WithTimeout(promptTimeout).Should(Succeed())
		waitReady(ctx, bc)
		expectServed(ctx, bc)
	}, SpecTimeout(4*time.Minute))
})

var _ = Describe("A disk priority", Label("limits"), func() {
	It("is applied, or refused with Incus's words where the host's kernel cannot weigh disk I/O", func(ctx context.Context) {
		_, unable := incus.Run(ctx, "launch", "botcluster-bot", "weighed", "--config", "limits.disk.priority=7")
		run(ctx, "delete", "--force", "weighed")
		bc := newBotCluster(newNamespace(ctx), "prior", func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = ptr.To[int32](1)
			spec.Bot.Resources.Disk.Priority = ptr.To[int32](7)
		})
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		if unable == nil {
			waitReady(ctx, bc)
			Expect(botOf(ctx, bc).Config).To(HaveKeyWithValue("limits.disk.priority", "7"))
			return
		}
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonInvalidRequest)
		Expect(message).To(ContainSubstring("limits.disk.priority"))
		update(ctx, bc, func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Resources.Disk.Priority = nil })
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
