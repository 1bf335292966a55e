package render

import (
	"net/textproto"
	"slices"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// customRoutes are those that the user declares, in their order: the first that matches serves.
func (p pipeline) customRoutes() []caddyRoute {
	routes := make([]caddyRoute, 0, len(p.spec.Edge.Routes))
	for _, declared := range p.spec.Edge.Routes {
		handlers := p.limits.ofRoute(declared)
		handlers = append(handlers, p.answers.secured(true, declared.ResponseHeaders))
		if declared.StripPrefix != "" {
			handlers = append(handlers, rewriteHandler{Handler: "rewrite", StripPathPrefix: declared.StripPrefix})
		}
		routes = append(routes, caddyRoute{
			Match:    []caddyMatch{routeMatch(declared.Match)},
			Handle:   append(handlers, p.customWay(declared).toBots()...),
			Terminal: true,
		})
	}
	return routes
}

func (p pipeline) customWay(declared v1alpha1.EdgeRoute) way {
	to := p.way(declared.Name, valueOr(declared.Policy, v1alpha1.PolicyRoundRobin))
	to.cookie = valueOr(declared.CookieName, to.cookie)
	to.breaker = to.breaker.with(declared.CircuitBreaker)
	to.try = duration(declared.Timeouts.Try, to.try)
	to.dial = duration(declared.Timeouts.Dial, to.dial)
	to.responseHeader = duration(declared.Timeouts.ResponseHeader, 0)
	to.requestHeaders = declared.RequestHeaders
	return to
}

// routeMatch sorts what the API holds as sets, so that equal routes look the same.
func routeMatch(declared v1alpha1.RouteMatch) caddyMatch {
	match := caddyMatch{
		Host: sortedTexts(declared.Hosts), Path: sortedTexts(declared.Paths), Method: sortedTexts(declared.Methods),
	}
	if declared.PathRegexp != "" {
		match.PathRegexp = &caddyRegexp{Pattern: declared.PathRegexp}
	}
	for _, header := range declared.Headers {
		if match.Header == nil {
			match.Header = map[string][]string{}
		}
		match.Header[textproto.CanonicalMIMEHeaderKey(string(header.Name))] = []string{literal(valueOr(header.Value, "*"))}
	}
	return match
}

// sortedTexts are the texts of a set, sorted, once each; nil when there are none.
func sortedTexts[T ~string](set []T) []string {
	texts := make([]string, 0, len(set))
	for _, text := range set {
		texts = append(texts, string(text))
	}
	if len(texts) == 0 {
		return nil
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}
