package render

import (
	"strconv"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Status codes of RFC 9110.
const (
	statusPermanentRedirect = 308
	statusMisdirected       = 421
	statusUnavailable       = 503
)

// Names of the servers, and of their routes that are swapped in place.
const (
	serverHTTP  = "http"
	serverHTTPS = "https"
)

// servers are one server without TLS; with TLS, one that serves and one that sends plain HTTP there.
func servers(spec v1alpha1.BotClusterSpec) map[string]caddyServer {
	edge := spec.Edge
	plain := newServer(edge, serverHTTP, EdgeHTTPPort, responses{})
	plain.AutomaticHTTPS = &caddyAutomaticHTTPS{Disable: true}
	plain.Protocols = []string{"h1"}
	if !usesTLS(edge) {
		plain.Routes = swapped(serverHTTP, newPipeline(spec, responses{}).routes())
		return map[string]caddyServer{serverHTTP: plain}
	}
	plain.Routes = swapped(serverHTTP, redirects(edge))
	answers := responses{http3: edge.HTTP3}
	secure := newServer(edge, serverHTTPS, EdgeHTTPSPort, answers)
	secure.ListenerWrappers = append(secure.ListenerWrappers, listenerWrapper{Wrapper: "tls"})
	secure.Protocols = []string{"h1", "h2"}
	if edge.HTTP3 {
		secure.Protocols = append(secure.Protocols, "h3")
	}
	secure.AutomaticHTTPS = automaticHTTPS(edge)
	secure.TLSConnectionPolicies = []caddyTLSConnections{tlsConnections(edge)}
	secure.Routes = swapped(serverHTTPS, newPipeline(spec, answers).routes())
	return map[string]caddyServer{serverHTTP: plain, serverHTTPS: secure}
}

func newServer(edge v1alpha1.EdgeSpec, name string, port int, answers responses) caddyServer {
	server := caddyServer{
		Listen:           []string{":" + strconv.Itoa(port)},
		ListenerWrappers: []any{clientAddresses()},
		Errors:           caddyErrors{Routes: swapped(name+"-errors", errorRoutes(answers, edge.CircuitBreaker.Fallback))},
	}
	if ranges := sortedTexts(edge.TrustedProxies); ranges != nil {
		server.TrustedProxies = &caddyAddressRanges{Source: "static", Ranges: ranges}
		// From right to left: what stands further left a client may have written itself.
		server.TrustedProxiesStrict = 1
	}
	return server
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
