package incus

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

const (
	// firstPause is the pause after a failed attempt to connect; it doubles up to lastPause.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// neededExtensions are the extensions of the API without which the driver cannot work. Incus 6.0 has them all. The client
// library's own check answers yes to everything before it has asked, so the list itself is read.
var neededExtensions = []string{
	"container_full", "directory_manipulation", "etag", "event_lifecycle", "event_project", "file_delete", "file_symlinks",
	"instance_create_start", "instance_get_full", "patch", "projects", "resources",
	"storage_api_project",
}

// keepLink connects, listens until the event stream ends, and does both again, until ctx ends.
func (h *host) keepLink(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		h.link.begin()
		clustered, err := h.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if h.link.settle(clustered, err) {
			h.logLink(err)
		}
		if err == nil {
			began := h.options.Clock.Now()
			h.listen(ctx)
			if h.options.Clock.Now().Sub(began) > lastPause {
				pause = firstPause
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-h.link.wanted:
		case <-h.options.Clock.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
}

func (h *host) logLink(err error) {
	logger := h.options.Logger.WithValues("host", h.key)
	if err != nil {
		logger.Info("the Incus server cannot be used", "reason", err.Error())
		return
	}
	logger.Info("connected to the Incus server")
}

// connect asks whether the server can be used by this identity.
func (h *host) connect(ctx context.Context) (clustered bool, err error) {
	var server incusapi.Server
	r := request{method: http.MethodGet, path: "/1.0", doing: "ask for the server's description"}
	if _, err := h.client.do(ctx, r, &server); err != nil {
		return false, err
	}
	if server.Auth != "trusted" {
		return false, terminal(reasonServerUntrusted, nil, "%s does not trust the operator's certificate: "+
			"add the key `client-crt` of the identity Secret to its trust store (incus config trust add-certificate)", h.client.server)
	}
	var missing []string
	for _, extension := range neededExtensions {
		if !slices.Contains(server.APIExtensions, extension) {
			missing = append(missing, extension)
		}
	}
	if len(missing) > 0 {
		return false, terminal(reasonServerTooOld, nil, "%s lacks the API extensions %s: upgrade it to Incus 6.0 or later",
			h.client.server, strings.Join(missing, ", "))
	}
	return server.Environment.ServerClustered, h.checkProject(ctx)
}

// checkProject tells whether the project is there and may be seen. Incus answers for any other with an empty list, which
// is no proof that there are no instances.
func (h *host) checkProject(ctx context.Context) error {
	_, err := h.client.do(ctx, request{
		method: http.MethodGet, path: resource("projects", h.client.project), doing: "see the project",
	}, nil)
	if hasStatus(err, http.StatusNotFound) {
		return terminal(reasonProjectNotFound, err, "%s has no project %q that the operator may see: "+
			"make it (incus project create), give the certificate access to it, or correct its name", h.client.server, h.client.project)
	}
	return err
}
