package render

import (
	"strconv"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// redirects send plain HTTP to HTTPS. Where edges are published on ports of their host, the port that the client used
// tells which edge it is on, and so which port speaks HTTPS there.
func redirects(edge v1alpha1.EdgeSpec) []caddyRoute {
	home := EdgeHTTPSPort
	var routes []caddyRoute
	if ports := edge.HostPorts; ports != nil && ports.HTTPBase != nil && ports.HTTPSBase != nil {
		for offset := range int(edge.Instances) {
			from, to := int(*ports.HTTPBase)+offset, int(*ports.HTTPSBase)+offset
			if from == EdgeHTTPPort {
				home = to // clients leave the standard port out of the Host header
				continue
			}
			route := redirect(to)
			route.Match = []caddyMatch{{Header: map[string][]string{"Host": {"*:" + strconv.Itoa(from)}}}}
			routes = append(routes, route)
		}
	}
	return append(routes, redirect(home))
}

func redirect(port int) caddyRoute {
	location := "https://{http.request.host}"
	if port != EdgeHTTPSPort {
		location += ":" + strconv.Itoa(port)
	}
	return caddyRoute{
		Handle: []any{
			responses{}.secured(false, nil),
			staticResponseHandler{
				Handler:    "static_response",
				StatusCode: statusPermanentRedirect,
				Headers:    map[string][]string{"Location": {location + "{http.request.uri}"}},
			},
		},
		Terminal: true,
	}
}
