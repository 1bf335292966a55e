package edge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pollPath is the path of a long poll.
func pollPath(wait string, after uint64) string {
	return fmt.Sprintf("/botcluster/pool?wait=%s&after=%d", wait, after)
}

var _ = Describe("Loading other routes", func() {
	var one *bot
	BeforeEach(func() {
		one = startBot("bot-1")
		caddyProcess.load(routes{revision: "old", header: "old"})
		caddyProcess.serve(one.active())
	})

	It("keeps members, counters, probes, streams and WebSockets", func() {
		caddyProcess.load(routes{revision: "old", header: "old", inPlace: true})
		socket := caddyProcess.socketTo("/ws")
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("old"))
		before := caddyProcess.pool()
		Expect(before.RoutesRevision).To(Equal("old"))

		caddyProcess.load(routes{revision: "new", header: "new", inPlace: true})
		after := caddyProcess.pool()
		Expect(after.RoutesRevision).To(Equal("new"))
		Expect(after.Process).To(Equal(before.Process))
		Expect(after.Revision).To(Equal(before.Revision))
		Expect(after.Members[0]).To(And(
			HaveField("Serving", true), HaveField("Since", BeTemporally("==", before.Members[0].Since)),
			HaveField("Requests", BeEquivalentTo(2)), HaveField("InFlight", BeEquivalentTo(1))))
		read := caddyProcess.get("/")
		Expect(read.Body).To(Equal("bot-1"))
		Expect(read.Header.Get("Routes")).To(Equal("new"))
		echo(socket, "still here", "bot-1")
		Expect(socket.Close()).To(Succeed())
		Eventually(func() int64 { return caddyProcess.member("bot-1").InFlight }).Should(BeZero())
		caddyProcess.load(routes{})
		Expect(caddyProcess.call(http.MethodGet, "/metrics", nil).Body).To(
			ContainSubstring(`botcluster_edge_member_requests_total{member="bot-1"} 3` + "\n"))
	})

	It("wakes those who wait", func() {
		waiting := caddyProcess.waitFor(caddyProcess.pool().Change)
		Consistently(waiting, "50ms").ShouldNot(Receive())
		caddyProcess.load(routes{revision: "new"})
		Eventually(waiting).Should(Receive())
	})

	It("leaves the old routes and their revision when the new ones cannot start", func() {
		refused := caddyProcess.call(http.MethodPost, "/load", caddyProcess.config(routes{revision: "new", listen: "unix//nowhere/at/all.sock"}))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("old"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("old"))
	})

	DescribeTable("refuses a proxy over the pool that would not do as the pool says",
		func(spoiled routes, sentence string) {
			refused := caddyProcess.call(http.MethodPost, "/load", caddyProcess.config(spoiled))
			Expect(refused.Status).To(Equal(http.StatusBadRequest))
			Expect(refused.Body).To(ContainSubstring(sentence))
			Expect(caddyProcess.pool().RoutesRevision).To(Equal("old"))
		},
		Entry("its requests would not be counted", routes{transport: object{"protocol": "http"}}, `\"transport\": {\"protocol\": \"botcluster\"}`),
		Entry("it would choose by itself", routes{selection: "random"}, `\"selection_policy\": {\"policy\": \"botcluster\"}`),
	)

	It("refuses a proxy that would not try another member", func() {
		spoiled := strings.Replace(string(caddyProcess.config(routes{})), `"try_duration":"1s"`, `"try_duration":0`, 1)
		refused := caddyProcess.call(http.MethodPost, "/load", []byte(spoiled))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring("needs try_duration or retries"))
		caddyProcess.load(routes{revision: "retries", noRoute: true})
		loaded := caddyProcess.call(http.MethodPost, "/load", []byte(strings.Replace(spoiled, `"try_duration":0`, `"retries":2`, 1)))
		Expect(loaded.Status).To(Equal(http.StatusOK), loaded.Body)
	})

	It("takes the example of the package's documentation", func() {
		source, err := os.ReadFile("doc.go")
		Expect(err).NotTo(HaveOccurred())
		_, example, found := strings.Cut(string(source), "//\t{\"handler\"")
		Expect(found).To(BeTrue())
		example, _, found = strings.Cut(example, "//\n")
		Expect(found).To(BeTrue())
		var handlers []object
		Expect(json.Unmarshal([]byte("[{\"handler\""+strings.ReplaceAll(example, "//\t", "")+"]"), &handlers)).To(Succeed())
		Expect(handlers).To(HaveLen(2))
		caddyProcess.load(routes{server: object{"routes": []object{{"handle": handlers}}}})
		Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
	})

	It("refuses to take the pool's choice where there is none", func() {
		spoiled := strings.Replace(string(caddyProcess.config(routes{})), `"dynamic_upstreams":{"source":"botcluster"}`, `"upstreams":[{"dial":"127.0.0.1:1"}]`, 1)
		refused := caddyProcess.call(http.MethodPost, "/load", []byte(spoiled))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring("dynamic_upstreams"))
	})

	It("chooses in turn where no botcluster_route says otherwise", func() {
		two := startBot("bot-2")
		caddyProcess.load(routes{noRoute: true})
		caddyProcess.serve(one.active(), two.active())
		given := []string{caddyProcess.get("/").Body, caddyProcess.get("/").Body}
		Expect(given).To(ConsistOf("bot-1", "bot-2"))
	})

	It("takes the options of Caddy's own transport, and refuses unknown ones", func() {
		caddyProcess.load(routes{revision: "new", transport: object{"protocol": "botcluster", "dial_timeout": "2s", "keep_alive": object{"max_idle_conns_per_host": 8}}})
		Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		refused := caddyProcess.call(http.MethodPost, "/load", caddyProcess.config(routes{transport: object{"protocol": "botcluster", "dial": "2s"}}))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
	})

	It("works without the app, as part of the upstreams", func() {
		caddyProcess.load(routes{noApp: true})
		Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		Expect(caddyProcess.pool().RoutesRevision).To(BeEmpty())
		Expect(caddyProcess.call(http.MethodGet, "/metrics", nil).Body).To(ContainSubstring(`botcluster_edge_member_serving{member="bot-1"} 1`))
	})
})
