package edge_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/gorilla/websocket"

	modules "github.com/generalbots/botcluster-operator/cmd/caddy/edge"
	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("The policy of a route", func() {
	var one, two *bot
	BeforeEach(func() { one, two = startBot("bot-1"), startBot("bot-2") })

	It("first: is that of the first member", func() {
		caddyProcess.load(routes{route: object{"policy": "first"}})
		caddyProcess.serve(two.active(), one.active())
		for range 4 {
			Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		}
	})

	It("random: reaches all", func() {
		caddyProcess.load(routes{route: object{"policy": "random"}})
		caddyProcess.serve(one.active(), two.active())
		for _, bot := range []*bot{one, two} {
			Eventually(func() string { return caddyProcess.get("/").Body }).Should(Equal(bot.name))
		}
	})

	It("least_conn: counts streams and WebSockets", func() {
		caddyProcess.load(routes{route: object{"policy": "least_conn"}})
		caddyProcess.serve(one.active())
		socket := caddyProcess.socketTo("/ws")
		echo(socket, "hello", "bot-1")
		DeferCleanup(caddyProcess.open("/stream"))
		caddyProcess.serve(one.active(), two.active())
		for range 4 {
			Expect(caddyProcess.get("/").Body).To(Equal("bot-2"))
		}
		DeferCleanup(caddyProcess.open("/stream"))
		DeferCleanup(caddyProcess.open("/stream"))
		Expect(caddyProcess.member("bot-2").InFlight).To(BeEquivalentTo(2))
		Expect(socket.Close()).To(Succeed())
		Eventually(func() int64 { return caddyProcess.member("bot-1").InFlight }).Should(BeEquivalentTo(1))
		Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
	})

	It("ip_hash: looks through trusted proxies, and only through those", func() {
		caddyProcess.serve(one.active(), two.active())
		// reached counts the bots that a hundred clients reach.
		reached := func() map[string]int {
			counts := map[string]int{}
			for client := range 100 {
				address := fmt.Sprintf("192.0.2.%d", client)
				first := caddyProcess.get("/", "X-Forwarded-For", address).Body
				Expect(caddyProcess.get("/", "X-Forwarded-For", address).Body).To(Equal(first))
				counts[first]++
			}
			return counts
		}
		caddyProcess.load(routes{route: object{"policy": "ip_hash"}, server: object{"trusted_proxies_unix": true}})
		Expect(reached()).To(And(HaveLen(2), HaveEach(BeNumerically(">", 20))))
		caddyProcess.load(routes{route: object{"policy": "ip_hash"}})
		Expect(reached()).To(HaveLen(1))
	})

	Describe("cookie", func() {
		sticky := object{"policy": "cookie", "cookie": object{"name": "lb", "fallback": "first"}}
		BeforeEach(func() {
			modules.Shared.SetCookieKey(bytes.Repeat([]byte{1}, 32))
			DeferCleanup(modules.Shared.SetCookieKey, []byte(nil))
			caddyProcess.load(routes{route: sticky, server: object{"trusted_proxies_unix": true}})
			caddyProcess.serve(one.active(), two.active())
		})
		// cookies are those that an answer sets.
		cookies := func(read answer) []*http.Cookie { return (&http.Response{Header: read.Header}).Cookies() }
		held := func(cookie *http.Cookie) []string { return []string{"Cookie", cookie.Name + "=" + cookie.Value} }

		It("keeps a client with its member over scale events and another address, and gives no second cookie", func() {
			caddyProcess.serve(two.active())
			given := cookies(caddyProcess.get("/"))
			Expect(given).To(HaveExactElements(And(
				HaveField("Name", "lb"), HaveField("Path", "/"), HaveField("HttpOnly", true), HaveField("Secure", false),
				HaveField("SameSite", http.SameSiteLaxMode), HaveField("Value", HaveLen(43)))))
			caddyProcess.serve(one.active(), two.active())
			for range 3 {
				read := caddyProcess.get("/", held(given[0])...)
				Expect(read.Body).To(Equal("bot-2"))
				Expect(cookies(read)).To(BeEmpty())
			}
			moved := startBot("bot-2")
			caddyProcess.serve(one.active(), moved.active())
			Expect(caddyProcess.get("/", held(given[0])...).Body).To(Equal("bot-2"))
			Expect(moved.asked.Load()).To(BeEquivalentTo(1))
		})

		It("is for sites that embed the bot, over TLS", func() {
			Expect(cookies(caddyProcess.get("/", "X-Forwarded-Proto", "https"))).To(HaveExactElements(And(
				HaveField("Secure", true), HaveField("SameSite", http.SameSiteNoneMode))))
			caddyProcess.load(routes{route: sticky})
			Expect(cookies(caddyProcess.get("/", "X-Forwarded-Proto", "https"))).To(HaveExactElements(HaveField("Secure", false)),
				"nobody trusts that proxy")
		})

		It("ignores a cookie that it did not sign, and gives its own", func() {
			read := caddyProcess.get("/", "Cookie", "lb=bot-2")
			Expect(read.Body).To(Equal("bot-1"))
			Expect(cookies(read)).To(HaveLen(1))
		})

		It("leaves a draining member with those who hold its cookie", func() {
			given := cookies(caddyProcess.get("/"))
			caddyProcess.serve(one.as(pool.Draining), two.active())
			Expect(caddyProcess.get("/", held(given[0])...).Body).To(Equal("bot-1"))
			Expect(caddyProcess.get("/").Body).To(Equal("bot-2"))
		})

		It("sends a client whose member is gone elsewhere, with one other cookie", func() {
			given := cookies(caddyProcess.get("/"))
			one.dying.Store(true)
			read := caddyProcess.get("/", held(given[0])...)
			Expect(read.Body).To(Equal("bot-2"))
			Expect(cookies(read)).To(HaveExactElements(HaveField("Value", Not(Equal(given[0].Value)))))
			By("a client without one, that was to get that of the dying member first")
			read = caddyProcess.get("/")
			Expect(read.Body).To(Equal("bot-2"))
			Expect(cookies(read)).To(HaveExactElements(HaveField("Value", Not(Equal(given[0].Value)))))
		})

		It("gives no cookie with an answer that is of no member", func() {
			By("the only member dies and the request may not be sent again")
			caddyProcess.serve(one.active())
			one.dying.Store(true)
			read := caddyProcess.send(http.MethodPost, "/", strings.NewReader("body"))
			Expect(read.Status).To(Equal(http.StatusBadGateway))
			Expect(cookies(read)).To(BeEmpty())
			By("a retry finds no member any more")
			afterSelection.set(func() { caddyProcess.push() })
			read = caddyProcess.get("/")
			Expect(read.Status).To(BeElementOf(http.StatusBadGateway, http.StatusServiceUnavailable))
			Expect(cookies(read)).To(BeEmpty())
		})

		It("gives the cookie with a member's errors and WebSockets as well, beside the bot's own", func() {
			Expect(cookies(caddyProcess.get("/broken"))).To(HaveExactElements(HaveField("Name", "lb")))
			Expect(cookies(caddyProcess.get("/cookie"))).To(ConsistOf(HaveField("Name", "own"), HaveField("Name", "lb")))
			dialer := &websocket.Dialer{NetDialContext: caddyProcess.dialFront}
			connection, response, err := dialer.DialContext(GinkgoT().Context(), "ws://edge/ws", nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(response.Body.Close()).To(Succeed())
			Expect(connection.Close()).To(Succeed())
			Expect(response.Cookies()).To(HaveExactElements(HaveField("Name", "lb")))
		})
	})

	DescribeTable("is refused with a sentence",
		func(route object, sentence string) {
			refused := caddyProcess.call(http.MethodPost, "/load", caddyProcess.config(routes{route: route}))
			Expect(refused.Status).To(Equal(http.StatusBadRequest))
			Expect(strings.ReplaceAll(refused.Body, `\"`, `"`)).To(ContainSubstring(sentence))
		},
		Entry("an unknown policy", object{"policy": "fastest"}, `policy: "fastest" is unknown; write`),
		Entry("a route without a name", object{"route": ""}, `route: "" is no name`),
		Entry("a cookie without use", object{"policy": "first", "cookie": object{}}, "cookie: it means nothing"),
		Entry("a cookie of another form", object{"policy": "cookie", "cookie": object{"name": "a b"}}, `cookie.name: "a b"`),
		Entry("a fallback that is no way out", object{"policy": "cookie", "cookie": object{"fallback": "cookie"}}, "cookie.fallback:"),
		Entry("an empty breaker", object{"breaker": object{}}, "breaker: it is empty"),
		Entry("half a breaker", object{"breaker": object{"threshold": 5, "timeout": "30s"}}, "breaker.half_open_requests: 0"),
		Entry("empty passive health", object{"passive": object{}}, "passive: it is empty"),
		Entry("half of passive health", object{"passive": object{"max_fails": 3}}, "passive.fail_duration: 0s"),
		Entry("an unknown key", object{"brakes": 1}, "unknown field"),
	)
})
