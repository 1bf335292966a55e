package e2e

import (
	"context"
	"net/http"
	"regexp"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("A BotCluster", Label("lifecycle"), func() {
	It("is served, scaled and removed", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "crew", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](3) })

		By("applying it")
		create(ctx, bc)
		expectServed(ctx, bc)
		Expect(instancesOf(ctx, bc)).To(HaveLen(4))
		Expect(bc.Status.ReadyReplicas).To(Equal(int32(3)))
		expectAllBotsAnswer(ctx, bc, 3)

		By("reading what kubectl shows")
		out, err := kubernetes.Kubectl(ctx, "get", "bc", "crew", "--namespace", bc.Namespace)
		Expect(err).NotTo(HaveOccurred(), out)
		Expect(out).To(MatchRegexp(`NAME\s+READY\s+DESIRED\s+BOTS\s+STATUS\s+AGE\ncrew\s+True\s+3\s+3\s+3 of 3 bots serve`))
		out, err = kubernetes.Kubectl(ctx, "get", "events", "--namespace", bc.Namespace)
		Expect(err).NotTo(HaveOccurred(), out)
		Expect(out).To(And(ContainSubstring("InstanceCreating"), ContainSubstring("botcluster/crew"), ContainSubstring("3 of 3 bots serve")))

		By("scaling up")
		scale(ctx, bc, "5")
		expectAllBotsAnswer(ctx, bc, 5)

		By("scaling down")
		scale(ctx, bc, "1")
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(goneTimeout).Should(Equal(2))
		Expect(instanceOf(ctx, bc, "bot", 1)).To(HaveSuffix("-bot-1"))
		expectServed(ctx, bc)

		By("deleting it")
		Expect(kubernetes.Client.Delete(ctx, bc)).To(Succeed())
		eventuallyGone(ctx, bc)
		Expect(instancesOf(ctx, bc)).To(BeEmpty())
	}, SpecTimeout(6*time.Minute))

	It("serves the routes of the scaling document", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "routes")
		create(ctx, bc)
		status, _, header, err := get(ctx, bc.Status.URLs[0]+"/index.html")
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusOK))
		Expect(header.Get("X-Content-Type-Options")).To(Equal("nosniff"))
		Expect(header.Get("X-Frame-Options")).To(Equal("DENY"))
		Expect(header.Get("Referrer-Policy")).To(Equal("strict-origin-when-cross-origin"))
		Expect(header.Get("Server")).To(BeEmpty())
	}, SpecTimeout(3*time.Minute))

	It("listens for the operator on no network", func(ctx context.Context) {
		bc := newBotCluster(newNamespace(ctx), "closed", func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = ptr.To[int32](1) })
		create(ctx, bc)
		edge := instanceOf(ctx, bc, "edge", 1)
		out, err := incus.Run(ctx, "exec", edge, "--", "cat", "/proc/net/tcp", "/proc/net/tcp6")
		Expect(err).NotTo(HaveOccurred())
		ports := regexp.MustCompile(`(?m)^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A`).FindAllStringSubmatch(out, -1)
		Expect(ports).To(HaveLen(1), "only port 80 listens: %s", out)
		Expect(ports[0][1]).To(Equal("0050"))
		out, err = incus.Run(ctx, "exec", edge, "--", "stat", "-c", "%a %F", "/run/caddy/admin.sock")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(HavePrefix("600 socket"))
	}, SpecTimeout(3*time.Minute))
})

// scale runs kubectl scale and waits until the BotCluster is ready again.
func scale(ctx context.Context, bc *v1alpha1.BotCluster, replicas string) {
	GinkgoHelper()
	out, err := kubernetes.Kubectl(ctx, "scale", "botcluster", bc.Name, "--namespace", bc.Namespace, "--replicas", replicas)
	Expect(err).NotTo(HaveOccurred(), out)
	waitReady(ctx, bc)
}

// expectAllBotsAnswer asks until as many different bots have answered.
func expectAllBotsAnswer(ctx context.Context, bc *v1alpha1.BotCluster, bots int) {
	GinkgoHelper()
	names := map[string]bool{}
	Eventually(ctx, func(g Gomega) {
		status, body, header, err := get(ctx, bc.Status.URLs[0]+"/api/ping")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(status).To(Equal(http.StatusOK), body)
		names[header.Get("Botserver-Name")] = true
		g.Expect(names).To(HaveLen(bots))
	}).WithTimeout(promptTimeout).WithPolling(10 * time.Millisecond).Should(Succeed())
}

// eventuallyGone waits until a BotCluster that was deleted does not exist any more.
func eventuallyGone(ctx context.Context, bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	Eventually(ctx, func() bool {
		return apierrors.IsNotFound(kubernetes.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc))
	}).WithTimeout(goneTimeout).Should(BeTrue())
}
