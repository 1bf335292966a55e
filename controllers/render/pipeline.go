package render

import (
	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// pipeline is what a request passes on its way to the bots.
type pipeline struct {
	spec    v1alpha1.BotClusterSpec
	answers responses
	limits  rateLimits
}

func newPipeline(spec v1alpha1.BotClusterSpec, answers responses) pipeline {
	return pipeline{spec: spec, answers: answers, limits: rateLimitsOf(spec.Edge)}
}

// routes are, for the declared hosts, the limits, then the user's routes, then those of the scaling document. Other hosts
// get 421 (Misdirected Request) instead of Caddy's empty 200.
func (p pipeline) routes() []caddyRoute {
	handlers := append(p.limits.ofAll(), compression(), subrouteHandler{
		Handler: "subroute", Routes: append(p.customRoutes(), p.documentRoutes()...),
	})
	serving := caddyRoute{Handle: handlers, Terminal: true}
	var routes []caddyRoute
	if placeholders := p.placeholders(); len(placeholders) > 0 {
		routes = append(routes, caddyRoute{Handle: placeholders})
	}
	hosts := hostNames(p.spec.Edge)
	if len(hosts) == 0 {
		return append(routes, serving)
	}
	serving.Match = []caddyMatch{{Host: hosts}}
	misdirected := caddyRoute{Handle: []any{
		p.answers.secured(false, nil),
		staticResponseHandler{Handler: "static_response", StatusCode: statusMisdirected},
	}}
	return append(routes, serving, misdirected)
}

// placeholders define those that later handlers use.
func (p pipeline) placeholders() []any {
	handlers := p.limits.clientKeys()
	if p.answers.http3 {
		handlers = append(handlers, publicPorts())
	}
	return handlers
}

// way is a route to the bots with what holds for all of them.
func (p pipeline) way(name string, policy v1alpha1.LoadBalancingPolicy) way {
	balancing := p.spec.Edge.LoadBalancing
	return way{
		name:    name,
		policy:  policy,
		cookie:  valueOr(balancing.CookieName, defaultCookie),
		breaker: breakerOf(p.spec.Edge),
		passive: passive(p.spec.Health),
		try:     duration(balancing.TryDuration, defaultTryDuration),
		dial:    defaultDialTimeout,
	}
}
