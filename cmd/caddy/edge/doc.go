// Package edge makes Caddy an edge of a BotCluster. It registers four modules, all of them over one pool that lives as long as
// the process and is not touched when Caddy loads another configuration:
//
//	apps.botcluster                           the revision of the loaded routes, and the metrics
//	http.reverse_proxy.upstreams.botcluster   the members that serve, as dynamic upstreams
//	http.reverse_proxy.transport.botcluster   Caddy's HTTP transport, with every request counted to its member
//	admin.api.botcluster                      GET and PUT /botcluster/pool
//
// A route that uses the pool names both the upstreams and the transport; one without the other is refused:
//
//	{"handler": "reverse_proxy",
//	 "dynamic_upstreams": {"source": "botcluster"},
//	 "transport": {"protocol": "botcluster"},
//	 "load_balancing": {"selection_policy": {"policy": "round_robin"}, "try_duration": "5s"},
//	 "stream_close_delay": "1h"}
//
// It needs try_duration or retries: a request whose member leaves the pool while it is on its way is refused before anything is
// sent, as if the dial had failed, and the retry chooses another member.
package edge
