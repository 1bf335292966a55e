package incus

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const (
	// notFoundStatus is the exit status of a shell, and of Incus, for a command that does not exist.
	notFoundStatus = 127
	// complaintLimit is how much of what socat says is kept, complaintPatience how long the rest of it is waited for.
	complaintLimit    = 512
	complaintPatience = time.Second
)

// tunnel is an exec session as a connection.
//
// What arrives goes through a pipe, because a read deadline that passes on a websocket breaks it for good, while one on the
// pipe does what net.Conn says. A write deadline that passes does break the tunnel; so it is with a half-sent message anywhere.
type tunnel struct {
	host      *host
	instance  string
	target    provider.Target
	operation string
	sockets   map[string]*websocket.Conn

	// arrived is read by the user, feed is written by the pump.
	arrived, feed net.Conn
	// received tells that something has arrived; only the pump uses it.
	received bool

	closing sync.Once
	closed  chan struct{}

	writing sync.Mutex

	mu            sync.Mutex
	writeDeadline time.Time
	// failure is why nothing arrives any more, nil for a plain end.
	failure   error
	complaint []byte
	complete  chan struct{}
}

var _ net.Conn = (*tunnel)(nil)

func newTunnel(h *host, instance string, target provider.Target, operation string, sockets map[string]*websocket.Conn) *tunnel {
	t := &tunnel{
		host: h, instance: instance, target: target, operation: operation, sockets: sockets,
		closed: make(chan struct{}), complete: make(chan struct{}),
	}
	t.arrived, t.feed = net.Pipe()
	return t
}

// run moves what arrives until the session ends or the tunnel is closed. ctx gives its values, not its end.
func (t *tunnel) run(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	go t.pump(ctx)
	go t.listen()
	// Nothing comes on these two but pings, which are answered in reading.
	go drain(t.sockets[socketStdin])
	go drain(t.sockets[socketControl])
}

func drain(connection *websocket.Conn) {
	for {
		if _, _, err := connection.NextReader(); err != nil {
			return
		}
	}
}

// pump moves socat's output into the pipe. An empty text message ends it.
func (t *tunnel) pump(ctx context.Context) {
	defer func() { _ = t.feed.Close() }()
	for {
		kind, message, err := t.sockets[socketStdout].NextReader()
		if err == nil && kind == websocket.BinaryMessage {
			var moved int64
			moved, err = io.Copy(t.feed, message)
			t.received = t.received || moved > 0
			if err == nil {
				continue
			}
		}
		if t.isClosed() {
			return
		}
		failure := t.verdict(ctx, err)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.failure = failure
		return
	}
}

// verdict is why the output ended. err is nil when socat ended it, and else tells how the session broke.
func (t *tunnel) verdict(ctx context.Context, err error) error {
	switch {
	case t.received && (err == nil || websocket.IsCloseError(err, websocket.CloseNormalClosure)):
		return nil
	case t.received:
		return transient("", err, "the tunnel to %s in the instance %s broke", t.RemoteAddr(), t.instance)
	}
	status, known := t.exitStatus(ctx)
	select {
	case <-t.complete:
	case <-t.closed:
	case <-t.host.options.Clock.After(complaintPatience):
	}
	complaint := t.said()
	switch {
	case known && status == 0 && err == nil:
		return nil
	case known && status == notFoundStatus:
		return terminal(reasonOperationFailed, complaint, "the instance %s has no socat, through which the operator reaches what runs in it: "+
			"use an image that has it", t.instance)
	case known || complaint != nil:
		return waiting(complaint, "nothing listens at %s in the instance %s yet", t.RemoteAddr(), t.instance)
	default:
		return transient("", errors.Join(err, complaint), "the tunnel to %s in the instance %s broke", t.RemoteAddr(), t.instance)
	}
}

