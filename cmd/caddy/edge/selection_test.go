package edge_test

import (
	"net/http"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func init() {
	caddy.RegisterModule(firstAndThen{})
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

// firstAndThen is the selection policy "test_first": the first upstream; then whatever the spec wants to happen.
type firstAndThen struct{}

// CaddyModule implements caddy.Module.
func (firstAndThen) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.selection_policies.test_first",
		New: func() caddy.Module { return new(firstAndThen) },
	}
}

// Select implements reverseproxy.Selector.
func (firstAndThen) Select(upstreams reverseproxy.UpstreamPool, _ *http.Request, _ http.ResponseWriter) *reverseproxy.Upstream {
	if len(upstreams) == 0 {
		return nil
	}
	afterSelection.fire()
	return upstreams[0]
}
