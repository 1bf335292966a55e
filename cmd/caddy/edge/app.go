package edge

import (
	"fmt"

	"github.com/caddyserver/caddy/v2"

	"github.com/generalbots/botcluster-operator/cmd/caddy/live"
	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func init() {
	caddy.RegisterModule(new(App))
}

// App is apps.botcluster: what a configuration says about itself to the reader of the pool.
type App struct {
	// Revision names the routes of this configuration. The pool document shows it while they are loaded.
	Revision string `json:"revision,omitempty"`
	// LoopbackMembers allows members at loopback addresses: for bots on the machine that Caddy runs on, and for tests.
	LoopbackMembers bool `json:"loopback_members,omitempty"`

	replaceable live.Set
	release     func() // of what counts in the pool
}

// CaddyModule implements caddy.Module.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "botcluster", New: func() caddy.Module { return new(App) }}
}

// Provision implements caddy.Provisioner: every configuration has a metrics registry of its own.
// The secrets of an earlier run are there before the first request is.
func (a *App) Provision(ctx caddy.Context) error {
	vault()
	if err := ctx.GetMetricsRegistry().Register(collector{shared}); err != nil {
		return fmt.Errorf("registering the metrics of the pool: %w", err)
	}
	return nil
}

// Start implements caddy.App: from now on these routes count.
func (a *App) Start() error {
	a.count(a.Revision)
	a.replaceable.Begin(a.count)
	return nil
}

// count lets routes of a revision count instead of those that did. The Set calls it, and not after its end.
func (a *App) count(revision string) {
	release := shared.LoadRoutes(pool.Routes{Revision: revision, Rules: pool.Rules{LoopbackMembers: a.LoopbackMembers}})
	if a.release != nil {
		a.release()
	}
	a.release = release
}

// Stop implements caddy.App. It is called when other routes have been loaded, and when loading these failed after all.
func (a *App) Stop() error {
	a.replaceable.End()
	a.release()
	return nil
}

// Replaceable implements live.Host.
func (a *App) Replaceable() *live.Set { return &a.replaceable }

var (
	_ caddy.App         = (*App)(nil)
	_ caddy.Provisioner = (*App)(nil)
	_ live.Host         = (*App)(nil)
)
