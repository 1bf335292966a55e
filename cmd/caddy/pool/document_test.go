package pool_test

import (
	"bytes"
	"encoding/json"
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

		route := use(registry, pool.RouteSettings{
			Name: "api", Policy: pool.First, Breaker: pool.BreakerSettings{Threshold: 1, Timeout: time.Hour, HalfOpenRequests: 1},
		})
		failed := send(route)
		failed.Answered(http.StatusBadGateway, time.Second)
		failed.End()

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
