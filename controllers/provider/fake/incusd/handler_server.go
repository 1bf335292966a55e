package incusd

import (
	"net/http"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

func serverGet(s *Server, r *request) reply {
	server := s.world.Server(r.caller, r.project())
	if r.caller.Trusted {
		server.Environment.Certificate = s.Certificate
		server.Environment.CertificateFingerprint = s.identity.Fingerprint
	}
	return okETag(server, "")
}

func metricsGet(s *Server, r *request) reply {
	text, err := s.world.Metrics(r.URL.Query().Get("project"), r.URL.Query().Get("target"))
	if err != nil {
		return failed(err)
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(text)) //nolint:gosec // the page is plain text; the caller may be gone
	}
}

func certificatesGet(s *Server, r *request) reply {
	return list(r, s.world.Certificates(), func(c incusapi.Certificate) string { return "/1.0/certificates/" + c.Fingerprint })
}

func certificateGet(s *Server, r *request) reply {
	for _, certificate := range s.world.Certificates() {
		if prefix := r.PathValue("name"); prefix != "" && strings.HasPrefix(certificate.Fingerprint, prefix) {
			return ok(certificate)
		}
	}
	return refused(http.StatusNotFound, "Certificate not found")
}

// list answers with objects, or with their addresses when no recursion is asked for.
func list[T any](r *request, objects []T, address func(T) string) reply {
	if r.recursion() > 0 {
		return ok(objects)
	}
	addresses := make([]string, 0, len(objects))
	for _, object := range objects {
		addresses = append(addresses, address(object))
	}
	return ok(addresses)
}

// within is an address below /1.0, with its project unless that is the default one.
func within(project string, parts ...string) string {
	return incusapi.NewURL().Path(append([]string{"1.0"}, parts...)...).Project(project).String()
}
