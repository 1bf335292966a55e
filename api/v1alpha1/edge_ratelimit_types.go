package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EdgeRateLimit bounds how many requests a client may send. What is too much is answered with 429 and Retry-After, and no
// bot sees it. Each edge counts for itself: with N edges a client that reaches all of them may send up to N times as much.
// Counts outlive a change of routes, not the start of an edge. A request counts in every limit that it meets, and a
// WebSocket as one request.
// +kubebuilder:validation:XValidation:rule="has(self.requests) || !has(self.burst)",message="edge.rateLimit.burst goes with edge.rateLimit.requests"
// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.burst) || self.burst <= self.requests",message="edge.rateLimit.burst must not be above edge.rateLimit.requests: it bounds how many of them may come in one second"
// +kubebuilder:validation:XValidation:rule="has(self.byName) == (has(self.by) && self.by != 'ip')",message="edge.rateLimit.byName is the name of the header or cookie: set it with by: header or by: cookie, and only then"
type EdgeRateLimit struct {
	// Enabled set to false lifts all limits, those of edge.routes included, and leaves them written here.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// Requests is how many requests of any path a client may send within window (`rate-limit-requests`), for example 100.
	// At most 10000, since the edge remembers the time of each. Left out: no limit of this kind.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Requests *int32 `json:"requests,omitempty"`

	// Window is the time that requests, and those of endpoints, are counted in (`rate-limit-window`), for example `60s`.
	// It slides: at no time have more been served in the window just past. At least 1s, at most 24h.
	// +kubebuilder:default="60s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="rateLimit.window must be a duration from 1s to 24h, such as 60s"
	// +optional
	Window *metav1.Duration `json:"window,omitempty"`

	// Burst is the most requests of one client in any one second (`rate-limit-burst`), for example 20. It does not add to
	// requests. Left out: a client may send all requests of a window at once.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Burst *int32 `json:"burst,omitempty"`

	// By says what one client is, for this limit and for endpoints (`rate-limit-by`).
	// +kubebuilder:default=ip
	// +optional
	By RateLimitKey `json:"by,omitempty"`

	// ByName is the name of the header or cookie that tells clients apart, for example X-Api-Key.
	// +optional
	ByName RateLimitKeyName `json:"byName,omitempty"`

	// Endpoints are the document's own limits of paths, in requests per window.
	// +optional
	Endpoints RateLimitEndpoints `json:"endpoints,omitempty"`

	// Paths are limits of other paths.
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=path
	// +optional
	Paths []PathRateLimit `json:"paths,omitempty"`
}

// RateLimitEndpoints are requests of one client per window on documented paths. What is left out is not limited.
type RateLimitEndpoints struct {
	// APIChat limits /api/chat* (`rate-limit-api-chat`), for example 30.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	APIChat *int32 `json:"apiChat,omitempty"`

	// APIFiles limits /api/files* (`rate-limit-api-files`), for example 50.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	APIFiles *int32 `json:"apiFiles,omitempty"`

	// APIAuth limits /api/auth* (`rate-limit-api-auth`), for example 10.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	APIAuth *int32 `json:"apiAuth,omitempty"`
}

// PathRateLimit is the limit of one path.
type PathRateLimit struct {
	// Path that the limit is for, for example /api/upload or, with all below it, /api/upload*.
	// +required
	Path PathPattern `json:"path"`

	RateLimit `json:",inline"`
}

// RateLimit is a limit of requests of one client.
// +kubebuilder:validation:XValidation:rule="!has(self.burst) || self.burst <= self.requests",message="rateLimit.burst must not be above rateLimit.requests: it bounds how many of them may come in one second"
// +kubebuilder:validation:XValidation:rule="has(self.byName) == (has(self.by) && self.by != 'ip')",message="rateLimit.byName is the name of the header or cookie: set it with by: header or by: cookie, and only then"
type RateLimit struct {
	// Requests is how many requests a client may send within window, for example 30. At most 10000, since the edge
	// remembers the time of each.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +required
	Requests int32 `json:"requests"`

	// Window is the time that requests are counted in, for example `60s`. It slides. At least 1s, at most 24h.
	// +kubebuilder:default="60s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="rateLimit.window must be a duration from 1s to 24h, such as 60s"
	// +optional
	Window *metav1.Duration `json:"window,omitempty"`

	// Burst is the most requests of one client in any one second. It does not add to requests. Left out: a client may send
	// all requests of a window at once.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Burst *int32 `json:"burst,omitempty"`

	// By says what one client is.
	// +kubebuilder:default=ip
	// +optional
	By RateLimitKey `json:"by,omitempty"`

	// ByName is the name of the header or cookie that tells clients apart, for example X-Api-Key.
	// +optional
	ByName RateLimitKeyName `json:"byName,omitempty"`
}

// RateLimitKey says what one client is: `ip` its address (see edge.trustedProxies), of IPv6 the network of 64 bits that it
// is in; `header` or `cookie` the value of the one that byName names, and the address where a request has none. A client
// chooses the value itself: use them where something in front of the edge, or a limit by ip beside them, holds it to one.
// +kubebuilder:validation:Enum=ip;header;cookie
type RateLimitKey string

const (
	// RateLimitByIP counts by the client's address.
	RateLimitByIP RateLimitKey = "ip"
	// RateLimitByHeader counts by the value of a header.
	RateLimitByHeader RateLimitKey = "header"
	// RateLimitByCookie counts by the value of a cookie.
	RateLimitByCookie RateLimitKey = "cookie"
)

// RateLimitKeyName is the name of a header or cookie.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="rateLimit.byName must be the name of a header or cookie: letters, digits, _ and -, such as X-Api-Key"
type RateLimitKeyName string
