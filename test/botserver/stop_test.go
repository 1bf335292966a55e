package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gexec"

	"github.com/gorilla/websocket"
)

var _ = Describe("Stopping", func() {
	// slowly begins a request that takes a while, and returns where its status arrives; 0 if there was no answer.
	slowly := func(server *running, delay string) <-chan int {
		GinkgoHelper()
		status := make(chan int, 1)
		request, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodGet, server.url("/api/chat?delay="+delay), http.NoBody)
		Expect(err).NotTo(HaveOccurred())
		go func() {
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				status <- 0
				return
			}
			_ = response.Body.Close()
			status <- response.StatusCode
		}()
		Eventually(func() int64 { return server.bot.state().InFlight }).Should(BeEquivalentTo(1))
		return status
	}

	It("answers what is in hand, ends streams, and says goodbye to WebSockets", func() {
		server := start(defaultSettings(), gracePeriod)
		connection := server.webSocket("/ws")
		echo(connection, "hello")
		status := slowly(server, "300ms")
		server.stop()
		Expect(connection.SetReadDeadline(time.Now().Add(5 * time.Second))).To(Succeed())
		_, _, err := connection.ReadMessage()
		Expect(websocket.IsCloseError(err, websocket.CloseGoingAway)).To(BeTrue(), "%v", err)
		Eventually(status, "5s").Should(Receive(Equal(http.StatusOK)))
		Eventually(server.stopped, "5s").Should(Receive(Succeed()))
		_, err = net.Dial("tcp", server.address)
		Expect(err).To(MatchError(syscall.ECONNREFUSED))
	})

	It("does not wait longer than the grace period", func() {
		server := start(defaultSettings(), 50*time.Millisecond)
		slowly(server, "1h")
		server.stop()
		Eventually(server.stopped, "5s").Should(Receive(Succeed()))
	})

	It("lingers when told, and serves meanwhile", func() {
		settings := defaultSettings()
		settings.ShutdownDelay = Duration(300 * time.Millisecond)
		server := start(settings, gracePeriod)
		begin := time.Now()
		server.stop()
		Expect(server.get("/api/chat").Status).To(Equal(http.StatusOK))
		Eventually(server.stopped, "5s").Should(Receive(Succeed()))
		Expect(time.Since(begin)).To(BeNumerically(">=", 300*time.Millisecond))
	})

	Describe("by way of a drain", func() {
		It("is asked for and returns at once", func() {
			server := start(defaultSettings(), gracePeriod)
			connection := server.webSocket("/ws")
			Expect(drain(GinkgoT().Context(), http.DefaultClient, server.url(""), 0)).To(Succeed())
			read := server.get("/api/health")
			Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
			Expect(read.object()).To(HaveKeyWithValue("status", "draining"))
			request, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodGet, server.url("/api/chat"), http.NoBody)
			Expect(err).NotTo(HaveOccurred())
			response, err := http.DefaultClient.Do(request)
			Expect(err).NotTo(HaveOccurred())
			Expect(response.Body.Close()).To(Succeed())
			Expect(response.StatusCode).To(Equal(http.StatusOK))
			Expect(response.Close).To(BeTrue(), "the connection is not kept")
			echo(connection, "still here")
		})

		It("waits until nothing is in hand, or says that it gave up", func() {
			server := start(defaultSettings(), gracePeriod)
			connection := server.webSocket("/ws")
			Expect(drain(GinkgoT().Context(), http.DefaultClient, server.url(""), 100*time.Millisecond)).To(MatchError(errStillBusy))
			drained := make(chan error, 1)
			go func() { drained <- drain(GinkgoT().Context(), http.DefaultClient, server.url(""), time.Minute) }()
			Consistently(drained, "100ms").ShouldNot(Receive())
			Expect(connection.Close()).To(Succeed())
			Eventually(drained, "5s").Should(Receive(Succeed()))
		})

		It("fails where no server is", func() {
			server := start(defaultSettings(), gracePeriod)
			server.stop()
			Eventually(server.stopped, "5s").Should(Receive(Succeed()))
			Expect(drain(GinkgoT().Context(), http.DefaultClient, server.url(""), 0)).NotTo(Succeed())
		})
	})
})

var _ = Describe("The binary", Ordered, func() {
	var (
		binary, port string
		environment  []string
	)
	BeforeAll(func() {
		binary = filepath.Join(GinkgoT().TempDir(), "botserver")
		build := exec.CommandContext(GinkgoT().Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		output, err := build.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(output))
		// A port that was free a moment ago.
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		_, port, err = net.SplitHostPort(listener.Addr().String())
		Expect(err).NotTo(HaveOccurred())
		Expect(listener.Close()).To(Succeed())
		environment = append(os.Environ(), "PORT="+port, "BOT_NAME=bot-9")
	})

	run := func(arguments ...string) *gexec.Session {
		GinkgoHelper()
		command := exec.Command(binary, arguments...)
		command.Env = environment
		session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { session.Kill().Wait("5s") })
		return session
	}

	It("is small and static", func() {
		information, err := os.Stat(binary)
		Expect(err).NotTo(HaveOccurred())
		Expect(information.Size()).To(BeNumerically("<", 10<<20))
		content, err := os.ReadFile(binary)
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Contains(string(content), "ld-linux")).To(BeFalse(), "it names no dynamic loader")
	})

	It("serves, drains and stops", func() {
		session := run()
		health := func() (string, error) {
			response, err := http.Get("http://127.0.0.1:" + port + "/api/health")
			if err != nil {
				return "", err
			}
			return response.Header.Get("Botserver-Name") + " " + response.Status, response.Body.Close()
		}
		Eventually(health, "5s").Should(Equal("bot-9 200 OK"))
		Eventually(run("drain", "-wait", "5s"), "10s").Should(gexec.Exit(0))
		Expect(health()).To(Equal("bot-9 503 Service Unavailable"))
		session.Terminate()
		Eventually(session, "5s").Should(gexec.Exit(0))
	})

	It("refuses subcommands and environments that make no sense", func() {
		Eventually(run("dance"), "5s").Should(gexec.Exit(1))
		environment = append(environment, "BOT_HEALTH=well")
		Eventually(run(), "5s").Should(gexec.Exit(1))
	})
})
