package edge_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("A route that breaks circuits", func() {
	const body = "The bots are resting."
	var one, two *bot
	load := func(timeout string) {
		GinkgoHelper()
		caddyProcess.load(routes{route: object{
			"route": "api", "policy": "first",
			"breaker":  object{"threshold": 5, "timeout": timeout, "half_open_requests": 3},
			"passive":  object{"fail_duration": "1h", "max_fails": 100},
			"fallback": object{"body": body},
		}})
	}
	// breaker reads the state that the document shows, and expects the metric to say the same.
	breaker := func(name string) pool.BreakerState {
		GinkgoHelper()
		state, metric := pool.BreakerClosed, 0
		for _, turned := range caddyProcess.member(name).Breakers {
			Expect(turned.Route).To(Equal("api"))
			state, metric = turned.State, map[pool.BreakerState]int{pool.BreakerHalfOpen: 1, pool.BreakerOpen: 2}[turned.State]
		}
		Expect(caddyProcess.metrics()).To(ContainSubstring(fmt.Sprintf("botcluster_edge_member_breaker_state{member=%q,route=\"api\"} %d\n", name, metric)))
		return state
	}
	// shown reads the state of the first bot's from the document alone: it turns while one waits for that.
	shown := func() pool.BreakerState {
		GinkgoHelper()
		for _, turned := range caddyProcess.member("bot-1").Breakers {
			return turned.State
		}
		return pool.BreakerClosed
	}
	BeforeEach(func() {
		one, two = startBot("bot-1"), startBot("bot-2")
		load("1h")
		caddyProcess.serve(one.active(), two.active())
	})

	It("passes a member over when it failed five times in a row, also for POST, and tells those who wait", func() {
		one.broken.Store(true)
		Expect(breaker("bot-1")).To(Equal(pool.BreakerClosed))
		waiting := caddyProcess.waitFor(caddyProcess.pool().Change)
		for range 5 {
			Expect(caddyProcess.get("/").Status).To(Equal(http.StatusInternalServerError))
		}
		Eventually(waiting).Should(Receive())
		Expect(breaker("bot-1")).To(Equal(pool.BreakerOpen))
		Expect(caddyProcess.get("/").Body).To(Equal("bot-2"))
		Expect(caddyProcess.send(http.MethodPost, "/", strings.NewReader("body")).Body).To(Equal("bot-2"))
		Expect(one.asked.Load()).To(BeEquivalentTo(5))
	})

	It("answers at once, with Retry-After and the fallback body, when all are open", func() {
		one.broken.Store(true)
		two.broken.Store(true)
		for range 10 {
			Expect(caddyProcess.get("/").Status).To(Equal(http.StatusInternalServerError))
		}
		begin := time.Now()
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			read := caddyProcess.send(method, "/", nil)
			Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
			Expect(strconv.Atoi(read.Header.Get("Retry-After"))).To(BeNumerically("~", 3600, 60))
			Expect(read.Header.Get("Content-Type")).To(Equal("text/plain; charset=utf-8"))
			if method != http.MethodHead {
				Expect(read.Body).To(Equal(body))
			}
		}
		Expect(time.Since(begin)).To(BeNumerically("<", 900*time.Millisecond), "try_duration is 1 s")
		Expect(one.asked.Load() + two.asked.Load()).To(BeEquivalentTo(10))
		Expect(caddyProcess.member("bot-1").InFlight).To(BeZero())
	})

	It("answers so as well when the last breaker opens during the request", func() {
		caddyProcess.serve(one.active())
		one.dying.Store(true)
		for range 4 {
			Expect(caddyProcess.send(http.MethodPost, "/", nil).Status).To(Equal(http.StatusBadGateway))
		}
		begin := time.Now()
		read := caddyProcess.get("/")
		Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
		Expect(read.Body).To(Equal(body))
		Expect(read.Header).To(HaveKey("Retry-After"))
		Expect(time.Since(begin)).To(BeNumerically("<", 900*time.Millisecond), "try_duration is 1 s")
		Expect(one.asked.Load()).To(BeEquivalentTo(5))
	})

	It("lets a member in again after three requests that succeed", func() {
		load("100ms")
		one.broken.Store(true)
		for range 5 {
			caddyProcess.get("/")
		}
		one.broken.Store(false)
		Eventually(shown).Should(Equal(pool.BreakerHalfOpen))
		for range 3 {
			Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		}
		Expect(breaker("bot-1")).To(Equal(pool.BreakerClosed))
	})

	// halfOpen makes the breaker of the first bot, which is then the only one, half-open; its time is then 1 s.
	halfOpen := func() {
		GinkgoHelper()
		load("1s")
		caddyProcess.serve(one.active())
		one.broken.Store(true)
		for range 5 {
			caddyProcess.get("/")
		}
		one.broken.Store(false)
		Eventually(shown, "5s").Should(Equal(pool.BreakerHalfOpen))
	}

	It("answers at once when those that half-open lets through hang, and opens again when they have hung for its time", func() {
		halfOpen()
		var hanging sync.WaitGroup
		for range 3 {
			hanging.Go(func() {
				defer GinkgoRecover()
				caddyProcess.send(http.MethodPost, "/silent", nil)
			})
		}
		Eventually(func() int64 { return caddyProcess.member("bot-1").InFlight }).Should(BeEquivalentTo(3))
		begin := time.Now()
		read := caddyProcess.get("/")
		Expect(time.Since(begin)).To(BeNumerically("<", 900*time.Millisecond), "try_duration is 1 s")
		Expect(read.Status).To(Equal(http.StatusServiceUnavailable))
		Expect(read.Header.Get("Retry-After")).To(Equal("1"))
		Expect(read.Body).To(Equal(body))
		Eventually(shown, "5s", "5ms").Should(Equal(pool.BreakerOpen))
		Expect(caddyProcess.member("bot-1").InFlight).To(BeEquivalentTo(3), "they still hang")
		one.vanish()
		hanging.Wait()
	})

	It("gives a permit back when a request ends between the choice of a member and the call of it", func() {
		halfOpen()
		for range 3 {
			afterSelection.set(func() { panic(http.ErrAbortHandler) })
			request, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodPost, "http://edge/", nil)
			Expect(err).NotTo(HaveOccurred())
			_, err = ask(caddyProcess.front, request)
			Expect(err).To(HaveOccurred())
		}
		for range 3 {
			Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		}
		Expect(breaker("bot-1")).To(Equal(pool.BreakerClosed))
	})

	It("counts a WebSocket by its handshake, and gives the permits of half-open back", func() {
		load("100ms")
		one.broken.Store(true)
		for range 5 {
			caddyProcess.get("/")
		}
		one.broken.Store(false)
		Eventually(shown).Should(Equal(pool.BreakerHalfOpen))
		for range 3 {
			echo(caddyProcess.socketTo("/ws"), "hello", "bot-1")
		}
		Expect(breaker("bot-1")).To(Equal(pool.BreakerClosed))
		Expect(caddyProcess.member("bot-1").InFlight).To(BeEquivalentTo(3))
	})

	It("does not hold it against a member when clients break off their uploads", func() {
		for range 6 {
			connection, err := caddyProcess.dialFront(GinkgoT().Context(), "", "")
			Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(connection, "POST / HTTP/1.1\r\nHost: edge\r\nContent-Length: 1000\r\n\r\nhalf of it")
			Expect(err).NotTo(HaveOccurred())
			Eventually(func() int64 { return caddyProcess.member("bot-1").InFlight }).Should(BeEquivalentTo(1))
			Expect(connection.Close()).To(Succeed())
			Eventually(func() int64 { return caddyProcess.member("bot-1").InFlight }).Should(BeZero())
		}
		Expect(caddyProcess.member("bot-1").TransportErrors).To(BeZero())
		Expect(breaker("bot-1")).To(Equal(pool.BreakerClosed))
	})

	It("holds it against a member when it breaks off an upload", func() {
		one.stop()
		cutting := startCutter("bot-1")
		caddyProcess.serve(cutting)
		for range 5 {
			upload, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodPost, "http://edge/upload",
				strings.NewReader(strings.Repeat("much ", 1<<20)))
			Expect(err).NotTo(HaveOccurred())
			// The answer may come while the client still writes, and then it finds the connection closed.
			if read, err := ask(caddyProcess.front, upload); err == nil {
				Expect(read.Status).To(Equal(http.StatusBadGateway))
			}
		}
		Eventually(shown).Should(Equal(pool.BreakerOpen))
	})

	It("keeps its breakers when routes are loaded again, and drops them with the last route that has them", func() {
		one.broken.Store(true)
		for range 5 {
			caddyProcess.get("/")
		}
		load("1h")
		Expect(breaker("bot-1")).To(Equal(pool.BreakerOpen))
		Expect(caddyProcess.get("/").Body).To(Equal("bot-2"))
		caddyProcess.load(routes{})
		Expect(caddyProcess.member("bot-1").Breakers).To(BeEmpty())
		Eventually(caddyProcess.metrics).ShouldNot(ContainSubstring("botcluster_edge_member_breaker_state"))
	})
})
