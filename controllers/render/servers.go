package render

import (
	"strconv"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Status codes of RFC 9110.
const (
	statusPermanentRedirect = 308
	statusMisdirected       = 421
)

// servers are one server without TLS; with TLS, one that serves and one that sends plain HTTP there.
func servers(edge v1alpha1.EdgeSpec) map[string]caddyServer {
	if !usesTLS(edge) {
		plain := newServer(EdgeHTTPPort, edgeRoutes(edge))
		plain.AutomaticHTTPS = &caddyAutomaticHTTPS{Disable: true}
		return map[string]caddyServer{"http": plain}
	}
	plain := newServer(EdgeHTTPPort, redirects(edge))
	plain.AutomaticHTTPS = &caddyAutomaticHTTPS{Disable: true}
	secure := newServer(EdgeHTTPSPort, edgeRoutes(edge))
	secure.ListenerWrappers = append(secure.ListenerWrappers, listenerWrapper{Wrapper: "tls"})
	// No HTTP/3: it needs UDP, which the proxy devices that publish an edge do not carry.
	secure.Protocols = []string{"h1", "h2"}
	secure.AutomaticHTTPS = &caddyAutomaticHTTPS{DisableRedirects: true}
	secure.TLSConnectionPolicies = []caddyTLSConnections{tlsConnections(edge)}
	return map[string]caddyServer{"http": plain, "https": secure}
}

func newServer(port int, routes []caddyRoute) caddyServer {
	return caddyServer{
		Listen:           []string{":" + strconv.Itoa(port)},
		ListenerWrappers: []any{clientAddresses()},
		Protocols:        []string{"h1"},
		Routes:           routes,
		Errors:           caddyErrors{Routes: []caddyRoute{{Handle: []any{securityHeaders(false)}}}},
	}
}

type listenerWrapper struct {
	Wrapper        string   `json:"wrapper"`
	Allow          []string `json:"allow,omitempty"`
	FallbackPolicy string   `json:"fallback_policy,omitempty"`
}

// clientAddresses takes the client's address from the PROXY header that the proxy device of an edge's host port sends:
// the device connects from the instance's own loopback, and every client would look the same without it. Nobody else
// connects from there, and a connection without the header is served as it is.
func clientAddresses() listenerWrapper {
	return listenerWrapper{
		Wrapper:        "proxy_protocol",
		Allow:          []string{"127.0.0.0/8", "::1/128"},
		FallbackPolicy: "SKIP",
	}
}

// edgeRoutes are the routes of the scaling document for the declared hosts. Other hosts get 421 (Misdirected Request)
// instead of Caddy's empty 200.
func edgeRoutes(edge v1alpha1.EdgeSpec) []caddyRoute {
	pipeline := caddyRoute{
		Handle: []any{
			securityHeaders(true),
			compression(),
			subrouteHandler{Handler: "subroute", Routes: documentRoutes()},
		},
		Terminal: true,
	}
	if len(edge.Hosts) == 0 {
		return []caddyRoute{pipeline}
	}
	pipeline.Match = []caddyMatch{{Host: hostNames(edge)}}
	misdirected := caddyRoute{Handle: []any{
		securityHeaders(false),
		staticResponseHandler{Handler: "static_response", StatusCode: statusMisdirected},
	}}
	return []caddyRoute{pipeline, misdirected}
}
