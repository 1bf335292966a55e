package caddy_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

const emptyDocument = `{"process":"p","members":[]}`

var _ = Describe("The connection to an edge", func() {
	calls := map[string]func(context.Context, provider.Edge) error{
		"State": func(ctx context.Context, edge provider.Edge) error {
			_, err := edge.State(ctx)
			return err
		},
		"SetPool": func(ctx context.Context, edge provider.Edge) error {
			_, err := edge.SetPool(ctx, examplePool)
			return err
		},
		"SetSecrets": func(ctx context.Context, edge provider.Edge) error {
			return edge.SetSecrets(ctx, model.EdgeSecrets{Revision: "s-1", CookieKey: make([]byte, 32)})
		},
		"SetRoutes": func(ctx context.Context, edge provider.Edge) error {
			return edge.SetRoutes(ctx, model.Routes{Config: make([]byte, 1<<20)})
		},
	}

	It("is opened by the first call and kept", func(ctx SpecContext) {
		server := newAdminServer(says(http.StatusOK, emptyDocument))
		edges := caddy.New()
		edge := edges.Edge("host/edge-1", server.dial)
		Expect(server.dials.Load()).To(BeZero())
		for range 3 {
			for _, call := range calls {
				Expect(call(ctx, edges.Edge("host/edge-1", server.dial))).To(Succeed())
				Expect(call(ctx, edge)).To(Succeed())
			}
		}
		Expect(server.dials.Load()).To(BeEquivalentTo(1))
	}, SpecTimeout(time.Minute))

	for name, call := range calls {
		It("is opened anew under "+name+" when it broke since the last call", func(ctx SpecContext) {
			server := newAdminServer(says(http.StatusOK, emptyDocument))
			edge := caddy.New().Edge("host/edge-1", server.dial)
			for range 20 { // the race between the break and the call goes either way
				Expect(call(ctx, edge)).To(Succeed())
				server.CloseClientConnections()
			}
			Expect(server.dials.Load()).To(BeNumerically(">", 1))
		}, SpecTimeout(time.Minute))

		It("is opened anew once, under "+name+", when it breaks in the middle of an answer", func(ctx SpecContext) {
			var requests atomic.Int32
			server := newAdminServer(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 1 {
					w.Header().Set("Content-Length", "1000")
					_, _ = w.Write([]byte("{"))
					_ = http.NewResponseController(w).Flush()
					panic(http.ErrAbortHandler)
				}
				says(http.StatusOK, emptyDocument)(w, r)
			})
			edge := caddy.New().Edge("host/edge-1", server.dial)
			Expect(call(ctx, edge)).To(Succeed())
			Expect(call(ctx, edge)).To(beOfClass(provider.Transient, "EdgeUnreachable"))
			Expect(requests.Load()).To(BeEquivalentTo(3), "one that worked, one on the kept connection, one on a new one")
			Expect(server.dials.Load()).To(BeEquivalentTo(2))
		}, SpecTimeout(time.Minute))
	}

	It("leads to the instance that bears the name now", func(ctx SpecContext) {
		before := newAdminServer(says(http.StatusOK, `{"process":"before","members":[]}`))
		after := newAdminServer(says(http.StatusOK, `{"process":"after","members":[]}`))
		edges := caddy.New()
		Expect(edges.Edge("host/edge-1", before.dial).State(ctx)).To(HaveField("Process", "before"))
		before.Close()
		Expect(edges.Edge("host/edge-1", after.dial).State(ctx)).To(HaveField("Process", "after"))
	}, SpecTimeout(time.Minute))

	It("is closed when the edge is forgotten", func(ctx SpecContext) {
		server := newAdminServer(says(http.StatusOK, emptyDocument))
		edges := caddy.New()
		edge := edges.Edge("host/edge-1", server.dial)
		Expect(edge.State(ctx)).Error().NotTo(HaveOccurred())
		Expect(server.open()).To(Equal(1))
		edges.Forget("host/edge-1")
		Eventually(server.open).WithContext(ctx).Should(BeZero())
		edges.Forget("host/edge-1")
		edges.Forget("never known")
	}, SpecTimeout(time.Minute))

	It("is closed when the edge is forgotten under a call", func(ctx SpecContext) {
		asked, proceed := make(chan struct{}), make(chan struct{})
		server := newAdminServer(func(w http.ResponseWriter, r *http.Request) {
			close(asked)
			<-proceed
			says(http.StatusOK, emptyDocument)(w, r)
		})
		edges := caddy.New()
		edge := edges.Edge("host/edge-1", server.dial)
		answered := make(chan error)
		go func() {
			_, err := edge.State(ctx)
			answered <- err
		}()
		Eventually(asked).WithContext(ctx).Should(BeClosed())
		edges.Forget("host/edge-1")
		close(proceed)
		Eventually(answered).WithContext(ctx).Should(Receive(BeNil()))
		Eventually(server.open).WithContext(ctx).Should(BeZero())
	}, SpecTimeout(time.Minute))

	It("has a deadline of its own, and one of the caller", func(ctx SpecContext) {
		begin := time.Now()
		deadlines := make(chan time.Time, 1)
		edge := caddy.New().Edge("host/edge-1", func(ctx context.Context) (net.Conn, error) {
			deadline, _ := ctx.Deadline()
			deadlines <- deadline
			<-ctx.Done()
			return nil, ctx.Err()
		})
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := edge.State(short)
		Expect(err).To(beOfClass(provider.Transient, "EdgeUnreachable"))
		Expect(err).To(MatchError(context.DeadlineExceeded))
		Eventually(deadlines).WithContext(ctx).Should(Receive(BeTemporally("~", begin.Add(5*time.Second), 2*time.Second)))
	}, SpecTimeout(time.Minute))

	DescribeTable("is waited for while nobody listens",
		func(ctx SpecContext, dial func() provider.DialFunc) {
			edge := caddy.New().Edge("host/edge-1", dial())
			for name, call := range calls {
				Expect(call(ctx, edge)).To(beOfClass(provider.Waiting, "EdgeUnreachable"), name)
			}
		},
		Entry("there is no socket", func() provider.DialFunc {
			return dialUnix(filepath.Join(GinkgoT().TempDir(), "none.sock"))
		}, SpecTimeout(time.Minute)),
		Entry("the socket is left from before", func() provider.DialFunc {
			path := filepath.Join(GinkgoT().TempDir(), "old.sock")
			listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			Expect(err).NotTo(HaveOccurred())
			listener.SetUnlinkOnClose(false)
			Expect(listener.Close()).To(Succeed())
			return dialUnix(path)
		}, SpecTimeout(time.Minute)),
		Entry("the tunnel ends as soon as it is there", func() provider.DialFunc {
			return func(context.Context) (net.Conn, error) {
				near, far := net.Pipe()
				return near, far.Close()
			}
		}, SpecTimeout(time.Minute)),
	)

	It("fails as its dial says", func(ctx SpecContext) {
		said := &provider.Error{Class: provider.NotFound, Reason: "Gone", Message: "the instance is gone"}
		edge := caddy.New().Edge("host/edge-1", func(context.Context) (net.Conn, error) {
			return nil, fmt.Errorf("dialing: %w", said)
		})
		for name, call := range calls {
			Expect(call(ctx, edge)).To(MatchError(said), name)
		}
	}, SpecTimeout(time.Minute))

	It("fails for now when its dial does not say why", func(ctx SpecContext) {
		odd := errors.New("odd")
		edge := caddy.New().Edge("host/edge-1", func(context.Context) (net.Conn, error) { return nil, odd })
		_, err := edge.State(ctx)
		Expect(err).To(And(beOfClass(provider.Transient, "EdgeUnreachable"), MatchError(odd)))
		Expect(provider.MessageOf(err, "")).NotTo(ContainSubstring("odd"), "nobody vouched for that text")
	}, SpecTimeout(time.Minute))

	It("may be used by many at once", func(ctx SpecContext) {
		servers := []*adminServer{newAdminServer(says(http.StatusOK, emptyDocument)), newAdminServer(says(http.StatusOK, emptyDocument))}
		edges := caddy.New()
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() {
				defer GinkgoRecover()
				key, server := fmt.Sprintf("host/edge-%d", i%2), servers[i%2]
				for range 10 {
					Expect(edges.Edge(key, server.dial).State(ctx)).To(HaveField("Process", "p"))
					if i >= 36 {
						edges.Forget(key)
					}
				}
			})
		}
		group.Wait()
	}, SpecTimeout(time.Minute))
})

func dialUnix(path string) provider.DialFunc {
	return func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "unix", path) }
}
