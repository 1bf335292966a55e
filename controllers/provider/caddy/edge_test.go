package caddy_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

// examples are the documents that the edge's own specs are held to.
var examples = filepath.Join("..", "..", "..", "cmd", "caddy", "pool", "testdata")

func example(name string) string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(examples, name))
	Expect(err).NotTo(HaveOccurred())
	return string(content)
}

// at is a time of the day that the examples tell of.
func at(hour, minute, second int) time.Time {
	return time.Date(2026, time.November, 2, hour, minute, second, 0, time.UTC)
}

var exampleState = model.EdgeState{
	Process: "0f6d5f1c8f0e4b8a9d2c7b6a5e4f3d2c", RoutesRevision: "routes-7c21", PoolRevision: "3f9a1c0e",
	SecretsRevision: "5d0e22b7",
	Members: []model.MemberStatus{
		{Name: "botserver-1", Address: "10.89.0.11:8080", State: model.MemberActive, Since: at(10, 0, 1), Serving: true,
			Probe: model.ProbeHealthy, StatusCode: 200, InFlight: 4, Ejected: true, Breakers: []model.Breaker{
				{Route: "api", State: model.BreakerOpen}, {Route: "ws", State: model.BreakerHalfOpen},
			}, Requests: 1204, ServerErrors: 2, LatencySum: 18250 * time.Millisecond, LatencyCount: 1200,
			QueueDepth: new(int64(3)), Connections: new(int64(150))},
		{Name: "botserver-2", Address: "10.89.0.12:8080", State: model.MemberDraining, Since: at(10, 4, 58),
			Probe: model.ProbeDegraded, StatusCode: 503, Message: "answered 503 with the status degraded", InFlight: 1,
			Requests: 988, LatencySum: 14500 * time.Millisecond, LatencyCount: 988},
		{Name: "botserver-3", Address: "10.89.0.13:8080", State: model.MemberRemoved, Since: at(10, 4, 59), Probe: model.ProbeUnhealthy,
			Message: "probing: dial tcp 10.89.0.13:8080: connect: connection refused", InFlight: 1,
			Requests: 12, Unanswered: 3, LatencySum: 200 * time.Millisecond, LatencyCount: 9},
		{Name: "botserver-10", Address: "[fd42::20]:8080", State: model.MemberActive, Since: at(10, 5, 0), Probe: model.ProbeUnknown},
	},
}

