package pool_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// paths returns the keys of a JSON value, with those of its parents, e.g. "members.probe.status".
func paths(value any, parent string) []string {
	var found []string
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			path := strings.TrimPrefix(parent+"."+key, ".")
			found = append(append(found, path), paths(child, path)...)
		}
	case []any:
		for _, child := range value {
			found = append(found, paths(child, parent)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

var _ = Describe("The document", func() {
	It("is what the example shows", func() {
		decoder := json.NewDecoder(bytes.NewReader(readTestdata("pool.json")))
		decoder.DisallowUnknownFields()
		var document pool.Document
		Expect(decoder.Decode(&document)).To(Succeed())
		Expect(json.Marshal(document)).To(MatchJSON(readTestdata("pool.json")))
	})

	It("has the keys that the example has, and no others", func() {
		said := `{"status":"healthy","version":"6.1.0","uptime":5,"database":true,
			"checks":{"cache":"ok","database":"ok","llm":"ok","vectordb":"ok"},
			"metrics":{"cpu":1,"memory":2,"connections":3,"queue_depth":4}}`
		well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(said)) }))
		DeferCleanup(well.Close)
		broken := httptest.NewServer(http.NotFoundHandler())
		DeferCleanup(broken.Close)
		registry := pool.New(pool.NewHTTPChecker(), nil)
		DeferCleanup(registry.Close)
		pushTo(registry, quickProbe(1),
			pool.PushedMember{Name: "bot-1", Address: well.Listener.Addr().String(), State: pool.Active},
			pool.PushedMember{Name: "bot-2", Address: broken.Listener.Addr().String(), State: pool.Active})
		Eventually(result(registry, 1)).Should(Equal(pool.Healthy))
		Eventually(result(registry, 2)).Should(Equal(pool.Unhealthy))

		encoded, err := json.Marshal(registry.Describe())
		Expect(err).NotTo(HaveOccurred())
		var live, example any
		Expect(json.Unmarshal(encoded, &live)).To(Succeed())
		Expect(json.Unmarshal(readTestdata("pool.json"), &example)).To(Succeed())
		Expect(paths(live, "")).To(Equal(paths(example, "")))
	})

	It("tells a restarted process by its name and by the change number", func() {
		first := pool.New(newBots(), nil)
		DeferCleanup(first.Close)
		second := pool.New(newBots(), nil)
		DeferCleanup(second.Close)
		Expect(second.Describe().Process).NotTo(Equal(first.Describe().Process))
		Expect(second.Describe().Change).To(BeNumerically(">", first.Describe().Change))
	})
})

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
			Expect(seen.Message == "").To(Equal(result == pool.Healthy))
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
