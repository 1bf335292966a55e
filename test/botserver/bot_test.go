package main

import (
	"bufio"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A bot", func() {
	var server *running
	BeforeEach(func() { server = start(defaultSettings(), gracePeriod) })

	It("says who it is, and what it was asked", func() {
		read := server.ask(http.MethodPost, "/api/chat", "hello")
		Expect(read.Status).To(Equal(http.StatusOK))
		Expect(read.Header.Get("Botserver-Name")).To(Equal("bot-1"))
		Expect(read.object()).To(Equal(map[string]any{"name": "bot-1", "method": "POST", "path": "/api/chat", "bytes": 5.0}))
	})

	It("bends one answer as the query asks", func() {
		begin := time.Now()
		read := server.get("/api/chat?delay=100ms&status=418&size=100000")
		Expect(time.Since(begin)).To(BeNumerically(">=", 100*time.Millisecond))
		Expect(read.Status).To(Equal(http.StatusTeapot))
		Expect(read.Body).To(HaveLen(100000))
	})

	It("burns the processor time that the query asks for", func() {
		processorTime := func() time.Duration {
			var usage syscall.Rusage
			Expect(syscall.Getrusage(syscall.RUSAGE_SELF, &usage)).To(Succeed())
			return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		}
		begin := processorTime()
		Expect(server.get("/api/chat?burn=100ms").Status).To(Equal(http.StatusOK))
		Expect(processorTime() - begin).To(BeNumerically(">=", 100*time.Millisecond))
	})

	DescribeTable("refuses a query that it does not understand",
		func(path string) { Expect(server.get(path).Status).To(Equal(http.StatusBadRequest)) },
		Entry("delay", "/?delay=5"),
		Entry("burn", "/?burn=a-lot"),
		Entry("burn beyond reason", "/?burn=1h"),
		Entry("status", "/?status=99"),
		Entry("size", "/?size=-1"),
		Entry("size beyond reason", "/?size=100000000000"),
		Entry("interval", "/api/stream?interval=0s"),
		Entry("events", "/api/stream?events=all"),
	)

	It("fails at exactly the rate it is told", func() {
		server.control(`{"failureRate":0.25}`)
		failed := 0
		for range 40 {
			if server.get("/api/chat").Status == http.StatusInternalServerError {
				failed++
			}
		}
		Expect(failed).To(Equal(10))
		Expect(server.get("/api/health").Status).To(Equal(http.StatusOK), "health does not fail with it")
	})

	It("is slow when told", func() {
		server.control(`{"delay":"100ms"}`)
		begin := time.Now()
		Expect(server.get("/api/chat").Status).To(Equal(http.StatusOK))
		Expect(time.Since(begin)).To(BeNumerically(">=", 100*time.Millisecond))
	})

	DescribeTable("echoes WebSockets on all paths below /ws",
		func(path string) {
			connection := server.webSocket(path)
			echo(connection, "one")
			echo(connection, "two")
			Expect(server.bot.state().WebSockets).To(BeEquivalentTo(1))
			Expect(connection.Close()).To(Succeed())
			Eventually(func() int64 { return server.bot.state().WebSockets }).Should(BeZero())
		},
		Entry("/ws", "/ws"),
		Entry("/ws/chat", "/ws/chat"),
		Entry("/ws/:bot_name", "/ws/sales"),
	)

	It("ends a WebSocket, and its connection, when the client says goodbye", func() {
		connection := server.webSocket("/ws")
		echo(connection, "hello")
		farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		Expect(connection.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(5*time.Second))).To(Succeed())
		_, _, err := connection.ReadMessage()
		Expect(websocket.IsCloseError(err, websocket.CloseNormalClosure)).To(BeTrue(), "%v", err)
		_, err = connection.NetConn().Read(make([]byte, 1))
		Expect(err).To(MatchError(io.EOF))
	})

	It("streams as many events as asked", func() {
		read := server.get("/api/stream?interval=1ms&events=3")
		Expect(read.Header.Get("Content-Type")).To(Equal("text/event-stream"))
		Expect(read.Body).To(Equal("id: 1\ndata: bot-1\n\nid: 2\ndata: bot-1\n\nid: 3\ndata: bot-1\n\n"))
	})

	It("counts reloads of its configuration", func() {
		Expect(server.ask(http.MethodPost, "/api/config/reload", "").Status).To(Equal(http.StatusOK))
		Expect(server.control(`{}`).Reloads).To(BeEquivalentTo(1))
	})

	It("refuses a control that makes no sense as a whole", func() {
		for _, body := range []string{`{"health":"degraded","queueDepth":-1}`, `{"healt":"degraded"}`, `{"queueDepth":1} {}`, ``} {
			Expect(server.ask(http.MethodPost, "/control", body).Status).To(Equal(http.StatusBadRequest), body)
		}
		Expect(server.control(`{}`).Settings).To(Equal(defaultSettings()))
	})

	It("shows in /control what is in hand", func() {
		request, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodGet, server.url("/api/stream"), http.NoBody)
		Expect(err).NotTo(HaveOccurred())
		response, err := http.DefaultClient.Do(request)
		Expect(err).NotTo(HaveOccurred())
		_, err = bufio.NewReader(response.Body).ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		Expect(server.get("/control").object()).To(And(
			HaveKeyWithValue("name", "bot-1"), HaveKeyWithValue("inFlight", 1.0), HaveKeyWithValue("requests", 1.0)))
		Expect(response.Body.Close()).To(Succeed())
		Eventually(func() int64 { return server.bot.state().InFlight }).Should(BeZero())
	})
})
