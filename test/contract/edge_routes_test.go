package contract_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// tryFetchFromEdge is fetchFromEdge for requests that may fail.
func tryFetchFromEdge(ctx context.Context, client *http.Client, url string, header ...string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response, body, err
}

var _ = Describe("Rendered routes on real Caddy", Label("real"), func() {
	hosts := []v1alpha1.HostName{"bot.example.com", "www.example.com"}
	off := v1alpha1.EdgeSpec{Instances: 1, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeOff}}

	BeforeEach(func(SpecContext) { buildCaddy() }, NodeTimeout(buildTimeout))

	It("spread API requests over all bots in turn", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 3)
		client := served.client()
		answered := map[string]int{}
		for range 9 {
			response, _ := fetchFromEdge(ctx, client, "http://anything/api/chat")
			answered[response.Header.Get("Bot")]++
		}
		Expect(answered).To(Equal(map[string]int{"bot-1": 3, "bot-2": 3, "bot-3": 3}))
	}, SpecTimeout(edgeTimeout))

	It("send the rest and the health endpoint to the first bot", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 3)
		client := served.client()
		for range 3 {
			for _, path := range []string{"/", "/style.css", "/api/health", "/apiary"} {
				response, _ := fetchFromEdge(ctx, client, "http://anything"+path)
				Expect(response.Header.Get("Bot")).To(Equal("bot-1"), path)
			}
		}
	}, SpecTimeout(edgeTimeout))

	It("bring a WebSocket back to its bot by a cookie, and spread those without one", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 3)
		bots := map[string]bool{}
		var cookie, home string
		for range 3 {
			_, bot, sticky := served.webSocket(ctx, "")
			Expect(sticky).To(HavePrefix("lb="))
			bots[bot], cookie, home = true, sticky, bot
		}
		Expect(bots).To(HaveLen(3), "each goes where the fewest are")
		for range 5 {
			_, bot, _ := served.webSocket(ctx, cookie)
			Expect(bot).To(Equal(home))
		}
	}, SpecTimeout(edgeTimeout))

	It("set the security headers on every answer, over the bot's own, and name no server", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		client := served.client()
		secure := gstruct.MatchKeys(gstruct.IgnoreExtras, gstruct.Keys{
			"X-Content-Type-Options": HaveExactElements("nosniff"),
			"X-Frame-Options":        HaveExactElements("DENY"),
			"Referrer-Policy":        HaveExactElements("strict-origin-when-cross-origin"),
		})
		response, _ := fetchFromEdge(ctx, client, "http://anything/api/chat")
		Expect(response.Header).To(And(secure, Not(HaveKey("Server"))))
		served.hold(ctx, "nobody", model.MemberDraining)
		response, _ = fetchFromEdge(ctx, client, "http://anything/api/chat")
		Expect(response.StatusCode).To(Equal(http.StatusServiceUnavailable))
		Expect(response.Header).To(And(secure, Not(HaveKey("Server"))))
	}, SpecTimeout(edgeTimeout))

	It("compress", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		client := served.client()
		response, body := fetchFromEdge(ctx, client, "http://anything/", "Accept-Encoding", "gzip")
		Expect(response.Header.Get("Content-Encoding")).To(Equal("gzip"))
		unpacked, err := gzip.NewReader(bytes.NewReader(body))
		Expect(err).NotTo(HaveOccurred())
		Expect(io.ReadAll(unpacked)).To(BeEquivalentTo(longPage))
		response, body = fetchFromEdge(ctx, client, "http://anything/", "Accept-Encoding", "gzip, zstd")
		Expect(response.Header.Get("Content-Encoding")).To(Equal("zstd"))
		Expect(len(body)).To(BeNumerically("<", len(longPage)/10))
		response, body = fetchFromEdge(ctx, client, "http://anything/")
		Expect(response.Header).NotTo(HaveKey("Content-Encoding"))
		Expect(string(body)).To(Equal(longPage))
	}, SpecTimeout(edgeTimeout))

	It("pass events on as they come, compressed or not", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		client := served.client()
		for _, encoding := range []string{"identity", "gzip"} {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://anything/api/events", nil)
			Expect(err).NotTo(HaveOccurred())
			request.Header.Set("Accept-Encoding", encoding)
			response, err := client.Do(request)
			Expect(err).NotTo(HaveOccurred())
			var stream io.Reader = response.Body
			for i := range 3 {
				served.bots[0].events <- fmt.Sprint(i)
				if i == 0 && response.Header.Get("Content-Encoding") == "gzip" {
					stream, err = gzip.NewReader(response.Body)
					Expect(err).NotTo(HaveOccurred())
				}
				line := make([]byte, len("data: 0\n\n"))
				_, err := io.ReadFull(stream, line)
				Expect(err).NotTo(HaveOccurred())
				Expect(string(line)).To(Equal(fmt.Sprintf("data: %d\n\n", i)))
			}
			Expect(response.Body.Close()).To(Succeed())
		}
	}, SpecTimeout(edgeTimeout))

	It("answer to their hosts only", func(ctx SpecContext) {
		served := serveEdge(ctx, v1alpha1.EdgeSpec{Instances: 1, Hosts: hosts}, 1)
		client := served.client()
		for _, host := range hosts {
			response, _ := fetchFromEdge(ctx, client, "http://"+string(host)+"/")
			Expect(response.StatusCode).To(Equal(http.StatusOK))
			Expect(response.Header.Get("Seen-Host")).To(BeEquivalentTo(host))
		}
		response, _ := fetchFromEdge(ctx, client, "http://other.example.com/")
		Expect(response.StatusCode).To(Equal(http.StatusMisdirectedRequest))
		Expect(response.Header.Get("X-Frame-Options")).To(Equal("DENY"))
	}, SpecTimeout(edgeTimeout))

	DescribeTable("serve HTTPS with certificates of the edge's own authority",
		func(ctx SpecContext, declared []v1alpha1.HostName, name string) {
			served := serveEdge(ctx, v1alpha1.EdgeSpec{
				Instances: 1, Hosts: declared, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeInternal},
			}, 1)
			var response *http.Response
			Eventually(func() (err error) { // the certificate is made a moment after the routes are loaded
				response, _, err = tryFetchFromEdge(ctx, served.client(), "https://"+name+"/")
				return err
			}).WithContext(ctx).Should(Succeed())
			Expect(response.StatusCode).To(Equal(http.StatusOK))
			Expect(response.Proto).To(Equal("HTTP/2.0"))
			Expect(response.Header.Get("Seen-Scheme")).To(Equal("https"))
			Expect(response.Header).NotTo(HaveKey("Alt-Svc"), "nothing leads to UDP")
			response, _ = fetchFromEdge(ctx, served.client(), "http://"+name+"/path?query=1")
			Expect(response.StatusCode).To(Equal(http.StatusPermanentRedirect))
			Expect(response.Header.Get("Location")).To(Equal("https://" + name + "/path?query=1"))
		},
		Entry("for its hosts", hosts, "bot.example.com", SpecTimeout(edgeTimeout)),
		Entry("without hosts", nil, "botcluster.internal", SpecTimeout(edgeTimeout)),
	)

	It("wait for certificates by ACME and send plain HTTP there", func(ctx SpecContext) {
		served := serveEdge(ctx, v1alpha1.EdgeSpec{
			Instances: 1, Hosts: hosts, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeAuto, Email: "ops@example.com"},
		}, 1)
		response, _ := fetchFromEdge(ctx, served.client(), "http://bot.example.com/")
		Expect(response.StatusCode).To(Equal(http.StatusPermanentRedirect))
		Expect(response.Header.Get("Location")).To(Equal("https://bot.example.com/"))
		_, _, err := tryFetchFromEdge(ctx, served.client(), "https://bot.example.com/")
		Expect(err).To(MatchError(ContainSubstring("tls")), "no authority is there to give one")
	}, SpecTimeout(edgeTimeout))

	It("take the client's address from the proxy device in front of the edge", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", served.http)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)
		_, err = io.WriteString(connection, "PROXY TCP4 192.0.2.7 192.0.2.1 50000 80\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
		Expect(err).NotTo(HaveOccurred())
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Header.Get("Seen-Client")).To(Equal("192.0.2.7"))
		Expect(response.Body.Close()).To(Succeed())
		direct, _ := fetchFromEdge(ctx, served.client(), "http://anything/", "X-Forwarded-For", "192.0.2.7")
		Expect(direct.Header.Get("Seen-Client")).To(Equal("127.0.0.1"), "a client cannot claim an address")
	}, SpecTimeout(edgeTimeout))

	It("leave WebSockets open when they are replaced", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		connection, _, _ := served.webSocket(ctx, "")
		served.load(ctx, v1alpha1.EdgeSpec{Instances: 1, Hosts: hosts})
		served.load(ctx, off)
		Expect(connection.WriteMessage(websocket.TextMessage, []byte("still there?"))).To(Succeed())
		_, echo, err := connection.ReadMessage()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(echo)).To(Equal("still there?"))
		Expect(served.inFlight(ctx, "bot-1")()).To(BeEquivalentTo(1), "it is still counted")
	}, SpecTimeout(edgeTimeout))

	It("let a request that is under way end when they are replaced, without waiting for it", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://anything/api/slow", nil)
		Expect(err).NotTo(HaveOccurred())
		response, err := served.client().Do(request)
		Expect(err).NotTo(HaveOccurred())
		begin := time.Now()
		served.load(ctx, v1alpha1.EdgeSpec{Instances: 1, Hosts: hosts})
		Expect(time.Since(begin)).To(BeNumerically("<", 4*time.Second), "the grace period is 5 s")
		served.bots[0].events <- "end"
		Expect(io.ReadAll(response.Body)).To(BeEquivalentTo("begin end"))
		Expect(response.Body.Close()).To(Succeed())
	}, SpecTimeout(edgeTimeout))

	It("keep connections that are open and idle when they are replaced", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 1)
		client := served.client()
		fetchFromEdge(ctx, client, "http://anything/")
		served.load(ctx, v1alpha1.EdgeSpec{Instances: 1, Hosts: hosts})
		reused := false
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { reused = got.Reused }})
		response, _, err := tryFetchFromEdge(traced, client, "http://anything/")
		Expect(err).NotTo(HaveOccurred())
		Expect(response.StatusCode).To(Equal(http.StatusMisdirectedRequest), "the new routes serve")
		Expect(reused).To(BeTrue())
	}, SpecTimeout(edgeTimeout))

	It("let a leaving bot keep its WebSockets and those who come with its cookie, and give it nobody new", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 2)
		connection, home, cookie := served.webSocket(ctx, "")
		leaving := served.bots[0]
		if home != leaving.name {
			leaving = served.bots[1]
		}
		served.hold(ctx, "leaving", model.MemberActive, leaving.Member(model.MemberDraining))
		for range 5 {
			_, same, _ := served.webSocket(ctx, cookie)
			Expect(same).To(Equal(home))
			_, other, _ := served.webSocket(ctx, "")
			Expect(other).NotTo(Equal(home))
		}
		Expect(connection.WriteMessage(websocket.TextMessage, []byte("still there?"))).To(Succeed())
		_, _, err := connection.ReadMessage()
		Expect(err).NotTo(HaveOccurred())
		Expect(served.inFlight(ctx, home)()).To(BeEquivalentTo(6))
		Expect(connection.Close()).To(Succeed())
		Eventually(served.inFlight(ctx, home)).WithContext(ctx).Should(BeEquivalentTo(5))
	}, SpecTimeout(edgeTimeout))

	It("lose no request while bots come, leave and go", func(ctx SpecContext) {
		served := serveEdge(ctx, off, 3)
		load, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		var answered atomic.Int64
		lost := make(chan string, 100)
		for _, path := range []string{"/", "/api/chat", "/api/health"} {
			client := served.client()
			group.Go(func() {
				for load.Err() == nil {
					response, _, err := tryFetchFromEdge(ctx, client, "http://anything"+path)
					if err != nil || response.StatusCode != http.StatusOK {
						lost <- fmt.Sprintf("%s: %v %v", path, response, err)
						return
					}
					answered.Add(1)
				}
			})
		}
		for round := range 5 {
			leaving := served.bots[round%len(served.bots)]
			served.hold(ctx, fmt.Sprintf("leaving-%d", round), model.MemberActive, leaving.Member(model.MemberDraining))
			Eventually(served.inFlight(ctx, leaving.name)).WithContext(ctx).Should(BeZero())
			served.bots = append(slices.DeleteFunc(served.bots, func(b *bot) bool { return b == leaving }), newBot(fmt.Sprintf("new-%d", round)))
			served.hold(ctx, fmt.Sprintf("gone-%d", round), model.MemberActive)
			leaving.Dies()
			served.awaitServing(ctx, len(served.bots))
		}
		stop()
		group.Wait()
		Expect(lost).To(BeEmpty())
		Expect(answered.Load()).To(BeNumerically(">", 50))
		AddReportEntry("requests answered", answered.Load())
	}, SpecTimeout(edgeTimeout))

	DescribeTable("find another bot when one dies, long before the next probe of it",
		func(ctx SpecContext, path string) {
			served := serveEdge(ctx, off, 3)
			served.probe = model.Probe{Path: "/api/health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Retries: 3}
			served.hold(ctx, "as-documented", model.MemberActive)
			served.awaitServing(ctx, 3)
			client := served.client()
			served.bots[0].Dies()
			for range 20 {
				begin := time.Now()
				response, _ := fetchFromEdge(ctx, client, "http://anything"+path)
				Expect(response.StatusCode).To(Equal(http.StatusOK))
				Expect(response.Header.Get("Bot")).NotTo(Equal("bot-1"))
				Expect(time.Since(begin)).To(BeNumerically("<", time.Second))
			}
		},
		Entry("by turns", "/api/chat", SpecTimeout(edgeTimeout)),
		Entry("as the first", "/", SpecTimeout(edgeTimeout)),
	)
})
