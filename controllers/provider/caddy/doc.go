// Package caddy is the provider of edges: it speaks to the admin API of the operator's own Caddy (cmd/caddy), over
// connections that it is given a function to open.
//
//	State       GET  /botcluster/pool
//	SetSecrets  PUT  /botcluster/secrets
//	SetRoutes   PUT  /botcluster/config
//	SetPool     PUT  /botcluster/pool
//
// One connection per edge is kept open between calls: through Incus a new one costs some 30 ms, a request on a kept one
// 0.3 ms. All calls are idempotent, so that one whose kept connection turns out to be broken (the edge was
// restarted, or made anew under the same name) is repeated once on a new connection. Each call has a deadline of its own,
// and what an edge answers is bounded and checked before it is believed.
//
// # Errors
//
//	Waiting    nothing listens behind the connection: the edge is still booting
//	Transient  EdgeUnreachable: no answer in time, or one that makes no sense
//	Terminal   EdgeRejectedRoutes, EdgeRejectedPool, EdgeRejectedSecrets: Caddy refused; what it had before serves on
//	Terminal   EdgeUnreachable: it is not our Caddy
//
// An error of the dial that carries a class keeps it. No error repeats a secret, whatever an edge says.
package caddy
