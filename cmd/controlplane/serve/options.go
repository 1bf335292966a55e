package serve

import (
	"io"
	"net/netip"
	"time"
)

// Options are what a user may choose.
type Options struct {
	DataDir      string
	BindAddress  netip.Addr
	Port         uint16 // 0: a free one, chosen once and kept
	Kubeconfig   string // "": in the data directory
	ServiceRange netip.Prefix

	// StartTimeout is how long each component has to become ready at the start.
	StartTimeout time.Duration

	// Messages receives one line per transition.
	Messages io.Writer
}
