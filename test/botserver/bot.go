package main

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Bot is one stand-in server: its settings, what it has in hand, and the load it makes.
type Bot struct {
	name    string
	started time.Time
	stopped chan struct{} // closed when streams and WebSockets are to end

	changing sync.Mutex // serialises changes of the settings
	settings atomic.Pointer[Settings]

	inFlight   atomic.Int64 // HTTP requests in hand, streams included
	webSockets atomic.Int64
	requests   atomic.Int64
	reloads    atomic.Int64
	failures   failureRate
	memory     leak
	processor  burner
	usage      usage
	sockets    socketSet
}

func newBot(name string, settings Settings) *Bot {
	bot := &Bot{name: name, started: time.Now(), stopped: make(chan struct{})}
	bot.sockets.open = map[closer]struct{}{}
	bot.settings.Store(&settings)
	bot.apply(settings)
	return bot
}

// change replaces the settings with what the function makes of them, unless it refuses.
func (b *Bot) change(edit func(Settings) (Settings, error)) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	next, err := edit(*b.settings.Load())
	if err != nil {
		return err
	}
	b.settings.Store(&next)
	b.apply(next)
	return nil
}

// apply starts and stops the load that runs beside the requests.
func (b *Bot) apply(settings Settings) {
	b.memory.setRate(settings.LeakBytesPerSecond)
	b.processor.setCores(settings.BurnCores)
}

// close ends the load, the streams and the WebSockets. Requests in hand go on.
func (b *Bot) close() {
	b.apply(defaultSettings())
	close(b.stopped)
	b.sockets.closeAll()
}

// Handler is the whole of what the server answers.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", b.serveLiveness)
	mux.HandleFunc("GET /api/health", b.serveHealth)
	mux.HandleFunc("GET /control", b.serveState)
	mux.HandleFunc("POST /control", b.serveControl)
	mux.HandleFunc("/ws", b.serveWebSocket)
	mux.HandleFunc("/ws/", b.serveWebSocket)
	mux.Handle("GET /api/stream", b.counted(http.HandlerFunc(b.serveStream)))
	mux.Handle("POST /api/config/reload", b.counted(http.HandlerFunc(b.serveReload)))
	mux.Handle("/", b.counted(http.HandlerFunc(b.serveApplication)))
	return b.named(mux)
}

// named tells with every answer which instance gave it, and ends connections while draining.
func (b *Bot) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Botserver-Name", b.name)
		if b.settings.Load().Draining {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// counted keeps count of what is in hand and applies the delay and the failure rate.
func (b *Bot) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.requests.Add(1)
		b.inFlight.Add(1)
		defer b.inFlight.Add(-1)
		settings := b.settings.Load()
		if !pause(r.Context(), time.Duration(settings.Delay)) {
			return
		}
		if b.failures.next(settings.FailureRate) {
			http.Error(w, "failing as told by failureRate", http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}
