package caddy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const (
	// callTimeout bounds a call, and the opening of a connection. Caddy loads routes in some 10 ms; on a host that boots
	// many instances everything takes ten times as long, and this is ten times that.
	callTimeout = 5 * time.Second
	// idleTimeout closes a connection that no call has used: longer than the pause between two passes over a BotCluster.
	idleTimeout = 15 * time.Minute
	// largestAnswer in bytes. A pool of 1,000 members whose health documents are as long as an edge keeps them fits.
	largestAnswer = 16 << 20
	// address is a name for the URL only: where it leads is up to the dial, and over a unix socket Caddy asks no host.
	address = "http://localhost"
)

// errTooLong says that an edge answered more than is read.
var errTooLong = fmt.Errorf("the answer is longer than %d bytes", largestAnswer)

// reply is what an edge answered.
type reply struct {
	status int
	body   []byte
}

// link keeps one connection to the admin API of an edge.
type link struct {
	client *http.Client

	mu   sync.Mutex
	dial provider.DialFunc
}

func newLink() *link {
	l := &link{}
	l.client = &http.Client{
		Transport: &http.Transport{
			DialContext:         l.connect,
			MaxIdleConnsPerHost: 1,
			IdleConnTimeout:     idleTimeout,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return l
}

// use sets how connections are opened from now on.
func (l *link) use(dial provider.DialFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dial = dial
}

func (l *link) connect(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	dial := l.dial
	l.mu.Unlock()
	// The client goes on dialing for a later call when the one that asked has given up: the deadline is set anew.
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return dial(ctx)
}

func (l *link) close() { l.client.CloseIdleConnections() }

// errSilent says that a connection was opened and ended before a byte of an answer came: what was to connect it to the
// socket inside the instance has given up.
var errSilent = errors.New("the connection ended before an answer began")

// exchange sends a request and reads the answer. If that fails on a kept connection, it does so once more on a new one:
// all calls are idempotent.
func (l *link) exchange(ctx context.Context, method, path string, body []byte) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	first := &attempt{}
	answer, err := l.send(ctx, first, method, path, body)
	if err == nil || !first.kept || ctx.Err() != nil || errors.Is(err, errTooLong) {
		return answer, first.explain(ctx, err)
	}
	l.client.CloseIdleConnections()
	second := &attempt{}
	answer, err = l.send(ctx, second, method, path, body)
	return answer, second.explain(ctx, err)
}

// attempt is how far a request came.
type attempt struct {
	// connected tells that there was a connection, kept that it was there before the request.
	connected, kept bool
	// answered tells that a byte came back. It may be set after a request was given up.
	answered atomic.Bool
}

func (a *attempt) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(connection httptrace.GotConnInfo) {
			a.connected, a.kept = true, connection.Reused
		},
		GotFirstResponseByte: func() { a.answered.Store(true) },
	}
}

func (a *attempt) explain(ctx context.Context, err error) error {
	if err != nil && a.connected && !a.answered.Load() && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	return err
}

func (l *link) send(ctx context.Context, progress *attempt, method, path string, body []byte) (reply, error) {
	ctx = httptrace.WithClientTrace(ctx, progress.trace())
	request, err := http.NewRequestWithContext(ctx, method, address+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := l.client.Do(request)
	if err != nil {
		return reply{}, fmt.Errorf("asking the admin API: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // everything was read, or the error was told
	content, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	switch {
	case err != nil:
		return reply{}, fmt.Errorf("reading the answer to %s %s: %w", method, path, err)
	case len(content) > largestAnswer:
		return reply{}, fmt.Errorf("%s %s: %w", method, path, errTooLong)
	}
	return reply{status: response.StatusCode, body: content}, nil
}
