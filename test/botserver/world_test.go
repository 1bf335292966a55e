package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/gorilla/websocket"
)

// running is a server on a loopback port, and how to reach it.
type running struct {
	bot     *Bot
	address string
	stop    context.CancelFunc // as SIGTERM does
	stopped chan error
}

// start serves a bot until it is stopped, at the latest at the end of the spec.
func start(settings Settings, grace time.Duration) *running {
	GinkgoHelper()
	listener, err := (&net.ListenConfig{}).Listen(GinkgoT().Context(), "tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	ctx, stop := context.WithCancel(context.Background())
	r := &running{bot: newBot("bot-1", settings), address: listener.Addr().String(), stop: stop, stopped: make(chan error, 1)}
	go func() {
		r.stopped <- serveOn(ctx, listener, r.bot, grace)
		close(r.stopped)
	}()
	DeferCleanup(func() {
		stop()
		Eventually(r.stopped, 15*time.Second).Should(BeClosed())
	})
	return r
}

func (r *running) url(path string) string { return "http://" + r.address + path }

// answer is what an HTTP request brought.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// object decodes the body.
func (a answer) object() map[string]any {
	GinkgoHelper()
	var decoded map[string]any
	Expect(json.Unmarshal([]byte(a.Body), &decoded)).To(Succeed(), a.Body)
	return decoded
}

func (r *running) ask(method, path, body string) answer {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(GinkgoT().Context(), method, r.url(path), strings.NewReader(body))
	Expect(err).NotTo(HaveOccurred())
	response, err := http.DefaultClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return answer{Status: response.StatusCode, Header: response.Header, Body: string(content)}
}

func (r *running) get(path string) answer {
	GinkgoHelper()
	return r.ask(http.MethodGet, path, "")
}

// control changes settings and expects that to be taken.
func (r *running) control(object string) State {
	GinkgoHelper()
	changed := r.ask(http.MethodPost, "/control", object)
	Expect(changed.Status).To(Equal(http.StatusOK), changed.Body)
	var state State
	Expect(json.Unmarshal([]byte(changed.Body), &state)).To(Succeed())
	return state
}

func (r *running) webSocket(path string) *websocket.Conn {
	GinkgoHelper()
	connection, response, err := websocket.DefaultDialer.DialContext(GinkgoT().Context(), "ws://"+r.address+path, nil)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Header.Get("Botserver-Name")).To(Equal("bot-1"))
	Expect(response.Body.Close()).To(Succeed())
	DeferCleanup(func() { _ = connection.Close() })
	return connection
}

func echo(connection *websocket.Conn, message string) {
	GinkgoHelper()
	Expect(connection.SetReadDeadline(time.Now().Add(5 * time.Second))).To(Succeed())
	Expect(connection.WriteMessage(websocket.BinaryMessage, []byte(message))).To(Succeed())
	kind, received, err := connection.ReadMessage()
	Expect(err).NotTo(HaveOccurred())
	Expect(kind).To(Equal(websocket.BinaryMessage))
	Expect(string(received)).To(Equal(message))
}
