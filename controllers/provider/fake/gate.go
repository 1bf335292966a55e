package fake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// longestDelay bounds how late a slow answer is on the wall clock.
const longestDelay = time.Minute

// Gate stands before an HTTP server of the world: it numbers and records every request, and planned faults meet it there.
type Gate struct {
	World *World
	// Describe says what a request is, for the journal and for the faults.
	Describe func(r *http.Request, body []byte) Call
	// Refuse writes an error as the system does.
	Refuse func(w http.ResponseWriter, code int, message string)
	// Next carries the request out.
	Next http.Handler

	mu      sync.Mutex
	answers map[string]*keptAnswer // of reads, for faults of mode Stale
}

type keptAnswer struct{ present, before *recorder }

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call, v := g.World.arrive(g.Describe(r, body))
	switch v.mode {
	case RefuseConnection:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case Refuse:
		g.Refuse(w, v.status(), "Refused by plan")
		return
	case Conflict:
		g.Refuse(w, http.StatusPreconditionFailed, "ETag doesn't match: changed by plan")
		return
	case Slow:
		g.World.delay(r.Context(), v)
	default: // it is carried out; what is wrong comes after
	}
	if call.Class == Attach {
		g.Next.ServeHTTP(w, r)
		return
	}
	answer := &recorder{header: http.Header{}}
	g.Next.ServeHTTP(answer, r)
	g.World.answered(call, answer.status())
	if v.mode == LoseAnswer {
		panic(http.ErrAbortHandler)
	}
	if call.Class == Read && g.World.faults.keepsAnswers() {
		answer = g.age(r.URL.RequestURI(), answer, v)
	}
	answer.replay(w)
}

func (v verdict) status() int {
	if v.code == 0 {
		return http.StatusInternalServerError
	}
	return v.code
}

// ErrCut is what Pass returns when the connection is to be closed without an answer.
var ErrCut = errors.New("the connection is cut by plan")

// Pass is the gate for a call that is not an HTTP request: one inside of a connection that was taken over.
func (w *World) Pass(ctx context.Context, call Call, do func() error) error {
	call, v := w.arrive(call)
	switch v.mode {
	case RefuseConnection:
		return ErrCut
	case Refuse, Conflict:
		return fail("Refused by plan")
	case Stale:
		w.missed(v)
	case Slow:
		w.delay(ctx, v)
	default: // it is carried out; what is wrong comes after
	}
	err, status := do(), http.StatusOK
	if err != nil {
		status = StatusOf(err)
	}
	w.answered(call, status)
	if v.mode == LoseAnswer {
		return ErrCut
	}
	return err
}

// delay waits on the world's clock, or on the wall clock.
func (w *World) delay(ctx context.Context, v verdict) {
	if v.realDelay > 0 {
		passed := make(chan struct{})
		defer WallClock{}.Wake(min(v.realDelay, longestDelay), func() { close(passed) })()
		select {
		case <-passed:
		case <-ctx.Done():
		}
		return
	}
	passed, stop := w.After(v.delay)
	defer stop()
	select {
	case <-passed:
	case <-ctx.Done():
	}
}

// age remembers what a read said, and replaces it by an older answer if the verdict is that it is stale.
func (g *Gate) age(url string, fresh *recorder, v verdict) *recorder {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.answers == nil {
		g.answers = map[string]*keptAnswer{}
	}
	kept := g.answers[url]
	if kept == nil {
		kept = &keptAnswer{present: fresh}
		g.answers[url] = kept
	}
	if !bytes.Equal(kept.present.body.Bytes(), fresh.body.Bytes()) {
		kept.before, kept.present = kept.present, fresh
	}
	if v.mode != Stale {
		return fresh
	}
	if kept.before == nil {
		g.World.missed(v)
		return fresh
	}
	return kept.before
}

// recorder keeps an answer, so that it can be counted, lost or replaced before it leaves.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *recorder) Header() http.Header { return a.header }

func (a *recorder) WriteHeader(code int) {
	if a.code == 0 {
		a.code = code
	}
}

func (a *recorder) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *recorder) status() int {
	if a.code == 0 {
		return http.StatusOK
	}
	return a.code
}

func (a *recorder) replay(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status())
	_, _ = w.Write(a.body.Bytes()) // the caller may be gone
}
