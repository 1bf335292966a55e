package edge

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func init() {
	caddy.RegisterModule(Route{})
}

// cookieForm is that of a cookie's name: a token of RFC 9110.
var cookieForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// defaultContentType is that of a fallback body that does not say otherwise.
const defaultContentType = "text/plain; charset=utf-8"

// Route is http.handlers.botcluster_route: it stands before a reverse_proxy and says how that proxy's member is chosen. When
// there are members that serve and no breaker of theirs lets anything through, it answers in the proxy's place.
type Route struct {
	// Route names the group of routes that share circuit breakers and the position of round_robin; it is a label of metrics.
	Route string `json:"route"`
	// Policy is round_robin, first, least_conn, ip_hash, cookie or random.
	Policy pool.Policy `json:"policy"`
	// Cookie says more of the policy cookie, and is allowed with no other.
	Cookie *CookieSettings `json:"cookie,omitempty"`
	// Breaker is the circuit breaker that each member has in this route. Default: none.
	Breaker *BreakerSettings `json:"breaker,omitempty"`
	// Passive passes members over whose requests fail. Default: none.
	Passive *PassiveSettings `json:"passive,omitempty"`
	// Fallback is the body of the answer when no breaker lets anything through. Default: an empty one.
	Fallback Fallback `json:"fallback,omitzero"`

	held *pool.Route
}

// CookieSettings are those of the policy cookie.
type CookieSettings struct {
	// Name of the cookie. Default: lb.
	Name string `json:"name,omitempty"`
	// Fallback is the policy for clients without the cookie of a member that can be chosen. Default: least_conn.
	Fallback pool.Policy `json:"fallback,omitempty"`
}

// BreakerSettings are those of a circuit breaker.
type BreakerSettings struct {
	// Threshold is how many failures in a row open it: answers with a status of 500 and more, and requests without an answer.
	Threshold uint32 `json:"threshold"`
	// Timeout is how long it stays open before it is half-open.
	Timeout caddy.Duration `json:"timeout"`
	// HalfOpenRequests is how many requests it lets through when half-open; when all of them succeed it closes.
	HalfOpenRequests uint32 `json:"half_open_requests"`
}

// PassiveSettings are those of passive health.
type PassiveSettings struct {
	// FailDuration is how long a request without an answer counts.
	FailDuration caddy.Duration `json:"fail_duration"`
	// MaxFails is how many of those eject a member.
	MaxFails int `json:"max_fails"`
}

// Fallback is a body.
type Fallback struct {
	Body string `json:"body,omitempty"`
	// ContentType of the body. Default: text/plain in UTF-8.
	ContentType string `json:"content_type,omitempty"`
}

// CaddyModule implements caddy.Module.
func (Route) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.botcluster_route", New: func() caddy.Module { return new(Route) }}
}

// Provision implements caddy.Provisioner.
func (h *Route) Provision(ctx caddy.Context) error {
	settings, err := h.settings()
	if err != nil {
		return fmt.Errorf("botcluster_route: %w", err)
	}
	if _, err := ctx.App("botcluster"); err != nil {
		return fmt.Errorf("loading the app of the pool: %w", err)
	}
	h.held = shared.UseRoute(settings)
	return nil
}

// Cleanup implements caddy.CleanerUpper. It is also called when something else of the configuration failed.
func (h *Route) Cleanup() error {
	if h.held != nil {
		h.held.Release()
	}
	return nil
}

// settings checks the settings and sets those that were left to their defaults.
func (h *Route) settings() (pool.RouteSettings, error) {
	settings := pool.RouteSettings{Name: h.Route, Policy: h.Policy}
	if h.Fallback.ContentType == "" {
		h.Fallback.ContentType = defaultContentType
	}
	if h.Policy != pool.Cookie && h.Cookie != nil {
		return settings, fmt.Errorf("cookie: it means nothing to the policy %q; leave it out, or write the policy cookie", h.Policy)
	}
	if h.Policy == pool.Cookie {
		if err := h.completeCookie(); err != nil {
			return settings, err
		}
		settings.Fallback = h.Cookie.Fallback
	}
	if h.Breaker != nil {
		settings.Breaker = pool.BreakerSettings{
			Threshold: h.Breaker.Threshold, Timeout: time.Duration(h.Breaker.Timeout), HalfOpenRequests: h.Breaker.HalfOpenRequests,
		}
		if settings.Breaker == (pool.BreakerSettings{}) {
			return settings, errEmptyBreaker
		}
	}
	if h.Passive != nil {
		settings.Passive = pool.PassiveSettings{FailDuration: time.Duration(h.Passive.FailDuration), MaxFails: h.Passive.MaxFails}
		if settings.Passive == (pool.PassiveSettings{}) {
			return settings, errEmptyPassive
		}
	}
	return settings, settings.Validate()
}

func (h *Route) completeCookie() error {
	if h.Cookie == nil {
		h.Cookie = &CookieSettings{}
	}
	if h.Cookie.Name == "" {
		h.Cookie.Name = "lb"
	}
	if h.Cookie.Fallback == "" {
		h.Cookie.Fallback = pool.LeastConn
	}
	if !cookieForm.MatchString(h.Cookie.Name) {
		return fmt.Errorf("cookie.name: %q is no name of a cookie; write 1 to 64 letters, digits or !#$%%&'*+.^_`|~-", h.Cookie.Name)
	}
	return nil
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (h *Route) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	trip := newTrip(h, r)
	if wait, rejected := trip.choice.Rejected(); rejected {
		return h.reject(w, wait)
	}
	// The proxy may have failed between a member's being chosen and called.
	defer func() { trip.choice.Abandon() }()
	caddyhttp.SetVar(r.Context(), tripVar, trip)
	return next.ServeHTTP(w, r)
}

// reject answers for members whose breakers let nothing through.
func (h *Route) reject(w http.ResponseWriter, wait time.Duration) error {
	h.rejection(w.Header(), wait)
	w.WriteHeader(http.StatusServiceUnavailable)
	if _, err := io.WriteString(w, h.Fallback.Body); err != nil {
		return nil //nolint:nilerr // the client went away; there is nobody left to tell
	}
	return nil
}

// rejection writes the header of that answer.
func (h *Route) rejection(header http.Header, wait time.Duration) {
	header.Set("Retry-After", strconv.Itoa(int(max(1, math.Ceil(wait.Seconds())))))
	header.Set("Content-Length", strconv.Itoa(len(h.Fallback.Body)))
	if h.Fallback.Body != "" {
		header.Set("Content-Type", h.Fallback.ContentType)
	}
}

var (
	_ caddy.Provisioner           = (*Route)(nil)
	_ caddy.CleanerUpper          = (*Route)(nil)
	_ caddyhttp.MiddlewareHandler = (*Route)(nil)
)
