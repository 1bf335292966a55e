package load_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/load"
)

var _ = Describe("Requests", func() {
	both := load.Mix{GetsPerSecond: 200, PostsPerSecond: 100}

	// run works until the server has seen enough, and returns what became of all.
	run := func(ctx context.Context, s *server, mix load.Mix) load.Report {
		GinkgoHelper()
		mix.URL = s.URL
		clients := load.Start(ctx, mix)
		Eventually(s.requests.Load).WithContext(ctx).Should(BeNumerically(">", 60))
		return clients.Stop()
	}

	It("are all answered by a server that behaves", func(ctx context.Context) {
		s := serve(func(*server) {})
		report := run(ctx, s, both)
		Expect(report.Lost()).To(BeZero(), report.String())
		Expect(report.Gets.OK).To(Equal(report.Gets.Sent))
		Expect(report.Posts.OK).To(Equal(report.Posts.Sent))
		Expect(report.Gets.OK + report.Posts.OK).To(Equal(s.requests.Load()))
		Expect(report.Gets.Served).To(Equal(map[string]int64{"bot-1": report.Gets.OK}))
		Expect(report.Posts.OK).To(BeNumerically(">", 0))
	}, SpecTimeout(specTimeout))

	It("are lost when a kept connection dies under them, and tried once", func(ctx context.Context) {
		dropped := map[string]*atomic.Int64{http.MethodGet: {}, http.MethodPost: {}}
		s := serve(func(s *server) {
			s.misbehave = func(w http.ResponseWriter, r *http.Request, request int64) bool {
				if request%5 != 0 {
					return false
				}
				dropped[r.Method].Add(1)
				hangUp(w)
				return true
			}
		})
		report := run(ctx, s, both)
		Expect(dropped[http.MethodGet].Load() + dropped[http.MethodPost].Load()).To(BeNumerically(">", 10))
		Expect(report.Gets.Failed).To(Equal(dropped[http.MethodGet].Load()), report.String())
		Expect(report.Posts.Failed).To(Equal(dropped[http.MethodPost].Load()), report.String())
		Expect(report.Gets.Sent + report.Posts.Sent).To(Equal(s.requests.Load()))
	}, SpecTimeout(specTimeout))

	DescribeTable("are lost",
		func(ctx context.Context, words string, misbehave func(w http.ResponseWriter)) {
			s := serve(func(s *server) {
				s.misbehave = func(w http.ResponseWriter, _ *http.Request, request int64) bool {
					if request == 30 {
						misbehave(w)
					}
					return request == 30
				}
			})
			report := run(ctx, s, load.Mix{GetsPerSecond: 200, Patience: 200 * time.Millisecond})
			Expect(report.Gets.Failed).To(BeEquivalentTo(1), report.String())
			Expect(report.Lost()).To(BeEquivalentTo(1))
			Expect(report.Gets.Errors).To(ConsistOf(ContainSubstring(words)))
			Expect(report.Gets.OK).To(Equal(report.Gets.Sent - 1))
		},
		Entry("when refused", "503 Service Unavailable: nobody is here", func(w http.ResponseWriter) {
			http.Error(w, "nobody is here", http.StatusServiceUnavailable)
		}, SpecTimeout(specTimeout)),
		Entry("when sent elsewhere", "308", func(w http.ResponseWriter) {
			w.Header().Set("Location", "/api/load/elsewhere")
			w.WriteHeader(http.StatusPermanentRedirect)
		}, SpecTimeout(specTimeout)),
		Entry("when the answer breaks off", "unexpected EOF", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"name":`))
		}, SpecTimeout(specTimeout)),
		Entry("when the answer is another's", "belongs to another request", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"method":"GET","path":"/api/load/get-77-1"}`))
		}, SpecTimeout(specTimeout)),
		Entry("when the answer is none of a bot's", "none of the stand-in's", func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`<html>`))
		}, SpecTimeout(specTimeout)),
		Entry("when there is no answer", "context deadline exceeded", func(w http.ResponseWriter) {
			defer GinkgoRecover()
			connection, _, err := http.NewResponseController(w).Hijack()
			Expect(err).NotTo(HaveOccurred())
			_, _ = connection.Read(make([]byte, 1)) // until the client has lost its patience
			_ = connection.Close()
		}, SpecTimeout(specTimeout)),
	)

	It("keep the first losses in words and count the rest", func(ctx context.Context) {
		s := serve(func(s *server) {
			s.misbehave = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
		})
		report := run(ctx, s, load.Mix{PostsPerSecond: 200})
		Expect(report.Posts.Failed).To(And(Equal(report.Posts.Sent), BeNumerically(">", 60)))
		Expect(report.Posts.Errors).To(HaveLen(10))
		Expect(strings.Count(report.String(), "502 Bad Gateway")).To(Equal(10))
	}, SpecTimeout(specTimeout))

	It("lose nothing to the end of the spec", func(ctx context.Context) {
		s := serve(func(*server) {})
		life, end := context.WithCancel(ctx)
		clients := load.Start(life, load.Mix{URL: s.URL, GetsPerSecond: 500, PostsPerSecond: 500, Streams: 5, WebSockets: 5})
		Eventually(clients.Flowing).WithContext(ctx).Should(BeTrue())
		end()
		report := clients.Stop()
		Expect(report.Lost()).To(BeZero(), report.String())
	}, SpecTimeout(specTimeout))
})
