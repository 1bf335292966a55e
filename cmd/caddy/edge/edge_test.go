package edge_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/gorilla/websocket"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// edge is the real Caddy that runs in this process, reached through the unix sockets of its admin API and its server.
type edge struct {
	directory    string
	admin, front *http.Client
	revisions    int
	generation   int // of the loaded routes
}

func newEdge(directory string) *edge {
	e := &edge{directory: directory}
	e.admin = &http.Client{Transport: &http.Transport{DialContext: e.dial("admin")}}
	e.front = &http.Client{Transport: &http.Transport{DialContext: e.dialFront, DisableKeepAlives: true}}
	return e
}

// dialFront connects to the server of the routes loaded last. Each has its own socket: while Caddy replaces one server with
// another on the same, a connection may still get the old one, and what becomes of it then is no matter of these specs.
func (e *edge) dialFront(ctx context.Context, network, address string) (net.Conn, error) {
	return e.dial(e.frontName())(ctx, network, address)
}

func (e *edge) frontName() string { return fmt.Sprintf("front%d", e.generation) }

func (e *edge) socket(name string) string { return filepath.Join(e.directory, name+".sock") }

func (e *edge) dial(name string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", e.socket(name))
	}
}

// routes are what the specs vary of the configuration.
type routes struct {
	revision  string
	header    string         // an answer header, so that a reload can be seen
	route     object         // of botcluster_route; default round_robin and nothing more
	noRoute   bool           // leave botcluster_route out
	selection string         // default that of the pool
	transport map[string]any // default that of the pool
	listen    string         // default a socket of its own
	server    object         // more of the server
	inPlace   bool           // the route can be replaced in place, and streams outlive it
	noApp     bool           // leave apps.botcluster out
}

// object shortens the writing of JSON.
type object = map[string]any

