package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EdgeRoute sends the requests that it matches to the bots in a way of its own.
// +kubebuilder:validation:XValidation:rule="!has(self.cookieName) || self.policy == 'cookie'",message="edge.routes[].cookieName goes with policy: cookie"
type EdgeRoute struct {
	// Name of the route, in metrics, in the status and for the circuit breaker: routes do not share breakers.
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$')",message="edge.routes[].name must be lower-case letters, digits and -, such as widget"
	// +kubebuilder:validation:XValidation:rule="!(self in ['health', 'websocket', 'api', 'default'])",message="edge.routes[].name must not be health, websocket, api or default: those are the documented routes; edge.loadBalancing.policies changes them"
	// +required
	Name string `json:"name"`

	// Match says which requests it is for: those that meet all that is set here.
	// +required
	Match RouteMatch `json:"match"`

	// Policy says which bot gets a request.
	// +kubebuilder:default=round_robin
	// +optional
	Policy LoadBalancingPolicy `json:"policy,omitempty"`

	// CookieName is the name of the cookie with policy `cookie`. Default: edge.loadBalancing.cookieName. Routes with the
	// same name share what it says: a client stays with one bot on all of them.
	// +optional
	CookieName CookieName `json:"cookieName,omitempty"`

	// StripPrefix is taken off the path before a bot sees it: with /v1 it sees /api/chat for /v1/api/chat.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^(/[A-Za-z0-9._~-]+)+$')",message="edge.routes[].stripPrefix must be the beginning of a path without / at its end, such as /v1"
	// +optional
	StripPrefix string `json:"stripPrefix,omitempty"`

	// RateLimit bounds what a client may send by this route, beside what edge.rateLimit says.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`

	// RequestHeaders are changed in what bots get.
	// +optional
	RequestHeaders *HeaderChanges `json:"requestHeaders,omitempty"`

	// ResponseHeaders are changed in what clients get, security headers included: deleting X-Frame-Options lets other
	// sites embed what the route serves.
	// +optional
	ResponseHeaders *HeaderChanges `json:"responseHeaders,omitempty"`

	// Timeouts of the route.
	// +optional
	Timeouts RouteTimeouts `json:"timeouts,omitempty"`

	// CircuitBreaker changes edge.circuitBreaker for this route.
	// +optional
	CircuitBreaker *RouteCircuitBreaker `json:"circuitBreaker,omitempty"`
}

// RouteMatch says which requests a route is for. All that is set must be met; of a list, one item.
// +kubebuilder:validation:XValidation:rule="has(self.paths) || has(self.pathRegexp) || has(self.hosts) || has(self.methods) || has(self.headers)",message="edge.routes[].match must say which requests the route is for: set paths, pathRegexp, hosts, methods or headers"
type RouteMatch struct {
	// Paths such as /widget (that path), /widget* (all that begin so) or *.pdf. Letters match in either case.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=set
	// +optional
	Paths []PathPattern `json:"paths,omitempty"`

	// PathRegexp is a regular expression (Go's syntax, RE2) that the path must match somewhere, for example
	// `^/tenants/[0-9]+/`. One that is not well-formed is refused by Caddy: the condition EdgeReady says so, and the edges
	// serve their old routes on.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +optional
	PathRegexp string `json:"pathRegexp,omitempty"`

	// Hosts are names out of edge.hosts.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Hosts []HostName `json:"hosts,omitempty"`

	// Methods such as GET or POST.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=set
	// +optional
	Methods []HTTPMethod `json:"methods,omitempty"`

	// Headers that the request must have, all of them.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=name
	// +optional
	Headers []HeaderMatch `json:"headers,omitempty"`
}

// PathPattern is a path in which * at the beginning or the end stands for anything.
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="self.matches('^([/][A-Za-z0-9._~!$&()+,;=:@/-]*[*]?|[*][A-Za-z0-9._~!$&()+,;=:@/-]+)$')",message="a path must begin with / and may end with *, or begin with * such as *.pdf; use pathRegexp for more"
type PathPattern string

// HTTPMethod is a method of HTTP.
// +kubebuilder:validation:Enum=GET;HEAD;POST;PUT;PATCH;DELETE;OPTIONS
type HTTPMethod string

// HeaderName is the name of a header.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="the name of a header must be letters, digits, _ and -, such as X-Tenant"
type HeaderName string

// HeaderMatch is a header that a request must have.
type HeaderMatch struct {
	// Name of the header.
	// +required
	Name HeaderName `json:"name"`

	// Value that it must have; * at the beginning or the end stands for anything. Default: any value.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[ -~]*$')",message="the value of a header must be one line of printable ASCII"
	// +optional
	Value string `json:"value,omitempty"`
}

// HeaderChanges are changes of headers.
type HeaderChanges struct {
	// Set gives headers a value, as it is written here, whatever they had before.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Set []HeaderValue `json:"set,omitempty"`

	// Delete removes headers.
	// +kubebuilder:validation:MaxItems=16
	// +listType=set
	// +optional
	Delete []HeaderName `json:"delete,omitempty"`
}

// HeaderValue is a header with its value.
type HeaderValue struct {
	// Name of the header.
	// +required
	Name HeaderName `json:"name"`

	// Value of the header.
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="self.matches('^[ -~]*$')",message="the value of a header must be one line of printable ASCII"
	// +required
	Value string `json:"value"`
}

// RouteTimeouts bound what a route waits for.
type RouteTimeouts struct {
	// Dial is how long one bot may take to accept a connection, for example `500ms`, the default. From 10ms to 30s.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('10ms') && duration(self) <= duration('30s')",message="timeouts.dial must be a duration from 10ms to 30s, such as 500ms"
	// +optional
	Dial *metav1.Duration `json:"dial,omitempty"`

	// ResponseHeader is how long a bot may take until it begins to answer, for example `30s`; then the client gets 504.
	// It does not bound the answer itself, nor a stream. Default: as long as the client waits. From 100ms to 1h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('100ms') && duration(self) <= duration('1h')",message="timeouts.responseHeader must be a duration from 100ms to 1h, such as 30s"
	// +optional
	ResponseHeader *metav1.Duration `json:"responseHeader,omitempty"`

	// Try is how long a request looks for a bot that takes it. Default: edge.loadBalancing.tryDuration. At most 1m.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) <= duration('1m')",message="timeouts.try must be a duration of at most 1m, such as 5s"
	// +optional
	Try *metav1.Duration `json:"try,omitempty"`
}

// RouteCircuitBreaker changes edge.circuitBreaker for one route; what is left out stays as it is there.
type RouteCircuitBreaker struct {
	// Enabled is whether the route has breakers.
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// Threshold is the number of failures in a row that opens a breaker.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Threshold int32 `json:"threshold,omitempty"`

	// Timeout is how long a breaker stays open, for example `10s`. At least 1s, at most 1h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('1h')",message="circuitBreaker.timeout must be a duration from 1s to 1h, such as 30s"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// HalfOpenRequests is how many requests a half-open breaker lets through.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	HalfOpenRequests int32 `json:"halfOpenRequests,omitempty"`

	// Fallback is the body of the route's 503 when all breakers are open. Default: that of edge.circuitBreaker.
	// +optional
	Fallback *FallbackResponse `json:"fallback,omitempty"`
}
