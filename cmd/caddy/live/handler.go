package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(new(Routes))
}

var (
	errNoName = errors.New(`"name" is missing: write the name of the server that the routes belong to`)
	errOver   = errors.New("the routes have been stopped")
)

// Routes is http.handlers.botcluster_routes: routes that can be replaced while they serve.
type Routes struct {
	// Name tells the handlers of one configuration apart.
	Name string `json:"name"`
	// Routes are Caddy's, as in a server.
	Routes json.RawMessage `json:"routes"`

	ctx     caddy.Context
	serving atomic.Pointer[generation]
}

// CaddyModule implements caddy.Module.
func (*Routes) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.botcluster_routes", New: func() caddy.Module { return new(Routes) }}
}

// Provision implements caddy.Provisioner.
func (r *Routes) Provision(ctx caddy.Context) error {
	if r.Name == "" {
		return errNoName
	}
	r.ctx = ctx
	first, err := r.prepare(r.Routes)
	if err != nil {
		return err
	}
	r.serving.Store(first)
	handlers.add(r)
	return nil
}

// prepare makes a generation that does not count yet.
func (r *Routes) prepare(raw json.RawMessage) (*generation, error) {
	made, err := newGeneration(r.ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", r.Name, err)
	}
	return made, nil
}

// publish lets a generation count; the one before ends with what it has in hand.
func (r *Routes) publish(next *generation) {
	if before := r.serving.Swap(next); before != nil {
		before.release()
	}
}

// Cleanup implements caddy.CleanerUpper: another configuration was loaded, or this one failed. What is in hand goes on.
func (r *Routes) Cleanup() error {
	handlers.remove(r)
	r.publish(nil)
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler. What no route ends goes on to the next handler, as from Caddy's subroutes.
func (r *Routes) ServeHTTP(w http.ResponseWriter, request *http.Request, next caddyhttp.Handler) error {
	for {
		serving := r.serving.Load()
		if serving == nil {
			return caddyhttp.Error(http.StatusServiceUnavailable, errOver)
		}
		if !serving.hold() {
			continue // it was replaced just now
		}
		defer serving.release()
		return serving.routes.Compile(next).ServeHTTP(w, request)
	}
}

var (
	_ caddy.Provisioner           = (*Routes)(nil)
	_ caddy.CleanerUpper          = (*Routes)(nil)
	_ caddyhttp.MiddlewareHandler = (*Routes)(nil)
)
