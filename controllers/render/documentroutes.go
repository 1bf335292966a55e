package render

import (
	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Names of the documented routes: labels of metrics, and the groups of circuit breakers.
const (
	routeHealth    = "health"
	routeWebSocket = "websocket"
	routeAPI       = "api"
	routeDefault   = "default"
)

// documentRoutes are the routes of the scaling document, in its order.
func (p pipeline) documentRoutes() []caddyRoute {
	policies := p.spec.Edge.LoadBalancing.Policies
	health := p.way(routeHealth, valueOr(policies.Health, v1alpha1.PolicyFirst))
	health.breaker = health.breaker.off() // who asks is to see what the bot says, also when that is 503
	return []caddyRoute{
		p.documentRoute("/api/health", health),
		p.documentRoute("/ws*", p.way(routeWebSocket, valueOr(policies.WebSocket, v1alpha1.PolicyCookie))),
		p.documentRoute("/api/*", p.way(routeAPI, valueOr(policies.API, v1alpha1.PolicyRoundRobin))),
		p.documentRoute("", p.way(routeDefault, valueOr(policies.Default, v1alpha1.PolicyFirst))),
	}
}

// documentRoute sends a path to the bots; an empty one takes all that is left.
func (p pipeline) documentRoute(path string, to way) caddyRoute {
	route := caddyRoute{Handle: append([]any{p.answers.secured(true, nil)}, to.toBots()...), Terminal: true}
	if path != "" {
		route.Match = []caddyMatch{{Path: []string{path}}}
	}
	return route
}
