package edge

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func init() {
	caddy.RegisterModule(Upstreams{})
}

// errUncounted refuses a proxy whose requests the pool would not see: members would be stopped with requests in hand.
var errUncounted = errors.New(`a reverse_proxy with dynamic_upstreams from "botcluster" needs "transport": {"protocol": "botcluster"}`)

// Upstreams is http.reverse_proxy.upstreams.botcluster: the members that serve, ordered by name.
type Upstreams struct{}

// CaddyModule implements caddy.Module.
func (Upstreams) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.upstreams.botcluster",
		New: func() caddy.Module { return new(Upstreams) },
	}
}

// Provision implements caddy.Provisioner. It makes sure that the app is there even if the configuration does not name it.
func (u *Upstreams) Provision(ctx caddy.Context) error {
	if !counted(ctx.Modules()) {
		return errUncounted
	}
	if _, err := ctx.App("botcluster"); err != nil {
		return fmt.Errorf("loading the app of the pool: %w", err)
	}
	return nil
}

// counted tells whether the nearest proxy in the lineage of a module uses the pool's transport.
func counted(lineage []caddy.Module) bool {
	for _, module := range slices.Backward(lineage) {
		if proxy, isProxy := module.(*reverseproxy.Handler); isProxy {
			_, ours := proxy.Transport.(*Transport)
			return ours
		}
	}
	return false
}

// GetUpstreams implements reverseproxy.UpstreamSource. The proxy writes into what it gets, so that each request gets its own.
func (u *Upstreams) GetUpstreams(*http.Request) ([]*reverseproxy.Upstream, error) {
	addresses := shared.Serving()
	upstreams := make([]reverseproxy.Upstream, len(addresses))
	pointers := make([]*reverseproxy.Upstream, len(addresses))
	for i, address := range addresses {
		upstreams[i].Dial = address
		pointers[i] = &upstreams[i]
	}
	return pointers, nil
}

var (
	_ caddy.Provisioner           = (*Upstreams)(nil)
	_ reverseproxy.UpstreamSource = (*Upstreams)(nil)
)
