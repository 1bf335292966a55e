package incusd

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// request is one call of the API, as a handler sees it.
type request struct {
	*http.Request
	caller fake.Caller
	body   []byte
}

// project is the project that the call names, or the default one.
func (r *request) project() string {
	if name := r.URL.Query().Get("project"); name != "" {
		return name
	}
	return incusapi.ProjectDefaultName
}

// scope is the project of a list: empty for all of them.
func (r *request) scope() (string, error) {
	query := r.URL.Query()
	if !isTrue(query.Get("all-projects")) {
		return r.project(), nil
	}
	if query.Get("project") != "" {
		return "", incusapi.StatusErrorf(http.StatusBadRequest, "Cannot specify a project when requesting all projects")
	}
	return "", nil
}

func (r *request) recursion() int {
	depth, err := strconv.Atoi(r.URL.Query().Get("recursion"))
	if err != nil {
		return 0
	}
	return depth
}

// ref is the instance that the path names.
func (r *request) ref() fake.Ref { return fake.Ref{Project: r.project(), Name: r.PathValue("name")} }

// decode reads the JSON body into target; the error is the daemon's 400.
func (r *request) decode(target any) error {
	if err := json.NewDecoder(bytes.NewReader(r.body)).Decode(target); err != nil {
		return incusapi.StatusErrorf(http.StatusBadRequest, "%v", err)
	}
	return nil
}

func (r *request) match() string { return r.Header.Get("If-Match") }

func isTrue(value string) bool {
	return value == "1" || value == "true" || value == "yes" || value == "on"
}

// callerOf tells who makes a request.
func (s *Server) callerOf(r *http.Request) fake.Caller {
	if r.TLS == nil {
		return fake.LocalCaller()
	}
	if len(r.TLS.PeerCertificates) == 0 {
		return fake.Caller{Address: r.RemoteAddr}
	}
	return s.world.CallerByCertificate(fingerprint(r.TLS.PeerCertificates[0].Raw), r.RemoteAddr)
}
