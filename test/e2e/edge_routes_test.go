package e2e

import (
	"context"
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("Routes of the edge", Label("edge"), func() {
	It("that Caddy refuses leave the old ones serving and say why, and heal when corrected", func(ctx context.Context) {
		bc := createEdge(ctx, "stubborn", 1, `{"routes":[{"name":"old","match":{"paths":["/old*"]},"stripPrefix":"/old",
			"responseHeaders":{"set":[{"name":"X-Route","value":"old"}]}}]}`)
		served := expectAnswer(ctx, root(bc)+"/old/api/ping")
		Expect(served.Status).To(Equal(http.StatusOK))
		Expect(served.Body).To(ContainSubstring(`"path":"/api/ping"`), "the prefix is taken off")
		Expect(served.Header).To(HaveKeyWithValue("X-Route", ConsistOf("old")))

		By("a regular expression that is none")
		patchEdge(ctx, bc, `{"routes":[{"name":"bad","match":{"pathRegexp":"^/tenants/("}}]}`)
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionEdgeReady, metav1.ConditionFalse, v1alpha1.ReasonEdgeRejectedRoutes)
		Expect(message).To(And(ContainSubstring("missing closing )"), ContainSubstring(instanceOf(ctx, bc, "edge", 1))))
		Expect(expectAnswer(ctx, root(bc)+"/old/api/ping").Header).To(HaveKeyWithValue("X-Route", ConsistOf("old")))
		expectServed(ctx, bc)

		By("the old ones serve after a restart of Caddy, too")
		run(ctx, "exec", instanceOf(ctx, bc, "edge", 1), "--", "systemctl", "kill", "--signal=KILL", "caddy")
		Eventually(ctx, ask).WithArguments(ctx, root(bc)+"/old/api/ping").WithTimeout(promptTimeout).
			Should(And(HaveField("Status", http.StatusOK), HaveField("Header", HaveKeyWithValue("X-Route", ConsistOf("old")))))

		By("correcting it")
		patchEdge(ctx, bc, `{"routes":[{"name":"bad","match":{"pathRegexp":"^/tenants/([0-9]+)"},
			"responseHeaders":{"set":[{"name":"X-Route","value":"new"}]}}]}`)
		waitReady(ctx, bc)
		Expect(expectAnswer(ctx, root(bc)+"/tenants/7").Header).To(HaveKeyWithValue("X-Route", ConsistOf("new")))
		Expect(expectAnswer(ctx, root(bc)+"/old/api/ping").Header).NotTo(HaveKey("X-Route"))
	}, SpecTimeout(3*time.Minute))

	It("limit requests for each client, through a change of routes, and see the client behind a trusted proxy", func(ctx context.Context) {
		bc := createEdge(ctx, "doorman", 1, `{"rateLimit":{"requests":3,"window":"10m","by":"header","byName":"X-Api-Key"}}`)
		use := func(headers ...string) answer {
			GinkgoHelper()
			return expectAnswer(ctx, root(bc)+"/api/ping", headers...)
		}
		expectLimit := func(headers ...string) {
			GinkgoHelper()
			for range 3 {
				Expect(use(headers...).Status).To(Equal(http.StatusOK))
			}
			limited := use(headers...)
			Expect(limited.Status).To(Equal(http.StatusTooManyRequests))
			Expect(limited.Header.Get("Retry-After")).To(MatchRegexp(`^[1-9][0-9]*$`))
			Expect(limited.Bot).To(BeEmpty(), "no bot sees it")
		}
		expectLimit("X-Api-Key", "one")
		expectLimit("X-Api-Key", "two")

		By("changing a route")
		patchEdge(ctx, bc, `{"routes":[{"name":"mark","match":{"paths":["/mark"]},"responseHeaders":{"set":[{"name":"X-Mark","value":"1"}]}}]}`)
		looks := 0
		Eventually(ctx, func() (answer, error) { // each look as another client, so that it counts for nobody below
			looks++
			return ask(ctx, root(bc)+"/mark", "X-Api-Key", fmt.Sprint("look ", looks))
		}).WithTimeout(promptTimeout).Should(HaveField("Header", HaveKey("X-Mark")))
		Expect(use("X-Api-Key", "one").Status).To(Equal(http.StatusTooManyRequests), "what was counted is remembered")

		By("counting addresses, with this host as a trusted proxy")
		patchEdge(ctx, bc, `{"routes":null,"trustedProxies":["`+hostAddress(ctx)+`"],"rateLimit":{"requests":3,"window":"10m","by":"ip","byName":null}}`)
		waitReady(ctx, bc)
		expectLimit("X-Forwarded-For", "203.0.113.1")
		expectLimit("X-Forwarded-For", "203.0.113.2")
		Expect(use("X-Forwarded-For", "203.0.113.9, 203.0.113.1").Status).
			To(Equal(http.StatusTooManyRequests), "what a client writes before the proxy is not believed")

		By("counting addresses, with nobody trusted")
		patchEdge(ctx, bc, `{"trustedProxies":null}`)
		waitReady(ctx, bc)
		expectLimit("X-Forwarded-For", "203.0.113.3")
		Expect(use("X-Forwarded-For", "203.0.113.4").Status).To(Equal(http.StatusTooManyRequests))
	}, SpecTimeout(3*time.Minute))
})

// hostAddress is the address from which this host reaches instances.
func hostAddress(ctx context.Context) string {
	GinkgoHelper()
	network := run(ctx, "network", "get", incus.Network, "ipv4.address")
	return prefixAddress(network)
}
