package incusd

import (
	"net/http"
	"slices"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// handler answers one endpoint.
type handler func(s *Server, r *request) reply

// right is what a caller needs for an endpoint.
type right func(caller fake.Caller, project string) error

// anybody needs no trust; trusted callers may look at what belongs to the server; a restricted one may use only its own
// projects, and look at the images, profiles and networks of the default one.
var (
	anybody right
	trusted right = func(fake.Caller, string) error { return nil }
	usage   right = func(c fake.Caller, project string) error { return c.MayUse(project) }
	sight   right = func(c fake.Caller, project string) error {
		if project == incusapi.ProjectDefaultName {
			return nil
		}
		return c.MayUse(project)
	}
)

type route struct {
	pattern string
	needs   right
	handle  handler
}

var routes = []route{
	{"GET /1.0", anybody, serverGet},
	{"GET /1.0/certificates", trusted, certificatesGet},
	{"GET /1.0/certificates/{name}", trusted, certificateGet},
	{"GET /1.0/cluster", trusted, clusterGet},
	{"GET /1.0/cluster/groups", trusted, groupsGet},
	{"GET /1.0/cluster/groups/{name}", trusted, groupGet},
	{"GET /1.0/cluster/members", trusted, membersGet},
	{"GET /1.0/cluster/members/{name}", trusted, memberGet},
	{"GET /1.0/images", sight, imagesGet},
	{"GET /1.0/images/aliases", sight, aliasesGet},
	{"GET /1.0/images/aliases/{name}", sight, aliasGet},
	{"GET /1.0/images/{name}", sight, imageGet},
	{"GET /1.0/instances", trusted, instancesGet},
	{"POST /1.0/instances", usage, instancesPost},
	{"GET /1.0/instances/{name}", usage, instanceGet},
	{"PUT /1.0/instances/{name}", usage, instancePut},
	{"PATCH /1.0/instances/{name}", usage, instancePatch},
	{"DELETE /1.0/instances/{name}", usage, instanceDelete},
	{"POST /1.0/instances/{name}/exec", usage, execPost},
	{"GET /1.0/instances/{name}/files", usage, fileGet},
	{"GET /1.0/instances/{name}/sftp", usage, nil},
	{"GET /1.0/instances/{name}/state", usage, stateGet},
	{"PUT /1.0/instances/{name}/state", usage, statePut},
	{"GET /1.0/metrics", trusted, metricsGet},
	{"GET /1.0/networks", sight, networksGet},
	{"GET /1.0/networks/{name}", sight, networkGet},
	{"GET /1.0/networks/{name}/leases", sight, networkLeasesGet},
	{"GET /1.0/networks/{name}/state", sight, networkStateGet},
	{"GET /1.0/operations", trusted, operationsGet},
	{"GET /1.0/operations/{name}", trusted, operationGet},
	{"DELETE /1.0/operations/{name}", trusted, operationDelete},
	{"GET /1.0/operations/{name}/wait", trusted, operationWait},
	{"GET /1.0/profiles", sight, profilesGet},
	{"POST /1.0/profiles", usage, profilesPost},
	{"GET /1.0/profiles/{name}", sight, profileGet},
	{"PUT /1.0/profiles/{name}", usage, profilePut},
	{"DELETE /1.0/profiles/{name}", usage, profileDelete},
	{"GET /1.0/projects", trusted, projectsGet},
	{"POST /1.0/projects", trusted, projectsPost},
	{"GET /1.0/projects/{name}", trusted, projectGet},
	{"DELETE /1.0/projects/{name}", trusted, projectDelete},
	{"GET /1.0/storage-pools", trusted, poolsGet},
	{"GET /1.0/storage-pools/{pool}", trusted, poolGet},
	{"GET /1.0/storage-pools/{pool}/resources", trusted, poolResourcesGet},
	{"GET /1.0/storage-pools/{pool}/volumes", usage, volumesGet},
	{"POST /1.0/storage-pools/{pool}/volumes", usage, volumesPost},
	{"GET /1.0/storage-pools/{pool}/volumes/{type}", usage, volumesGet},
	{"POST /1.0/storage-pools/{pool}/volumes/{type}", usage, volumesPost},
	{"GET /1.0/storage-pools/{pool}/volumes/{type}/{name}", usage, volumeGet},
	{"PUT /1.0/storage-pools/{pool}/volumes/{type}/{name}", usage, volumePut},
	{"PATCH /1.0/storage-pools/{pool}/volumes/{type}/{name}", usage, volumePatch},
	{"DELETE /1.0/storage-pools/{pool}/volumes/{type}/{name}", usage, volumeDelete},
	{"GET /1.0/events", trusted, nil},
	{"GET /1.0/operations/{name}/websocket", trusted, nil},
}

// streams are the endpoints that take the connection over.
var streams = map[string]func(*Server, http.ResponseWriter, *request){
	"GET /1.0/events":                      (*Server).serveEvents,
	"GET /1.0/instances/{name}/sftp":       (*Server).serveFiles,
	"GET /1.0/operations/{name}/websocket": (*Server).serveStream,
}

// router maps the routes; what the API has and this server has not is 501, what the API has not is 404.
func (s *Server) router() http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(route, w, r) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case has(mux, r, r.Method):
			mux.ServeHTTP(w, r)
		case slices.ContainsFunc(methods, func(method string) bool { return has(mux, r, method) }):
			refused(http.StatusNotImplemented, "not implemented")(w)
		default:
			refused(http.StatusNotFound, "not found")(w)
		}
	})
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// has tells whether there is a route for the request with that method.
func has(mux *http.ServeMux, r *http.Request, method string) bool {
	_, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host})
	return pattern != ""
}

func (s *Server) serve(route route, w http.ResponseWriter, r *http.Request) {
	req := requestOf(r)
	if route.needs != nil {
		if !req.caller.Trusted {
			refused(http.StatusForbidden, "not authorized")(w)
			return
		}
		if err := route.needs(req.caller, req.project()); err != nil {
			failed(err)(w)
			return
		}
	}
	if stream := streams[route.pattern]; stream != nil {
		stream(s, w, req)
		return
	}
	route.handle(s, req)(w)
}
