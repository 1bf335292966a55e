package edge_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("Counting", func() {
	var one *bot
	BeforeEach(func() {
		one = startBot("bot-1")
		caddyProcess.serve(one.active())
	})

	counted := func() pool.Member { return caddyProcess.member("bot-1") }
	inFlight := func() int64 { return counted().InFlight }
	count := func(field string, value int) types.GomegaMatcher { return HaveField(field, BeEquivalentTo(value)) }

	It("counts answers, their status and their latency", func() {
		Expect(caddyProcess.get("/").Status).To(Equal(http.StatusOK))
		Expect(caddyProcess.get("/broken").Status).To(Equal(http.StatusBadGateway))
		Expect(counted()).To(And(
			count("Requests", 2), count("Errors5xx", 1), count("TransportErrors", 0), count("InFlight", 0),
			HaveField("LatencySum", BeNumerically(">", 0))))
		var answers uint64
		for _, bucket := range counted().LatencyHistogram {
			answers += bucket
		}
		Expect(answers).To(BeEquivalentTo(2))
	})

	It("counts a member that does not answer, every retry included", func() {
		Expect(caddyProcess.send(http.MethodPost, "/cut", http.NoBody).Status).To(Equal(http.StatusBadGateway))
		Expect(counted()).To(And(count("Requests", 1), count("TransportErrors", 1), count("Errors5xx", 0), count("InFlight", 0)))
	})

	It("does not blame the member for a client that gives up", func() {
		ctx, cancel := context.WithCancel(context.Background())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://edge/never", http.NoBody)
		Expect(err).NotTo(HaveOccurred())
		failed := make(chan error, 1)
		go func() {
			_, err := caddyProcess.front.Do(request)
			failed <- err
		}()
		Eventually(inFlight).Should(BeEquivalentTo(1))
		cancel()
		Eventually(failed).Should(Receive(HaveOccurred()))
		Eventually(inFlight).Should(BeZero())
		Expect(counted()).To(And(count("Requests", 1), count("TransportErrors", 0)))
	})

	It("counts a stream until it ends", func() {
		end := caddyProcess.open("/stream")
		Expect(inFlight()).To(BeEquivalentTo(1))
		end()
		Eventually(inFlight).Should(BeZero())
	})

	It("counts a WebSocket until the client closes it", func() {
		socket := caddyProcess.socketTo("/ws")
		echo(socket, "hello", "bot-1")
		Expect(inFlight()).To(BeEquivalentTo(1))
		Expect(socket.Close()).To(Succeed())
		Eventually(inFlight).Should(BeZero())
		Expect(counted()).To(And(count("Requests", 1), count("Errors5xx", 0), count("TransportErrors", 0)))
	})

	It("counts a WebSocket until the client notices that the bot is gone", func() {
		socket := caddyProcess.socketTo("/ws")
		echo(socket, "hello", "bot-1")
		Expect(inFlight()).To(BeEquivalentTo(1))
		one.vanish()
		_, _, err := socket.ReadMessage()
		Expect(err).To(HaveOccurred())
		Expect(socket.Close()).To(Succeed())
		Eventually(inFlight).Should(BeZero())
	})

	It("keeps an upgraded connection open in one direction when the other has ended", func() {
		connection, err := caddyProcess.dialFront(GinkgoT().Context(), "", "")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)
		_, err = io.WriteString(connection, "GET /upper HTTP/1.1\r\nHost: edge\r\nConnection: Upgrade\r\nUpgrade: upper\r\n\r\n")
		Expect(err).NotTo(HaveOccurred())
		reader := bufio.NewReader(connection)
		response, err := http.ReadResponse(reader, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.StatusCode).To(Equal(http.StatusSwitchingProtocols))
		_, err = io.WriteString(connection, "that is all")
		Expect(err).NotTo(HaveOccurred())
		Expect(connection.(*net.UnixConn).CloseWrite()).To(Succeed())
		Expect(io.ReadAll(reader)).To(BeEquivalentTo("THAT IS ALL"))
		Eventually(inFlight).Should(BeZero())
	})

	It("counts many at once", func() {
		var ends []func()
		for range 10 {
			ends = append(ends, caddyProcess.open("/stream"))
			echo(caddyProcess.socketTo("/ws"), "hello", "bot-1")
		}
		Expect(inFlight()).To(BeEquivalentTo(20))
		for _, end := range ends {
			end()
		}
		Eventually(inFlight).Should(BeEquivalentTo(10))
	})

	It("shows the same as metrics, for as long as the member is there", func() {
		Expect(caddyProcess.get("/broken").Status).To(Equal(http.StatusBadGateway))
		metrics := caddyProcess.call(http.MethodGet, "/metrics", nil).Body
		for _, line := range []string{
			`botcluster_edge_member_serving{member="bot-1"} 1`,
			`botcluster_edge_member_draining{member="bot-1"} 0`,
			`botcluster_edge_member_healthy{member="bot-1"} 1`,
			`botcluster_edge_member_degraded{member="bot-1"} 0`,
			`botcluster_edge_member_ejected{member="bot-1"} 0`,
			`botcluster_edge_member_in_flight{member="bot-1"} 0`,
			`botcluster_edge_member_requests_total{member="bot-1"} 1`,
			`botcluster_edge_member_responses_5xx_total{member="bot-1"} 1`,
			`botcluster_edge_member_transport_errors_total{member="bot-1"} 0`,
			`botcluster_edge_member_latency_seconds_count{member="bot-1"} 1`,
			`botcluster_edge_member_latency_seconds_bucket{member="bot-1",le="+Inf"} 1`,
		} {
			Expect(metrics).To(ContainSubstring(line + "\n"))
		}
		Expect(metrics).To(ContainSubstring(`botcluster_edge_member_probe_duration_seconds{member="bot-1"}`))
		caddyProcess.push()
		Expect(caddyProcess.call(http.MethodGet, "/metrics", nil).Body).NotTo(ContainSubstring("botcluster_edge_member"))
	})

	It("shows one series for a name that has changed its address with a stream open", func() {
		DeferCleanup(caddyProcess.open("/stream"))
		moved := startBot("bot-1")
		caddyProcess.serve(moved.active())
		DeferCleanup(caddyProcess.open("/stream"))
		Expect(caddyProcess.pool().Members).To(HaveLen(2))
		read := caddyProcess.call(http.MethodGet, "/metrics", nil)
		Expect(read.Status).To(Equal(http.StatusOK), read.Body)
		Expect(read.Body).To(ContainSubstring(`botcluster_edge_member_in_flight{member="bot-1"} 2` + "\n"))
	})
})
