package edge_test

import (
	"net/http"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(betweenChoiceAndCall{})
}

// hook is something that happens once.
type hook struct {
	mu   sync.Mutex
	next func()
}

func (h *hook) set(next func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next = next
}

func (h *hook) fire() {
	h.mu.Lock()
	next := h.next
	h.next = nil
	h.mu.Unlock()
	if next != nil {
		next()
	}
}

// afterSelection happens between the choice of a member and the call of it.
var afterSelection hook

// betweenChoiceAndCall is the handler "test_hook": it gives the placeholder {test.hook} a value that makes the hook fire. A proxy
// that writes it into a header of the request evaluates it once it has chosen a member.
type betweenChoiceAndCall struct{}

// CaddyModule implements caddy.Module.
func (betweenChoiceAndCall) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.test_hook", New: func() caddy.Module { return new(betweenChoiceAndCall) }}
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (betweenChoiceAndCall) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	replacer := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	replacer.Map(func(key string) (any, bool) {
		if key != "test.hook" {
			return nil, false
		}
		afterSelection.fire()
		return "fired", true
	})
	return next.ServeHTTP(w, r)
}
