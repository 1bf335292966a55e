package edge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func init() {
	caddy.RegisterModule(new(witness))
	caddy.RegisterModule(new(gate))
	caddy.RegisterModule(new(app))
}

// lives counts the witnesses that were provisioned and not yet cleaned up, by name.
var lives sync.Map

// witness is the handler "test_witness", whose life can be watched.
type witness struct {
	Name string `json:"name"`
	// Fail makes its provisioning fail.
	Fail bool `json:"fail"`
	// Needs names an app.
	Needs string `json:"needs"`
}

func livesOf(name string) *atomic.Int64 {
	count, _ := lives.LoadOrStore(name, new(atomic.Int64))
	return count.(*atomic.Int64)
}

// CaddyModule implements caddy.Module.
func (*witness) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.test_witness", New: func() caddy.Module { return new(witness) }}
}

// Provision implements caddy.Provisioner.
func (w *witness) Provision(ctx caddy.Context) error {
	livesOf(w.Name).Add(1)
	if w.Needs != "" {
		if _, err := ctx.App(w.Needs); err != nil {
			return err
		}
	}
	if w.Fail {
		return fmt.Errorf("the witness %s cannot come", w.Name)
	}
	return nil
}

// Cleanup implements caddy.CleanerUpper.
func (w *witness) Cleanup() error {
	livesOf(w.Name).Add(-1)
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (w *witness) ServeHTTP(writer http.ResponseWriter, request *http.Request, next caddyhttp.Handler) error {
	return next.ServeHTTP(writer, request)
}

// app is the app "test_app".
type app struct{ started bool }

var appsRunning atomic.Int64

// CaddyModule implements caddy.Module.
func (*app) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "test_app", New: func() caddy.Module { return new(app) }}
}

// Start implements caddy.App.
func (a *app) Start() error {
	a.started = true
	appsRunning.Add(1)
	return nil
}

// Stop implements caddy.App.
func (a *app) Stop() error {
	if a.started {
		appsRunning.Add(-1)
	}
	return nil
}

// gate is the handler "test_gate", which holds requests to /gated until the spec lets them through.
type gate struct{}

var gateReached, gateOpen = make(chan struct{}), make(chan struct{})

// CaddyModule implements caddy.Module.
func (*gate) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.test_gate", New: func() caddy.Module { return new(gate) }}
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (*gate) ServeHTTP(writer http.ResponseWriter, request *http.Request, next caddyhttp.Handler) error {
	if request.URL.Path == "/gated" {
		gateReached <- struct{}{}
		<-gateOpen
	}
	return next.ServeHTTP(writer, request)
}

