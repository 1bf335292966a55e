package live

import (
	"bytes"
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

// poolApp is the app that carries the Set, and that the routes' proxies use.
const poolApp = "botcluster"

var (
	errNoName = errors.New(`"name" is missing: write the name of the server that the routes belong to`)
	errNoNext = errors.New("the request did not come from Caddy's own server")
)

// Routes is http.handlers.botcluster_routes: routes that can be replaced while they serve.
type Routes struct {
	// Name tells the handlers of one configuration apart.
	Name string `json:"name"`
	// Routes are Caddy's, as in a server.
	Routes json.RawMessage `json:"routes"`

	ctx caddy.Context
	set *Set
	// variable is where a request keeps the handler after these routes, which Caddy puts together anew for each.
	variable string
	serving  atomic.Pointer[generation]
	// stopped is set when the configuration has ended.
	stopped atomic.Bool
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
	if ctx.Value(inside{}) != nil {
		return fmt.Errorf("%w: %q", errNested, r.Name)
	}
	// Before the routes ask for the app: one that is first named inside of them would be set up in their context, and its
	// metrics be shown nowhere.
	set, err := setOf(ctx)
	if err != nil {
		return err
	}
	r.ctx, r.set, r.variable = ctx, set, handlerName+"."+r.Name
	first, err := r.prepare(r.Routes)
	if err != nil {
		return err
	}
	r.serving.Store(first)
	return set.join(r)
}

// prepare makes a generation that does not count yet.
func (r *Routes) prepare(source []byte) (*generation, error) {
	made, err := newGeneration(r.ctx, source, caddyhttp.HandlerFunc(r.onwards))
	if err != nil {
		return nil, fmt.Errorf("server %q: %w", r.Name, err)
	}
	return made, nil
}

// serves tells whether the routes that count were made from a source.
func (r *Routes) serves(source []byte) bool { return bytes.Equal(r.serving.Load().source, source) }

// publish lets a generation count; the one before ends with what it has in hand.
func (r *Routes) publish(next *generation) { r.serving.Swap(next).release() }

// Cleanup implements caddy.CleanerUpper: another configuration was loaded, or this one failed. What is in hand goes on, unless
// the process ends: then Caddy's proxy says goodbye to its WebSockets while it can.
func (r *Routes) Cleanup() error {
	if r.serving.Load() == nil || r.stopped.Swap(true) {
		return nil
	}
	r.set.End() // before the last generation is looked at, so that no other takes its place
	last := r.serving.Load()
	last.release()
	if caddy.Exiting() {
		last.end()
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler. What no route ends goes on to the next handler, as from Caddy's subroutes.
// Caddy's servers bring requests also after their configuration has ended: on a connection that was open, or to an error's
// routes. They are served by the routes of that name that count now.
func (r *Routes) ServeHTTP(w http.ResponseWriter, request *http.Request, next caddyhttp.Handler) error {
	counts := r
	for {
		serving := counts.serving.Load()
		if serving.hold() {
			defer serving.release()
		} else if !counts.stopped.Load() {
			continue // it was replaced just now
		} else if newer := sets.handler(r.Name); newer != nil && newer != counts {
			counts = newer
			continue
		}
		// When there are none, by these, cleaned up or not. So do Caddy's own handlers.
		caddyhttp.SetVar(request.Context(), r.variable, next)
		return serving.serve.ServeHTTP(w, request)
	}
}

// onwards is the end of the routes.
func (r *Routes) onwards(w http.ResponseWriter, request *http.Request) error {
	next, is := caddyhttp.GetVar(request.Context(), r.variable).(caddyhttp.Handler)
	if !is {
		return caddyhttp.Error(http.StatusInternalServerError, errNoNext)
	}
	return next.ServeHTTP(w, request)
}

var (
	_ caddy.Provisioner           = (*Routes)(nil)
	_ caddy.CleanerUpper          = (*Routes)(nil)
	_ caddyhttp.MiddlewareHandler = (*Routes)(nil)
)
