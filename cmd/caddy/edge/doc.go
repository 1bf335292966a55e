// Package edge makes Caddy an edge of a BotCluster. Its modules are all over one pool that lives as long as the process and is
// not touched when Caddy loads another configuration:
//
//	apps.botcluster                                   the revision of the loaded routes, and the metrics
//	http.handlers.botcluster_route                    how a route chooses a member; the answer when no breaker lets anything through
//	http.reverse_proxy.upstreams.botcluster           for each try of a request, the one member that is chosen
//	http.reverse_proxy.selection_policies.botcluster  takes that member, and prepares its sticky cookie
//	http.reverse_proxy.transport.botcluster           Caddy's HTTP transport, with every request counted to its member
//	tls.get_certificate.botcluster                    the certificates that were pushed
//	admin.api.botcluster                              GET and PUT /botcluster/pool
//	admin.api.botcluster_config                       PUT /botcluster/config
//	admin.api.botcluster_secrets                      PUT /botcluster/secrets
//
// A route over the pool names all of them; a proxy that has its upstreams from the pool without the transport, the
// selection policy, or one of try_duration and retries is refused:
//
//	{"handler": "botcluster_route", "route": "api",
//	 "policy": "cookie",
//	 "cookie": {"name": "lb", "fallback": "least_conn"},
//	 "breaker": {"threshold": 5, "timeout": "30s", "half_open_requests": 3},
//	 "passive": {"fail_duration": "30s", "max_fails": 3},
//	 "fallback": {"body": "The bots are resting.", "content_type": "text/plain; charset=utf-8"}},
//	{"handler": "reverse_proxy",
//	 "dynamic_upstreams": {"source": "botcluster"},
//	 "transport": {"protocol": "botcluster", "dial_timeout": "500ms"},
//	 "load_balancing": {"selection_policy": {"policy": "botcluster"},
//	                    "try_duration": "5s", "try_interval": "50ms",
//	                    "retry_match": [{"method": ["GET", "HEAD", "OPTIONS"]}]}}
//
// The policies are round_robin, first, least_conn, ip_hash, cookie and random; cookie is for the policy of that name only.
// Without breaker or passive a route has none, and without botcluster_route it takes members in turn.
//
// That is why the proxy needs try_duration or retries: a request whose member leaves the pool, or whose breaker opens, while it is on its
// way is refused before anything is sent, as if the dial had failed, and the retry chooses another member.
//
// # A request's way
//
//	botcluster_route ──► reverse_proxy ──► upstreams ──► selection ──► transport ──► member
//	  │ begins a trip       each try:      choice.Next    cookie       choice.Admit
//	  └ no breaker lets it through: 503    none does by now: 503 ◄─────────┘
//
// The trip stays with the request, so that the next try knows which members were tried. The
// cookie comes with the member's answer. What the transport does not count
// against a member: clients that give up before the breaker's timeout, and uploads that a client breaks off.
package edge
