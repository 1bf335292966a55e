package incusd

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

func execPost(s *Server, r *request) reply {
	post := incusapi.InstanceExecPost{}
	if err := r.decode(&post); err != nil {
		return failed(err)
	}
	if post.RecordOutput && post.WaitForWS {
		return refused(http.StatusBadRequest, `Cannot use "record-output" in combination with "wait-for-websocket"`)
	}
	return either(s.world.OpenExec(r.caller, r.ref(), post))
}

// sessions are the execs whose streams are being connected, by operation.
type sessions struct {
	mu   sync.Mutex
	open map[string]*session
}

// session is one exec with the websockets of its streams, which it closes in the end.
type session struct {
	server *Server
	exec   *fake.Exec

	mu         sync.Mutex
	streams    map[string]*websocket.Conn
	ready      chan struct{} // closed when the command's three streams are connected
	controlled chan struct{} // closed when the control stream is
}

// serveStream connects one stream of an exec. The command starts when its three streams are there; the control stream may
// come later or never, as with the daemon.
func (s *Server) serveStream(w http.ResponseWriter, r *request) {
	exec, stream, err := s.world.ConnectExec(r.PathValue("name"), r.URL.Query().Get("secret"))
	if err != nil {
		failed(err)(w)
		return
	}
	conn, err := upgrader.Upgrade(w, r.Request, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s.adopt(conn.NetConn())
	if !s.session(exec).join(stream, conn) {
		s.abandon(conn.NetConn())
	}
}

// session finds or opens the session of an exec.
func (s *Server) session(exec *fake.Exec) *session {
	s.sessions.mu.Lock()
	defer s.sessions.mu.Unlock()
	x := s.sessions.open[exec.ID()]
	if x == nil {
		x = &session{
			server: s, exec: exec, streams: map[string]*websocket.Conn{},
			ready: make(chan struct{}), controlled: make(chan struct{}),
		}
		s.sessions.open[exec.ID()] = x
		s.hold()
		go x.run()
	}
	return x
}

// join adds a stream; false if that one is connected already or the session is over.
func (x *session) join(stream string, conn *websocket.Conn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.streams == nil || x.streams[stream] != nil {
		return false
	}
	x.streams[stream] = conn
	if stream == fake.StreamControl {
		close(x.controlled)
		return true
	}
	for _, needed := range []string{fake.StreamStdin, fake.StreamStdout, fake.StreamStderr} {
		if x.streams[needed] == nil {
			return true
		}
	}
	close(x.ready)
	return true
}

func (x *session) stream(name string) *websocket.Conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.streams[name]
}

// run is the session from its first stream to its end.
func (x *session) run() {
	select {
	case <-x.ready:
		x.attend(x.exec.Start())
	case <-x.exec.Over(): // the other streams did not come in time
	case <-x.server.closing():
	}
	x.server.sessions.mu.Lock()
	delete(x.server.sessions.open, x.exec.ID())
	x.server.sessions.mu.Unlock()

	x.mu.Lock()
	streams := x.streams
	x.streams = nil
	x.mu.Unlock()
	for _, conn := range streams {
		x.server.abandon(conn.NetConn())
	}
	x.server.done()
}

// attend connects a command with its streams until it is over and all that it said is out. The websockets are then closed
// without a closing handshake, as the daemon does.
func (x *session) attend(p *fake.Process) {
	stdin, stdout, stderr := x.stream(fake.StreamStdin), x.stream(fake.StreamStdout), x.stream(fake.StreamStderr)
	var output, others sync.WaitGroup
	output.Go(func() { send(stdout, p.Stdout) })
	output.Go(func() { send(stderr, p.Stderr) })
	others.Go(func() { receive(stdin, p.Stdin) })
	others.Go(func() { x.watch(stdout, p) })
	others.Go(func() { drain(stderr) })
	others.Go(func() { x.control(p) })
	others.Go(func() { x.ping(p, stdin, stdout, stderr) })

	<-p.Ended()
	if control := x.stream(fake.StreamControl); control != nil {
		_ = control.Close()
	}
	output.Wait()
	x.exec.Finish(p)
	for _, conn := range []*websocket.Conn{stdin, stdout, stderr} {
		_ = conn.Close()
	}
	others.Wait()
}

// ping keeps idle streams alive.
func (x *session) ping(p *fake.Process, conns ...*websocket.Conn) {
	for {
		due, stop := x.server.world.After(pingInterval)
		select {
		case <-p.Ended():
			stop()
			return
		case <-due:
		}
		for _, conn := range conns {
			_ = conn.WriteControl(websocket.PingMessage, []byte("keepalive"), fake.WallClock{}.Now().Add(controlTimeout))
		}
	}
}
