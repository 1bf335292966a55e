package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var _ = Describe("Bad input", Label("badinput"), func() {
	DescribeTable("that names what is not there stalls with a sentence, makes nothing, and heals when corrected",
		func(ctx context.Context, reason, sentence string, spoil func(*v1alpha1.BotClusterSpec), mend func(*v1alpha1.BotClusterSpec)) {
			bc := newBotCluster(newNamespace(ctx), "wrong", func(spec *v1alpha1.BotClusterSpec) {
				spec.Replicas = ptr.To[int32](1)
				spoil(spec)
			})
			Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
			message := eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason)
			Expect(message).To(ContainSubstring(sentence))
			Expect(instancesOf(ctx, bc)).To(BeEmpty())
			update(ctx, bc, mend)
			waitReady(ctx, bc)
			expectServed(ctx, bc)
		},
		Entry("an image", v1alpha1.ReasonImageNotFound, `"no-such-image"`,
			func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Image.Alias = "no-such-image" },
			func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Image.Alias = "botcluster-bot" }, SpecTimeout(3*time.Minute)),
		Entry("a storage pool", v1alpha1.ReasonStoragePoolNotFound, `"no-such-pool"`,
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.StoragePool = "no-such-pool" },
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.StoragePool = "botcluster-e2e" }, SpecTimeout(3*time.Minute)),
		Entry("a network", v1alpha1.ReasonNetworkNotFound, `"no-such-network"`,
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.Network = "no-such-network" },
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.Network = "bce2e" }, SpecTimeout(3*time.Minute)),
		Entry("a profile", v1alpha1.ReasonProfileNotFound, `"no-such-profile"`,
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.Profiles = []v1alpha1.ProfileName{"no-such-profile"} },
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.Profiles = nil }, SpecTimeout(3*time.Minute)),
		Entry("a socket", v1alpha1.ReasonSocketNotAllowed, "/run/other.socket",
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.UnixSocket = "/run/other.socket" },
			func(spec *v1alpha1.BotClusterSpec) { spec.Incus.UnixSocket = "/var/lib/incus/unix.socket" }, SpecTimeout(3*time.Minute)),
	)

	It("keeps what serves when the spec becomes wrong", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "steady", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](1) })
		create(ctx, bc)
		before := instancesOf(ctx, bc)
		update(ctx, bc, func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Image.Alias = "no-such-image" })
		eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonImageNotFound)
		expectServed(ctx, bc)
		Expect(namesOf(instancesOf(ctx, bc))).To(ConsistOf(namesOf(before)))
	}, SpecTimeout(3*time.Minute))

	It("never touches a foreign instance in the way", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		foreign := makeInstance(ctx, plan.InstanceName(plan.Prefix(namespace, "blocked"), "bot", 1), nil)
		bc := newBotCluster(namespace, "blocked", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](2) })
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNameConflict)
		Expect(message).To(ContainSubstring(foreign))
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(readyTimeout).Should(Equal(2), "the rest goes on")
		run(ctx, "delete", foreign)
		waitReady(ctx, bc)
		Expect(instancesOf(ctx, bc)).To(HaveLen(3))
	}, SpecTimeout(4*time.Minute))

	It("lets go of a BotCluster whose Secret is missing when the glass is broken", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "lost", func(spec *v1alpha1.BotClusterSpec) {
			spec.Incus = v1alpha1.IncusSpec{IdentitySecretRef: &v1alpha1.SecretReference{Name: "nowhere"}}
		})
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
		Expect(kubernetes.Client.Delete(ctx, bc)).To(Succeed())
		Eventually(ctx, func() string {
			return eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
		}).WithTimeout(promptTimeout).Should(ContainSubstring(v1alpha1.AnnotationAbandon), "the message names the way out")
		out, err := kubernetes.Kubectl(ctx, "annotate", "botcluster", "lost", "--namespace", bc.Namespace, v1alpha1.AnnotationAbandon+"=true")
		Expect(err).NotTo(HaveOccurred(), out)
		eventuallyGone(ctx, bc)
	}, SpecTimeout(2*time.Minute))
})
