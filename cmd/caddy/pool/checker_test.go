package pool_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// silentAddress is one where a dial gets no answer: a socket that accepts nothing and whose queue is full.
func silentAddress() string {
	GinkgoHelper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(syscall.Close, socket)
	Expect(syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})).To(Succeed())
	Expect(syscall.Listen(socket, 0)).To(Succeed())
	bound, err := syscall.Getsockname(socket)
	Expect(err).NotTo(HaveOccurred())
	silent := fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
	for {
		connection, err := net.DialTimeout("tcp", silent, 100*time.Millisecond)
		if err != nil {
			return silent
		}
		DeferCleanup(connection.Close)
	}
}

// probing returns what one probe of a bot with the handler sees.
func probing(handler http.HandlerFunc, probe pool.Probe) pool.Observation {
	GinkgoHelper()
	bot := httptest.NewServer(handler)
	DeferCleanup(bot.Close)
	return pool.NewHTTPChecker().Check(GinkgoT().Context(), probe, bot.Listener.Addr().String(), true)
}

// saying answers with a status and a body.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

var _ = Describe("One probe", func() {
	DescribeTable("judges the status",
		func(status int, body string, result pool.Result) {
			seen := probing(saying(status, body), quickProbe(1))
			Expect(seen.Result).To(Equal(result))
			Expect(seen.Status).To(Equal(status))
			if result == pool.Healthy {
				Expect(seen.Message).To(BeEmpty())
			} else {
				Expect(seen.Message).NotTo(BeEmpty())
			}
		},
		Entry("200", 200, "", pool.Healthy),
		Entry("204", 204, "", pool.Healthy),
		Entry("200 with a document", 200, `{"status":"healthy"}`, pool.Healthy),
		Entry("a redirect, which is not followed", 302, "", pool.Unhealthy),
		Entry("404", 404, "", pool.Unhealthy),
		Entry("500", 500, `{"status":"degraded"}`, pool.Unhealthy),
		Entry("503", 503, "", pool.Unhealthy),
		Entry("503 that says degraded", 503, `{"status":"degraded","database":false}`, pool.Degraded),
		Entry("503 that says draining", 503, `{"status":"draining"}`, pool.Unhealthy),
	)

	It("asks for the path on a connection of its own, as itself", func() {
		var asked http.Request
		probe := quickProbe(1)
		probe.Path = "/api/health?deep=1"
		Expect(probing(func(_ http.ResponseWriter, r *http.Request) { asked = *r }, probe).Result).To(Equal(pool.Healthy))
		Expect(asked.URL.String()).To(Equal("/api/health?deep=1"))
		Expect(asked.Close).To(BeTrue())
		Expect(asked.UserAgent()).To(Equal("botcluster-edge-probe"))
	})

	It("speaks https where told to, whoever the certificate is for", func() {
		bot := httptest.NewTLSServer(saying(200, ""))
		DeferCleanup(bot.Close)
		probe := quickProbe(1)
		probe.Scheme = "https"
		Expect(pool.NewHTTPChecker().Check(GinkgoT().Context(), probe, bot.Listener.Addr().String(), false).Result).To(Equal(pool.Healthy))
	})

	It("gives up at the timeout, even in the middle of the body", func() {
		probe := quickProbe(1)
		probe.Timeout = pool.Duration(50 * time.Millisecond)
		seen := probing(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, probe)
		Expect(seen.Result).To(Equal(pool.Unhealthy))
		Expect(seen.Message).To(ContainSubstring("50ms"))
		Expect(seen.Latency).To(BeNumerically(">=", 50*time.Millisecond))
	})

	It("says why there was no answer", func() {
		bot := httptest.NewServer(http.NotFoundHandler())
		bot.Close()
		seen := pool.NewHTTPChecker().Check(GinkgoT().Context(), quickProbe(1), bot.Listener.Addr().String(), true)
		Expect(seen.Result).To(Equal(pool.Unhealthy))
		Expect(seen.Status).To(BeZero())
		Expect(seen.Message).To(ContainSubstring("connection refused"))
	})

	It("gives up a dial without an answer early when it is hurried", func() {
		silent := silentAddress()
		probe := quickProbe(1)
		probe.Timeout = pool.Duration(800 * time.Millisecond)
		seen := pool.NewHTTPChecker().Check(GinkgoT().Context(), probe, silent, true)
		Expect(seen.Result).To(Equal(pool.Unhealthy))
		Expect(seen.Latency).To(BeNumerically("~", 500*time.Millisecond, 200*time.Millisecond))
		seen = pool.NewHTTPChecker().Check(GinkgoT().Context(), probe, silent, false)
		Expect(seen.Result).To(Equal(pool.Unhealthy))
		Expect(seen.Latency).To(BeNumerically(">=", 800*time.Millisecond))
	})

	DescribeTable("takes from the health document what it understands",
		func(body string, document *pool.HealthDocument) {
			Expect(probing(saying(200, body), quickProbe(1)).Document).To(Equal(document))
		},
		Entry("nothing", "", nil),
		Entry("no JSON", "OK", nil),
		Entry("JSON that is no document", `["healthy"]`, nil),
		Entry("none of the parts", `{"hello":"world"}`, nil),
		Entry("the real server's", `{"status":"healthy","service":"botserver","version":"6.1.0","build_date":"x","commit":"y","database":true}`,
			&pool.HealthDocument{Status: "healthy", Version: "6.1.0", Database: new(true)}),
		Entry("the scaling document's", `{"status":"healthy","version":"6.1.0","uptime":86400,"checks":{"database":"ok"},"metrics":{"cpu":45.2}}`,
			&pool.HealthDocument{
				Status: "healthy", Version: "6.1.0", Uptime: new(86400.0),
				Checks: map[string]string{"database": "ok"}, Metrics: map[string]float64{"cpu": 45.2},
			}),
		Entry("parts of another type, which are left out", `{"status":7,"version":"1","uptime":"long","database":"yes","checks":[1],"metrics":{"cpu":"hot","memory":62.1,"disk":null}}`,
			&pool.HealthDocument{Version: "1", Metrics: map[string]float64{"memory": 62.1}}),
	)

	It("does not keep more of a document than is sensible", func() {
		checks := map[string]string{strings.Repeat("n", 1000): "ok"}
		for i := range 100 {
			checks[strings.Repeat("c", i+1)] = strings.Repeat("é", 1000)
		}
		body, err := json.Marshal(map[string]any{"checks": checks})
		Expect(err).NotTo(HaveOccurred())
		document := probing(saying(200, string(body)), quickProbe(1)).Document
		Expect(document).To(BeNil(), "more than 64 KiB are not read")

		for name := range maps.Clone(checks) {
			checks[name] = strings.Repeat("é", 100)
		}
		body, err = json.Marshal(map[string]any{"checks": checks})
		Expect(err).NotTo(HaveOccurred())
		document = probing(saying(200, string(body)), quickProbe(1)).Document
		Expect(document.Checks).To(HaveLen(32))
		for _, finding := range document.Checks {
			Expect(len(finding)).To(BeNumerically("<=", 128))
		}
	})
})
