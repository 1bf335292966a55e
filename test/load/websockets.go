package load

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// talk holds one WebSocket after another.
func (l *Load) talk(number int) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for round := 0; l.await(ticker.C); round++ {
		l.talkOnce(ticker.C, fmt.Sprintf("%d-%d", number, round), l.lifetime(number, l.mix.WebSockets, round))
	}
}

// talkOnce opens a WebSocket, sends a message at each tick and awaits its echo, and says goodbye at the end.
func (l *Load) talkOnce(tick <-chan time.Time, name string, lifetime time.Duration) {
	dialer := websocket.Dialer{TLSClientConfig: l.mix.TLS, HandshakeTimeout: l.mix.Patience}
	l.sockets.sent()
	//nolint:bodyclose // gorilla: the body of an upgrade's answer needs no closing
	connection, response, err := dialer.DialContext(l.ctx, "ws"+strings.TrimPrefix(l.mix.URL, "http")+"/ws", nil)
	if err != nil {
		if l.ctx.Err() == nil {
			l.sockets.failed(l.started, fmt.Errorf("opening WebSocket %s: %w", name, explained(err, response)))
		}
		return
	}
	defer func() { _ = connection.Close() }() // after a goodbye, or dead
	bot := response.Header.Get(botHeader)
	l.sockets.servedBy(bot)
	defer l.sockets.opened()()
	end := time.Now().Add(lifetime)
	for message := 0; time.Now().Before(end); message++ {
		if err := l.echo(connection, fmt.Sprintf("%s-%d", name, message)); err != nil {
			l.lost(fmt.Errorf("WebSocket %s to %s, message %d: %w", name, bot, message, err))
			return
		}
		l.sockets.message()
		if !l.await(tick) {
			break
		}
	}
	if err := l.goodbye(connection); err != nil {
		l.lost(fmt.Errorf("WebSocket %s to %s, saying goodbye: %w", name, bot, err))
		return
	}
	l.sockets.ok()
}

// goodbye closes a WebSocket and waits for the other side's goodbye: one that was cut a moment ago shows here.
func (l *Load) goodbye(connection *websocket.Conn) error {
	farewell := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := connection.WriteControl(websocket.CloseMessage, farewell, time.Now().Add(l.mix.Patience)); err != nil {
		return err
	}
	if err := connection.SetReadDeadline(time.Now().Add(l.mix.Patience)); err != nil {
		return err
	}
	if _, _, err := connection.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		return fmt.Errorf("no goodbye came back: %w", err)
	}
	return nil
}

// errOtherEcho is an echo of something that was not said.
var errOtherEcho = errors.New("the echo is of something else")

// echo sends a message and waits for it to come back.
func (l *Load) echo(connection *websocket.Conn, message string) error {
	if err := connection.SetReadDeadline(time.Now().Add(l.mix.Patience)); err != nil {
		return err
	}
	if err := connection.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
		return err
	}
	_, received, err := connection.ReadMessage()
	if err == nil && string(received) != message {
		err = fmt.Errorf("%w: %.100q", errOtherEcho, received)
	}
	return err
}

// lost counts a WebSocket that did not come to its end.
func (l *Load) lost(err error) {
	timeout := net.Error(nil)
	switch {
	case l.ctx.Err() != nil:
		// The spec is over; what was in hand is nobody's fault.
	case errors.Is(err, errOtherEcho), errors.As(err, &timeout) && timeout.Timeout():
		l.sockets.failed(l.started, err)
	default:
		l.sockets.cut(l.started, err)
	}
}

// explained adds the status of a refused upgrade.
func explained(err error, response *http.Response) error {
	if response == nil {
		return err
	}
	return fmt.Errorf("%w: %s", err, response.Status)
}
