package live

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// generation is one list of routes, with its modules. It lives until it is retired and nothing is in hand on it any more.
type generation struct {
	routes  caddyhttp.RouteList
	cleanUp func()
	// holders counts the requests in hand, and one more until it is retired. At zero it is over, and nobody may hold it again.
	holders atomic.Int64
}

// newGeneration provisions routes below a context. What was provisioned is cleaned up again if it fails.
func newGeneration(parent caddy.Context, raw json.RawMessage) (*generation, error) {
	var routes caddyhttp.RouteList
	if err := caddy.StrictUnmarshalJSON(caddy.RemoveMetaFields(raw), &routes); err != nil {
		return nil, fmt.Errorf("reading the routes: %w", err)
	}
	// The configuration ends before the last request on these routes does: what ends them is the last release, nothing else.
	parent.Context = context.WithoutCancel(parent.Context)
	ctx, cancel := caddy.NewContext(parent)
	if err := routes.Provision(ctx); err != nil {
		cancel()
		return nil, fmt.Errorf("setting up the routes: %w", err)
	}
	made := &generation{routes: routes, cleanUp: cancel}
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

// release is the end of a request, or of being the one that counts. The last cleans up.
func (g *generation) release() {
	if g.holders.Add(-1) == 0 {
		g.cleanUp()
	}
}
