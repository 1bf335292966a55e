package e2e

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
)

var _ = Describe("The operator", Label("operator"), Serial, func() {
	It("resumes after SIGKILL in the middle of a creation, without a duplicate", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "killed", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](4) })
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(promptTimeout).WithPolling(10 * time.Millisecond).
			Should(BeNumerically(">", 0))
		operators.kill()
		operators.restart()
		waitReady(ctx, bc)
		Expect(instancesOf(ctx, bc)).To(HaveLen(5))
		expectAllBotsAnswer(ctx, bc, 4)
	}, SpecTimeout(4*time.Minute))

	It("hands over when the leader is killed, without a duplicate", func(ctx context.Context) {
		operators.stop()
		DeferCleanup(func() { operators.restart() })
		elect := []string{"--leader-elect", "--leader-election-namespace", ground.OperatorNamespace}
		leader := operators.start(elect...)
		Eventually(ctx, leaseHolder).WithArguments(ctx).WithTimeout(promptTimeout).ShouldNot(BeEmpty())
		heir := operators.start(elect...)
		defer heir.Kill()
		bc := newBotCluster(newNamespace(ctx), "heirloom", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](4) })
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(promptTimeout).WithPolling(10 * time.Millisecond).
			Should(BeNumerically(">", 1))
		leader.Kill()
		waitReady(ctx, bc)
		Expect(instancesOf(ctx, bc)).To(HaveLen(5))
	}, SpecTimeout(4*time.Minute))

	It("goes on when the Incus daemon is restarted", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "patient")
		create(ctx, bc)
		before := instancesOf(ctx, bc)
		_, err := ground.Script(ctx, "setup/incus.sh", "restart")
		Expect(err).NotTo(HaveOccurred())
		expectServed(ctx, bc)
		scale(ctx, bc, "3")
		after := instancesOf(ctx, bc)
		Expect(after).To(HaveLen(4))
		for _, instance := range before {
			Expect(after).To(ContainElement(And(HaveField("Name", instance.Name), HaveField("CreatedAt", instance.CreatedAt))))
		}
		expectAllBotsAnswer(ctx, bc, 3)
	}, SpecTimeout(4*time.Minute))
})

// leaseHolder is who leads; empty when nobody does.
func leaseHolder(ctx context.Context) (string, error) {
	var leases coordinationv1.LeaseList
	if err := kubernetes.Client.List(ctx, &leases, client.InNamespace(ground.OperatorNamespace)); err != nil {
		return "", err
	}
	for _, lease := range leases.Items {
		return ptr.Deref(lease.Spec.HolderIdentity, ""), nil
	}
	return "", nil
}
