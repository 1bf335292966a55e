package incusd

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// headerTimeout is the daemon's (Incus: api.go, restServer).
const headerTimeout = 3 * time.Second

// Server answers for a World on one socket. It must be closed.
type Server struct {
	// Socket is the path of the unix socket; empty over TLS.
	Socket string
	// URL is where the server answers over TLS; empty on a unix socket.
	URL string
	// Certificate is the server's own, PEM, over TLS.
	Certificate string
	// Client is an unrestricted client certificate that the world trusts, over TLS.
	Client Identity

	world    *fake.World
	handler  http.Handler
	lists    listCache
	sessions sessions
	folder   string // made for the socket, to be removed
	identity Identity

	mu          sync.Mutex
	idle        *sync.Cond // no connection and no request is left
	busy        int
	listener    net.Listener
	server      *http.Server
	closed      <-chan struct{} // when the server goes down
	cancel      context.CancelFunc
	connections map[net.Conn]struct{} // that were taken over from the HTTP server
}

// ServeUnix answers on a unix socket; an empty path means one in a folder of its own under the system's temporary folder.
func ServeUnix(world *fake.World, path string) (*Server, error) {
	s := newServer(world)
	if path == "" {
		folder, err := os.MkdirTemp("", "incusd")
		if err != nil {
			return nil, err
		}
		s.folder, path = folder, filepath.Join(folder, "unix.socket")
	}
	s.Socket = path
	if err := s.Up(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ServeTLS answers on a port of the loopback with a certificate of its own, and has the world trust a new client.
func ServeTLS(world *fake.World) (*Server, error) {
	s := newServer(world)
	var err error
	if s.identity, err = NewIdentity("fakehost"); err != nil {
		return nil, err
	}
	if s.Client, err = NewIdentity("client"); err != nil {
		return nil, err
	}
	world.Trust(s.Client.Trusted())
	s.Certificate = s.identity.Certificate
	if err := s.Up(); err != nil {
		return nil, err
	}
	s.URL = "https://" + s.listener.Addr().String()
	return s, nil
}

func newServer(world *fake.World) *Server {
	s := &Server{world: world, connections: map[net.Conn]struct{}{}}
	s.idle = sync.NewCond(&s.mu)
	s.sessions.open = map[string]*session{}
	s.lists.entries = map[fake.Ref]*listEntry{}
	s.handler = s.gate()
	return s
}

// Up makes the server answer, after Down on the same address as before.
func (s *Server) Up() error {
	//nolint:forbidigo // the server has no caller whose context it could outlive: it ends with Down
	ctx, cancel := context.WithCancel(context.Background())
	listener, err := s.listen(ctx)
	if err != nil {
		cancel()
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.cancel = ctx.Done(), cancel
	server := &http.Server{
		Handler:     s.handler,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ConnState:   s.count,

		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          log.New(io.Discard, "", 0), // what it has to say is the callers' doing
	}
	s.server, s.listener = server, listener
	s.busy++
	go func() {
		defer s.done()
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	return nil
}

func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	config := net.ListenConfig{}
	if s.Socket != "" {
		return config.Listen(ctx, "unix", s.Socket)
	}
	address := "127.0.0.1:0"
	if s.listener != nil {
		address = s.listener.Addr().String()
	}
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return s.identity.listener(listener)
}

// Down cuts every connection and refuses new ones, as a daemon that is stopped or cannot be reached does. It returns when
// nothing of the server runs any more. The world goes on.
func (s *Server) Down() error {
	s.mu.Lock()
	server := s.server
	if server == nil {
		s.mu.Unlock()
		return nil
	}
	s.server = nil
	s.cancel()
	for conn := range s.connections {
		_ = conn.Close()
	}
	s.mu.Unlock()
	// Not under the lock: this waits for Serve, which counts its connections under it.
	err := server.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.busy > 0 {
		s.idle.Wait()
	}
	return err
}

// Close ends the server for good. The world is left as it is.
func (s *Server) Close() error {
	err := s.Down()
	if s.folder != "" {
		err = errors.Join(err, os.RemoveAll(s.folder))
	}
	return err
}

// count keeps track of the connections, so that Down can wait for their end.
func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.hold()
	case http.StateClosed, http.StateHijacked:
		s.done()
	case http.StateActive, http.StateIdle:
	}
}

// closing is closed when the server goes down.
func (s *Server) closing() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// hold counts a goroutine of the server; done is its end.
func (s *Server) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
}

func (s *Server) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	s.idle.Broadcast()
}

// adopt keeps a connection that was taken over from the HTTP server, until abandon.
func (s *Server) adopt(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
	s.connections[conn] = struct{}{}
	if s.server == nil { // it went down meanwhile
		_ = conn.Close()
	}
}

func (s *Server) abandon(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = conn.Close()
	delete(s.connections, conn)
	s.busy--
	s.idle.Broadcast()
}
