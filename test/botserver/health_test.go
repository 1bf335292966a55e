package main

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Health", func() {
	var server *running
	BeforeEach(func() { server = start(defaultSettings(), gracePeriod) })

	It("has a liveness that is always fine", func() {
		server.control(`{"health":"degraded"}`)
		read := server.get("/health")
		Expect(read.Status).To(Equal(http.StatusOK))
		Expect(read.object()).To(And(HaveKeyWithValue("status", "ok"), HaveKeyWithValue("service", "botserver"), HaveKey("version")))
	})

	It("has the fields of the scaling document", func() {
		server.control(`{"queueDepth":12}`)
		read := server.get("/api/health")
		Expect(read.Status).To(Equal(http.StatusOK))
		Expect(read.object()).To(And(
			HaveKeyWithValue("status", "healthy"), HaveKey("version"), HaveKeyWithValue("uptime", BeNumerically(">=", 0)),
			HaveKeyWithValue("checks", Equal(map[string]any{"database": "ok", "cache": "ok", "vectordb": "ok", "llm": "ok"})),
			HaveKeyWithValue("metrics", And(
				HaveKeyWithValue("cpu", BeNumerically(">=", 0)), HaveKeyWithValue("memory", BeNumerically(">", 0)),
				HaveKeyWithValue("connections", BeNumerically("==", 0)), HaveKeyWithValue("queue_depth", BeNumerically("==", 12)))),
		))
	})

	It("has the fields of the real server", func() {
		server.control(`{"healthShape":"server","health":"degraded"}`)
		read := server.get("/api/health")
		Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
		Expect(read.object()).To(And(
			HaveKeyWithValue("status", "degraded"), HaveKeyWithValue("service", "botserver"), HaveKey("version"),
			HaveKey("build_date"), HaveKey("commit"), HaveKeyWithValue("database", false), Not(HaveKey("metrics"))))
	})

	It("can do without a document", func() {
		server.control(`{"healthShape":"plain"}`)
		read := server.get("/api/health")
		Expect(read.Status).To(Equal(http.StatusOK))
		Expect(read.Body).To(Equal("healthy\n"))
	})

	DescribeTable("answers 503 when it is not healthy",
		func(health, status string) {
			server.control(`{"health":"` + health + `"}`)
			read := server.get("/api/health")
			Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
			Expect(read.object()).To(And(HaveKeyWithValue("status", status), HaveKeyWithValue("checks", HaveKeyWithValue("database", "failed"))))
		},
		Entry("degraded", "degraded", "degraded"),
		Entry("unhealthy", "unhealthy", "unhealthy"),
	)

	It("can be slow without the rest being slow", func() {
		server.control(`{"healthDelay":"200ms"}`)
		begin := time.Now()
		Expect(server.get("/api/anything").Status).To(Equal(http.StatusOK))
		between := time.Now()
		Expect(server.get("/api/health").Status).To(Equal(http.StatusOK))
		Expect(time.Since(between)).To(BeNumerically(">=", 200*time.Millisecond))
		Expect(between.Sub(begin)).To(BeNumerically("<", time.Since(between)))
	})

	It("counts open WebSockets as connections", func() {
		echo(server.webSocket("/ws"), "hello")
		Expect(server.get("/api/health").object()).To(HaveKeyWithValue("metrics", HaveKeyWithValue("connections", BeNumerically("==", 1))))
	})

	It("shows burning and leaking, and that they have ended", func() {
		figure := func(name string) func() float64 {
			return func() float64 { return server.get("/api/health").object()["metrics"].(map[string]any)[name].(float64) }
		}
		before := figure("memory")()
		server.control(`{"leakBytesPerSecond":400000000}`)
		Eventually(figure("memory"), "20s").Should(BeNumerically(">", before+0.2))
		server.control(`{"leakBytesPerSecond":0}`)
		Eventually(figure("memory"), "20s").Should(BeNumerically("<", before+0.2))

		// The share of a busy machine that burning gets may be small, but idling between two looks costs next to nothing.
		server.control(`{"burnCores":2}`)
		Eventually(figure("cpu"), "20s", "500ms").Should(BeNumerically(">", 4))
		server.control(`{"burnCores":0}`)
		Eventually(figure("cpu"), "20s", "500ms").Should(BeNumerically("<", 4))
	})
})
