package serve

import (
	"net/netip"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
)

// URL is where clients find an API server that listens on an address and port.
func URL(bind netip.Addr, port uint16) string {
	p := &plane{settings: arguments.Settings{BindAddress: bind, Port: port}}
	return p.url()
}

// Environment is what the components inherit.
var Environment = environment
