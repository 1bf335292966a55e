package render

import (
	"cmp"
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

const (
	// defaultWindow is the scaling document's.
	defaultWindow = time.Minute
	// burstWindow is the time that a burst is counted in.
	burstWindow = time.Second
)

// Paths of the scaling document's own limits.
const (
	pathChat  = "/api/chat*"
	pathFiles = "/api/files*"
	pathAuth  = "/api/auth*"
)

// rateLimitHandler is caddy-ratelimit's (v0.1.0). A zone keeps its counts by its name through every change of routes.
type rateLimitHandler struct {
	Handler    string                   `json:"handler"`
	RateLimits map[string]rateLimitZone `json:"rate_limits"`
}

type rateLimitZone struct {
	Match     []caddyMatch `json:"match,omitempty"`
	Key       string       `json:"key"`
	Window    string       `json:"window"`
	MaxEvents int          `json:"max_events"`
}

// limit is one limit of requests.
type limit struct {
	zone     string
	path     string
	requests int32
	burst    *int32
	window   time.Duration
	by       v1alpha1.RateLimitKey
	byName   v1alpha1.RateLimitKeyName
}

// rateLimits are all limits of an edge: those of all routes, and those of the user's routes by their names.
type rateLimits struct {
	all    []limit
	routes map[string]limit
}

func rateLimitsOf(edge v1alpha1.EdgeSpec) rateLimits {
	limits := rateLimits{routes: map[string]limit{}}
	declared := edge.RateLimit
	if declared != nil && declared.Enabled != nil && !*declared.Enabled {
		return limits
	}
	for _, route := range edge.Routes {
		if route.RateLimit != nil {
			limits.routes[route.Name] = newLimit("route:"+route.Name, "", *route.RateLimit)
		}
	}
	if declared == nil {
		return limits
	}
	common := v1alpha1.RateLimit{Window: declared.Window, By: declared.By, ByName: declared.ByName}
	add := func(zone, path string, requests, burst *int32) {
		if requests == nil {
			return
		}
		of := common
		of.Requests, of.Burst = *requests, burst
		limits.all = append(limits.all, newLimit(zone, path, of))
	}
	add("global", "", declared.Requests, declared.Burst)
	add("api-chat", pathChat, declared.Endpoints.APIChat, nil)
	add("api-files", pathFiles, declared.Endpoints.APIFiles, nil)
	add("api-auth", pathAuth, declared.Endpoints.APIAuth, nil)
	for _, path := range declared.Paths {
		limits.all = append(limits.all, newLimit("path:"+string(path.Path), string(path.Path), path.RateLimit))
	}
	return limits
}

func newLimit(zone, path string, declared v1alpha1.RateLimit) limit {
	return limit{
		zone: zone, path: path, requests: max(declared.Requests, 1), // caddy-ratelimit panics on a zone without any
		burst: declared.Burst, window: duration(declared.Window, defaultWindow),
		by: valueOr(declared.By, v1alpha1.RateLimitByIP), byName: declared.ByName,
	}
}

// key is the placeholder that tells clients apart.
func (l limit) key() string {
	if l.by == v1alpha1.RateLimitByIP {
		return clientAddress
	}
	return clientValue(l.by, l.byName)
}

// zones are one for the requests of a window and one for a burst. A zone that allows more requests per time is asked
// first, so that what the burst refuses does not count in the window.
func (l limit) zones(into map[string]rateLimitZone) {
	zone := rateLimitZone{Key: l.key(), Window: l.window.String(), MaxEvents: int(l.requests)}
	if l.path != "" {
		zone.Match = []caddyMatch{{Path: []string{l.path}}}
	}
	into[l.zone] = zone
	if l.burst != nil {
		zone.Window, zone.MaxEvents = burstWindow.String(), int(max(*l.burst, 1))
		into["burst:"+l.zone] = zone
	}
}

// ofAll is the handler of the limits of all routes, when there are any.
func (r rateLimits) ofAll() []any { return limiting(r.all...) }

// ofRoute is the handler of a route's own limit, when it has one.
func (r rateLimits) ofRoute(route v1alpha1.EdgeRoute) []any {
	if own, limited := r.routes[route.Name]; limited {
		return limiting(own)
	}
	return nil
}

func limiting(limits ...limit) []any {
	if len(limits) == 0 {
		return nil
	}
	zones := map[string]rateLimitZone{}
	for _, limit := range limits {
		limit.zones(zones)
	}
	return []any{rateLimitHandler{Handler: "rate_limit", RateLimits: zones}}
}

// clientKeys define the placeholders that the limits use, each once, in a fixed order.
func (r rateLimits) clientKeys() []any {
	limits := slices.Clone(r.all)
	for _, own := range r.routes {
		limits = append(limits, own)
	}
	if len(limits) == 0 {
		return nil
	}
	slices.SortFunc(limits, func(a, b limit) int { return cmp.Compare(a.key(), b.key()) })
	limits = slices.CompactFunc(limits, func(a, b limit) bool { return a.key() == b.key() })
	handlers := []any{clientAddresses64()}
	for _, limit := range limits {
		if limit.by != v1alpha1.RateLimitByIP {
			handlers = append(handlers, clientValues(limit.by, limit.byName))
		}
	}
	return handlers
}
