package provider

import (
	"context"
	"net"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// DialFunc opens a connection to an edge's admin API.
type DialFunc func(ctx context.Context) (net.Conn, error)

// Edges gives access to edges. Implementations keep a connection to each.
type Edges interface {
	// Edge returns the edge behind a key that is unique to the instance. It does not connect.
	Edge(key string, dial DialFunc) Edge
	// Forget closes what is kept for a key.
	Forget(key string)
}

// Edge is the Caddy of one edge instance.
type Edge interface {
	// State returns the routes, pool and secrets that the edge holds, and how the pool's members do.
	State(ctx context.Context) (model.EdgeState, error)
	// SetSecrets replaces the secrets, all or none. Those that the edge cannot use are a Terminal error whose text holds
	// none of them, and it keeps the ones from before.
	SetSecrets(ctx context.Context, secrets model.EdgeSecrets) error
	// SetRoutes replaces the routes. A configuration that Caddy refuses is a Terminal error, and the old one serves on.
	// Where only the routes within the servers differ, no listener, connection or stream is touched.
	SetRoutes(ctx context.Context, routes model.Routes) error
	// SetPool replaces the pool without touching connections, and returns the state after it.
	SetPool(ctx context.Context, pool model.Pool) (model.EdgeState, error)
}

// DialerTo returns a DialFunc to a target inside an instance.
func DialerTo(host Host, instance string, target Target) DialFunc {
	return func(ctx context.Context) (net.Conn, error) { return host.Dial(ctx, instance, target) }
}
