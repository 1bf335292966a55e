package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

var _ = Describe("Healing", Label("healing"), func() {
	It("brings back what was stopped, deleted or killed", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "phoenix")
		create(ctx, bc)
		bot1, bot2, edge := instanceOf(ctx, bc, "bot", 1), instanceOf(ctx, bc, "bot", 2), instanceOf(ctx, bc, "edge", 1)

		By("a stopped bot")
		run(ctx, "stop", "--force", bot1)
		eventuallyServing(ctx, bc, 2)

		By("a deleted bot")
		run(ctx, "delete", "--force", bot2)
		eventuallyServing(ctx, bc, 2)

		By("a frozen bot")
		run(ctx, "pause", bot1)
		eventuallyServing(ctx, bc, 2)

		By("a deleted edge")
		run(ctx, "delete", "--force", edge)
		eventuallyServing(ctx, bc, 2)

		By("the edge's process")
		run(ctx, "exec", edge, "--", "systemctl", "kill", "--signal=KILL", "caddy")
		eventuallyServing(ctx, bc, 2)
		Expect(instancesOf(ctx, bc)).To(HaveLen(3))
	}, SpecTimeout(6*time.Minute))

	It("removes orphans of ours within a minute and never what is foreign", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "tidy", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](1) })
		create(ctx, bc)
		tags := instancesOf(ctx, bc)[0].Config
		makeInstance(ctx, "orphan-of-ours", map[string]string{
			"user.botcluster.manager": tags["user.botcluster.manager"], "user.botcluster.uid": "00000000-0000-0000-0000-000000000000",
			"user.botcluster.namespace": bc.Namespace, "user.botcluster.name": "gone", "user.botcluster.tier": "bot", "user.botcluster.ordinal": "1",
		})
		makeInstance(ctx, "orphan-of-another-cluster", map[string]string{
			"user.botcluster.manager": "11111111-1111-1111-1111-111111111111", "user.botcluster.uid": "00000000-0000-0000-0000-000000000000",
			"user.botcluster.namespace": bc.Namespace, "user.botcluster.name": "gone", "user.botcluster.tier": "bot", "user.botcluster.ordinal": "1",
		})
		makeInstance(ctx, "foreign", nil)
		surplus := makeInstance(ctx, "copy-with-our-uid", map[string]string{
			"user.botcluster.manager": tags["user.botcluster.manager"], "user.botcluster.uid": string(bc.UID),
			"user.botcluster.namespace": bc.Namespace, "user.botcluster.name": bc.Name, "user.botcluster.tier": "bot", "user.botcluster.ordinal": "7",
		})

		Eventually(ctx, names).WithArguments(ctx).WithTimeout(60 * time.Second).ShouldNot(
			Or(ContainElement("orphan-of-ours"), ContainElement(surplus)))
		Expect(names(ctx)).To(ContainElements("orphan-of-another-cluster", "foreign"))
	}, SpecTimeout(4*time.Minute))
})

// run runs incus and expects it to succeed.
func run(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	out, err := incus.Run(ctx, arguments...)
	Expect(err).NotTo(HaveOccurred(), out)
	return out
}

// makeInstance makes an instance behind the operator's back, which goes after the spec.
func makeInstance(ctx context.Context, name string, config map[string]string) string {
	GinkgoHelper()
	arguments := []string{"init", "botcluster-bot", name}
	for key, value := range config {
		arguments = append(arguments, "--config", key+"="+value)
	}
	run(ctx, arguments...)
	DeferCleanup(func(ctx context.Context) {
		if _, err := incus.Run(ctx, "info", name); err == nil {
			run(ctx, "delete", "--force", name)
		}
	})
	return name
}

// names lists the names of all instances in the project.
func names(ctx context.Context) []string {
	GinkgoHelper()
	instances, err := incus.Instances(ctx)
	Expect(err).NotTo(HaveOccurred())
	return namesOf(instances)
}

func namesOf(instances []ground.Instance) []string {
	out := []string{}
	for _, instance := range instances {
		out = append(out, instance.Name)
	}
	return out
}

// eventuallyServing waits until the operator has seen the damage and mended it: as many bots answer again.
func eventuallyServing(ctx context.Context, bc *v1alpha1.BotCluster, bots int) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		for _, instance := range instancesOf(ctx, bc) {
			g.Expect(instance.Status).To(BeElementOf("Running", "Ready"), instance.Name)
		}
		g.Expect(instancesOf(ctx, bc)).To(HaveLen(bots + int(max(bc.Spec.Edge.Instances, 1))))
	}).WithTimeout(readyTimeout).Should(Succeed())
	waitReady(ctx, bc)
	expectAllBotsAnswer(ctx, bc, bots)
}
