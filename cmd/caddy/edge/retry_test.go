package edge_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("A request whose member fails", func() {
	var one, two *bot
	BeforeEach(func() {
		one, two = startBot("bot-1"), startBot("bot-2")
		caddyProcess.load(routes{route: object{"policy": "first"}})
		caddyProcess.serve(one.active(), two.active())
	})

	It("is answered by another when it is safe: the member died with it in hand", func() {
		one.dying.Store(true)
		read := caddyProcess.get("/")
		Expect(read.Status).To(Equal(http.StatusOK))
		Expect(read.Body).To(Equal("bot-2"))
		Expect(one.asked.Load()).To(BeEquivalentTo(1))
		Expect(caddyProcess.member("bot-1").InFlight).To(BeZero())
	})

	It("is not sent again when that may do harm", func() {
		one.dying.Store(true)
		Expect(caddyProcess.send(http.MethodPost, "/", strings.NewReader("body")).Status).To(Equal(http.StatusBadGateway))
		Expect(two.asked.Load()).To(BeZero())
	})

	It("is sent to another, whatever it is, when the member could not be reached", func() {
		one.stop()
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
			read := caddyProcess.send(method, "/", strings.NewReader("body"))
			Expect(read.Status).To(Equal(http.StatusOK), read.Body)
			Expect(read.Body).To(Equal("bot-2"))
		}
	})

	It("makes the member be passed over, which the document and a metric show", func() {
		caddyProcess.load(routes{route: object{"policy": "first", "passive": object{"fail_duration": "1h", "max_fails": 2}}})
		one.dying.Store(true)
		for range 4 {
			Expect(caddyProcess.get("/").Body).To(Equal("bot-2"))
		}
		Expect(one.asked.Load()).To(BeEquivalentTo(2))
		Expect(caddyProcess.member("bot-1")).To(And(HaveField("Ejected", true), HaveField("Serving", true)))
		Expect(caddyProcess.metrics()).To(And(
			ContainSubstring(`botcluster_edge_member_ejected{member="bot-1"} 1`+"\n"),
			ContainSubstring(`botcluster_edge_member_ejected{member="bot-2"} 0`+"\n")))
		By("unless nobody else is left")
		one.dying.Store(false)
		caddyProcess.serve(one.active())
		Expect(caddyProcess.get("/").Body).To(Equal("bot-1"))
		Expect(caddyProcess.member("bot-1").Ejected).To(BeFalse())
	})
})
