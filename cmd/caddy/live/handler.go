package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(new(Routes))
}

// poolApp is the app that the routes' proxies use.
const poolApp = "botcluster"

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
	serving atomic.Pointer[generation] // nil once another configuration was loaded

	publishing sync.Mutex
	closed     bool
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
	// Before the routes ask for it: an app that is first named inside of them would be set up in their context, and its metrics
	// be shown nowhere.
	if _, err := ctx.App(poolApp); err != nil {
		return fmt.Errorf("loading the app of the pool: %w", err)
	}
	r.ctx = ctx
	first, err := r.prepare(r.Routes)
	if err != nil {
		return err
	}
	r.publish(first)
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

// publish lets a generation count; the one before ends with what it has in hand. It is false, and the generation over, when
// another configuration was loaded meanwhile.
func (r *Routes) publish(next *generation) bool {
	r.publishing.Lock()
	defer r.publishing.Unlock()
	if r.closed {
		next.release()
		return false
	}
	if before := r.serving.Swap(next); before != nil {
		before.release()
	}
	return true
}

// Cleanup implements caddy.CleanerUpper: another configuration was loaded, or this one failed. What is in hand goes on.
func (r *Routes) Cleanup() error {
	handlers.remove(r)
	r.publishing.Lock()
	defer r.publishing.Unlock()
	r.closed = true
	if last := r.serving.Swap(nil); last != nil {
		last.release()
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler. What no route ends goes on to the next handler, as from Caddy's subroutes. A
// request that a configuration began and that comes here after its end, to an error's routes for one, is served by what follows it.
func (r *Routes) ServeHTTP(w http.ResponseWriter, request *http.Request, next caddyhttp.Handler) error {
	for counts := r; counts != nil; {
		serving := counts.serving.Load()
		if serving == nil {
			counts = runningHandlers()[r.Name]
			continue
		}
		if !serving.hold() {
			continue // it was replaced just now
		}
		defer serving.release()
		return serving.routes.Compile(next).ServeHTTP(w, request)
	}
	return caddyhttp.Error(http.StatusServiceUnavailable, errOver)
}

var (
	_ caddy.Provisioner           = (*Routes)(nil)
	_ caddy.CleanerUpper          = (*Routes)(nil)
	_ caddyhttp.MiddlewareHandler = (*Routes)(nil)
)
