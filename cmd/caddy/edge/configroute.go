package edge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/caddyserver/caddy/v2"

	"github.com/generalbots/botcluster-operator/cmd/caddy/live"
)

func init() {
	caddy.RegisterModule(ConfigAdmin{})
}

// largestConfiguration bounds a configuration in bytes, as Caddy's own admin API does.
const largestConfiguration = 100 << 20

var (
	errNoServer = errors.New("the request did not come through Caddy's admin server")
	errNotTold  = errors.New("the configuration that is loaded is not shown: status")
)

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
	if err := live.Apply(body, func() ([]byte, error) { return loadedConfig(r) }); err != nil {
		return refusal(http.StatusBadRequest, err)
	}
	return answer(w, shared.Describe())
}

// loadedConfig asks the admin server that a request came to for the configuration that Caddy has loaded. That is the one
// door that Caddy has to it, and nothing of it is kept here that could differ.
func loadedConfig(r *http.Request) ([]byte, error) {
	server, is := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !is {
		return nil, errNoServer
	}
	asking := r.Clone(r.Context())
	asking.Method, asking.RequestURI, asking.URL = http.MethodGet, "/config/", &url.URL{Path: "/config/"}
	asking.Body, asking.ContentLength = http.NoBody, 0
	var told recorded
	server.Handler.ServeHTTP(&told, asking)
	if told.status != http.StatusOK {
		return nil, fmt.Errorf("%w: %d", errNotTold, told.status)
	}
	return told.body.Bytes(), nil
}

// recorded is an answer that is not sent.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recorded) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *recorded) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *recorded) Write(part []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(part)
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
