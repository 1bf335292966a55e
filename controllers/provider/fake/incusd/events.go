package incusd

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// Timing of the daemon's websockets (Incus: events/connections.go).
const (
	pingInterval   = 10 * time.Second // on the world's clock
	controlTimeout = 5 * time.Second
)

// upgrader keeps its buffers small: a benchmark opens thousands of streams.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: controlTimeout, ReadBufferSize: 4096, WriteBufferSize: 4096,
	CheckOrigin: func(*http.Request) bool { return true },
}

// serveEvents streams events until the caller leaves, the world cuts the stream or the server goes down.
func (s *Server) serveEvents(w http.ResponseWriter, r *request) {
	subscription, err := s.subscribe(r)
	if err != nil {
		failed(err)(w)
		return
	}
	defer s.world.Unsubscribe(subscription)
	conn, err := upgrader.Upgrade(w, r.Request, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s.adopt(conn.NetConn())
	defer s.abandon(conn.NetConn())

	left := make(chan struct{})
	go func() { // a caller sends nothing; this notices its leave and answers its control frames
		defer close(left)
		_, _, _ = conn.NextReader()
	}()
	defer func() {
		_ = conn.Close()
		<-left
	}()
	for {
		ping, stop := s.world.After(pingInterval)
		alive := s.forward(conn, subscription, ping, left)
		stop()
		if !alive {
			return
		}
	}
}

// subscribe reads what the caller wants to hear of.
func (s *Server) subscribe(r *request) (*fake.Subscription, error) {
	project, err := r.scope()
	if err != nil {
		return nil, err
	}
	if project != "" {
		if err := r.caller.MayUse(project); err != nil {
			return nil, err
		}
	}
	types := fake.EventTypes()
	if text := r.URL.Query().Get("type"); text != "" {
		types = strings.Split(text, ",")
	}
	known := append(fake.EventTypes(), incusapi.EventTypeLogging, incusapi.EventTypeNetworkACL)
	for _, kind := range types {
		if !slices.Contains(known, kind) {
			return nil, incusapi.StatusErrorf(http.StatusBadRequest, "%q isn't a supported event type", kind)
		}
	}
	return s.world.Subscribe(r.caller, project, types)
}

// forward sends what comes until the next ping is due; false means that the stream is over.
func (s *Server) forward(
	conn *websocket.Conn, subscription *fake.Subscription, ping, left <-chan struct{},
) bool {
	for {
		select {
		case <-left:
			return false
		case <-ping:
			return conn.WriteControl(websocket.PingMessage, []byte("keepalive"), fake.WallClock{}.Now().Add(controlTimeout)) == nil
		case <-subscription.Wake():
			events, open := subscription.Take()
			for _, event := range events {
				if conn.WriteJSON(event) != nil {
					return false
				}
			}
			if !open {
				return false
			}
		}
	}
}
