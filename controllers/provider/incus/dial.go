package incus

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Sockets of an exec session, as Incus names them in the operation's metadata.
const (
	socketStdin   = "0"
	socketStdout  = "1"
	socketStderr  = "2"
	socketControl = incusapi.SecretNameControl
)

// Dial implements provider.Host. It runs socat in the instance and connects its stdio: there is nothing to listen for in the
// instance, and no route to it is needed. Whether somebody listens at the target shows in the first read, because socat
// connects after the session has begun.
func (h *host) Dial(ctx context.Context, instance string, target provider.Target) (net.Conn, error) {
	command, err := command(target)
	if err != nil {
		return nil, err
	}
	if err := checkName(instance); err != nil {
		return nil, err
	}
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	var session incusapi.Operation
	_, err = h.do(ctx, request{
		method: http.MethodPost, path: resource("instances", instance, "exec"), limit: writeLimit,
		body: incusapi.InstanceExecPost{Command: command, WaitForWS: true}, doing: "run socat in the instance " + instance,
	}, &session)
	if hasStatus(err, http.StatusBadRequest) {
		return nil, waiting(err, "the instance %s takes no commands: it is not running", instance)
	}
	if err != nil {
		return nil, err
	}
	sockets, err := h.attach(ctx, session)
	if err != nil {
		return nil, err
	}
	opened := newTunnel(h, instance, target, session.ID, sockets)
	if !h.tunnels.add(opened) {
		_ = opened.Close()
		return nil, h.link.await(ctx)
	}
	opened.run(ctx)
	return opened, nil
}

// command is the argument list that connects stdio to a target.
func command(target provider.Target) ([]string, error) {
	switch {
	case target.UnixSocket != "" && target.LoopbackPort == 0 && socketPath.MatchString(target.UnixSocket):
		return []string{"socat", "-", "UNIX-CONNECT:" + target.UnixSocket}, nil
	case target.UnixSocket == "" && target.LoopbackPort > 0 && target.LoopbackPort <= 65535:
		return []string{"socat", "-", "TCP:127.0.0.1:" + strconv.Itoa(target.LoopbackPort)}, nil
	default:
		return nil, terminal(reasonInvalidRequest, nil, "%v is neither the path of a unix socket nor a port", target)
	}
}

// attach connects the websockets of a session. Control is the first: with it, Incus ends the command when we go away; and
// the command begins when the others are there.
func (h *host) attach(ctx context.Context, session incusapi.Operation) (map[string]*websocket.Conn, error) {
	sockets := map[string]*websocket.Conn{}
	secrets, _ := session.Metadata["fds"].(map[string]any)
	for _, name := range []string{socketControl, socketStdin, socketStdout, socketStderr} {
		secret, _ := secrets[name].(string)
		connection, err := h.client.websocket(ctx, resource("operations", session.ID, "websocket"), url.Values{"secret": {secret}},
			"connect to a command in an instance")
		if err != nil {
			closeSockets(sockets)
			return nil, fmt.Errorf("attach to the exec session %s: %w", session.ID, err)
		}
		sockets[name] = connection
	}
	return sockets, nil
}

func closeSockets(sockets map[string]*websocket.Conn) {
	for _, name := range []string{socketControl, socketStdin, socketStdout, socketStderr} {
		if connection := sockets[name]; connection != nil {
			_ = connection.Close()
		}
	}
}
