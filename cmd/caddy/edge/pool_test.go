package edge_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("An edge", func() {
	// names asks for as many answers and returns which bots gave them.
	names := func(count int) map[string]int {
		GinkgoHelper()
		given := map[string]int{}
		for range count {
			read := caddyProcess.get("/")
			Expect(read.Status).To(Equal(http.StatusOK), read.Body)
			given[read.Body]++
		}
		return given
	}

	It("answers 503 while nobody serves", func() {
		Expect(caddyProcess.get("/").Status).To(Equal(http.StatusServiceUnavailable))
	})

	It("spreads requests over the members, and follows the pool without a reload and without touching a WebSocket", func() {
		one, two, three := startBot("bot-1"), startBot("bot-2"), startBot("bot-3")
		caddyProcess.serve(one.active())
		socket := caddyProcess.socketTo("/ws")
		echo(socket, "before", "bot-1")

		caddyProcess.serve(one.active(), two.active(), three.active())
		Expect(names(30)).To(Equal(map[string]int{"bot-1": 10, "bot-2": 10, "bot-3": 10}))
		echo(socket, "after the scale-up", "bot-1")

		caddyProcess.serve(one.active())
		Expect(names(5)).To(Equal(map[string]int{"bot-1": 5}))
		echo(socket, "after the scale-down", "bot-1")
	})

	It("sends requests to a new member only after its probe passed", func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		two.answerProbes(http.StatusNotFound, "booting")
		caddyProcess.serve(one.active())
		caddyProcess.push(one.active(), two.active())
		Eventually(two.probes.Load).Should(BeNumerically(">", 3))
		Expect(names(10)).To(Equal(map[string]int{"bot-1": 10}))
		two.answerProbes(http.StatusOK, "")
		Eventually(func() map[string]int { return names(4) }).Should(HaveKey("bot-2"))
	})

	It("drains a member: nothing new, what it has goes on, and the reader learns of the end", func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		caddyProcess.serve(one.active())
		socket := caddyProcess.socketTo("/ws")
		caddyProcess.serve(one.as(pool.Draining), two.active())
		Expect(names(10)).To(Equal(map[string]int{"bot-2": 10}))
		echo(socket, "still here", "bot-1")
		Expect(caddyProcess.member("bot-1")).To(And(
			HaveField("State", pool.Draining), HaveField("Serving", false), HaveField("InFlight", BeEquivalentTo(1))))

		ended := caddyProcess.waitFor(caddyProcess.pool().Change)
		Consistently(ended, "50ms").ShouldNot(Receive())
		Expect(socket.Close()).To(Succeed())
		var document pool.Document
		Eventually(ended).Should(Receive(&document))
		Expect(document.Members[0]).To(And(HaveField("Name", "bot-1"), HaveField("InFlight", BeZero())))
	})

	It("lists a removed member until its last stream has ended", func() {
		one := startBot("bot-1")
		caddyProcess.serve(one.active())
		end := caddyProcess.open("/stream")
		document := caddyProcess.push()
		Expect(document.Members).To(HaveExactElements(And(HaveField("State", pool.Removed), HaveField("InFlight", BeEquivalentTo(1)))))
		end()
		Eventually(func() []pool.Member { return caddyProcess.pool().Members }).Should(BeEmpty())
	})

	It("keeps serving when all bots are degraded, and prefers one that is not", func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		caddyProcess.serve(one.active(), two.active())
		one.answerProbes(http.StatusServiceUnavailable, `{"status":"degraded","database":false}`)
		Eventually(func() map[string]int { return names(4) }).Should(Equal(map[string]int{"bot-2": 4}))
		two.answerProbes(http.StatusServiceUnavailable, `{"status":"degraded","database":false}`)
		Eventually(func() map[string]int { return names(4) }).Should(Equal(map[string]int{"bot-1": 2, "bot-2": 2}))
	})

	It("takes a member that fails its probes out, and back in", func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		caddyProcess.serve(one.active(), two.active())
		one.answerProbes(http.StatusInternalServerError, "")
		Eventually(func() map[string]int { return names(4) }).Should(Equal(map[string]int{"bot-2": 4}))
		one.answerProbes(http.StatusOK, "")
		Eventually(func() map[string]int { return names(4) }).Should(Equal(map[string]int{"bot-1": 2, "bot-2": 2}))
	})

	It("retries elsewhere, POST included, when the chosen member leaves before it is called", func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		caddyProcess.serve(one.active(), two.active())
		caddyProcess.load(routes{route: object{"policy": "first"}})
		afterSelection.set(func() { caddyProcess.push(two.active()) })
		read := caddyProcess.send(http.MethodPost, "/", strings.NewReader("body"))
		Expect(read.Status).To(Equal(http.StatusOK), read.Body)
		Expect(read.Body).To(Equal("bot-2"))
		Expect(caddyProcess.pool().Members).To(HaveLen(1), "nothing of the removed member is in flight")
	})
})
