package incus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Deadlines of requests. No call of Incus that is used here waits for an operation.
const (
	readLimit  = 10 * time.Second
	writeLimit = 30 * time.Second
	// listLimit is above the 30 s that a cluster waits for a member before it lists its instances as unreadable.
	listLimit = 40 * time.Second
)

const userAgent = "botcluster-operator"

// client sends requests to one project of one server. It is safe for concurrent use and never changes.
type client struct {
	// server names the server in sentences: its URL or socket.
	server  string
	project string
	// base is the beginning of all URLs.
	base   string
	http   *http.Client
	dialer websocket.Dialer
}

// request is one call of the REST API.
type request struct {
	method string
	path   string
	// query is added to the project.
	query url.Values
	// etag makes the call fail with 412 when the thing has changed since.
	etag string
	// body is sent as JSON.
	body any
	// limit is the deadline, readLimit when it is zero.
	limit time.Duration
	// doing says in sentences what is being done: "start the instance x".
	doing string
}

// resource is the path of something in the API; its parts are escaped.
func resource(parts ...string) string {
	var path strings.Builder
	path.WriteString("/1.0")
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}

// page takes in an answer that is no JSON.
type page func(body io.Reader) error

// do sends a request, decodes the metadata of the answer into the pointer `into` unless that is nil, and returns its ETag. An
// `into` of type each is called for the elements of a list one by one, one of type page for the whole answer.
// The error is a *provider.Error; the answer of a server that refused is in it as an incusapi.StatusError.
func (c *client) do(ctx context.Context, r request, into any) (string, error) {
	limit := r.limit
	if limit == 0 {
		limit = readLimit
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	etag, err := c.roundTrip(limited, r, into)
	if err != nil {
		return "", c.explain(ctx, r.doing, err)
	}
	return etag, nil
}

func (c *client) roundTrip(ctx context.Context, r request, into any) (string, error) {
	sent, err := c.compose(ctx, r)
	if err != nil {
		return "", err
	}
	got, err := c.http.Do(sent)
	if err != nil {
		return "", withoutURL(err)
	}
	defer func() { _ = got.Body.Close() }()
	if page, ok := into.(page); ok && got.StatusCode < http.StatusBadRequest {
		if err := page(got.Body); err != nil {
			return "", cmp.Or(ctx.Err(), error(&notIncusError{status: got.StatusCode, cause: err}))
		}
		return "", nil
	} else if ok {
		into = nil
	}
	answer, err := decode(json.NewDecoder(got.Body), into)
	if err != nil {
		return "", cmp.Or(ctx.Err(), error(&notIncusError{status: got.StatusCode, cause: err}))
	}
	// What is left is the line break after the object; reading it lets the connection be used again.
	_, _ = io.Copy(io.Discard, got.Body)
	if answer.kind == string(incusapi.ErrorResponse) || got.StatusCode >= http.StatusBadRequest {
		return "", incusapi.StatusErrorf(got.StatusCode, "%s", answer.refusal)
	}
	return got.Header.Get("ETag"), nil
}

func (c *client) compose(ctx context.Context, r request) (*http.Request, error) {
	var body []byte
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode the request to %s: %w", r.doing, err)
		}
		body = encoded
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, c.address(r.path, r.query), bytes.NewReader(body))
	if err != nil {
		return nil, withoutURL(err)
	}
	sent.Header.Set("User-Agent", userAgent)
	if body != nil {
		sent.Header.Set("Content-Type", "application/json")
	}
	if r.etag != "" {
		sent.Header.Set("If-Match", r.etag)
	}
	return sent, nil
}

func (c *client) address(path string, query url.Values) string {
	values := url.Values{"project": {c.project}}
	maps.Copy(values, query)
	return c.base + path + "?" + values.Encode()
}

// websocket opens a websocket. ctx bounds the opening, not the life of the connection.
func (c *client) websocket(ctx context.Context, path string, query url.Values, doing string) (*websocket.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	address := "ws" + strings.TrimPrefix(c.address(path, query), "http")
	connection, answer, err := c.dialer.DialContext(limited, address, http.Header{"User-Agent": {userAgent}})
	if err == nil {
		return connection, nil
	}
	if answer != nil {
		defer func() { _ = answer.Body.Close() }()
		refusal := incusapi.Response{}
		if json.NewDecoder(answer.Body).Decode(&refusal) == nil {
			err = incusapi.StatusErrorf(answer.StatusCode, "%s", refusal.Error)
		}
	}
	return nil, c.explain(ctx, doing, withoutURL(err))
}

// upgrade asks for another protocol than HTTP on the connection of a request, and returns that connection. It is closed when
// ctx ends.
func (c *client) upgrade(ctx context.Context, r request, protocol string) (io.ReadWriteCloser, error) {
	sent, err := c.compose(ctx, r)
	if err != nil {
		return nil, c.explain(ctx, r.doing, err)
	}
	sent.Header.Set("Connection", "Upgrade")
	sent.Header.Set("Upgrade", protocol)
	got, err := c.http.Do(sent)
	if err != nil {
		return nil, c.explain(ctx, r.doing, withoutURL(err))
	}
	if connection, ok := got.Body.(io.ReadWriteCloser); ok && got.StatusCode == http.StatusSwitchingProtocols {
		context.AfterFunc(ctx, func() { _ = connection.Close() })
		return connection, nil
	}
	defer func() { _ = got.Body.Close() }()
	answer, err := decode(json.NewDecoder(got.Body), nil)
	if err != nil {
		return nil, c.explain(ctx, r.doing, &notIncusError{status: got.StatusCode, cause: err})
	}
	return nil, c.explain(ctx, r.doing, incusapi.StatusErrorf(got.StatusCode, "%s", answer.refusal))
}

// close ends idle connections.
func (c *client) close() { c.http.CloseIdleConnections() }

// withoutURL takes the URL out of an error: a URL may carry the secret of an exec session.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// notIncusError is an answer that is not one of Incus's.
type notIncusError struct {
	status int
	cause  error
}

func (e *notIncusError) Error() string {
	return fmt.Sprintf("an answer with status %d that is not Incus's: %v", e.status, e.cause)
}

func (e *notIncusError) Unwrap() error { return e.cause }
