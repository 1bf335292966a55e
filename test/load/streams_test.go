package load_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/load"
)

var _ = Describe("Streams", func() {
	It("come to their end at a server that behaves", func(ctx context.Context) {
		s := serve(func(*server) {})
		clients := load.Start(ctx, load.Mix{URL: s.URL, Streams: 4, Lifetime: 400 * time.Millisecond})
		Eventually(clients.Flowing).WithContext(ctx).Should(BeTrue())
		Eventually(func() int64 { return clients.Report().Streams.OK }).WithContext(ctx).Should(BeNumerically(">", 8))
		report := clients.Stop()
		Expect(report.Lost()).To(BeZero(), report.String())
		Expect(report.Streams.OK).To(Equal(report.Streams.Sent))
		Expect(report.Streams.Open).To(BeZero())
		Expect(report.Streams.Messages).To(BeNumerically(">", report.Streams.OK))
		Expect(report.Streams.Served).To(Equal(map[string]int64{"bot-1": report.Streams.Sent}))
	}, SpecTimeout(specTimeout))

	It("are cut by a server that ends early, each time", func(ctx context.Context) {
		var cuts atomic.Int64
		s := serve(func(s *server) {
			s.event = func(_ http.ResponseWriter, number int) bool {
				if number == 3 {
					cuts.Add(1)
				}
				return number < 3
			}
		})
		clients := load.Start(ctx, load.Mix{URL: s.URL, Streams: 1, Lifetime: time.Second})
		Eventually(func() int64 { return clients.Report().Streams.Cut }).WithContext(ctx).Should(BeNumerically(">=", 3))
		report := clients.Stop()
		Expect(report.Streams.Cut).To(Equal(cuts.Load()), report.String())
		Expect(report.Streams.Failed).To(BeZero())
		Expect(report.Streams.Errors).To(ContainElement(ContainSubstring("after 2 of 10 events: the stream ended")))
	}, SpecTimeout(specTimeout))

	DescribeTable("are lost",
		func(ctx context.Context, words string, event func(w http.ResponseWriter, number int) bool) {
			s := serve(func(s *server) { s.event = event })
			clients := load.Start(ctx, load.Mix{URL: s.URL, Streams: 1, Lifetime: time.Second, Patience: 300 * time.Millisecond})
			Eventually(func() int64 { return clients.Report().Streams.Failed }).WithContext(ctx).Should(BeNumerically(">", 0))
			report := clients.Stop()
			Expect(report.Streams.Errors).To(HaveEach(ContainSubstring(words)), report.String())
			Expect(report.Streams.Cut).To(BeZero())
		},
		Entry("when an event is missing", "an event is missing or out of order", func(w http.ResponseWriter, number int) bool {
			if number == 2 {
				_, _ = w.Write([]byte("id: 3\ndata: bot-1\n\n"))
			}
			return true
		}, SpecTimeout(specTimeout)),
		Entry("when nothing comes", "context canceled", func(w http.ResponseWriter, number int) bool {
			if number == 2 {
				defer GinkgoRecover()
				connection, _, err := http.NewResponseController(w).Hijack()
				Expect(err).NotTo(HaveOccurred())
				_, _ = connection.Read(make([]byte, 1)) // until the client has lost its patience
				_ = connection.Close()
			}
			return number < 2
		}, SpecTimeout(specTimeout)),
		Entry("when refused", "503", func(w http.ResponseWriter, _ int) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return false
		}, SpecTimeout(specTimeout)),
	)
})

var _ = Describe("WebSockets", func() {
	It("say goodbye to a server that behaves", func(ctx context.Context) {
		s := serve(func(*server) {})
		clients := load.Start(ctx, load.Mix{URL: s.URL, WebSockets: 4, Lifetime: 400 * time.Millisecond})
		Eventually(clients.Flowing).WithContext(ctx).Should(BeTrue())
		Eventually(func() int64 { return clients.Report().WebSockets.OK }).WithContext(ctx).Should(BeNumerically(">", 8))
		report := clients.Stop()
		Expect(report.Lost()).To(BeZero(), report.String())
		Expect(report.WebSockets.OK).To(Equal(report.WebSockets.Sent))
		Expect(report.WebSockets.Open).To(BeZero())
		Expect(report.WebSockets.Served).To(Equal(map[string]int64{"bot-1": report.WebSockets.Sent}))
	}, SpecTimeout(specTimeout))

	DescribeTable("are cut",
		func(ctx context.Context, cut func(connection *websocket.Conn)) {
			var cuts atomic.Int64
			s := serve(func(s *server) {
				s.echo = func(connection *websocket.Conn, number int) bool {
					if number == 3 {
						cuts.Add(1)
						cut(connection)
					}
					return number < 3
				}
			})
			clients := load.Start(ctx, load.Mix{URL: s.URL, WebSockets: 2, Lifetime: time.Second})
			Eventually(func() int64 { return clients.Report().WebSockets.Cut }).WithContext(ctx).Should(BeNumerically(">=", 3))
			report := clients.Stop()
			Expect(report.WebSockets.Cut).To(Equal(cuts.Load()), report.String())
			Expect(report.WebSockets.Failed).To(BeZero())
			Expect(report.WebSockets.Errors).To(ContainElement(ContainSubstring("to bot-1, message 2")))
		},
		Entry("without a word", func(*websocket.Conn) {}, SpecTimeout(specTimeout)),
		Entry("with a goodbye that nobody asked for", func(connection *websocket.Conn) {
			_ = connection.WriteControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.CloseGoingAway, "stopping"), time.Now().Add(time.Second))
		}, SpecTimeout(specTimeout)),
		Entry("by a connection that dies", func(connection *websocket.Conn) {
			_ = connection.NetConn().Close()
		}, SpecTimeout(specTimeout)),
	)

	It("fail when an echo is another's, when there is none and when they are refused", func(ctx context.Context) {
		var greeted atomic.Int64
		s := serve(func(s *server) {
			s.greet = func(w http.ResponseWriter) bool {
				if greeted.Add(1) == 1 {
					w.WriteHeader(http.StatusForbidden)
					return false
				}
				return true
			}
			s.echo = func(connection *websocket.Conn, number int) bool {
				if number == 1 && greeted.Load() == 2 {
					return connection.WriteMessage(websocket.TextMessage, []byte("parrot")) == nil
				}
				if number == 2 {
					_, _, _ = connection.ReadMessage() // until the client has lost its patience
				}
				return true
			}
		})
		clients := load.Start(ctx, load.Mix{URL: s.URL, WebSockets: 1, Lifetime: time.Second, Patience: 300 * time.Millisecond})
		Eventually(func() int64 { return clients.Report().WebSockets.Failed }).WithContext(ctx).Should(BeNumerically(">=", 3))
		report := clients.Stop()
		Expect(report.WebSockets.Errors[0]).To(ContainSubstring("403 Forbidden"))
		Expect(report.WebSockets.Errors[1]).To(ContainSubstring("the echo is of something else"))
		Expect(report.WebSockets.Errors[2]).To(ContainSubstring("i/o timeout"))
		Expect(report.WebSockets.Cut).To(BeZero(), report.String())
	}, SpecTimeout(specTimeout))
})
