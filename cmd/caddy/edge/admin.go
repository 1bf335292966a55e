package edge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/caddyserver/caddy/v2"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func init() {
	caddy.RegisterModule(Admin{})
}

// Admin is admin.api.botcluster: the pool on Caddy's admin endpoint.
type Admin struct{}

// CaddyModule implements caddy.Module.
func (Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.botcluster", New: func() caddy.Module { return new(Admin) }}
}

// Routes implements caddy.AdminRouter.
func (Admin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: "/botcluster/pool", Handler: caddy.AdminHandlerFunc(servePool)}}
}

// servePool answers GET and PUT, both with the document.
func servePool(w http.ResponseWriter, r *http.Request) error {
	switch r.Method {
	case http.MethodGet:
		if err := awaitChange(w, r); err != nil {
			return err
		}
	case http.MethodPut:
		if err := push(w, r); err != nil {
			return err
		}
	default:
		w.Header().Set("Allow", "GET, PUT")
		return refusal(http.StatusMethodNotAllowed, fmt.Errorf("%s is not possible here: GET reads the pool, PUT replaces it", r.Method))
	}
	return answer(w, shared.Describe())
}

func answer(w http.ResponseWriter, document pool.Document) error {
	encoded, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("encoding the pool: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(encoded)))
	w.Header().Set("ETag", entityTag(document.Revision))
	if _, err := w.Write(encoded); err != nil {
		return nil //nolint:nilerr // the reader went away; there is nobody left to tell
	}
	return nil
}

// push replaces the pool, or leaves it as it is and says why.
func push(w http.ResponseWriter, r *http.Request) error {
	body, err := putBody(w, r, pool.LargestPush)
	if err != nil {
		return err
	}
	pushed, err := pool.DecodePush(body, shared.Rules())
	if err != nil {
		return refusal(http.StatusBadRequest, err)
	}
	if err := shared.Apply(pushed, precondition(r.Header)); err != nil {
		return refusal(http.StatusPreconditionFailed, fmt.Errorf("%w; read the pool again", err))
	}
	return nil
}

func refusal(status int, err error) caddy.APIError {
	return caddy.APIError{HTTPStatus: status, Err: err}
}

var _ caddy.AdminRouter = Admin{}
