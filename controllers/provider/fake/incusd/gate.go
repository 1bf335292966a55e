package incusd

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// gate puts the world's gate before the routes.
func (s *Server) gate() http.Handler {
	routes := s.router()
	return &fake.Gate{
		World:    s.world,
		Describe: describe,
		Refuse:   func(w http.ResponseWriter, code int, message string) { refused(code, message)(w) },
		Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				refused(http.StatusBadRequest, err.Error())(w)
				return
			}
			req := &request{Request: r, caller: s.callerOf(r), body: body}
			routes.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, req)))
		}),
	}
}

// requestKey carries the request through the mux, which adds the values of the path.
type requestKey struct{}

func requestOf(r *http.Request) *request {
	outer, ok := r.Context().Value(requestKey{}).(*request)
	if !ok {
		panic("incusd: a request came around the gate")
	}
	inner := *outer
	inner.Request = r
	return &inner
}

// describe is how a request goes into the journal.
func describe(r *http.Request, body []byte) fake.Call {
	project := r.URL.Query().Get("project")
	if project == "" {
		project = incusapi.ProjectDefaultName
	}
	call := fake.Call{
		System: fake.SystemIncus, Class: fake.Write, Verb: r.Method, Path: r.URL.Path, Project: project,
		Digest: fake.DigestOf(body),
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) > 2 && parts[1] == "instances" {
		call.Instance = parts[2]
	}
	switch last := parts[len(parts)-1]; {
	case last == "events" || last == "websocket" || last == "exec" || last == "wait" || last == "sftp":
		call.Class = fake.Attach
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		call.Class = fake.Read
	case call.Path == "/1.0/instances":
		call.Instance = createdName(body)
	}
	return call
}

// createdName is the instance that a POST is about; empty if the body does not say.
func createdName(body []byte) string {
	named := struct {
		Name string `json:"name"`
	}{}
	if json.Unmarshal(body, &named) != nil {
		return ""
	}
	return named.Name
}