var examplePool = model.Pool{
	Revision: "3f9a1c0e",
	Probe:    model.Probe{Path: "/api/health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Retries: 3},
	Members: []model.Member{
		{Name: "botserver-1", Address: "10.89.0.11:8080", State: model.MemberActive},
		{Name: "botserver-2", Address: "10.89.0.12:8080", State: model.MemberDraining},
		{Name: "botserver-10", Address: "[fd42::20]:8080", State: model.MemberActive},
	},
}

var _ = Describe("An edge", func() {
	edgeThat := func(answer http.HandlerFunc) provider.Edge {
		return caddy.New().Edge("host/edge-1", newAdminServer(answer).dial)
	}

	It("tells its state", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			Expect(r.Method + " " + r.URL.String()).To(Equal("GET /botcluster/pool"))
			says(http.StatusOK, example("pool.json"))(w, r)
		})
		Expect(edge.State(ctx)).To(Equal(exampleState))
	}, SpecTimeout(time.Minute))

	It("tells of secrets, circuit breakers and who is passed over", func(ctx SpecContext) {
		edge := edgeThat(says(http.StatusOK, `{"process":"p","secretsRevision":"s-1","members":[{"name":"bot-1","address":"10.0.0.1:80",`+
			`"state":"active","probe":{"result":"healthy"},"ejected":true,"breakers":[`+
			`{"route":"api","state":"open","since":"2026-11-02T10:00:00Z"},{"route":"chat","state":"half-open","since":"2026-11-02T10:00:00Z"}]}]}`))
		Expect(edge.State(ctx)).To(Equal(model.EdgeState{Process: "p", SecretsRevision: "s-1", Members: []model.MemberStatus{{
			Name: "bot-1", Address: "10.0.0.1:80", State: model.MemberActive, Probe: model.ProbeHealthy, Ejected: true,
			Breakers: []model.Breaker{{Route: "api", State: model.BreakerOpen}, {Route: "chat", State: model.BreakerHalfOpen}},
		}}}))
	}, SpecTimeout(time.Minute))

	DescribeTable("passes on only figures of a member that are some",
		func(ctx SpecContext, document string, queue, connections *int64) {
			edge := edgeThat(says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"`+document+`}`)))
			state, err := edge.State(ctx)
			Expect(err).NotTo(HaveOccurred())
			Expect(state.Members).To(HaveExactElements(And(HaveField("QueueDepth", queue), HaveField("Connections", connections))))
		},
		Entry("without a document", ``, nil, nil, SpecTimeout(time.Minute)),
		Entry("an empty document", `,"document":{}`, nil, nil, SpecTimeout(time.Minute)),
		Entry("nothing waits, which is not unknown", `,"document":{"metrics":{"queue_depth":0}}`, new(int64(0)), nil, SpecTimeout(time.Minute)),
		Entry("an average", `,"document":{"metrics":{"queue_depth":2.6,"connections":7}}`, new(int64(3)), new(int64(7)), SpecTimeout(time.Minute)),
		Entry("less than nothing", `,"document":{"metrics":{"queue_depth":-1}}`, nil, nil, SpecTimeout(time.Minute)),
		Entry("more than can be", `,"document":{"metrics":{"connections":1e300}}`, nil, nil, SpecTimeout(time.Minute)),
	)

	It("takes a pool and tells its state after it", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			Expect(r.Method + " " + r.URL.String()).To(Equal("PUT /botcluster/pool"))
			Expect(r.Header.Get("Content-Type")).To(Equal("application/json"))
			pushed, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			// The scheme is left to the edge's default, which the example spells out.
			Expect(pushed).To(MatchJSON(strings.Replace(example("push.json"), `"scheme": "http",`, "", 1)))
			says(http.StatusOK, example("pool.json"))(w, r)
		})
		Expect(edge.SetPool(ctx, examplePool)).To(Equal(exampleState))
	}, SpecTimeout(time.Minute))

	It("takes an empty pool as an empty list, and who is removed is not named", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			pushed, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(pushed)).To(ContainSubstring(`"members":[]`))
			says(http.StatusOK, `{"process":"p","revision":"r","members":[]}`)(w, r)
		})
		gone := []model.Member{{Name: "bot-1", Address: "10.0.0.1:80", State: model.MemberRemoved}}
		Expect(edge.SetPool(ctx, model.Pool{Revision: "r", Members: gone})).
			To(Equal(model.EdgeState{Process: "p", PoolRevision: "r", Members: []model.MemberStatus{}}))
	}, SpecTimeout(time.Minute))

	It("takes routes as they are", func(ctx SpecContext) {
		edge := edgeThat(func(_ http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			Expect(r.Method + " " + r.URL.String()).To(Equal("PUT /botcluster/config"))
			Expect(r.Header.Get("Content-Type")).To(Equal("application/json"))
			loaded, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(loaded)).To(Equal(`{"apps":{}}`))
		})
		Expect(edge.SetRoutes(ctx, model.Routes{Revision: "r", Config: []byte(`{"apps":{}}`)})).To(Succeed())
	}, SpecTimeout(time.Minute))

	It("says in Caddy's words why it refuses routes, on one line and briefly", func(ctx SpecContext) {
		long := `{"error":"loading config:\n\tno such\u0000module ` + strings.Repeat("and so on ", 100) + `the cause"}`
		err := edgeThat(says(http.StatusBadRequest, long)).SetRoutes(ctx, model.Routes{Revision: "r"})
		Expect(err).To(beOfClass(provider.Terminal, "EdgeRejectedRoutes"))
		message := provider.MessageOf(err, "")
		Expect(message).To(HavePrefix("the edge edge-1 refused its routes and serves the ones from before: loading config: no such module and so on"))
		Expect(len([]rune(message))).To(BeNumerically("<", 330))
		Expect(message).To(And(ContainSubstring(" … "), HaveSuffix("and so on the cause")))
	}, SpecTimeout(time.Minute))

	DescribeTable("is no reason to act on when it answers oddly",
		func(ctx SpecContext, answer http.HandlerFunc) {
			edge := edgeThat(answer)
			state, err := edge.State(ctx)
			Expect(err).To(beOfClass(provider.Transient, "EdgeUnreachable"))
			Expect(state).To(BeZero(), "what could not be read is unknown, not empty")
			state, err = edge.SetPool(ctx, examplePool)
			Expect(err).To(beOfClass(provider.Transient, "EdgeUnreachable"))
			Expect(state).To(BeZero())
		},
		Entry("an error of its own", says(http.StatusInternalServerError, `{"error":"oops"}`), SpecTimeout(time.Minute)),
		Entry("a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}, SpecTimeout(time.Minute)),
		Entry("nothing", says(http.StatusOK, ""), SpecTimeout(time.Minute)),
		Entry("no JSON", says(http.StatusOK, "<html>"), SpecTimeout(time.Minute)),
		Entry("half a document", says(http.StatusOK, `{"process":"p","members":[{"name":"bot-1"`), SpecTimeout(time.Minute)),
		Entry("another document", says(http.StatusOK, `{}`), SpecTimeout(time.Minute)),
		Entry("no members", says(http.StatusOK, `{"process":"p","members":null}`), SpecTimeout(time.Minute)),
		Entry("two documents", says(http.StatusOK, `{"process":"p","members":[]}{}`), SpecTimeout(time.Minute)),
		Entry("a member of an unknown state", says(http.StatusOK, memberDocument(`"state":"resting","probe":{"result":"healthy"}`)), SpecTimeout(time.Minute)),
		Entry("a member of unknown health", says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"fine"}`)), SpecTimeout(time.Minute)),
		Entry("a member with less than nothing in flight",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"inFlight":-1`)), SpecTimeout(time.Minute)),
		Entry("a member that less than nothing was sent to",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"requests":-1`)), SpecTimeout(time.Minute)),
		Entry("a member that answered sooner than it was asked",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"latencySecondsSum":-1`)), SpecTimeout(time.Minute)),
		Entry("a member with less than no answer in a bucket",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"latencyHistogram":[1,-1]`)), SpecTimeout(time.Minute)),
		Entry("a circuit breaker without a route",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"breakers":[{"state":"open"}]`)), SpecTimeout(time.Minute)),
		Entry("a circuit breaker of an unknown state",
			says(http.StatusOK, memberDocument(`"state":"active","probe":{"result":"healthy"},"breakers":[{"route":"a","state":"ajar"}]`)), SpecTimeout(time.Minute)),
		Entry("a number where a text belongs", says(http.StatusOK, `{"process":1,"members":[]}`), SpecTimeout(time.Minute)),
	)

	It("is not listened to without end", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			page := make([]byte, 1<<20)
			for r.Context().Err() == nil {
				if _, err := w.Write(page); err != nil {
					return
				}
			}
		})
		_, err := edge.State(ctx)
		Expect(err).To(beOfClass(provider.Transient, "EdgeUnreachable"))
	}, SpecTimeout(time.Minute))

	It("has to be the operator's own Caddy", func(ctx SpecContext) {
		edge := edgeThat(http.NotFound)
		_, err := edge.State(ctx)
		Expect(err).To(beOfClass(provider.Terminal, "EdgeUnreachable"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring("cmd/caddy"))
	}, SpecTimeout(time.Minute))

	It("may refuse a pool", func(ctx SpecContext) {
		_, err := edgeThat(says(http.StatusBadRequest, `{"error":"members[0].address: no"}`)).SetPool(ctx, examplePool)
		Expect(err).To(beOfClass(provider.Terminal, "EdgeRejectedPool"))
		Expect(provider.MessageOf(err, "")).To(HaveSuffix("members[0].address: no"))
	}, SpecTimeout(time.Minute))
})

func memberDocument(rest string) string {
	return `{"process":"p","members":[{"name":"bot-1","address":"10.0.0.1:80",` + rest + `}]}`
}
