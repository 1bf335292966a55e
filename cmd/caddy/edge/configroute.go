package edge

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/caddyserver/caddy/v2"

	"github.com/generalbots/botcluster-operator/cmd/caddy/live"
)

func init() {
	caddy.RegisterModule(ConfigAdmin{})
}

// largestConfiguration bounds a configuration in bytes, as Caddy's own admin API does.
const largestConfiguration = 100 << 20

// ConfigAdmin is admin.api.botcluster_config: PUT /botcluster/config.
type ConfigAdmin struct{}

// CaddyModule implements caddy.Module.
func (ConfigAdmin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.botcluster_config", New: func() caddy.Module { return new(ConfigAdmin) }}
}

// Routes implements caddy.AdminRouter.
func (ConfigAdmin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/botcluster/config", Handler: caddy.AdminHandlerFunc(serveConfig)}}
}

// serveConfig makes a configuration the running one and answers with the pool document, which shows the revision of its routes.
func serveConfig(w http.ResponseWriter, r *http.Request) error {
	body, err := putBody(w, r, largestConfiguration)
	if err != nil {
		return err
	}
	if err := live.Apply(body); err != nil {
		return refusal(http.StatusBadRequest, err)
	}
	return answer(w, shared.Describe())
}

// putBody reads what a PUT brings, and refuses every other method.
func putBody(w http.ResponseWriter, r *http.Request, largest int64) ([]byte, error) {
	if r.Method != http.MethodPut {
		w.Header().Set("Allow", http.MethodPut)
		return nil, refusal(http.StatusMethodNotAllowed, fmt.Errorf("%s is not possible here: PUT replaces what is held", r.Method))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refusal(http.StatusRequestEntityTooLarge, fmt.Errorf("the document is longer than %d bytes: %w", largest, err))
	}
	if err != nil {
		return nil, refusal(http.StatusBadRequest, fmt.Errorf("reading the document: %w", err))
	}
	return body, nil
}

var _ caddy.AdminRouter = ConfigAdmin{}
