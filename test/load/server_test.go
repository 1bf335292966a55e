package load_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// server answers as the stand-in bot does, until a fault comes before an answer.
type server struct {
	*httptest.Server

	requests  atomic.Int64 // that arrived at /api/load/
	misbehave func(w http.ResponseWriter, r *http.Request, request int64) (handled bool)
	event     func(w http.ResponseWriter, number int) (goesOn bool)
	echo      func(connection *websocket.Conn, number int) (goesOn bool)
	greet     func(w http.ResponseWriter) (goesOn bool) // before an upgrade
}

func serve(change func(*server)) *server {
	s := &server{
		misbehave: func(http.ResponseWriter, *http.Request, int64) bool { return false },
		event:     func(http.ResponseWriter, int) bool { return true },
		echo:      func(*websocket.Conn, int) bool { return true },
		greet:     func(http.ResponseWriter) bool { return true },
	}
	change(s)
	routes := http.NewServeMux()
	routes.HandleFunc("/api/load/", s.serveRequest)
	routes.HandleFunc("/api/stream", s.serveStream)
	routes.HandleFunc("/ws", s.serveWebSocket)
	s.Server = httptest.NewServer(named(routes))
	DeferCleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Botserver-Name", "bot-1")
		next.ServeHTTP(w, r)
	})
}

func (s *server) serveRequest(w http.ResponseWriter, r *http.Request) {
	received, _ := io.Copy(io.Discard, r.Body) // a client that goes away is a spec's own doing
	if s.misbehave(w, r, s.requests.Add(1)) {
		return
	}
	_, _ = fmt.Fprintf(w, `{"name":"bot-1","method":%q,"path":%q,"bytes":%d}`, r.Method, r.URL.Path, received)
}

func (s *server) serveStream(w http.ResponseWriter, r *http.Request) {
	events, _ := strconv.Atoi(r.URL.Query().Get("events"))
	interval, _ := time.ParseDuration(r.URL.Query().Get("interval"))
	w.Header().Set("Content-Type", "text/event-stream")
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for number := 1; number <= events; number++ {
		if !s.event(w, number) {
			return
		}
		_, _ = fmt.Fprintf(w, "id: %d\ndata: bot-1\n\n", number)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *server) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if !s.greet(w) {
		return
	}
	upgrader := websocket.Upgrader{}
	connection, err := upgrader.Upgrade(w, r, http.Header{"Botserver-Name": {"bot-1"}})
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	for number := 1; ; number++ {
		kind, message, err := connection.ReadMessage()
		if err != nil || !s.echo(connection, number) || connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	defer GinkgoRecover()
	connection, _, err := http.NewResponseController(w).Hijack()
	Expect(err).NotTo(HaveOccurred())
	Expect(connection.Close()).To(Succeed())
}
