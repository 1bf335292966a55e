package e2e

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/ground"
	"github.com/generalbots/botcluster-operator/test/load"
)

var _ = Describe("Bots behind the edge", Label("edge"), func() {
	It("are kept from requests by a circuit breaker while they fail, one by one and all together", func(ctx context.Context) {
		bc := createEdge(ctx, "fuse", 2, `{"circuitBreaker":{"threshold":3,"timeout":"3s","halfOpenRequests":1,
			"fallback":{"body":"{\"error\":\"busy\"}","contentType":"application/json"}}}`)
		first, second := instanceOf(ctx, bc, "bot", 1), instanceOf(ctx, bc, "bot", 2)
		ping := root(bc) + "/api/ping"

		By("one of two fails")
		tellBot(ctx, bc, 1, `{"failureRate":1}`)
		Eventually(ctx, func() []string { return servedInARow(ctx, ping, 10) }).WithTimeout(promptTimeout).WithPolling(time.Millisecond).
			Should(HaveEach(second), "the other one serves")
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionDegraded, metav1.ConditionTrue, reasonCircuitOpen)
		Expect(message).To(ContainSubstring(first))
		Expect(kubectl(ctx, "get", "events", "--namespace", bc.Namespace)).To(ContainSubstring("CircuitOpened"))

		By("both fail")
		tellBot(ctx, bc, 2, `{"failureRate":1}`)
		var rejected answer
		Eventually(ctx, func(g Gomega) {
			var err error
			rejected, err = ask(ctx, ping)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(rejected.Status).To(Equal(http.StatusServiceUnavailable))
		}).WithTimeout(promptTimeout).WithPolling(10 * time.Millisecond).Should(Succeed())
		Expect(rejected.Body).To(Equal(`{"error":"busy"}`))
		Expect(rejected.Header.Get("Content-Type")).To(Equal("application/json"))
		Expect(strconv.Atoi(rejected.Header.Get("Retry-After"))).To(BeNumerically("~", 2, 1), "until the first may be half-open")
		Expect(expectAnswer(ctx, root(bc)+"/api/health").Status).To(Equal(http.StatusOK), "monitors see what the bots say")

		By("both recover")
		tellBot(ctx, bc, 1, `{"failureRate":0}`)
		tellBot(ctx, bc, 2, `{"failureRate":0}`)
		Eventually(ctx, func() []string { return servedInARow(ctx, ping, 10) }).WithTimeout(promptTimeout).
			Should(And(ContainElement(first), ContainElement(second), HaveEach(Not(BeEmpty()))))
		Eventually(ctx, func(g Gomega) {
			refresh(ctx, bc)
			g.Expect(bc.Status.Conditions).NotTo(ContainElement(HaveField("Reason", reasonCircuitOpen)))
		}).WithTimeout(promptTimeout).Should(Succeed())
	}, SpecTimeout(3*time.Minute))

	It("keep their sticky clients through scale events and a new container", func(ctx context.Context) {
		bc := createEdge(ctx, "burr", 3, `{"loadBalancing":{"policies":{"api":"cookie"},"cookieName":"crumb"}}`)
		ping := root(bc) + "/api/ping"
		met := expectAnswer(ctx, ping)
		Expect(met.Status).To(Equal(http.StatusOK))
		cookies := (&http.Response{Header: met.Header}).Cookies()
		Expect(cookies).To(ConsistOf(And(HaveField("Name", "crumb"), HaveField("HttpOnly", true), HaveField("Path", "/"))))
		cookie := "crumb=" + cookies[0].Value
		Expect(cookie).NotTo(ContainSubstring(met.Bot))
		expectSticky := func() {
			GinkgoHelper()
			for range 10 {
				Expect(expectAnswer(ctx, ping, "Cookie", cookie).Bot).To(Equal(met.Bot))
			}
		}
		expectSticky()

		// So that the numbers have no gaps, and what is made anew in the place of the old has its name.
		patchSpec(ctx, bc, `{"scaling":{"victims":"HighestOrdinal"}}`)

		By("more bots")
		scale(ctx, bc, "5")
		expectSticky()

		By("fewer bots")
		scale(ctx, bc, "3")
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(goneTimeout).Should(Equal(4))
		expectSticky()

		By("a new container in the place of the old, with the address that it happens to get")
		before := instancesOf(ctx, bc)
		run(ctx, "delete", "--force", met.Bot)
		Eventually(ctx, ask).WithArguments(ctx, ping, "Cookie", cookie).WithTimeout(promptTimeout).
			Should(And(HaveField("Status", http.StatusOK), HaveField("Bot", Not(Equal(met.Bot)))), "another one serves meanwhile")
		eventuallyServing(ctx, bc, 3)
		Eventually(ctx, ask).WithArguments(ctx, ping, "Cookie", cookie).WithTimeout(promptTimeout).Should(HaveField("Bot", met.Bot))
		expectSticky()
		Expect(createdAt(instancesOf(ctx, bc), met.Bot)).NotTo(Equal(createdAt(before, met.Bot)))

		By("a cookie that somebody made up")
		Expect(expectAnswer(ctx, ping, "Cookie", "crumb="+met.Bot).Status).To(Equal(http.StatusOK))
	}, SpecTimeout(4*time.Minute))

	It("are drained and taken back by hand", func(ctx context.Context) {
		bc := createEdge(ctx, "leave", 2, `{}`)
		first, second := instanceOf(ctx, bc, "bot", 1), instanceOf(ctx, bc, "bot", 2)
		ping := root(bc) + "/api/ping"
		clients := begin(ctx, load.Mix{URL: root(bc), GetsPerSecond: 20, PostsPerSecond: 20, Streams: 4, WebSockets: 4})
		phase := func() string { return statusOf(ctx, bc, `instances[?(@.name=="`+first+`")].phase`) }

		kubectl(ctx, "annotate", "botcluster", bc.Name, "--namespace", bc.Namespace, annotationDrain+"=1")
		Eventually(ctx, func() []string { return servedInARow(ctx, ping, 10) }).WithTimeout(promptTimeout).Should(HaveEach(second))
		Eventually(ctx, phase).WithTimeout(promptTimeout).Should(Equal("Drained"), "streams come to their end")
		Expect(statusOf(ctx, bc, `instances[?(@.name=="`+first+`")].drainingSince`)).NotTo(BeEmpty())
		Expect(statusOf(ctx, bc, `instances[?(@.name=="`+first+`")].inFlight`)).To(BeElementOf("0", ""))
		Expect(instancesOf(ctx, bc)).To(HaveLen(3), "it is kept")

		kubectl(ctx, "annotate", "botcluster", bc.Name, "--namespace", bc.Namespace, annotationDrain+"-")
		Eventually(ctx, phase).WithTimeout(promptTimeout).Should(Equal("Ready"))
		Eventually(ctx, func() []string { return servedInARow(ctx, ping, 10) }).WithTimeout(promptTimeout).
			Should(And(ContainElement(first), ContainElement(second)))
		expectNothingLost(clients)
		Expect(kubectl(ctx, "get", "events", "--namespace", bc.Namespace)).
			To(And(ContainSubstring("DrainStarted"), ContainSubstring("DrainCancelled")))
	}, SpecTimeout(3*time.Minute))
})

const (
	// reasonCircuitOpen is the reason of Degraded while a circuit breaker is open.
	reasonCircuitOpen = "CircuitOpen"
	// annotationDrain names the bots that are drained by hand.
	annotationDrain = "scaling.generalbots.dev/drain"
)

// createdAt is when an instance was created.
func createdAt(instances []ground.Instance, name string) string {
	GinkgoHelper()
	for _, instance := range instances {
		if instance.Name == name {
			return instance.CreatedAt
		}
	}
	Fail("there is no " + name)
	return ""
}

// servedInARow asks so many times and returns the bots that answered 200; "" stands for an answer of any other kind.
func servedInARow(ctx context.Context, url string, times int) []string {
	bots := make([]string, times)
	for i := range bots {
		if got, err := ask(ctx, url); err == nil && got.Status == http.StatusOK {
			bots[i] = got.Bot
		}
	}
	return bots
}

// prefixAddress is the address in a prefix such as 10.1.2.1/24.
func prefixAddress(text string) string {
	GinkgoHelper()
	prefix, err := netip.ParsePrefix(strings.TrimSpace(text))
	Expect(err).NotTo(HaveOccurred())
	return prefix.Addr().String()
}
