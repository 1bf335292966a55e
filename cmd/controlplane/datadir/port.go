package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/atomicfile"
)

const (
	// freedWithin is how long a port may stay taken: by the API server of a serve that was killed, which the kernel is ending.
	freedWithin = 3 * time.Second

	// portInterval between two looks at a taken port.
	portInterval = 50 * time.Millisecond
)

// ErrPortTaken is a port that somebody else listens on.
var ErrPortTaken = errors.New("port is taken")

// Port returns the port to serve on. A wanted port is that one; 0 is the one chosen last time, as clients know it, or when that is
// taken or there is none, a free one, which is kept.
func (d Dir) Port(ctx context.Context, bind netip.Addr, wanted uint16) (uint16, error) {
	if wanted != 0 {
		if err := awaitFree(ctx, bind, wanted); err != nil {
			return 0, fmt.Errorf("%w; choose another with --port, or 0 for a free one", err)
		}
		return wanted, nil
	}
	kept, err := d.keptPort()
	if err != nil {
		return 0, err
	}
	if kept != 0 && awaitFree(ctx, bind, kept) == nil {
		return kept, nil
	}
	free, err := listenBriefly(ctx, bind, 0)
	if err != nil {
		return 0, fmt.Errorf("find a free port on %s: %w", bind, err)
	}
	return free, atomicfile.Write(d.join("port"), fmt.Appendln(nil, free))
}

// keptPort is 0 when none was kept. What cannot be a port was not written by us whole, and counts as none.
func (d Dir) keptPort() (uint16, error) {
	content, err := os.ReadFile(d.join("port"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	port, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 16)
	if err != nil {
		return 0, nil //nolint:nilerr // see above
	}
	return uint16(port), nil
}

func awaitFree(ctx context.Context, bind netip.Addr, port uint16) error {
	ctx, cancel := context.WithTimeout(ctx, freedWithin)
	defer cancel()
	for {
		_, err := listenBriefly(ctx, bind, port)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrPortTaken, err)
		case <-time.After(portInterval):
		}
	}
}

// listenBriefly listens on a port and stops at once; it returns the port, which for 0 is one that was free.
func listenBriefly(ctx context.Context, bind netip.Addr, port uint16) (uint16, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", netip.AddrPortFrom(bind, port).String())
	if err != nil {
		return 0, err
	}
	address, err := netip.ParseAddrPort(listener.Addr().String())
	return address.Port(), errors.Join(err, listener.Close())
}
