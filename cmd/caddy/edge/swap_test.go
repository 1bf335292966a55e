package edge_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// swappable is a configuration whose routes stand in a handler that takes others in place.
type swappable struct {
	revision string
	// header is set on every answer, so that it can be seen which routes gave it.
	header string
	// front is the name of the socket that is listened on.
	front string
	// routes come before the one to the bots.
	routes []object
	// errors answer in place of what failed.
	errors  []object
	persist bool
	// before are handlers that stand before the routes that can be replaced.
	before []object
}

func (e *edge) swappable(s swappable) []byte {
	GinkgoHelper()
	header := object{"handler": "headers", "response": object{"set": object{"Routes": []string{s.header}}}}
	handlers := append([]object{header}, toPool()...)
	routes := slices.Concat(s.routes, []object{{"handle": handlers}})
	if s.errors == nil {
		s.errors = []object{}
	}
	encoded, err := json.Marshal(object{
		"admin":   object{"listen": "unix/" + e.socket("admin"), "config": object{"persist": s.persist}},
		"logging": object{"logs": object{"default": object{"writer": object{"output": "discard"}}}},
		"apps": object{
			"botcluster": object{"revision": s.revision, "loopback_members": true},
			"http": object{"grace_period": "1s", "servers": object{"front": object{
				"listen": []string{"unix/" + e.socket(s.front)}, "automatic_https": object{"disable": true},
				"routes": []object{{"handle": append(append([]object{}, s.before...), object{"handler": "botcluster_routes", "name": "front", "routes": routes})}},
				"errors": object{"routes": []object{{"handle": []object{{"handler": "botcluster_routes", "name": "front-errors", "routes": s.errors}}}}},
			}}},
		},
	})
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// configure makes a configuration the running one.
func (e *edge) configure(s swappable) {
	GinkgoHelper()
	put := e.call(http.MethodPut, "/botcluster/config", e.swappable(s))
	Expect(documentOf(put).RoutesRevision).To(Equal(s.revision))
}

var _ = Describe("Replacing routes in place", func() {
	var front swappable
	BeforeEach(func() {
		one, two := startBot("bot-1"), startBot("bot-2")
		caddyProcess.generation++
		front = swappable{revision: "first", header: "first", front: caddyProcess.frontName()}
		caddyProcess.configure(front)
		caddyProcess.serve(one.active(), two.active())
	})

	with := func(revision string, routes ...object) swappable {
		changed := front
		changed.revision, changed.header, changed.routes = revision, revision, routes
		return changed
	}
	listener := func() os.FileInfo {
		GinkgoHelper()
		about, err := os.Stat(caddyProcess.socket(front.front))
		Expect(err).NotTo(HaveOccurred())
		return about
	}

	It("touches no listener, and shows the new revision", func() {
		before := listener()
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("first"))
		caddyProcess.configure(with("second"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("second"))
		Expect(os.SameFile(before, listener())).To(BeTrue())
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("second"))
		Expect(caddyProcess.call(http.MethodGet, "/metrics", nil).Body).To(ContainSubstring(`botcluster_edge_member_serving{member="bot-1"} 1`))
	})

	It("leaves an error its status, and takes other routes for it", func() {
		limited := with("limited", object{"match": []object{{"path": []string{"/limited"}}}, "handle": []object{{"handler": "rate_limit", "rate_limits": object{
			"zone": object{"key": "one", "window": "10m", "max_events": 2}}}}})
		caddyProcess.configure(limited)
		for range 2 {
			Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusOK))
		}
		Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusTooManyRequests))
		limited.revision = "sorry"
		limited.errors = []object{{"handle": []object{{"handler": "headers", "response": object{"set": object{"Sorry": []string{"yes"}}}}}}}
		caddyProcess.configure(limited)
		refused := caddyProcess.get("/limited")
		Expect(refused.Status).To(Equal(http.StatusTooManyRequests), "what was counted is remembered")
		Expect(refused.Header).To(And(HaveKeyWithValue("Sorry", ConsistOf("yes")), HaveKey("Retry-After")))
		Expect(caddyProcess.get("/").Status).To(Equal(http.StatusOK))
	})

	It("loses no request on kept connections, reads or writes, in 200 replacements", func() {
		var asked atomic.Int64
		stop := make(chan struct{})
		var group sync.WaitGroup
		end := sync.OnceFunc(func() { close(stop); group.Wait() })
		DeferCleanup(end)
		for i := range 8 {
			group.Go(func() {
				defer GinkgoRecover()
				connection, err := caddyProcess.dialFront(GinkgoT().Context(), "", "")
				Expect(err).NotTo(HaveOccurred())
				defer func() { _ = connection.Close() }()
				request := "GET / HTTP/1.1\r\nHost: edge\r\n\r\n"
				if i%2 == 0 {
					request = "POST / HTTP/1.1\r\nHost: edge\r\nContent-Length: 4\r\n\r\nbody"
				}
				for kept := bufio.NewReader(connection); ; asked.Add(1) {
					select {
					case <-stop:
						return
					default:
						expectAnswer(connection, kept, request)
					}
				}
			})
		}
		for i := range 200 {
			caddyProcess.configure(with(fmt.Sprintf("r%d", i)))
		}
		end()
		Expect(asked.Load()).To(BeNumerically(">", 200))
	})

	It("keeps a WebSocket talking also when all of the configuration is loaded anew", func() {
		socket := caddyProcess.socketTo("/ws")
		bot := partner(socket)
		caddyProcess.configure(with("second"))
		echo(socket, "after a replacement", bot)
		changed := with("third")
		caddyProcess.generation++
		changed.front = caddyProcess.frontName()
		caddyProcess.configure(changed)
		echo(socket, "after a load", bot)
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("third"))
	})

	// loadElsewhere makes Caddy load all of the configuration anew, on another socket.
	loadElsewhere := func(changed swappable) {
		GinkgoHelper()
		caddyProcess.generation++
		changed.front = caddyProcess.frontName()
		caddyProcess.configure(changed)
	}
	// waiting are routes in which a request can be seen to be in hand.
	waiting := func(revision string) swappable {
		return with(revision, object{"match": []object{{"path": []string{"/waiting*"}}}, "handle": append([]object{{"handler": "spec_arrival"}}, toPool()...)})
	}
	inHand := func(method, path string) <-chan answer {
		GinkgoHelper()
		answered := make(chan answer, 1)
		front := caddyProcess.frontName()
		go func() {
			defer GinkgoRecover()
			client := &http.Client{Transport: &http.Transport{DialContext: caddyProcess.dial(front), DisableKeepAlives: true}}
			request, err := http.NewRequestWithContext(GinkgoT().Context(), method, "http://edge"+path, http.NoBody)
			Expect(err).NotTo(HaveOccurred())
			read, err := ask(client, request)
			Expect(err).NotTo(HaveOccurred())
			answered <- read
		}()
		Eventually(arrivals).Should(Receive())
		return answered
	}

	It("lets a request that waits for a bot wait on, whatever is replaced or loaded", func() {
		caddyProcess.configure(waiting("second"))
		caddyProcess.push()
		answered := inHand(http.MethodGet, "/waiting")
		caddyProcess.configure(with("third"))
		loadElsewhere(with("fourth"))
		caddyProcess.serve(startBot("bot-3").active())
		Eventually(answered).Should(Receive(And(HaveField("Status", http.StatusOK), HaveField("Body", "bot-3"))))
	})

	It("answers what fails after its configuration has ended with the error's routes that count now", func() {
		caddyProcess.configure(waiting("second"))
		dying := startBot("bot-3")
		caddyProcess.serve(dying.active())
		answered := inHand(http.MethodPost, "/waiting/never")
		changed := with("third")
		changed.errors = []object{{"handle": []object{{"handler": "headers", "response": object{"set": object{"Sorry": []string{"yes"}}}}}}}
		loadElsewhere(changed)
		Eventually(func() int64 { return caddyProcess.member("bot-3").InFlight }).Should(BeEquivalentTo(1))
		dying.server.CloseClientConnections()
		Eventually(answered).Should(Receive(And(
			HaveField("Status", http.StatusBadGateway), HaveField("Header", HaveKeyWithValue("Sorry", ConsistOf("yes"))))))
	})

	It("takes what Caddy takes: a configuration with names for its parts", func() {
		named := func(revision string) swappable {
			return with(revision, object{"@id": "named", "match": []object{{"path": []string{"/named"}}}, "handle": []object{}})
		}
		loadElsewhere(named("second"))
		front.front = caddyProcess.frontName()
		caddyProcess.configure(named("third"))
	})

	DescribeTable("refuses routes and serves the old ones on", func(broken object, why string) {
		refused := caddyProcess.call(http.MethodPut, "/botcluster/config", caddyProcess.swappable(with("broken", broken)))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring(why))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("first"))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("first"))
		caddyProcess.configure(with("mended"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("mended"))
	},
		Entry("of no such handler", object{"handle": []object{{"handler": "nonsense"}}}, "nonsense"),
		Entry("with a pattern that is none", object{"match": []object{{"path_regexp": object{"pattern": "("}}}, "handle": []object{}}, "missing closing"),
		Entry("with a key that does not exist", object{"handel": []object{}}, "handel"),
	)

	It("refuses what is no configuration", func() {
		Expect(caddyProcess.call(http.MethodPut, "/botcluster/config", []byte("{")).Status).To(Equal(http.StatusBadRequest))
		Expect(caddyProcess.call(http.MethodGet, "/botcluster/config", nil).Status).To(Equal(http.StatusMethodNotAllowed))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("first"))
	})

	It("loads what differs in more than routes, and goes on from there", func() {
		changed := with("moved")
		caddyProcess.generation++
		changed.front = caddyProcess.frontName()
		caddyProcess.configure(changed)
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("moved"))
		before, err := os.Stat(caddyProcess.socket(changed.front))
		Expect(err).NotTo(HaveOccurred())
		changed.revision, changed.header = "again", "again"
		caddyProcess.configure(changed)
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("again"))
		after, err := os.Stat(caddyProcess.socket(changed.front))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.SameFile(before, after)).To(BeTrue())
	})

	It("keeps what the next start begins with equal to what runs, when it is to be kept", func() {
		kept := caddy.ConfigAutosavePath
		caddy.ConfigAutosavePath = caddyProcess.socket("autosave") + ".json"
		DeferCleanup(func() { caddy.ConfigAutosavePath = kept })
		front.persist = true
		caddyProcess.configure(with("loaded"))
		for _, revision := range []string{"one", "two"} {
			caddyProcess.configure(with(revision))
			saved, err := os.ReadFile(caddy.ConfigAutosavePath)
			Expect(err).NotTo(HaveOccurred())
			Expect(strings.Count(string(saved), `"revision":"`+revision+`"`)).To(Equal(1))
			about, err := os.Stat(caddy.ConfigAutosavePath)
			Expect(err).NotTo(HaveOccurred())
			Expect(about.Mode().Perm()).To(BeEquivalentTo(0o600))
		}
	})

	It("takes requests for configurations one after the other", func() {
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				defer GinkgoRecover()
				put := caddyProcess.call(http.MethodPut, "/botcluster/config", caddyProcess.swappable(with(fmt.Sprintf("r%d", i))))
				Expect(put.Status).To(Equal(http.StatusOK), put.Body)
			})
		}
		group.Wait()
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal(caddyProcess.pool().RoutesRevision))
	})
})

// expectAnswer sends a request over a connection that is kept, and expects its whole answer.
func expectAnswer(connection net.Conn, kept *bufio.Reader, request string) {
	GinkgoHelper()
	_, err := io.WriteString(connection, request)
	Expect(err).NotTo(HaveOccurred())
	response, err := http.ReadResponse(kept, nil)
	Expect(err).NotTo(HaveOccurred())
	_, err = io.Copy(io.Discard, response.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	Expect(response.StatusCode).To(Equal(http.StatusOK))
	Expect(response.Close).To(BeFalse(), "the edge closes the connection")
}
