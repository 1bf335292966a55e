package render

import (
	"time"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

const (
	// defaultTryDuration is how long a request looks for a bot that takes it: `lb_try_duration 5s` of the scaling document.
	defaultTryDuration = 5 * time.Second
	// tryInterval is the pause between two tries. Caddy's own 250ms would be felt each time that a bot goes away under a
	// request, and asking the pool again costs microseconds.
	tryInterval = "50ms"
	// defaultDialTimeout bounds one try. Bots are one network hop away and answer a SYN within a few milliseconds; a
	// container that is gone answers nothing, and Caddy's own 3s would be spent on it.
	defaultDialTimeout = 500 * time.Millisecond
	// defaultFailDuration is the scaling document's `fail_duration`; defaultMaxFails is as many as failed probes.
	defaultFailDuration = 30 * time.Second
	defaultMaxFails     = defaultRetries
	// poolModule names the upstreams, the transport, the selection and the certificates of cmd/caddy.
	poolModule = "botcluster"
	// defaultCookie is Caddy's own default name, which the scaling document uses.
	defaultCookie = v1alpha1.CookieName("lb")
	// withoutCookie chooses a bot for a client that has no cookie yet: the one with the fewest streams.
	withoutCookie = v1alpha1.PolicyLeastConn
)

// safeMethods are those whose requests may be sent again although a bot may have seen them: they change nothing (RFC 9110).
// A request of another method goes to the next bot only if it reached none.
var safeMethods = []string{"GET", "HEAD", "OPTIONS"}

// way is a route to the bots.
type way struct {
	name    string
	policy  v1alpha1.LoadBalancingPolicy
	cookie  v1alpha1.CookieName
	breaker breakerSettings
	passive *routePassive
	// try, dial and responseHeader are time-outs; a responseHeader of zero is none.
	try, dial, responseHeader time.Duration
	requestHeaders            *v1alpha1.HeaderChanges
}

// toBots sends requests to the pool of our own modules (cmd/caddy), which probe the bots, choose among them and count what is
// sent to them. Answers of unknown length and event streams are flushed at once by Caddy itself, which a flush_interval would
// only repeat for them and force upon all others.
func (w way) toBots() []any {
	choice := botRouteHandler{
		Handler: "botcluster_route", Route: w.name, Policy: string(w.policy),
		Breaker: w.breaker.routeBreaker(), Passive: w.passive, Fallback: w.breaker.routeFallback(),
	}
	if w.policy == v1alpha1.PolicyCookie {
		choice.Cookie = &stickyCookie{Name: string(w.cookie), Fallback: string(withoutCookie)}
	}
	proxy := reverseProxyHandler{
		Handler:          "reverse_proxy",
		DynamicUpstreams: upstreamSource{Source: poolModule},
		LoadBalancing: loadBalancing{
			SelectionPolicy: selectionPolicy{Policy: poolModule},
			TryDuration:     w.try.String(),
			TryInterval:     tryInterval,
			RetryMatch:      []caddyMatch{{Method: safeMethods}},
		},
		Transport: proxyTransport{Protocol: poolModule, DialTimeout: w.dial.String()},
	}
	if w.responseHeader > 0 {
		proxy.Transport.ResponseHeaderTimeout = w.responseHeader.String()
	}
	if w.requestHeaders != nil {
		proxy.Headers = &proxyHeaders{Request: headerChanges{}.with(w.requestHeaders)}
	}
	return []any{choice, proxy}
}

// passive are the figures of passive health; none when the edge is to remember no failures.
func passive(health v1alpha1.HealthSpec) *routePassive {
	remembered := duration(health.FailDuration, defaultFailDuration)
	if remembered <= 0 {
		return nil
	}
	return &routePassive{FailDuration: remembered.String(), MaxFails: int(valueOr(health.MaxFails, defaultMaxFails))}
}
