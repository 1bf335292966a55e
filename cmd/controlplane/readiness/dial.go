package readiness

import (
	"context"
	"fmt"
	"net"
	"os"
)

// dialIn connects to a socket through a handle of its folder: the path of a socket must be shorter than 108 bytes, that of its folder
// need not be.
func dialIn(ctx context.Context, folder, socket string) (net.Conn, error) {
	handle, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer handle.Close() //nolint:errcheck // only read
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", handle.Fd(), socket))
}
