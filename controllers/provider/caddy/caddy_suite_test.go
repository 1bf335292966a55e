package caddy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

func TestCaddy(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The provider of edges")
}

// adminServer is an admin API whose answers a spec decides, and a dial to it that counts.
type adminServer struct {
	*httptest.Server

	dials atomic.Int32

	mu          sync.Mutex
	connections map[net.Conn]http.ConnState
}

func newAdminServer(answer http.HandlerFunc) *adminServer {
	server := &adminServer{connections: map[net.Conn]http.ConnState{}}
	server.Server = httptest.NewUnstartedServer(answer)
	server.Config.ConnState = func(connection net.Conn, state http.ConnState) {
		server.mu.Lock()
		defer server.mu.Unlock()
		server.connections[connection] = state
	}
	server.Start()
	DeferCleanup(server.Close)
	return server
}

func (s *adminServer) dial(ctx context.Context) (net.Conn, error) {
	s.dials.Add(1)
	return new(net.Dialer).DialContext(ctx, "tcp", s.Listener.Addr().String())
}

// open counts the connections that are not closed.
func (s *adminServer) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := 0
	for _, state := range s.connections {
		if state != http.StateClosed {
			open++
		}
	}
	return open
}

// says answers every request alike.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server that leaves some of it closes the connection
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// beOfClass matches an error of a provider.
func beOfClass(class provider.Class, reason string) types.GomegaMatcher {
	return And(
		WithTransform(provider.ClassOf, Equal(class)),
		WithTransform(func(err error) string { return provider.ReasonOf(err, "none") }, Equal(reason)),
		WithTransform(func(err error) bool {
			_, ours := errors.AsType[*provider.Error](err)
			return ours
		}, BeTrue()),
	)
}
