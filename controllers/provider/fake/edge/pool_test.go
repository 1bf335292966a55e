package edge_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

var _ = Describe("The pool", func() {
	It("is written as the module writes it", func() {
		contract, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "cmd", "caddy", "pool", "testdata", "pool.json"))
		Expect(err).NotTo(HaveOccurred())
		document := edge.Document{}
		Expect(json.Unmarshal(contract, &document)).To(Succeed())
		again, err := json.Marshal(document)
		Expect(err).NotTo(HaveOccurred())
		var ours, theirs map[string]any
		Expect(json.Unmarshal(again, &ours)).To(Succeed())
		Expect(json.Unmarshal(contract, &theirs)).To(Succeed())
		withoutHealthDetails(theirs)
		withoutEmpty(ours)
		withoutEmpty(theirs)
		Expect(ours).To(Equal(theirs))
	})

	It("is empty at first", func() {
		b := newBench(edge.Config{})
		document := b.pool()
		Expect(document).To(And(HaveField("Revision", ""), HaveField("RoutesRevision", ""), HaveField("Members", BeEmpty()), HaveField("Process", Not(BeEmpty()))))
	})

	It("tells what was sent to a member under its name, and what the member says of itself", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.Figures = map[string]float64{"queue_depth": 12} })
		b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		b.world.Advance(50 * time.Millisecond)
		b.edges.Serve(ref("edge-1"), "bot-1", edge.Traffic{Requests: 10, Errors5xx: 2, TransportErrors: 1, Latency: 250 * time.Millisecond})
		b.edges.Serve(ref("edge-1"), "bot-1", edge.Traffic{Requests: 5, Latency: time.Minute})
		told := And(
			HaveField("Requests", int64(16)), HaveField("Errors5xx", int64(2)), HaveField("TransportErrors", int64(1)),
			HaveField("LatencySum", 302.5), HaveField("LatencyHistogram", []int64{0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 5}),
		)
		Expect(b.pool().Members).To(HaveExactElements(And(told, HaveField("Probe.Document.Metrics", map[string]float64{"queue_depth": 12}))))
		Expect(b.push("r2", [3]string{"bot-1", "10.20.9.9:8080", "active"}).Members).To(HaveExactElements(told), "the name counts, not the address")
		b.push("r3")
		Expect(b.push("r4", [3]string{"bot-1", address + ":8080", "active"}).Members).To(HaveExactElements(HaveField("Requests", int64(0))))
	})

	It("lets a bot serve soon after it answers, and not before", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		Expect(brief(b.push("r1", [3]string{"bot-1", address + ":8080", "active"}))).To(Equal([]string{"bot-1 active unknown"}))
		b.world.Advance(50 * time.Millisecond)
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active healthy serving"}))
	})

	It("takes a bot that stopped out after the retries", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		b.world.Advance(time.Second)
		Expect(b.world.Crash(ref("bot-1"))).To(Succeed())
		b.world.Advance(20 * time.Second)
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active healthy serving"}), "three failures in a row take 25 s")
		b.world.Advance(10 * time.Second)
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active unhealthy"}))
		b.change("bot-1", "start")
		b.world.Advance(10 * time.Second)
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active healthy serving"}), "it has the same address again")
	})

	It("does not notice a failure that was over before the retries were", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		b.world.Advance(time.Second)
		change := b.pool().Change
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.Health = fake.Unhealthy })
		b.world.Advance(10 * time.Second)
		b.world.Recover("default/bot-1")
		b.world.Advance(time.Minute)
		Expect(b.pool().Change).To(Equal(change))
	})

	It("lets degraded bots serve only when nobody is healthy", func() {
		b := newBench(edge.Config{})
		one, two := b.launch("bot-1", "bot"), b.launch("bot-2", "bot")
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.Health = fake.Degraded })
		b.push("r1", [3]string{"bot-2", two + ":8080", "active"}, [3]string{"bot-1", one + ":8080", "active"})
		b.world.Advance(time.Second)
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active degraded", "bot-2 active healthy serving"}))
		b.push("r2", [3]string{"bot-2", two + ":8080", "draining"}, [3]string{"bot-1", one + ":8080", "active"})
		Expect(brief(b.pool())).To(Equal([]string{"bot-1 active degraded serving", "bot-2 draining healthy"}))
	})

	It("keeps who leaves until nothing is in flight", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		b.world.Advance(time.Second)
		b.edges.SetInFlight(edgeRef, "bot-1", 2)
		document := b.push("r2")
		Expect(brief(document)).To(Equal([]string{"bot-1 removed healthy"}))
		Expect(document.Members[0].InFlight).To(Equal(int64(2)))
		b.edges.SetInFlight(edgeRef, "bot-1", 0)
		after := b.pool()
		Expect(after.Members).To(BeEmpty())
		Expect(after.Change).To(BeNumerically(">", document.Change))
	})

	It("orders its members as people count", func() {
		b := newBench(edge.Config{})
		document := b.push("r1", [3]string{"bot-10", "10.0.0.10:80", "active"}, [3]string{"bot-9", "10.0.0.9:80", "active"})
		Expect(brief(document)).To(Equal([]string{"bot-9 active unknown", "bot-10 active unknown"}))
	})

	It("is replaced only from the revision that If-Match names", func() {
		b := newBench(edge.Config{})
		status, _, err := b.call(http.MethodPut, "/botcluster/pool", pushOf("r1"), "If-Match", `""`)
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusOK))
		status, answer, err := b.call(http.MethodPut, "/botcluster/pool", pushOf("r2"), "If-Match", `"r0"`)
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(http.StatusPreconditionFailed))
		Expect(string(answer)).To(ContainSubstring(`{"error":`))
		Expect(b.pool().Revision).To(Equal("r1"))
	})

	It("changes nothing when it is pushed again as it is", func() {
		b := newBench(edge.Config{})
		first := b.push("r1", [3]string{"bot-1", "10.0.0.9:80", "active"})
		Expect(b.push("r1", [3]string{"bot-1", "10.0.0.9:80", "active"})).To(Equal(first))
	})

	DescribeTable("refuses what makes no sense",
		func(body string) {
			b := newBench(edge.Config{})
			status, answer, err := b.call(http.MethodPut, "/botcluster/pool", body)
			Expect(err).NotTo(HaveOccurred())
			Expect(status).To(Equal(http.StatusBadRequest))
			Expect(string(answer)).To(ContainSubstring(`{"error":`))
		},
		Entry("no JSON", `{`),
		Entry("an unknown field", `{"colour":"red"}`),
		Entry("no revision", pushOf("")),
		Entry("no list", `{"revision":"r","probe":{"path":"/","interval":"1s","timeout":"1s","retries":1}}`),
		Entry("a bad duration", `{"revision":"r","probe":{"path":"/","interval":"soon","timeout":"1s","retries":1},"members":[]}`),
		Entry("a host name", pushOf("r", [3]string{"bot-1", "bot-1:8080", "active"})),
		Entry("an unknown state", pushOf("r", [3]string{"bot-1", "10.0.0.9:80", "asleep"})),
		Entry("two of one name", pushOf("r", [3]string{"bot-1", "10.0.0.9:80", "active"}, [3]string{"bot-1", "10.0.0.8:80", "active"})),
	)

	It("is waited for until it changes", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		pushed := b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		answers := make(chan edge.Document, 1)
		go func() {
			defer GinkgoRecover()
			after, err := json.Marshal(pushed.Change)
			Expect(err).NotTo(HaveOccurred())
			status, answer, err := b.call(http.MethodGet, "/botcluster/pool?wait=30s&after="+string(after), "")
			Expect(err).NotTo(HaveOccurred())
			Expect(status).To(Equal(http.StatusOK))
			answers <- decode(answer)
		}()
		Consistently(answers, "30ms").ShouldNot(Receive())
		b.world.Advance(50 * time.Millisecond)
		var document edge.Document
		Eventually(answers).Should(Receive(&document))
		Expect(brief(document)).To(Equal([]string{"bot-1 active healthy serving"}))
	})

	It("is lost with its process", func() {
		b := newBench(edge.Config{})
		address := b.launch("bot-1", "bot")
		before := b.push("r1", [3]string{"bot-1", address + ":8080", "active"})
		b.change("edge-1", "restart")
		after := b.pool()
		Expect(after).To(And(HaveField("Revision", ""), HaveField("Members", BeEmpty()), HaveField("Process", Not(Equal(before.Process)))))
	})

	It("goes to rest", func() {
		b := newBench(edge.Config{})
		b.push("r1", [3]string{"bot-1", "10.20.0.9:80", "active"})
		for range 20 {
			if !b.world.Step() {
				return
			}
		}
		Fail("probing must not keep an idle world busy")
	})
})

// withoutEmpty takes out what a document may leave out when it is empty.
func withoutEmpty(document map[string]any) {
	if document["secretsRevision"] == "" {
		delete(document, "secretsRevision")
	}
	for _, member := range document["members"].([]any) {
		member := member.(map[string]any)
		if member["ejected"] == false {
			delete(member, "ejected")
		}
		if breakers, _ := member["breakers"].([]any); len(breakers) == 0 {
			delete(member, "breakers")
		}
	}
}

// withoutHealthDetails leaves of the contract's health documents what a world has of them.
func withoutHealthDetails(document map[string]any) {
	members, _ := document["members"].([]any)
	for _, m := range members {
		member, _ := m.(map[string]any)
		probe, _ := member["probe"].(map[string]any)
		health, _ := probe["document"].(map[string]any)
		for key := range health {
			if key != "status" && key != "database" && key != "metrics" {
				delete(health, key)
			}
		}
	}
}
