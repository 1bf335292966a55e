package edge

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

func init() {
	caddy.RegisterModule(Selection{})
}

// errNotOurs refuses the policy where there would be nothing to take from the pool.
var errNotOurs = errors.New(`a reverse_proxy with the selection_policy "botcluster" needs "dynamic_upstreams": {"source": "botcluster"}`)

// Selection is http.reverse_proxy.selection_policies.botcluster: it takes the one member that the upstreams of the same name
// have chosen, and prepares the cookie of that member if the route's policy is cookie.
type Selection struct{}

// CaddyModule implements caddy.Module.
func (Selection) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.selection_policies.botcluster",
		New: func() caddy.Module { return new(Selection) },
	}
}

// Provision implements caddy.Provisioner.
func (s *Selection) Provision(ctx caddy.Context) error {
	proxy := proxyAbove(ctx.Modules())
	if proxy == nil {
		return errNotOurs
	}
	// The proxy loads its upstreams after its policy.
	var upstreams struct {
		Source string `json:"source"`
	}
	if err := json.Unmarshal(proxy.DynamicUpstreamsRaw, &upstreams); err != nil || upstreams.Source != "botcluster" {
		return errNotOurs
	}
	return nil
}

// Select implements reverseproxy.Selector.
func (*Selection) Select(upstreams reverseproxy.UpstreamPool, r *http.Request, _ http.ResponseWriter) *reverseproxy.Upstream {
	trip := tripOf(r.Context())
	if len(upstreams) == 0 || trip == nil {
		return nil
	}
	trip.prepareCookie(r)
	return upstreams[0]
}

// prepareCookie writes the cookie of the chosen member, as the client's request is seen here: the transport gives it to the client,
// with an answer of that member and with nothing else.
func (t *trip) prepareCookie(r *http.Request) {
	t.cookie = ""
	token := t.choice.NewToken()
	if token == "" || t.rejected {
		return
	}
	cookie := &http.Cookie{Name: t.route.Cookie.Name, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if overTLS(r) {
		// Bots are embedded in other sites.
		cookie.Secure, cookie.SameSite = true, http.SameSiteNoneMode
	}
	t.cookie = cookie.String()
}

// overTLS tells whether the client speaks TLS, with this server or, as a trusted proxy says, with that one.
func overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if trusted, _ := caddyhttp.GetVar(r.Context(), caddyhttp.TrustedProxyVarKey).(bool); !trusted {
		return false
	}
	said := r.Header.Values("X-Forwarded-Proto")
	if len(said) == 0 {
		return false
	}
	last := said[len(said)-1]
	return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:]) == "https"
}

// proxyAbove is the nearest proxy in the lineage of a module; nil if there is none.
func proxyAbove(lineage []caddy.Module) *reverseproxy.Handler {
	for _, module := range slices.Backward(lineage) {
		if proxy, isProxy := module.(*reverseproxy.Handler); isProxy {
			return proxy
		}
	}
	return nil
}

var (
	_ caddy.Provisioner     = (*Selection)(nil)
	_ reverseproxy.Selector = (*Selection)(nil)
)
