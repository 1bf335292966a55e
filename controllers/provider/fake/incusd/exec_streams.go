package incusd

import (
	"encoding/json"
	"io"
	"syscall"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// blockSize is that of socat, which is what most execs run.
const blockSize = 8192

// send carries what a command says into a websocket, as binary messages; an empty text message is the end of it (Incus:
// shared/ws).
func send(conn *websocket.Conn, output io.Reader) {
	block := make([]byte, blockSize)
	for {
		n, err := output.Read(block)
		if n > 0 && conn.WriteMessage(websocket.BinaryMessage, block[:n]) != nil {
			_, _ = io.Copy(io.Discard, output) // nobody listens; the command is ended by who noticed
			return
		}
		if err != nil {
			_ = conn.WriteMessage(websocket.TextMessage, nil)
			return
		}
	}
}

// receive carries binary messages into a command's input; a text message, or the end of the websocket, is the end of it.
func receive(conn *websocket.Conn, input io.WriteCloser) {
	defer func() { _ = input.Close() }()
	for {
		kind, message, err := conn.NextReader()
		if err != nil || kind == websocket.TextMessage {
			return
		}
		if _, err := io.CopyBuffer(writerOnly{input}, message, make([]byte, blockSize)); err != nil {
			return
		}
	}
}

// writerOnly keeps io.CopyBuffer from using anything but Write.
type writerOnly struct{ io.Writer }

// drain reads a websocket on which nothing comes but control frames.
func drain(conn *websocket.Conn) {
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}

// watch notices that the caller left: unless there is a control stream to say so, the command is then killed.
func (x *session) watch(stdout *websocket.Conn, p *fake.Process) {
	_, _, _ = stdout.NextReader()
	select {
	case <-x.controlled:
	default:
		p.Kill(int(syscall.SIGKILL))
	}
}

// control obeys the control stream, once it is there; its end kills the command.
func (x *session) control(p *fake.Process) {
	select {
	case <-x.controlled:
	case <-p.Ended():
		return
	}
	conn := x.stream(fake.StreamControl)
	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			p.Kill(int(syscall.SIGKILL))
			return
		}
		command := incusapi.InstanceExecControl{}
		if json.Unmarshal(message, &command) == nil && command.Command == "signal" {
			p.Kill(command.Signal)
		}
	}
}
