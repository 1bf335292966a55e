package contract_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// longPage is compressed by whoever compresses.
var longPage = strings.Repeat("All work and no play makes Jack a dull boy. ", 200)

// bot is a bot server behind a real edge, on a loopback port of the spec.
type bot struct {
	*httptest.Server
	name     string
	status   atomic.Int32 // of its health
	word     atomic.Value // of its health document
	requests atomic.Int64 // other than probes
	events   chan string  // what it sends to those who listen
}

func newBot(name string) *bot {
	b := &bot{name: name, events: make(chan string)}
	b.Becomes(http.StatusOK, "healthy")
	routes := http.NewServeMux()
	routes.HandleFunc("/api/health", b.serveHealth)
	routes.HandleFunc("/ws", b.serveWebSocket)
	routes.HandleFunc("/api/events", b.serveEvents)
	routes.HandleFunc("/api/slow", b.serveSlow)
	routes.HandleFunc("/", b.serve)
	b.Server = httptest.NewServer(routes)
	DeferCleanup(func() {
		b.CloseClientConnections()
		b.Close()
	})
	return b
}

// Becomes sets what its health says.
func (b *bot) Becomes(status int, word string) {
	b.status.Store(int32(status))
	b.word.Store(word)
}

// Dies ends it and all that it has in hand.
func (b *bot) Dies() {
	_ = b.Listener.Close()
	b.CloseClientConnections()
}

func (b *bot) Member(state model.MemberState) model.Member {
	return model.Member{Name: b.name, Address: b.Listener.Addr().String(), State: state}
}

func (b *bot) serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Bot", b.name)
	w.WriteHeader(int(b.status.Load()))
	_, _ = fmt.Fprintf(w, `{"status":%q}`, b.word.Load())
}

// serve says who answered and what it was asked, and tries to say too much.
func (b *bot) serve(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	w.Header().Set("Bot", b.name)
	w.Header().Set("Server", "bot/1")
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Seen-Client", r.Header.Get("X-Forwarded-For"))
	w.Header().Set("Seen-Host", r.Host)
	w.Header().Set("Seen-Scheme", r.Header.Get("X-Forwarded-Proto"))
	_, _ = w.Write([]byte(longPage))
}

// serveWebSocket sends its name, then what it gets.
func (b *bot) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	b.requests.Add(1)
	upgrader := websocket.Upgrader{}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	if connection.WriteMessage(websocket.TextMessage, []byte(b.name)) != nil {
		return
	}
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

// serveEvents sends server-sent events as the spec hands them over.
func (b *bot) serveEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	_ = control.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case event := <-b.events:
			_, _ = fmt.Fprintf(w, "data: %s\n\n", event)
			_ = control.Flush()
		}
	}
}

// serveSlow begins its answer and ends it when the spec says so.
func (b *bot) serveSlow(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte("begin "))
	_ = http.NewResponseController(w).Flush()
	select {
	case <-r.Context().Done():
	case event := <-b.events:
		_, _ = w.Write([]byte(event))
	}
}
