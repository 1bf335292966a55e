package e2e

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("Rolling updates", Label("elasticity"), func() {
	It("replace all bots and lose nothing", func(ctx context.Context) {
		bc := createEdge(ctx, "weaver", 3, `{}`)
		old := botsOf(ctx, bc)
		clients := begin(ctx, everybody(root(bc)))
		patchSpec(ctx, bc, `{"bot":{"env":[{"name":"EDITION","value":"2"}]}}`)
		eventuallyReplaced(ctx, bc, old, 3)

		By("restarting by annotation")
		old = botsOf(ctx, bc)
		kubectl(ctx, "annotate", "botcluster", bc.Name, "--namespace", bc.Namespace, v1alpha1.AnnotationRestart+"=again")
		eventuallyReplaced(ctx, bc, old, 3)
		expectNothingLost(clients)
	}, SpecTimeout(6*time.Minute))

	It("stop at the first bot that fails, and roll back", func(ctx context.Context) {
		bc := createEdge(ctx, "ratchet", 2, `{}`)
		patchSpec(ctx, bc, `{"health":{"interval":"1s","timeout":"1s"}}`)
		waitReady(ctx, bc)
		old := botsOf(ctx, bc)
		clients := begin(ctx, everybody(root(bc)))
		patchSpec(ctx, bc, `{"bot":{"env":[{"name":"BOT_HEALTH","value":"unhealthy"}]}}`)
		// An unhealthy newcomer is given the time of a slow boot.
		Eventually(ctx, statusOf).WithArguments(ctx, bc, "rollout.phase").WithTimeout(readyTimeout).Should(Equal("Stalled"))
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonRolloutStalled)
		Expect(message).To(ContainSubstring(bc.Name), "it names the bot")
		Expect(botsOf(ctx, bc)).To(HaveLen(3), "one newcomer, and the old ones serve on")

		patchSpec(ctx, bc, `{"bot":{"env":null}}`)
		Eventually(ctx, botsOf).WithArguments(ctx, bc).WithTimeout(goneTimeout).Should(Equal(old), "the old ones are current again")
		waitReady(ctx, bc)
		expectNothingLost(clients)
	}, SpecTimeout(6*time.Minute))
})

var _ = Describe("Sick bots", Label("elasticity"), func() {
	It("are restarted once, then replaced", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "ward", func(spec *v1alpha1.BotClusterSpec) {
			spec.Health.Interval, spec.Health.Timeout = seconds(1), seconds(1)
		})
		create(ctx, bc)
		bot := instanceOf(ctx, bc, "bot", 1)
		boots := func() string {
			return run(ctx, "exec", bot, "--", "cat", "/proc/sys/kernel/random/boot_id", "/proc/1/stat")
		}
		before := boots()
		tellBot(ctx, bc, 1, `{"health":"unhealthy"}`) // which a restart cures
		Eventually(func(g Gomega) {
			out, err := incus.Run(ctx, "exec", bot, "--", "cat", "/proc/sys/kernel/random/boot_id", "/proc/1/stat")
			g.Expect(err).NotTo(HaveOccurred(), out)
			g.Expect(startTime(out)).NotTo(Equal(startTime(before)))
		}).WithContext(ctx).WithTimeout(readyTimeout).Should(Succeed())
		waitReady(ctx, bc)
		Expect(names(ctx)).To(ContainElement(bot), "it was not replaced")

		By("a bot that no restart cures")
		run(ctx, "exec", bot, "--", "sh", "-c", "mkdir -p /etc/systemd/system/botserver.service.d && printf '[Service]\\nEnvironment=BOT_HEALTH=unhealthy\\n'"+
			" > /etc/systemd/system/botserver.service.d/99-sick.conf && systemctl daemon-reload && systemctl restart botserver")
		Eventually(ctx, names).WithArguments(ctx).WithTimeout(2*scaledTimeout).ShouldNot(ContainElement(bot), "another takes its place")
		waitReady(ctx, bc)
		expectAllBotsAnswer(ctx, bc, 2)
	}, SpecTimeout(12*time.Minute))
})

// botsOf lists the names of the bots that are there.
func botsOf(ctx context.Context, bc *v1alpha1.BotCluster) []string {
	GinkgoHelper()
	var out []string
	for _, instance := range instancesOf(ctx, bc) {
		if instance.Config["user.botcluster.tier"] == "bot" {
			out = append(out, instance.Name+" "+instance.Config["user.botcluster.template"])
		}
	}
	return out
}

// eventuallyReplaced waits until none of the old bots is left and as many new ones serve.
func eventuallyReplaced(ctx context.Context, bc *v1alpha1.BotCluster, old []string, bots int) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		now := botsOf(ctx, bc)
		g.Expect(now).To(HaveLen(bots))
		for _, bot := range old {
			g.Expect(now).NotTo(ContainElement(bot))
		}
	}).WithTimeout(scaledTimeout).Should(Succeed())
	waitReady(ctx, bc)
}

// startTime is when init began, by /proc/1/stat.
func startTime(stat string) string {
	const field = 19 // of those after the command, proc(5)
	_, after, _ := strings.Cut(stat, ") ")
	if fields := strings.Fields(after); len(fields) > field {
		return fields[field]
	}
	return stat
}
