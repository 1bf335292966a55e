package main

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// serveStream sends server-sent events until the client goes, the asked number is reached, or the server stops.
func (b *Bot) serveStream(w http.ResponseWriter, r *http.Request) {
	interval, events, err := streamFromQuery(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w).Flush
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for number := 1; events == 0 || number <= events; number++ {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: %s\n\n", number, b.name); err != nil || flush() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-b.stopped:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// streamFromQuery reads ?interval= and ?events=; 0 events means no end.
func streamFromQuery(r *http.Request) (interval time.Duration, events int, err error) {
	interval = time.Second
	query := r.URL.Query()
	if text := query.Get("interval"); text != "" {
		if interval, err = time.ParseDuration(text); err != nil || interval <= 0 {
			return 0, 0, fmt.Errorf("the parameter interval is a duration such as 250ms, not %q", text)
		}
	}
	if text := query.Get("events"); text != "" {
		if events, err = strconv.Atoi(text); err != nil || events < 0 {
			return 0, 0, fmt.Errorf("the parameter events is a number from 0, not %q", text)
		}
	}
	return interval, events, nil
}

// upgrader takes every origin: the stand-in holds nothing that an origin check would protect.
var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// serveWebSocket sends every message back as it came.
func (b *Bot) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	header := http.Header{"Botserver-Name": {b.name}}
	// Before the client learns that it has one, so that a drain never misses it.
	b.webSockets.Add(1)
	defer b.webSockets.Add(-1)
	connection, err := upgrader.Upgrade(w, r, header)
	if err != nil {
		return // Upgrade has answered with what was wrong
	}
	// The connection is the handler's now, also its end: an edge counts a WebSocket until both sides have ended it.
	defer func() { _ = connection.Close() }() // it may be closed or dead already
	b.requests.Add(1)
	socket := &socket{connection: connection}
	if !b.sockets.add(socket) {
		socket.goAway()
		return
	}
	defer b.sockets.remove(socket)
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || socket.write(kind, message) != nil {
			return
		}
	}
}

// socket is one WebSocket; its lock keeps the closing message out of an echo.
type socket struct {
	mu         sync.Mutex
	connection *websocket.Conn
}

func (s *socket) write(kind int, message []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connection.WriteMessage(kind, message)
}

// goAway tells the client that the server stops (code 1001) and closes the connection.
func (s *socket) goAway() {
	reason := websocket.FormatCloseMessage(websocket.CloseGoingAway, "stopping")
	// The connection may be dead already; it is closed either way.
	_ = s.connection.WriteControl(websocket.CloseMessage, reason, time.Now().Add(time.Second))
	_ = s.connection.Close()
}

// closer is what the set needs of a socket.
type closer interface{ goAway() }

// socketSet knows the open WebSockets, as the HTTP server forgets a connection once it is taken over.
type socketSet struct {
	mu     sync.Mutex
	open   map[closer]struct{}
	closed bool
}

// add is false when the server stops already.
func (s *socketSet) add(socket closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[socket] = struct{}{}
	return true
}

func (s *socketSet) remove(socket closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, socket)
}

func (s *socketSet) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var farewells sync.WaitGroup
	for socket := range s.open {
		farewells.Go(socket.goAway)
	}
	farewells.Wait()
}
