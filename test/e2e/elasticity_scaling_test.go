package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/load"
)

var _ = Describe("Auto-scaling", Label("elasticity"), func() {
	It("follows a load that burns CPU from 2 bots to 6 and back, and loses nothing", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "bellows", func(spec *v1alpha1.BotClusterSpec) {
			spec.Bot.Resources.CPU = new(intstr.FromString("200m"))
			spec.Scaling = v1alpha1.ScalingSpec{
				Enabled: true, MinInstances: 2, MaxInstances: 6, Mode: v1alpha1.ScalingModeProportional,
				// Far below what the load asks for: on a busy machine the bots do not get all of their share.
				CPUThreshold: new(int32(15)), MemoryThreshold: new(int32(0)), RequestThreshold: new(int32(0)),
				Cooldown: seconds(5), CheckInterval: seconds(5), StabilizationWindow: seconds(10),
			}
		})
		create(ctx, bc)
		steady := begin(ctx, load.Mix{URL: root(bc), GetsPerSecond: 20, PostsPerSecond: 10, Streams: 3, WebSockets: 3})
		heavy := load.Start(ctx, load.Mix{URL: root(bc), GetsPerSecond: 100, Burn: 8 * time.Millisecond})
		eventuallyBots(ctx, bc, 6)
		Expect(statusOf(ctx, bc, "scaling.desired")).To(Equal("6"))
		Expect(heavy.Stop().Lost()).To(BeZero())
		eventuallyBots(ctx, bc, 2)
		expectNothingLost(steady)

		refresh(ctx, bc)
		Expect(bc.Status.Scaling.Decisions).NotTo(BeEmpty())
		Expect(bc.Status.Scaling.Rules).To(ContainElement(HaveField("Name", "cpuThreshold")))
		Expect(*bc.Spec.Replicas).To(Equal(int32(2)), "the spec belongs to the user")
		Expect(kubectl(ctx, "get", "events", "--namespace", bc.Namespace, "--output", "jsonpath={.items[*].reason}")).
			To(And(ContainSubstring("ScaledUp"), ContainSubstring("ScaledDown")))
	}, SpecTimeout(8*time.Minute))

	It("says why it does nothing", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "ceiling", func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = new(int32(1))
			spec.Scaling = v1alpha1.ScalingSpec{
				Enabled: true, MinInstances: 1, MaxInstances: 1, CheckInterval: seconds(5), Cooldown: seconds(5),
				RequestThreshold: new(int32(1)),
			}
		})
		create(ctx, bc)
		begin(ctx, load.Mix{URL: root(bc), GetsPerSecond: 20, PostsPerSecond: 1, Streams: 1, WebSockets: 1})
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionScalingLimited, metav1.ConditionTrue, "MaxInstances")
		Expect(message).To(ContainSubstring("at most 1"))
		Expect(instancesOf(ctx, bc)).To(HaveLen(2))
	}, SpecTimeout(4*time.Minute))

	It("keeps bots in reserve, frozen, and thaws them when more are asked for", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "larder", func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = new(int32(1))
			spec.Scaling.WarmStandby = 1
		})
		create(ctx, bc)
		standby := eventuallyFrozen(ctx, bc)
		clients := begin(ctx, everybody(root(bc)))
		Expect(clients.Report().Gets.Served).NotTo(HaveKey(standby), "what is frozen gets nothing")

		scale(ctx, bc, "2")
		Eventually(func() map[string]int64 { return clients.Report().Gets.Served }).WithContext(ctx).WithTimeout(promptTimeout).
			Should(HaveKey(standby), "the one that waited serves")
		Expect(eventuallyFrozen(ctx, bc)).NotTo(Equal(standby), "the next one waits behind it")
		expectNothingLost(clients)
		Eventually(ctx, statusOf).WithArguments(ctx, bc, `tiers[?(@.name=="bot")].standby`).WithTimeout(promptTimeout).Should(Equal("1"))

		patchSpec(ctx, bc, `{"scaling":{"warmStandby":0}}`)
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(goneTimeout).Should(Equal(3))
	}, SpecTimeout(5*time.Minute))
})

func seconds(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * time.Second}
}

// eventuallyBots waits until as many bots serve and no more are there.
func eventuallyBots(ctx context.Context, bc *v1alpha1.BotCluster, bots int) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		refresh(ctx, bc)
		g.Expect(bc.Status.ReadyReplicas).To(Equal(int32(bots)), func() string { return fmt.Sprint(bc.Status.Scaling) })
		g.Expect(instancesOf(ctx, bc)).To(HaveLen(bots + 1))
	}).WithTimeout(scaledTimeout).Should(Succeed())
}

// scaledTimeout is how long a series of scale events may take on a busy machine: each waits for a check of the signals, a boot
// or a drain.
const scaledTimeout = 3 * time.Minute

// eventuallyFrozen waits until one bot is frozen and returns its name.
func eventuallyFrozen(ctx context.Context, bc *v1alpha1.BotCluster) string {
	GinkgoHelper()
	var frozen []string
	Eventually(ctx, func(g Gomega) {
		frozen = nil
		for _, instance := range instancesOf(ctx, bc) {
			if strings.EqualFold(instance.Status, "Frozen") {
				frozen = append(frozen, instance.Name)
			}
		}
		g.Expect(frozen).To(HaveLen(1))
	}).WithTimeout(readyTimeout).Should(Succeed())
	return frozen[0]
}
