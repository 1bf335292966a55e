package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LoadBalancingPolicy says which of the serving bots gets a request, in the words of the scaling document and of Caddy:
// `round_robin` each in turn; `first` the first by name that serves; `least_conn` the one with the fewest requests and
// streams in hand; `ip_hash` the same one for a client's address; `cookie` the one that the client's cookie names, which
// the edge sets; `random` any.
// +kubebuilder:validation:Enum=round_robin;first;least_conn;ip_hash;cookie;random
type LoadBalancingPolicy string

const (
	// PolicyRoundRobin takes each bot in turn.
	PolicyRoundRobin LoadBalancingPolicy = "round_robin"
	// PolicyFirst takes the first bot that serves.
	PolicyFirst LoadBalancingPolicy = "first"
	// PolicyLeastConn takes the bot with the fewest requests and streams in hand.
	PolicyLeastConn LoadBalancingPolicy = "least_conn"
	// PolicyIPHash takes the same bot for a client's address.
	PolicyIPHash LoadBalancingPolicy = "ip_hash"
	// PolicyCookie takes the bot that the client's cookie names.
	PolicyCookie LoadBalancingPolicy = "cookie"
	// PolicyRandom takes any bot.
	PolicyRandom LoadBalancingPolicy = "random"
)

// LoadBalancing says which bot a request goes to. Requests of all policies go to bots that serve: probed healthy, not
// leaving, not passed over by passive health or by a circuit breaker.
type LoadBalancing struct {
	// Policies of the documented routes.
	// +optional
	// +kubebuilder:default={}
	Policies RoutePolicies `json:"policies,omitempty"`

	// TryDuration is how long a request looks for a bot that takes it (`lb_try_duration`), for example `5s`. Tried again
	// is what no bot has received, and GET, HEAD and OPTIONS in any case. At most 1m; `0s` tries once.
	// +kubebuilder:default="5s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) <= duration('1m')",message="edge.loadBalancing.tryDuration must be a duration of at most 1m, such as 5s"
	// +optional
	TryDuration *metav1.Duration `json:"tryDuration,omitempty"`

	// CookieName is the name of the cookie of the policy `cookie`.
	// +kubebuilder:default=lb
	// +optional
	CookieName CookieName `json:"cookieName,omitempty"`
}

// CookieName is the name of a cookie.
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="the name of a cookie must be letters, digits, _ and -, such as lb"
type CookieName string

// RoutePolicies are the policies of the documented routes.
type RoutePolicies struct {
	// Health is the policy of /api/health.
	// +kubebuilder:default=first
	// +optional
	Health LoadBalancingPolicy `json:"health,omitempty"`

	// WebSocket is the policy of /ws*.
	// +kubebuilder:default=cookie
	// +optional
	WebSocket LoadBalancingPolicy `json:"websocket,omitempty"`

	// API is the policy of /api/*.
	// +kubebuilder:default=round_robin
	// +optional
	API LoadBalancingPolicy `json:"api,omitempty"`

	// Default is the policy of all that is left, for example static files.
	// +kubebuilder:default=first
	// +optional
	Default LoadBalancingPolicy `json:"default,omitempty"`
}

// CircuitBreaker keeps requests of a route away from a bot that fails them: each edge has one breaker per bot and route.
// A closed one lets all through; after `threshold` failures in a row (a 5xx answer, or none) it opens and other bots
// serve; after `timeout` it is half-open and lets `halfOpenRequests` through: when all of them succeed it closes, when one
// fails it opens again. When the breakers of all bots are open the edge answers 503 with Retry-After and the fallback.
// The route /api/health has none: monitors are to see what the bot says.
type CircuitBreaker struct {
	// Enabled is whether there are breakers.
	// +kubebuilder:default=true
	// +optional
	Enabled *bool `json:"enabled,omitempty"`

	// Threshold is the number of failures in a row that opens a breaker.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Threshold int32 `json:"threshold,omitempty"`

	// Timeout is how long a breaker stays open, for example `30s`. At least 1s, at most 1h.
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('1h')",message="circuitBreaker.timeout must be a duration from 1s to 1h, such as 30s"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// HalfOpenRequests is how many requests a half-open breaker lets through to find out whether the bot recovered.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	HalfOpenRequests int32 `json:"halfOpenRequests,omitempty"`

	// Fallback is the body of the edge's own 503: all breakers are open, or no bot serves.
	// +optional
	// +kubebuilder:default={}
	Fallback FallbackResponse `json:"fallback,omitempty"`
}

// FallbackResponse is what clients get while no bot can serve them. Its status is 503, with the header Retry-After.
type FallbackResponse struct {
	// Body of the answer, as it is, for example `{"error":"busy"}`. Default: none.
	// +kubebuilder:validation:MaxLength=16384
	// +optional
	Body string `json:"body,omitempty"`

	// ContentType of the body, for example application/json.
	// +kubebuilder:default="text/plain; charset=utf-8"
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+( *; *[A-Za-z0-9.+-]+=[A-Za-z0-9.+-]+)*$')",message="fallback.contentType must be a media type such as application/json or text/html; charset=utf-8"
	// +optional
	ContentType string `json:"contentType,omitempty"`
}
