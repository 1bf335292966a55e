package edge

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func init() {
	caddy.RegisterModule(Upstreams{})
}

var (
	// errUncounted refuses a proxy whose requests the pool would not see: members would be stopped with requests in hand.
	errUncounted = errors.New(`a reverse_proxy with dynamic_upstreams from "botcluster" needs "transport": {"protocol": "botcluster"}`)
	// errUnselected refuses a proxy that would make something else of the one member that was chosen.
	errUnselected = errors.New(`a reverse_proxy with dynamic_upstreams from "botcluster" needs ` +
		`"load_balancing": {"selection_policy": {"policy": "botcluster"}}; the policy itself is written in "botcluster_route" before it`)
	// errUnretried refuses a proxy that would answer 502 whenever a member leaves the pool while a request is on its way to it.
	errUnretried = errors.New(`a reverse_proxy with dynamic_upstreams from "botcluster" needs try_duration or retries in its ` +
		`"load_balancing", such as "try_duration": "5s": a request whose member leaves the pool must be sent to another`)
)

// Upstreams is http.reverse_proxy.upstreams.botcluster: for each try of a request the one member that its route chooses. So
// what Caddy does for each upstream of each request is done once, however many members there are.
type Upstreams struct {
	plain *Route // for requests that no botcluster_route has seen: in turn, and nothing more
}

// CaddyModule implements caddy.Module.
func (Upstreams) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.upstreams.botcluster",
		New: func() caddy.Module { return new(Upstreams) },
	}
}

// Provision implements caddy.Provisioner. It makes sure that the app is there even if the configuration does not name it.
func (u *Upstreams) Provision(ctx caddy.Context) error {
	proxy := proxyAbove(ctx.Modules())
	if proxy == nil {
		return errUncounted
	}
	if _, ours := proxy.Transport.(*Transport); !ours {
		return errUncounted
	}
	if proxy.LoadBalancing == nil {
		return errUnselected
	}
	if _, ours := proxy.LoadBalancing.SelectionPolicy.(*Selection); !ours {
		return errUnselected
	}
	if proxy.LoadBalancing.TryDuration <= 0 && proxy.LoadBalancing.Retries <= 0 {
		return errUnretried
	}
	if _, err := ctx.App("botcluster"); err != nil {
		return fmt.Errorf("loading the app of the pool: %w", err)
	}
	u.plain = &Route{held: shared.UseRoute(pool.RouteSettings{Policy: pool.RoundRobin})}
	return nil
}

// Cleanup implements caddy.CleanerUpper.
func (u *Upstreams) Cleanup() error {
	if u.plain == nil {
		return nil
	}
	return u.plain.Cleanup()
}

// GetUpstreams implements reverseproxy.UpstreamSource.
func (u *Upstreams) GetUpstreams(r *http.Request) ([]*reverseproxy.Upstream, error) {
	begun := tripOf(r.Context())
	if begun == nil {
		begun = newTrip(u.plain, r)
		caddyhttp.SetVar(r.Context(), tripVar, begun)
	}
	return begun.next(), nil
}

var (
	_ caddy.Provisioner           = (*Upstreams)(nil)
	_ caddy.CleanerUpper          = (*Upstreams)(nil)
	_ reverseproxy.UpstreamSource = (*Upstreams)(nil)
)
