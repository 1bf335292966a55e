package edge_test

import (
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

const routes = `{"apps":{"botcluster":{"revision":"routes-1"},"http":{"servers":{}}}}`

var _ = Describe("The routes", func() {
	load := func(b *bench, config string) (int, string) {
		GinkgoHelper()
		status, answer, err := b.call(http.MethodPost, "/load", config)
		Expect(err).NotTo(HaveOccurred())
		return status, string(answer)
	}

	It("are kept and shown, and their revision is in the pool's document", func() {
		b := newBench(edge.Config{})
		status, shown, err := b.call(http.MethodGet, "/config/", "")
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusOK))
		Expect(string(shown)).To(Equal("null\n"))
		status, _ = load(b, routes)
		Expect(status).To(Equal(http.StatusOK))
		_, shown, err = b.call(http.MethodGet, "/config/", "")
		Expect(err).NotTo(HaveOccurred())
		Expect(string(shown)).To(MatchJSON(routes))
		Expect(b.pool().RoutesRevision).To(Equal("routes-1"))
	})

	It("are not loaded again when they are the same", func() {
		b := newBench(edge.Config{})
		load(b, routes)
		change := b.pool().Change
		load(b, routes)
		Expect(b.pool().Change).To(Equal(change))
		_, loads := b.edges.Routes(edgeRef)
		Expect(loads).To(Equal(1))
	})

	It("stay as they were when others are refused", func() {
		b := newBench(edge.Config{})
		load(b, routes)
		status, answer := load(b, `{"apps":`)
		Expect(status).To(Equal(http.StatusBadRequest))
		Expect(answer).To(ContainSubstring(`{"error":"loading config: `))
		b.edges.RefuseLoads("unknown module: http.handlers.wish")
		status, answer = load(b, `{}`)
		Expect(status).To(Equal(http.StatusBadRequest))
		Expect(answer).To(ContainSubstring("unknown module"))
		Expect(b.pool().RoutesRevision).To(Equal("routes-1"))
		b.edges.RefuseLoads("")
		status, _ = load(b, `{}`)
		Expect(status).To(Equal(http.StatusOK))
	})

	It("must be JSON by their type", func() {
		b := newBench(edge.Config{})
		status, _, err := b.call(http.MethodPost, "/load", routes, "Content-Type", "text/caddyfile")
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusBadRequest))
	})

	DescribeTable("after a restart", func(keeps bool, revision string) {
		b := newBench(edge.Config{KeepsRoutes: keeps})
		load(b, routes)
		b.change("edge-1", "restart")
		Expect(b.pool().RoutesRevision).To(Equal(revision))
	},
		Entry("are lost", false, ""),
		Entry("are there if Caddy resumes", true, "routes-1"),
	)

	It("can be loaded only when Caddy has come up", func() {
		b := newBench(edge.Config{Delay: 2 * time.Second})
		_, _, err := b.call(http.MethodPost, "/load", routes)
		Expect(err).To(HaveOccurred())
		b.world.Advance(2 * time.Second)
		status, _ := load(b, routes)
		Expect(status).To(Equal(http.StatusOK))
	})
})

var _ = Describe("The calls of an edge", func() {
	It("are in the journal and meet faults like those of Incus", func() {
		b := newBench(edge.Config{})
		b.world.Faults().Plan(fake.Fault{System: fake.SystemEdge, Class: fake.Write, Path: "/botcluster/pool", Mode: fake.LoseAnswer})
		_, _, err := b.call(http.MethodPut, "/botcluster/pool", pushOf("r1"))
		Expect(err).To(HaveOccurred())
		Expect(b.pool().Revision).To(Equal("r1"))
		Expect(b.world.Writes()).To(HaveExactElements(And(
			HaveField("System", fake.SystemEdge), HaveField("Verb", http.MethodPut), HaveField("Path", "/botcluster/pool"),
			HaveField("Instance", "edge-1"), HaveField("Fault", fake.LoseAnswer),
		)))
		Expect(b.world.Faults().Unreached()).To(BeEmpty())
	})

	It("show a test what an edge holds without a call", func() {
		b := newBench(edge.Config{})
		b.push("r1")
		document, running := b.edges.Document(edgeRef)
		Expect(running).To(BeTrue())
		Expect(document.Revision).To(Equal("r1"))
		b.change("edge-1", "stop")
		_, running = b.edges.Document(edgeRef)
		Expect(running).To(BeFalse())
	})
})