// config renders the configuration as the operator would.
func (e *edge) config(r routes) []byte {
	GinkgoHelper()
	if r.transport == nil {
		r.transport = object{"protocol": "botcluster"}
	}
	if r.listen == "" {
		r.listen = "unix/" + e.socket(e.frontName())
	}
	handlers := r.handlers()
	if r.inPlace {
		handlers = []object{{"handler": "botcluster_routes", "name": "front", "routes": []object{{"handle": handlers}}}}
	}
	server := object{
		"listen": []string{r.listen}, "automatic_https": object{"disable": true},
		"routes": []object{{"handle": handlers}},
	}
	maps.Copy(server, r.server)
	apps := object{
		"botcluster": object{"revision": r.revision, "loopback_members": true},
		"http":       object{"grace_period": "1s", "servers": object{"front": server}},
	}
	if r.noApp {
		delete(apps, "botcluster")
	}
	encoded, err := json.Marshal(object{
		"admin":   object{"listen": "unix/" + e.socket("admin"), "config": object{"persist": false}},
		"logging": object{"logs": object{"default": object{"writer": object{"output": "discard"}}}},
		"apps":    apps,
	})
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// handlers are those of the one route.
func (r routes) handlers() []object {
	route := object{"handler": "botcluster_route", "route": "all", "policy": "round_robin"}
	maps.Copy(route, r.route)
	proxy := object{
		"handler":           "reverse_proxy",
		"dynamic_upstreams": object{"source": "botcluster"},
		"transport":         r.transport,
		"load_balancing": object{
			"selection_policy": object{"policy": cmp.Or(r.selection, "botcluster")}, "try_duration": "1s", "try_interval": "20ms",
			"retry_match": []object{{"method": []string{"GET", "HEAD", "OPTIONS"}}},
		},
		"headers": object{"request": object{"set": object{"Hook": []string{"{test.hook}"}}}},
	}
	handlers := []object{
		{"handler": "headers", "response": object{"set": object{"Routes": []string{r.header}}}},
		{"handler": "test_hook"}, route, proxy,
	}
	if r.noRoute {
		handlers = slices.Delete(handlers, 2, 3)
	}
	return handlers
}

// answer is what an HTTP request brought.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// ask sends the request and reads the whole answer.
func ask(client *http.Client, request *http.Request) (answer, error) {
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	return answer{Status: response.StatusCode, Header: response.Header, Body: string(body)}, errors.Join(err, response.Body.Close())
}

// call asks the admin API. Caddy replaces its admin server with every configuration, and may drop a connection that is made at
// that moment; as all that is asked here can be asked again, it is.
func (e *edge) call(method, path string, body []byte, headers ...string) answer {
	GinkgoHelper()
	var read answer
	Eventually(func() error {
		request, err := http.NewRequestWithContext(GinkgoT().Context(), method, "http://localhost"+path, bytes.NewReader(body))
		Expect(err).NotTo(HaveOccurred())
		request.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		read, err = ask(e.admin, request)
		return err
	}).Should(Succeed())
	return read
}

// load replaces the configuration through the admin API.
func (e *edge) load(r routes) {
	GinkgoHelper()
	e.generation++
	loaded := e.call(http.MethodPost, "/load", e.config(r))
	Expect(loaded.Status).To(Equal(http.StatusOK), loaded.Body)
}

// pushDocument renders a push of the bots, all active unless told otherwise, with a new revision.
func (e *edge) pushDocument(members ...pool.PushedMember) []byte {
	GinkgoHelper()
	e.revisions++
	if members == nil {
		members = []pool.PushedMember{}
	}
	encoded, err := json.Marshal(pool.Push{
		Revision: fmt.Sprintf("push-%d", e.revisions), Members: members,
		Probe: pool.Probe{Path: "/api/health", Interval: pool.Duration(100 * time.Millisecond), Timeout: pool.Duration(time.Second), Retries: 2},
	})
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// push makes the pool hold the members.
func (e *edge) push(members ...pool.PushedMember) pool.Document {
	GinkgoHelper()
	return documentOf(e.call(http.MethodPut, "/botcluster/pool", e.pushDocument(members...)))
}

func documentOf(read answer) pool.Document {
	GinkgoHelper()
	Expect(read.Status).To(Equal(http.StatusOK), read.Body)
	var document pool.Document
	Expect(json.Unmarshal([]byte(read.Body), &document)).To(Succeed())
	return document
}

// pool reads the document.
func (e *edge) pool() pool.Document {
	GinkgoHelper()
	return documentOf(e.call(http.MethodGet, "/botcluster/pool", nil))
}

// member reads one member; the zero value if it is not listed.
func (e *edge) member(name string) pool.Member {
	GinkgoHelper()
	for _, listed := range e.pool().Members {
		if listed.Name == name {
			return listed
		}
	}
	return pool.Member{}
}

// serve pushes the members and waits until those that are active serve.
func (e *edge) serve(members ...pool.PushedMember) {
	GinkgoHelper()
	e.push(members...)
	Eventually(func(g Gomega) {
		for _, listed := range e.pool().Members {
			g.Expect(listed.Serving).To(Equal(listed.State == pool.Active), listed.Name)
		}
	}).Should(Succeed())
}

// get asks the server. Headers are names and values in turn.
func (e *edge) get(path string, headers ...string) answer {
	GinkgoHelper()
	return e.send(http.MethodGet, path, nil, headers...)
}

func (e *edge) send(method, path string, body io.Reader, headers ...string) answer {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(GinkgoT().Context(), method, "http://edge"+path, body)
	Expect(err).NotTo(HaveOccurred())
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	read, err := ask(e.front, request)
	Expect(err).NotTo(HaveOccurred())
	return read
}

// metrics reads the metrics of the pool.
func (e *edge) metrics() string {
	GinkgoHelper()
	return e.call(http.MethodGet, "/metrics", nil).Body
}

// open begins a request whose answer does not end, and returns what ends it.
func (e *edge) open(path string) (end func()) {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://edge"+path, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err := e.front.Do(request) //nolint:bodyclose // the returned function closes it
	Expect(err).NotTo(HaveOccurred())
	return func() {
		cancel()
		_ = response.Body.Close()
	}
}

// events begins a stream, and returns what reads its next event and what ends it.
func (e *edge) events(path string) (next func() string, end func()) {
	GinkgoHelper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://edge"+path, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err := e.front.Do(request) //nolint:bodyclose // the returned function closes it
	Expect(err).NotTo(HaveOccurred())
	reader := bufio.NewReader(response.Body)
	next = func() string {
		GinkgoHelper()
		event, err := reader.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		_, err = reader.Discard(1) // the empty line after it
		Expect(err).NotTo(HaveOccurred())
		return event
	}
	return next, func() {
		cancel()
		_ = response.Body.Close()
	}
}

// socketTo opens a WebSocket through the edge. It is closed at the end of the spec.
func (e *edge) socketTo(path string) *websocket.Conn {
	GinkgoHelper()
	dialer := &websocket.Dialer{NetDialContext: e.dialFront, HandshakeTimeout: 5 * time.Second}
	connection, response, err := dialer.DialContext(GinkgoT().Context(), (&url.URL{Scheme: "ws", Host: "edge", Path: path}).String(), nil)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	// The spec may have closed it already.
	DeferCleanup(func() { _ = connection.Close() })
	return connection
}

// echo sends a message and expects it back, from the bot.
func echo(connection *websocket.Conn, message, bot string) {
	GinkgoHelper()
	Expect(connection.SetReadDeadline(time.Now().Add(5 * time.Second))).To(Succeed())
	Expect(connection.WriteMessage(websocket.TextMessage, []byte(message))).To(Succeed())
	_, received, err := connection.ReadMessage()
	Expect(err).NotTo(HaveOccurred())
	Expect(string(received)).To(Equal(bot + ": " + message))
}

// partner tells which bot a WebSocket leads to.
func partner(connection *websocket.Conn) string {
	GinkgoHelper()
	Expect(connection.SetReadDeadline(time.Now().Add(5 * time.Second))).To(Succeed())
	Expect(connection.WriteMessage(websocket.TextMessage, []byte("who"))).To(Succeed())
	_, received, err := connection.ReadMessage()
	Expect(err).NotTo(HaveOccurred())
	name, _, found := strings.Cut(string(received), ": who")
	Expect(found).To(BeTrue(), string(received))
	return name
}
