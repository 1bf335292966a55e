package fake

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// websocketPatience is how long an exec waits for the caller to connect its streams (Incus: instance_exec.go, do).
const websocketPatience = 10 * time.Second

// The streams of an exec, as the API names them.
const (
	StreamStdin   = "0"
	StreamStdout  = "1"
	StreamStderr  = "2"
	StreamControl = incusapi.SecretNameControl
)

// Exec is a command that waits for its streams, or runs.
type Exec struct {
	world    *World
	instance *instance
	boot     *boot
	post     incusapi.InstanceExecPost
	op       *operation
	secrets  map[string]string // stream to secret
}

// OpenExec begins the exec of a command on behalf of a caller. With WaitForWS the command starts when the caller has
// connected the streams whose secrets are in the operation's metadata; without, it starts now and its output is lost.
func (w *World) OpenExec(caller Caller, ref Ref, post incusapi.InstanceExecPost) (incusapi.Operation, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.Operation{}, err
	}
	switch {
	case !i.running():
		return incusapi.Operation{}, refuse(http.StatusBadRequest, "Instance is not running")
	case i.frozen:
		return incusapi.Operation{}, refuse(http.StatusBadRequest, "Instance is frozen")
	case post.RecordOutput || post.Interactive:
		return incusapi.Operation{}, refuse(http.StatusNotImplemented, "not implemented")
	}
	class := operationTask
	if post.WaitForWS {
		class = operationWebsocket
	}
	op := w.newOperation(caller, ref.Project, class, "Executing command")
	op.about(ref)
	e := &Exec{world: w, instance: i, boot: i.boot, post: post, op: op, secrets: map[string]string{}}
	if !post.WaitForWS {
		w.begun(op, e.detached)
		return w.renderOperation(op), nil
	}
	op.exec = e
	fds := map[string]any{}
	for _, stream := range []string{StreamStdin, StreamStdout, StreamStderr, StreamControl} {
		e.secrets[stream] = w.newSecret()
		fds[stream] = e.secrets[stream]
	}
	op.metadata = map[string]any{
		"fds": fds, "command": post.Command, "environment": notNil(post.Environment), "interactive": false,
	}
	w.begun(op, func() {
		w.later(op, websocketPatience, func() { w.finish(op, fail("Timed out waiting for websockets to connect")) })
	})
	return w.renderOperation(op), nil
}

// detached runs a command that nobody is connected to: its input is empty and its output is lost.
func (e *Exec) detached() {
	p := e.start()
	go func() {
		_ = p.Stdin.Close() // there is nobody to tell
		var output sync.WaitGroup
		for _, stream := range []io.Reader{p.Stdout, p.Stderr} {
			output.Go(func() { _, _ = io.Copy(io.Discard, stream) })
		}
		<-p.Ended()
		output.Wait()
		e.Finish(p)
	}()
}

// ConnectExec finds the exec that a websocket belongs to, and which of its streams it is.
func (w *World) ConnectExec(id, secret string) (*Exec, string, error) {
	defer w.enter()()
	op, err := w.operation(id)
	switch {
	case err != nil:
		return nil, "", err
	case op.class != operationWebsocket:
		return nil, "", fail("Only websocket operations can be connected")
	case op.status != incusapi.Running:
		return nil, "", fail("Only running operations can be connected")
	case secret == "":
		return nil, "", fail("missing secret")
	}
	for stream, expected := range op.exec.secrets {
		if secret == expected {
			return op.exec, stream, nil
		}
	}
	return nil, "", refuse(http.StatusForbidden, "Forbidden")
}

// ID is that of the exec's operation.
func (e *Exec) ID() string { return e.op.id }

// Over is closed when the exec's operation is, by the end of the command or because nobody connected.
func (e *Exec) Over() <-chan struct{} { return e.op.ended }

// Start runs the command, once all streams are connected.
func (e *Exec) Start() *Process {
	defer e.world.enter()()
	for _, a := range e.op.pending {
		e.world.cancel(a)
	}
	e.op.pending = nil
	return e.start()
}

func (e *Exec) start() *Process {
	w, i := e.world, e.instance
	if i.boot != e.boot {
		return w.failed(i, exitKilled, "", nil)
	}
	w.instanceEvent(i, "instance-exec", e.op, map[string]any{"command": e.post.Command})
	return w.spawn(i, slices.Clone(e.post.Command), maps.Clone(notNil(e.post.Environment)))
}

// Finish ends the operation with the exit status of the command, which is over.
func (e *Exec) Finish(p *Process) {
	code, err := p.Result()
	defer e.world.enter()()
	delete(e.instance.processes, p)
	if e.op.status.IsFinal() {
		return
	}
	e.world.extend(e.op, map[string]any{"return": code})
	e.world.finish(e.op, err)
}