// exitStatus asks how the command ended, which Incus knows a moment after the end of the output and forgets after 5 s. An
// operation that still runs when the wait is over has no status.
func (t *tunnel) exitStatus(ctx context.Context) (status int, known bool) {
	var session incusapi.Operation
	_, err := t.host.client.do(ctx, request{
		method: http.MethodGet, path: resource("operations", t.operation, "wait"), query: url.Values{"timeout": {"2"}},
		limit: doubtLimit, doing: "ask how a command ended",
	}, &session)
	if err != nil {
		return 0, false
	}
	code, ok := session.Metadata["return"].(float64)
	return int(code), ok
}

// listen keeps the first of what socat complains of.
func (t *tunnel) listen() {
	defer close(t.complete)
	for {
		kind, message, err := t.sockets[socketStderr].NextReader()
		if err != nil || kind != websocket.BinaryMessage {
			return
		}
		text, err := io.ReadAll(message)
		t.mu.Lock()
		if room := complaintLimit - len(t.complaint); room > 0 {
			t.complaint = append(t.complaint, text[:min(room, len(text))]...)
		}
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// said is what socat complained of, as an error, or nil.
func (t *tunnel) said() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.complaint) == 0 {
		return nil
	}
	return errors.New(string(t.complaint))
}

// Read implements net.Conn. When nothing listens at the target, the error says so.
func (t *tunnel) Read(buffer []byte) (int, error) {
	n, err := t.arrived.Read(buffer)
	switch {
	case errors.Is(err, io.ErrClosedPipe):
		return n, net.ErrClosed
	case errors.Is(err, io.EOF):
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.failure != nil {
			return n, t.failure
		}
		return n, io.EOF
	default:
		return n, err
	}
}

// Write implements net.Conn.
func (t *tunnel) Write(data []byte) (int, error) {
	if err := t.send(websocket.BinaryMessage, data); err != nil {
		return 0, err
	}
	return len(data), nil
}

// CloseWrite tells the target that nothing more will be sent.
func (t *tunnel) CloseWrite() error { return t.send(websocket.TextMessage, nil) }

func (t *tunnel) send(kind int, data []byte) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.isClosed() {
		return net.ErrClosed
	}
	t.mu.Lock()
	deadline := t.writeDeadline
	t.mu.Unlock()
	if err := t.sockets[socketStdin].SetWriteDeadline(deadline); err != nil {
		return err
	}
	if err := t.sockets[socketStdin].WriteMessage(kind, data); err != nil {
		if t.isClosed() {
			return net.ErrClosed
		}
		return err
	}
	return nil
}

// Close implements net.Conn. Incus ends the command when the control socket closes.
func (t *tunnel) Close() error {
	t.closing.Do(func() {
		close(t.closed)
		closeSockets(t.sockets)
		_ = t.arrived.Close()
		t.host.tunnels.remove(t)
	})
	return nil
}

func (t *tunnel) isClosed() bool {
	select {
	case <-t.closed:
		return true
	default:
		return false
	}
}

// LocalAddr implements net.Conn.
func (t *tunnel) LocalAddr() net.Addr { return tunnelAddress("operator") }

// RemoteAddr implements net.Conn.
func (t *tunnel) RemoteAddr() net.Addr {
	if t.target.UnixSocket != "" {
		return tunnelAddress(t.target.UnixSocket)
	}
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: t.target.LoopbackPort}
}

// SetDeadline implements net.Conn.
func (t *tunnel) SetDeadline(deadline time.Time) error {
	return errors.Join(t.SetReadDeadline(deadline), t.SetWriteDeadline(deadline))
}

// SetReadDeadline implements net.Conn.
func (t *tunnel) SetReadDeadline(deadline time.Time) error {
	return t.arrived.SetReadDeadline(deadline)
}

// SetWriteDeadline implements net.Conn. It ends a write that is blocked.
func (t *tunnel) SetWriteDeadline(deadline time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writeDeadline = deadline
	return t.sockets[socketStdin].NetConn().SetWriteDeadline(deadline)
}

// tunnelAddress is one side of a tunnel.
type tunnelAddress string

// Network implements net.Addr.
func (a tunnelAddress) Network() string { return "exec" }

func (a tunnelAddress) String() string { return string(a) }
