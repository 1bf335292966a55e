package edge_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/gorilla/websocket"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// bot is a server behind the edge.
type bot struct {
	name   string
	server *httptest.Server
	health atomic.Pointer[answer]
	probes atomic.Int64
	asked  atomic.Int64 // requests to "/"
	dying  atomic.Bool  // requests to "/" are cut off in the middle
	broken atomic.Bool  // requests to "/" are answered with 500
	hungUp sync.Once
	hangUp chan struct{} // closed when WebSockets are to end without a word
}

// startBot starts a healthy bot that ends with the spec.
func startBot(name string) *bot {
	b := &bot{name: name, hangUp: make(chan struct{})}
	b.answerProbes(http.StatusOK, `{"status":"healthy","metrics":{"cpu":45.2}}`)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", b.serveHealth)
	mux.HandleFunc("/ws", b.serveWebSocket)
	mux.HandleFunc("/stream", b.serveStream)
	mux.HandleFunc("/upper", b.serveUpper)
	mux.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) { <-b.hangUp })
	mux.HandleFunc("/cookie", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "own", Value: name})
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/waiting/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/", b.serveName)
	b.server = httptest.NewServer(mux)
	DeferCleanup(func() {
		b.vanish()
		b.server.CloseClientConnections()
		b.server.Close()
	})
	return b
}

// serveName answers with the bot's name, if all is well.
func (b *bot) serveName(w http.ResponseWriter, r *http.Request) {
	b.asked.Add(1)
	_, err := io.Copy(io.Discard, r.Body)
	switch {
	case err != nil || b.dying.Load():
		panic(http.ErrAbortHandler)
	case b.broken.Load():
		w.WriteHeader(http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, b.name)
	}
}

// stop makes the bot refuse connections. Its probes have not noticed when it returns.
func (b *bot) stop() {
	_ = b.server.Listener.Close()
	b.server.CloseClientConnections()
}

// vanish ends all WebSockets as a killed bot would.
func (b *bot) vanish() { b.hungUp.Do(func() { close(b.hangUp) }) }

func (b *bot) answerProbes(status int, body string) {
	b.health.Store(&answer{Status: status, Body: body})
}

func (b *bot) active() pool.PushedMember { return b.as(pool.Active) }

func (b *bot) as(state pool.State) pool.PushedMember {
	return pool.PushedMember{Name: b.name, Address: b.server.Listener.Addr().String(), State: state}
}

func (b *bot) serveHealth(w http.ResponseWriter, _ *http.Request) {
	b.probes.Add(1)
	health := b.health.Load()
	w.WriteHeader(health.Status)
	_, _ = io.WriteString(w, health.Body)
}

func (b *bot) serveStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := io.WriteString(w, "data: "+b.name+"\n\n"); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

func (b *bot) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	connection, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	go func() {
		<-b.hangUp
		_ = connection.Close()
	}()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || connection.WriteMessage(kind, append([]byte(b.name+": "), message...)) != nil {
			return
		}
	}
}

// serveUpper upgrades the connection to one that answers in capitals once the client has said all.
func (b *bot) serveUpper(w http.ResponseWriter, _ *http.Request) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	_, _ = io.WriteString(connection, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: upper\r\n\r\n")
	said, err := io.ReadAll(buffered)
	if err == nil {
		_, _ = connection.Write(bytes.ToUpper(said))
	}
}

// startCutter starts a bot that is healthy and breaks every upload off before it was read.
func startCutter(name string) pool.PushedMember {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
	})
	server := httptest.NewServer(mux)
	DeferCleanup(server.Close)
	return pool.PushedMember{Name: name, Address: server.Listener.Addr().String(), State: pool.Active}
}
