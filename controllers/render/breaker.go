package render

import (
	"strconv"
	"time"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// Defaults of the scaling document.
const (
	defaultThreshold        = 5
	defaultBreakerTimeout   = 30 * time.Second
	defaultHalfOpenRequests = 3

	defaultContentType = "text/plain; charset=utf-8"

	// retryAfter is what the edge tells clients, in seconds, when no bot serves: about what a bot takes to boot and to pass
	// its first probe. When breakers are open the edge knows better, and says so itself.
	retryAfter = 5
)

// breakerSettings are those of one route.
type breakerSettings struct {
	enabled          bool
	threshold        int
	timeout          time.Duration
	halfOpenRequests int
	fallback         v1alpha1.FallbackResponse
}

func breakerOf(edge v1alpha1.EdgeSpec) breakerSettings {
	declared := edge.CircuitBreaker
	return breakerSettings{
		enabled:          declared.Enabled == nil || *declared.Enabled,
		threshold:        int(valueOr(declared.Threshold, defaultThreshold)),
		timeout:          duration(declared.Timeout, defaultBreakerTimeout),
		halfOpenRequests: int(valueOr(declared.HalfOpenRequests, defaultHalfOpenRequests)),
		fallback:         declared.Fallback,
	}
}

// with are the settings with what a route changes in them.
func (b breakerSettings) with(own *v1alpha1.RouteCircuitBreaker) breakerSettings {
	if own == nil {
		return b
	}
	if own.Enabled != nil {
		b.enabled = *own.Enabled
	}
	b.threshold = valueOr(int(own.Threshold), b.threshold)
	b.timeout = duration(own.Timeout, b.timeout)
	b.halfOpenRequests = valueOr(int(own.HalfOpenRequests), b.halfOpenRequests)
	if own.Fallback != nil {
		b.fallback = *own.Fallback
	}
	return b
}

// off are the settings without a breaker.
func (b breakerSettings) off() breakerSettings {
	b.enabled = false
	return b
}

func (b breakerSettings) routeBreaker() *routeBreaker {
	if !b.enabled {
		return nil
	}
	return &routeBreaker{Threshold: b.threshold, Timeout: b.timeout.String(), HalfOpenRequests: b.halfOpenRequests}
}

func (b breakerSettings) routeFallback() *routeFallback {
	if !b.enabled || b.fallback.Body == "" {
		return nil
	}
	return &routeFallback{Body: b.fallback.Body, ContentType: valueOr(b.fallback.ContentType, defaultContentType)}
}

// errorRoutes answer what handlers could not: the security headers, which they may not have got to, and for 503 when to
// come again and the fallback.
func errorRoutes(answers responses, fallback v1alpha1.FallbackResponse) []caddyRoute {
	headers := map[string][]string{"Retry-After": {strconv.Itoa(retryAfter)}}
	if fallback.Body != "" {
		headers["Content-Type"] = []string{valueOr(fallback.ContentType, defaultContentType)}
	}
	return []caddyRoute{
		{
			Match: []caddyMatch{{Vars: map[string][]string{"{http.error.status_code}": {strconv.Itoa(statusUnavailable)}}}},
			Handle: []any{answers.secured(false, nil), staticResponseHandler{
				Handler: "static_response", StatusCode: statusUnavailable, Headers: headers, Body: literal(fallback.Body),
			}},
			Terminal: true,
		},
		{Handle: []any{answers.secured(false, nil)}},
	}
}
