package live

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// generation is one list of routes, with its modules. It lives until it is retired and nothing is in hand on it any more.
type generation struct {
	// source is what it was made from.
	source []byte
	// serve goes through the routes, and on to the handler after them. It is compiled once: for a dozen routes that is a
	// twentieth of what a request costs.
	serve caddyhttp.Handler
	// end cleans the modules up, once.
	end func()
	// holders counts the requests in hand, and one more until it is retired. At zero it is over, and nobody may hold it again.
	holders atomic.Int64
}

// provisioning is held while routes are provisioned. Caddy provisions under a lock of its own and its modules rely on being
// alone, but a replacement cannot take that lock.
var provisioning sync.Mutex

// inside marks the contexts of routes that can be replaced.
type inside struct{}

// newGeneration provisions routes below a context. What was provisioned is cleaned up again if it fails.
func newGeneration(parent caddy.Context, source []byte, onwards caddyhttp.Handler) (*generation, error) {
	made := &generation{source: source}
	var routes caddyhttp.RouteList
	if err := caddy.StrictUnmarshalJSON(source, &routes); err != nil {
		return nil, fmt.Errorf("reading the routes: %w", err)
	}
	// The end of the configuration is not yet theirs: what is in hand, and its retries, goes on.
	parent.Context = context.WithValue(context.WithoutCancel(parent.Context), inside{}, true)
	ctx, cancel := caddy.NewContext(parent)
	made.end = sync.OnceFunc(cancel)
	provisioned := false
	defer func() {
		if !provisioned { // also when a module panics
			made.end()
		}
	}()
	provisioning.Lock()
	defer provisioning.Unlock()
	if err := routes.Provision(ctx); err != nil {
		return nil, fmt.Errorf("setting up the routes: %w", err)
	}
	provisioned = true
	made.serve = routes.Compile(onwards)
	made.holders.Store(1)
	return made, nil
}

// hold counts a request in hand. It is false when the generation is over.
func (g *generation) hold() bool {
	for {
		holders := g.holders.Load()
		if holders == 0 {
			return false
		}
		if g.holders.CompareAndSwap(holders, holders+1) {
			return true
		}
	}
}

// release is the end of a request, or of being the one that counts. After the last the modules are cleaned up, which the
// answer of that request does not wait for.
func (g *generation) release() {
	if g.holders.Add(-1) == 0 {
		go g.end()
	}
}
