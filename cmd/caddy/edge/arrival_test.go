package edge_test

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

func init() {
	caddy.RegisterModule(arrivalModule{})
}

// arrivals gets a token for each request that has come as far as the handler spec_arrival.
var arrivals = make(chan struct{}, 16)

// arrivalModule is http.handlers.spec_arrival: it lets a spec know that a request is in hand.
type arrivalModule struct{}

func (arrivalModule) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.spec_arrival", New: func() caddy.Module { return new(arrivalModule) }}
}

func (arrivalModule) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	arrivals <- struct{}{}
	return next.ServeHTTP(w, r)
}
