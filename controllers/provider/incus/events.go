package incus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"
)

const (
	// pingEvery and deafAfter notice an event stream whose other side is gone without a word.
	pingEvery = 5 * time.Second
	deafAfter = 15 * time.Second
	// houseworkEvery is how often it is looked whether something is due.
	houseworkEvery = time.Second
	// doubtLimit is how long a server may take to say that it is there.
	doubtLimit = 3 * time.Second
)

// stream tells whether events come, since when, and when the other side was last heard of.
type stream struct {
	mu           sync.Mutex
	since, heard time.Time
}

// begin notes that events come; a zero time, that they do not.
func (s *stream) begin(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since, s.heard = since, since
}

// hear notes a sign of life.
func (s *stream) hear(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = now
}

// deaf tells whether there was no sign of life for too long.
func (s *stream) deaf(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.heard) > deafAfter
}

// live returns since when events come, and false when they do not.
func (s *stream) live() (since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since, !s.since.IsZero()
}

// listen follows the event stream until it ends. Events that were missed before do not come again, so all is read anew.
func (h *host) listen(ctx context.Context) {
	connection, err := h.client.websocket(ctx, "/1.0/events", url.Values{"type": {"lifecycle,operation"}}, "listen to the events")
	if err != nil {
		h.options.Logger.V(1).Info("no events", "host", h.key, "reason", err.Error())
		return
	}
	h.stream.begin(h.options.Clock.Now())
	// A list that is on its way has begun too early.
	h.listing.invalidate()
	h.listing.start()
	h.shelf.invalidate()
	h.shelf.start()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.hear(connection)
	}()
	h.housekeeping(ctx, connection, ended)
	h.stream.begin(time.Time{})
	_ = connection.Close()
	<-ended
}

// hear handles messages until the connection ends.
func (h *host) hear(connection *websocket.Conn) {
	alive := func() { h.stream.hear(h.options.Clock.Now()) }
	answerPing := connection.PingHandler()
	connection.SetPongHandler(func(string) error {
		alive()
		return nil
	})
	connection.SetPingHandler(func(data string) error {
		alive()
		return answerPing(data)
	})
	for {
		_, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		alive()
		var event incusapi.Event
		if json.Unmarshal(message, &event) == nil {
			h.handle(event)
		}
	}
}

// housekeeping keeps the stream alive and does what is due, until the stream or ctx ends or the server is found silent.
func (h *host) housekeeping(ctx context.Context, connection *websocket.Conn, ended <-chan struct{}) {
	clock := h.options.Clock
	var pinged time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-ended:
			return
		case <-h.link.doubted:
			if !h.answers(ctx) {
				return
			}
		case <-clock.After(houseworkEvery):
			now := clock.Now()
			if h.stream.deaf(now) {
				return
			}
			if now.Sub(pinged) >= pingEvery {
				pinged = now
				// One that cannot be sent ends the reading side as well.
				_ = connection.WriteControl(websocket.PingMessage, nil, time.Time{})
			}
			h.catchUp()
		}
	}
}

// answers tells whether the server says a word within a short time.
func (h *host) answers(ctx context.Context) bool {
	_, err := h.client.do(ctx, request{method: http.MethodGet, path: "/1.0", limit: doubtLimit, doing: "see whether it answers"}, nil)
	return !isUnreachable(err)
}

// handle takes an event as a reason to read again. Events come out of order, so what they say of states is not used; only
// that an operation ended, which nothing follows.
func (h *host) handle(event incusapi.Event) {
	switch event.Type {
	case incusapi.EventTypeLifecycle:
		var lifecycle incusapi.EventLifecycle
		if json.Unmarshal(event.Metadata, &lifecycle) == nil {
			h.handleLifecycle(lifecycle)
		}
	case incusapi.EventTypeOperation:
		var shown incusapi.Operation
		if json.Unmarshal(event.Metadata, &shown) == nil {
			h.hearOperation(shown)
		}
	}
}

func (h *host) handleLifecycle(event incusapi.EventLifecycle) {
	if _, ok := volumeEvents[event.Action]; ok {
		h.handleVolume(event)
		return
	}
	if _, ok := instanceEvents[event.Action]; !ok {
		return
	}
	h.look(nameIn(event.Source))
	if old, ok := event.Context["old_name"].(string); ok {
		h.look(old)
	}
}

// handleVolume has the volumes read again unless the event tells what our own call has brought about.
func (h *host) handleVolume(event incusapi.EventLifecycle) {
	pool, name := volumeIn(event.Source)
	if name == "" {
		return
	}
	// Incus 6.0 puts the project before the name.
	known := h.volumes.has(pool, name) || h.volumes.has(pool, strings.TrimPrefix(name, h.client.project+"_"))
	if (event.Action == incusapi.EventLifecycleStorageVolumeCreated && known) ||
		(event.Action == incusapi.EventLifecycleStorageVolumeDeleted && !known) {
		return
	}
	h.shelf.invalidate()
}

// look reads an instance again, in the background.
func (h *host) look(name string) {
	if name == "" {
		return
	}
	h.index.mark(name)
	h.readings.request(name)
}

// instanceEvents are those after which an instance looks different.
var instanceEvents = map[string]struct{}{
	incusapi.EventLifecycleInstanceCreated:   {},
	incusapi.EventLifecycleInstanceDeleted:   {},
	incusapi.EventLifecycleInstanceMigrated:  {},
	incusapi.EventLifecycleInstancePaused:    {},
	incusapi.EventLifecycleInstanceReady:     {},
	incusapi.EventLifecycleInstanceRenamed:   {},
	incusapi.EventLifecycleInstanceRestarted: {},
	incusapi.EventLifecycleInstanceRestored:  {},
	incusapi.EventLifecycleInstanceResumed:   {},
	incusapi.EventLifecycleInstanceShutdown:  {},
	incusapi.EventLifecycleInstanceStarted:   {},
	incusapi.EventLifecycleInstanceStopped:   {},
	incusapi.EventLifecycleInstanceUpdated:   {},
}

var volumeEvents = map[string]struct{}{
	incusapi.EventLifecycleStorageVolumeCreated: {},
	incusapi.EventLifecycleStorageVolumeDeleted: {},
	incusapi.EventLifecycleStorageVolumeRenamed: {},
	incusapi.EventLifecycleStorageVolumeUpdated: {},
}
