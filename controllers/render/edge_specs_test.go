package render_test

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// documentLimits are the limits that the scaling document shows.
func documentLimits() *v1alpha1.EdgeRateLimit {
	return &v1alpha1.EdgeRateLimit{
		Requests: new(int32(100)), Window: seconds(60), Burst: new(int32(20)), By: v1alpha1.RateLimitByIP,
		Endpoints: v1alpha1.RateLimitEndpoints{APIChat: new(int32(30)), APIFiles: new(int32(50)), APIAuth: new(int32(10))},
		Paths: []v1alpha1.PathRateLimit{{Path: "/api/upload*", RateLimit: v1alpha1.RateLimit{
			Requests: 6, Window: seconds(3600), Burst: new(int32(2)), By: v1alpha1.RateLimitByHeader, ByName: "X-Api-Key",
		}}},
	}
}

// fullRoute is a route of the user's own with everything in it.
func fullRoute() v1alpha1.EdgeRoute {
	return v1alpha1.EdgeRoute{
		Name: "widget",
		Match: v1alpha1.RouteMatch{
			Paths: []v1alpha1.PathPattern{"/widget*", "/embed"}, PathRegexp: `\.js$`, Methods: []v1alpha1.HTTPMethod{"POST", "GET"},
			Headers: []v1alpha1.HeaderMatch{{Name: "x-tenant", Value: "a*"}, {Name: "X-Any"}},
		},
		Policy: v1alpha1.PolicyCookie, CookieName: "widget", StripPrefix: "/widget",
		RateLimit: &v1alpha1.RateLimit{Requests: 30, By: v1alpha1.RateLimitByCookie, ByName: "sid"},
		RequestHeaders: &v1alpha1.HeaderChanges{
			Set: []v1alpha1.HeaderValue{{Name: "x-route", Value: "widget"}}, Delete: []v1alpha1.HeaderName{"Referer"},
		},
		ResponseHeaders: &v1alpha1.HeaderChanges{
			Set:    []v1alpha1.HeaderValue{{Name: "Content-Security-Policy", Value: "frame-ancestors *"}},
			Delete: []v1alpha1.HeaderName{"x-frame-options"},
		},
		Timeouts: v1alpha1.RouteTimeouts{
			Dial: &metav1.Duration{Duration: 250 * time.Millisecond}, ResponseHeader: seconds(30), Try: seconds(2),
		},
		CircuitBreaker: &v1alpha1.RouteCircuitBreaker{
			Threshold: 10, Fallback: &v1alpha1.FallbackResponse{Body: `{"error":"busy"}`, ContentType: "application/json"},
		},
	}
}

func seconds(number int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(number) * time.Second}
}