var _ = Describe("Replaced routes", func() {
	var front swappable
	BeforeEach(func() {
		one := startBot("bot-1")
		caddyProcess.generation++
		front = swappable{revision: "first", header: "first", front: caddyProcess.frontName()}
		caddyProcess.configure(front)
		caddyProcess.serve(one.active())
	})

	with := func(revision string, routes ...object) swappable {
		changed := front
		changed.revision, changed.header, changed.routes = revision, revision, routes
		return changed
	}
	put := func(s swappable) answer {
		GinkgoHelper()
		return caddyProcess.call(http.MethodPut, "/botcluster/config", caddyProcess.swappable(s))
	}
	watched := func(name string, more ...object) object {
		return object{"handle": append([]object{{"handler": "test_witness", "name": name}}, more...)}
	}
	// The zones are those of the process, so that each spec has its own.
	zone := func() string { return fmt.Sprintf("zone %d", GinkgoRandomSeed()+int64(caddyProcess.generation)) }
	limited := func(most int, window string) object {
		return object{"match": []object{{"path": []string{"/limited"}}}, "handle": []object{{"handler": "rate_limit", "rate_limits": object{
			zone(): object{"key": "one", "window": window, "max_events": most},
		}}}}
	}
	loaded := func() string {
		GinkgoHelper()
		return caddyProcess.call(http.MethodGet, "/config/apps/http", nil).Body
	}

	It("leave nothing behind: their modules are cleaned up at once, or with the last that is in hand", func() {
		caddyProcess.configure(with("a", watched("a")))
		Eventually(livesOf("a").Load).Should(BeEquivalentTo(1), "the rehearsal is over")
		end, socket := caddyProcess.open("/stream"), caddyProcess.socketTo("/ws")
		caddyProcess.configure(with("b", watched("b")))
		caddyProcess.configure(with("c", watched("c")))
		Eventually(livesOf("b").Load).Should(BeZero())
		Eventually(livesOf("c").Load).Should(BeEquivalentTo(1))
		echo(socket, "still here", "bot-1")
		Expect(livesOf("a").Load()).To(BeEquivalentTo(1))
		end()
		echo(socket, "and now", "bot-1")
		Expect(livesOf("a").Load()).To(BeEquivalentTo(1))
		Expect(socket.Close()).To(Succeed())
		Eventually(livesOf("a").Load).Should(BeZero())
	})

	It("are left alone when they are what is asked for", func() {
		caddyProcess.configure(with("same", watched("same", object{"handler": "headers"})))
		socket := caddyProcess.socketTo("/ws")
		again := with("same", watched("same", object{"handler": "headers"}))
		again.revision = "other"
		caddyProcess.configure(again)
		Eventually(livesOf("same").Load).Should(BeEquivalentTo(1))
		echo(socket, "still here", "bot-1")
	})

	It("keep WebSockets and streams going through 50 replacements", func() {
		socket := caddyProcess.socketTo("/ws")
		events, end := caddyProcess.events("/stream")
		for i := range 50 {
			caddyProcess.configure(with(fmt.Sprintf("r%d", i)))
			echo(socket, fmt.Sprintf("after %d", i), "bot-1")
			Expect(events()).To(Equal("data: bot-1\n"))
		}
		end()
	})

	It("come all or none, and what was provisioned for those that are refused is cleaned up", func() {
		caddyProcess.configure(with("good", watched("good")))
		bad := with("bad", watched("bad"))
		bad.errors = []object{{"handle": []object{{"handler": "test_witness", "name": "worse", "fail": true}}}}
		refused := put(bad)
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring("the witness worse cannot come"))
		Eventually(livesOf("bad").Load).Should(BeZero())
		Eventually(livesOf("worse").Load).Should(BeZero())
		Expect(livesOf("good").Load()).To(BeEquivalentTo(1))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("good"))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("good"))
	})

	DescribeTable("that are refused leave the counts and limits of rate_limit as they were",
		func(other func() []object, why string) {
			caddyProcess.configure(with("limited", limited(2, "10m")))
			for range 2 {
				Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusOK))
			}
			refused := put(with("refused", other()...))
			Expect(refused.Status).To(Equal(http.StatusBadRequest))
			Expect(refused.Body).To(ContainSubstring(why))
			Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusTooManyRequests))
			for i := range 3 {
				caddyProcess.configure(with(fmt.Sprintf("again %d", i), limited(2, "10m"), watched("filler")))
			}
			refusedAgain := caddyProcess.get("/limited")
			Expect(refusedAgain.Status).To(Equal(http.StatusTooManyRequests))
			Expect(refusedAgain.Header.Get("Retry-After")).NotTo(BeEmpty())
		},
		Entry("another limit beside a handler that does not exist",
			func() []object { return []object{limited(100, "10m"), {"handle": []object{{"handler": "nonsense"}}}} }, "nonsense"),
		Entry("a window that is none", func() []object { return []object{limited(2, "0s")} }, "window must be greater than zero"),
	)

	It("may name a zone of rate_limit beside one that is refused, which goes on to count", func() {
		beside := limited(2, "10m")
		caddyProcess.configure(with("limited", beside))
		for range 2 {
			Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusOK))
		}
		worse := limited(2, "10m")
		worse["handle"].([]object)[0]["rate_limits"].(object)["worse"] = object{"key": "one", "window": "0s", "max_events": 1}
		for range 5 { // caddy-ratelimit takes zones in any order
			Expect(put(with("refused", worse)).Status).To(Equal(http.StatusBadRequest))
		}
		caddyProcess.configure(with("again", beside))
		Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusTooManyRequests))
	})

	It("with a lower limit remember what was counted", func() {
		caddyProcess.configure(with("three", limited(3, "10m")))
		for range 2 {
			Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusOK))
		}
		caddyProcess.configure(with("two", limited(2, "10m")))
		Expect(caddyProcess.get("/limited").Status).To(Equal(http.StatusTooManyRequests))
	})

	DescribeTable("are refused as Caddy's load refuses them", func(routes []object, why string) {
		refused := put(with("refused", routes...))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring(why))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("first"))
	},
		Entry("such routes inside of such routes",
			[]object{{"handle": []object{{"handler": "botcluster_routes", "name": "inner", "routes": []object{}}}}}, "in the routes of another"),
	)

	It("may carry Caddy's marks", func() {
		caddyProcess.configure(with("marked", object{"@id": "mark", "handle": []object{{"handler": "headers"}}}))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("marked"))
	})

	It("that need an app which does not run are loaded with it", func() {
		Expect(put(with("demanding", object{"handle": []object{{"handler": "test_witness", "name": "demanding", "needs": "test_app"}}})).Status).To(Equal(http.StatusOK))
		Expect(loaded()).To(ContainSubstring("demanding"), "it was loaded as a whole")
		Expect(appsRunning.Load()).To(BeEquivalentTo(1))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("demanding"))
		caddyProcess.configure(with("after"))
		Expect(loaded()).To(ContainSubstring("demanding"), "it was replaced in place")
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("after"))
	})

	It("do not hide a change that came through Caddy's own admin routes", func() {
		caddyProcess.configure(with("second"))
		Expect(caddyProcess.call(http.MethodPatch, "/config/apps/http/grace_period", []byte(`"7s"`)).Status).To(Equal(http.StatusOK))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("first"), "Caddy knows the routes that it has loaded")
		caddyProcess.configure(with("second"))
		Expect(loaded()).To(ContainSubstring(`"grace_period":"1s"`))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("second"))
	})

	It("give way to a load by Caddy's own admin routes, and follow it", func() {
		caddyProcess.configure(with("second"))
		changed := with("third")
		caddyProcess.generation++
		changed.front = caddyProcess.frontName()
		Expect(caddyProcess.call(http.MethodPost, "/load", caddyProcess.swappable(changed)).Status).To(Equal(http.StatusOK))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("third"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("third"))
		changed.revision, changed.header = "fourth", "fourth"
		caddyProcess.configure(changed)
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("fourth"))
		Expect(loaded()).To(ContainSubstring("third"), "it was replaced in place")
	})

	It("stay when a load fails, with their revision", func() {
		caddyProcess.configure(with("second"))
		broken := with("broken")
		broken.front = "no/such/folder"
		Expect(put(broken).Status).To(Equal(http.StatusBadRequest))
		Expect(caddyProcess.pool().RoutesRevision).To(Equal("second"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("second"))
		caddyProcess.configure(with("third"))
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal("third"))
	})

	It("serve what an old server still brings after its configuration has ended", func() {
		gated := front
		gated.before = []object{{"handler": "test_gate"}}
		caddyProcess.generation++
		gated.front = caddyProcess.frontName()
		caddyProcess.configure(gated)
		late := make(chan answer, 1)
		go func() {
			defer GinkgoRecover()
			late <- caddyProcess.get("/gated")
		}()
		Eventually(gateReached).Should(Receive())
		changed := with("second")
		caddyProcess.generation++
		changed.front = caddyProcess.frontName()
		caddyProcess.configure(changed)
		close(gateOpen)
		Eventually(late).Should(Receive(And(HaveField("Status", http.StatusOK), HaveField("Body", "bot-1"))))
	})

	It("and loads by others leave one truth, whoever comes last", func() {
		kept := caddy.ConfigAutosavePath
		caddy.ConfigAutosavePath = caddyProcess.socket("autosave") + ".json"
		DeferCleanup(func() { caddy.ConfigAutosavePath = kept })
		front.persist = true
		caddyProcess.configure(with("begin"))
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				defer GinkgoRecover()
				method, path := http.MethodPut, "/botcluster/config"
				if i%4 == 0 {
					method, path = http.MethodPost, "/load"
				}
				done := caddyProcess.call(method, path, caddyProcess.swappable(with(fmt.Sprintf("r%d", i))))
				Expect(done.Status).To(Equal(http.StatusOK), done.Body)
			})
		}
		group.Wait()
		revision := caddyProcess.pool().RoutesRevision
		Expect(caddyProcess.get("/").Header.Get("Routes")).To(Equal(revision))
		var saved struct {
			Apps struct {
				BotCluster struct {
					Revision string `json:"revision"`
				} `json:"botcluster"`
			} `json:"apps"`
		}
		content, err := os.ReadFile(caddy.ConfigAutosavePath)
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Unmarshal(content, &saved)).To(Succeed())
		Expect(saved.Apps.BotCluster.Revision).To(Equal(revision))
	})
})
