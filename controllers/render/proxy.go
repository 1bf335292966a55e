package render

const (
	// tryDuration is how long a request looks for a bot that takes it: `lb_try_duration 5s` of the scaling document.
	tryDuration = "5s"
	// tryInterval is the pause between two tries. Caddy's own 250ms would be felt each time that a bot goes away under a
	// request, and asking the pool again costs microseconds.
	tryInterval = "50ms"
	// dialTimeout bounds one try. Bots are one network hop away and answer a SYN within a few milliseconds; a container
	// that is gone answers nothing, and Caddy's own 3s would be spent on it.
	dialTimeout = "500ms"
	// failDuration is how long a bot that failed maxFails requests in that time is passed over. Until the probes have
	// noticed that a bot died (30s with the scaling document's figures) the policies `first` and `cookie` would choose it
	// for every try. It is shorter than tryDuration, so that a request outlives it when there is no other bot, and a bot
	// that failed a single request is not passed over.
	failDuration = "2s"
	maxFails     = 3
	// streamCloseDelay is how long WebSockets and other streams outlive the routes they came in by. Caddy's default cuts
	// them at once. It is the longest drain.timeout that the API takes; old routes are freed when their last stream ends.
	streamCloseDelay = "24h0m0s"
	// poolModule names the upstreams and the transport of cmd/caddy.
	poolModule = "botcluster"
	// stickyCookie is Caddy's own default name, which the scaling document uses.
	stickyCookie = "lb"
)

// documentRoutes are the routes of the scaling document, in its order.
func documentRoutes() []caddyRoute {
	return []caddyRoute{
		documentRoute("/api/health", selectionPolicy{Policy: "first"}),
		documentRoute("/ws*", selectionPolicy{
			Policy: "cookie",
			Name:   stickyCookie,
			// A new client goes where the fewest streams are.
			Fallback: &selectionPolicy{Policy: "least_conn"},
		}),
		documentRoute("/api/*", selectionPolicy{Policy: "round_robin"}),
		documentRoute("", selectionPolicy{Policy: "first"}),
	}
}

// documentRoute sends a path to the bots; an empty one takes all that is left.
func documentRoute(path string, policy selectionPolicy) caddyRoute {
	route := caddyRoute{Handle: []any{toBots(policy)}, Terminal: true}
	if path != "" {
		route.Match = []caddyMatch{{Path: []string{path}}}
	}
	return route
}

// toBots sends requests to the pool of our own modules (cmd/caddy), which probe the bots and count what is sent to them.
// Answers of unknown length and event streams are flushed at once by Caddy itself, which a flush_interval would only repeat for
// them and force upon all others.
func toBots(policy selectionPolicy) reverseProxyHandler {
	return reverseProxyHandler{
		Handler:          "reverse_proxy",
		DynamicUpstreams: upstreamSource{Source: poolModule},
		LoadBalancing: loadBalancing{
			SelectionPolicy: policy,
			TryDuration:     tryDuration,
			TryInterval:     tryInterval,
		},
		HealthChecks:     healthChecks{Passive: passiveHealthChecks{FailDuration: failDuration, MaxFails: maxFails}},
		Transport:        proxyTransport{Protocol: poolModule, DialTimeout: dialTimeout},
		StreamCloseDelay: streamCloseDelay,
	}
}
