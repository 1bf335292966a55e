package fake

import (
	"io"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Service is a program that listens inside instances, on a unix socket or on a port of the loopback.
type Service struct {
	Image    string // alias or fingerprint of the images that have it; empty: all
	Instance string // pattern of path.Match for the "project/name" of those that have it; empty: all
	Socket   string // path of its unix socket
	Port     int    // or the TCP port
	// Delay is how long after the start of the instance it accepts.
	Delay time.Duration
	// Serve answers one connection and returns when that is over; the connection is then closed.
	Serve func(conn net.Conn, at Boot)
}

// Boot is one run of one instance.
type Boot struct {
	Ref       Ref
	ID        int64 // unlike that of any other boot in the world
	StartedAt time.Time
}

// AddService installs a program. Of several that listen on the same address, the last one added answers.
func (w *World) AddService(s Service) {
	defer w.enter()()
	w.services = append(w.services, s)
}

// Dial connects to what listens in an instance: network is "unix" with the path of a socket, or "tcp" with a port of the
// loopback, as in 127.0.0.1:8080.
func (w *World) Dial(ref Ref, network, address string) (net.Conn, error) {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return nil, err
	}
	s := w.listening(i, network, address)
	if s == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	p, near := w.tunnel(i, s)
	i.processes[p] = struct{}{}
	return &dialed{duplex: near, process: p}, nil
}

// dialed is a connection that ends with the boot of its instance and stands still while that is frozen.
type dialed struct {
	*duplex
	process *Process
}

func (d *dialed) Read(p []byte) (int, error)  { return d.process.Stdout.Read(p) }
func (d *dialed) Write(p []byte) (int, error) { return d.process.Stdin.Write(p) }

func (d *dialed) Close() error {
	d.process.end(0, nil)
	return nil
}

// listening finds the program that accepts on an address at this moment.
func (w *World) listening(i *instance, network, address string) *Service {
	if !i.running() {
		return nil
	}
	for _, s := range slices.Backward(w.services) {
		if s.in(i) && s.on(network, address) && !w.now.Before(i.boot.startedAt.Add(s.Delay)) {
			return &s
		}
	}
	return nil
}

func (s *Service) in(i *instance) bool { return matches(i, s.Image, s.Instance) }

func matches(i *instance, image, pattern string) bool {
	if image != "" && !i.image.is(image) {
		return false
	}
	matched, err := path.Match(pattern, i.ref.String())
	return pattern == "" || err == nil && matched
}

func (s *Service) on(network, address string) bool {
	if network == "unix" {
		return s.Socket != "" && s.Socket == address
	}
	_, port, err := net.SplitHostPort(address)
	return err == nil && s.Port != 0 && port == strconv.Itoa(s.Port)
}

func (i *instance) present() Boot {
	return Boot{Ref: i.ref, ID: i.boot.pid, StartedAt: i.boot.startedAt}
}

// HTTP makes what serves a connection of what serves requests.
func HTTP(handler func(at Boot) http.Handler) func(net.Conn, Boot) {
	return func(conn net.Conn, at Boot) {
		closed := make(chan struct{})
		server := http.Server{Handler: handler(at), ReadHeaderTimeout: time.Minute}
		// Serve ends with the error of the second Accept, when the connection is over.
		_ = server.Serve(&oneConnection{conn: &watchedConn{Conn: conn, closed: closed}, closed: closed})
	}
}

// oneConnection is a listener that accepts a connection that is already there.
type oneConnection struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.closed
	return nil, io.EOF
}

func (l *oneConnection) Close() error   { return nil }
func (l *oneConnection) Addr() net.Addr { return memoryAddress{} }

// watchedConn tells when it is closed.
type watchedConn struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
