package edge_test

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// waitFor polls for a change after the number, for as long as a minute.
func (e *edge) waitFor(change uint64) <-chan pool.Document {
	read := make(chan pool.Document, 1)
	go func() {
		defer GinkgoRecover()
		read <- documentOf(e.call(http.MethodGet, pollPath("1m", change), nil))
	}()
	return read
}

var _ = Describe("The admin route", func() {
	var one *bot
	BeforeEach(func() { one = startBot("bot-1") })

	put := func(body []byte, headers ...string) answer {
		GinkgoHelper()
		return caddyProcess.call(http.MethodPut, "/botcluster/pool", body, headers...)
	}

	It("answers a push with the pool, and its revision as the entity tag", func() {
		body := caddyProcess.pushDocument(one.active())
		pushed := put(body)
		document := documentOf(pushed)
		Expect(pushed.Header.Get("Content-Type")).To(Equal("application/json"))
		Expect(pushed.Header.Get("ETag")).To(Equal(`"` + document.Revision + `"`))
		Expect(document.Members).To(HaveExactElements(And(
			HaveField("Name", "bot-1"), HaveField("State", pool.Active), HaveField("Serving", false))))
		Expect(document.Probe.Path).To(Equal("/api/health"))
		Expect(document.RoutesRevision).To(BeEmpty())

		Eventually(func() bool { return caddyProcess.member("bot-1").Serving }).Should(BeTrue())
		before := caddyProcess.pool()
		again := documentOf(put(body))
		Expect(again.Change).To(Equal(before.Change), "the same push changes nothing")
		Expect(again.Members[0].Serving).To(BeTrue())
		Expect(*again.Members[0].Probe.Document).To(HaveField("Metrics", HaveKeyWithValue("cpu", 45.2)))
	})

	DescribeTable("refuses a bad push with a sentence, and goes on serving the old pool",
		func(spoil func([]byte) []byte, status int, sentence string) {
			caddyProcess.serve(one.active())
			before := caddyProcess.pool()
			refused := put(spoil(caddyProcess.pushDocument(one.active())))
			Expect(refused.Status).To(Equal(status))
			Expect(refused.Body).To(ContainSubstring(sentence))
			Expect(caddyProcess.pool()).To(And(HaveField("Revision", before.Revision), HaveField("Change", before.Change)))
			Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		},
		Entry("no JSON", replace(`{`, `[`), http.StatusBadRequest, "the pool was not changed"),
		Entry("an unknown key", replace(`"revision"`, `"version"`), http.StatusBadRequest, `unknown field`),
		Entry("a host name", replace(`127.0.0.1`, `localhost`), http.StatusBadRequest, `members[0].address`),
		Entry("an unknown state", replace(`"active"`, `"away"`), http.StatusBadRequest, "write active or draining"),
		Entry("an absurd interval", replace(`"100ms"`, `"1us"`), http.StatusBadRequest, "probe.interval"),
		Entry("too long", func(body []byte) []byte { return append(body, bytes.Repeat([]byte(" "), pool.LargestPush)...) },
			http.StatusRequestEntityTooLarge, "longer than"),
	)

	It("refuses loopback addresses unless the routes allow them", func() {
		caddyProcess.load(routes{noApp: true})
		refused := put(caddyProcess.pushDocument(one.active()))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring("the edge itself"))
	})

	It("refuses other methods", func() {
		refused := caddyProcess.call(http.MethodDelete, "/botcluster/pool", nil)
		Expect(refused.Status).To(Equal(http.StatusMethodNotAllowed))
		Expect(refused.Header.Get("Allow")).To(Equal("GET, PUT"))
	})

	DescribeTable("pushes only over the revision that If-Match names",
		func(tag func(held string) string, status int) {
			held := caddyProcess.push(one.active()).Revision
			answered := put(caddyProcess.pushDocument(), "If-Match", tag(held))
			Expect(answered.Status).To(Equal(status), answered.Body)
			if status == http.StatusOK {
				Expect(caddyProcess.pool().Revision).NotTo(Equal(held))
			} else {
				Expect(caddyProcess.pool().Revision).To(Equal(held))
			}
		},
		Entry("the one held", func(held string) string { return `"` + held + `"` }, http.StatusOK),
		Entry("one of several", func(held string) string { return `"x", "` + held + `"` }, http.StatusOK),
		Entry("any", func(string) string { return `*` }, http.StatusOK),
		Entry("another", func(string) string { return `"x"` }, http.StatusPreconditionFailed),
		Entry("none", func(string) string { return `""` }, http.StatusPreconditionFailed),
		Entry("not a tag", func(held string) string { return held }, http.StatusPreconditionFailed),
	)

	Describe("Waiting", func() {
		It("returns at once when something has changed since", func() {
			begin := time.Now()
			before := caddyProcess.pool().Change
			documentOf(caddyProcess.call(http.MethodGet, pollPath("1m", before-1), nil))
			documentOf(caddyProcess.call(http.MethodGet, "/botcluster/pool?wait=1m", nil))
			Expect(time.Since(begin)).To(BeNumerically("<", 10*time.Second))
		})

		It("tells of the first healthy probe", func() {
			one.answerProbes(http.StatusNotFound, "")
			caddyProcess.push(one.active())
			Eventually(func() pool.Result { return caddyProcess.member("bot-1").Probe.Result }).Should(Equal(pool.Unhealthy))
			waiting := caddyProcess.waitFor(caddyProcess.pool().Change)
			Consistently(waiting, "50ms").ShouldNot(Receive())
			one.answerProbes(http.StatusOK, "")
			var document pool.Document
			Eventually(waiting).Should(Receive(&document))
			Expect(document.Members[0].Serving).To(BeTrue())
		})

		It("returns when nothing has changed for as long, beyond the time-out of the admin server", func() {
			caddyProcess.serve(one.active())
			const wait = 10500 * time.Millisecond // Caddy's admin server gives a request 10 s to be read
			begin := time.Now()
			before := caddyProcess.pool().Change
			Expect(documentOf(caddyProcess.call(http.MethodGet, pollPath(wait.String(), before), nil)).Change).To(Equal(before))
			Expect(time.Since(begin)).To(BeNumerically(">=", wait))
		})

		DescribeTable("refuses what it does not understand",
			func(query string) {
				refused := caddyProcess.call(http.MethodGet, "/botcluster/pool?"+query, nil)
				Expect(refused.Status).To(Equal(http.StatusBadRequest))
				Expect(refused.Body).To(ContainSubstring("write"))
			},
			Entry("a wait without a unit", "wait=5"),
			Entry("a negative wait", "wait=-5s"),
			Entry("a change that is no number", "wait=5s&after=now"),
		)
	})
})

// replace returns what changes the first occurrence of a text.
func replace(old, replacement string) func([]byte) []byte {
	return func(body []byte) []byte { return []byte(strings.Replace(string(body), old, replacement, 1)) }
}
