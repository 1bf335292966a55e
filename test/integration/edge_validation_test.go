package integration

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// route is a route of the user's own in YAML, with something in it.
func route(more string) string { return "[{name: widget, match: {paths: [/widget*]}, " + more + "}]" }

var _ = Describe("The API server, asked for an edge,", func() {
	DescribeTable("takes", func(ctx context.Context, path, value string) {
		object := with(path, value)
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed())
	},
		Entry("all policies", "edge.loadBalancing.policies", "{health: random, websocket: ip_hash, api: least_conn, default: cookie}"),
		Entry("one try", "edge.loadBalancing.tryDuration", "0s"),
		Entry("passive health of its own", "health", "{failDuration: 0s, maxFails: 1}"),
		Entry("no circuit breaker", "edge.circuitBreaker", "{enabled: false}"),
		Entry("a fallback", "edge.circuitBreaker.fallback", `{body: '{"error":"busy"}', contentType: application/json}`),
		Entry("a fallback in a charset", "edge.circuitBreaker.fallback", `{body: later, contentType: "text/html; charset=utf-8"}`),
		Entry("the document's limits", "edge.rateLimit",
			"{requests: 100, window: 60s, burst: 20, by: ip, endpoints: {apiChat: 30, apiFiles: 50, apiAuth: 10}}"),
		Entry("limits of endpoints alone", "edge.rateLimit", "{endpoints: {apiAuth: 10}}"),
		Entry("limits by header", "edge.rateLimit", "{requests: 5, by: header, byName: X-Api-Key}"),
		Entry("a limit of a path", "edge.rateLimit.paths", "[{path: /api/upload*, requests: 6, window: 1h, burst: 2, by: cookie, byName: sid}]"),
		Entry("trusted proxies", "edge.trustedProxies", `[10.0.0.0/8, 192.0.2.7, "2001:db8::/32"]`),
		Entry("ACME elsewhere", "edge", "{hosts: [bot.example.com], tls: {mode: Auto, issuer: 'https://acme.example.com:14000/dir'}}"),
		Entry("certificates out of Secrets", "edge.tls", "{mode: Secret, secretRef: {name: a}, additionalSecretRefs: [{name: b}]}"),
		Entry("HTTP/3", "edge", "{http3: true, tls: {mode: Internal}}"),
		Entry("a route", "edge.routes", route("policy: cookie, cookieName: widget, stripPrefix: /widget/v1")),
		Entry("a route with everything", "edge.routes", `[{name: w, match: {paths: [/w*, "*.js"], pathRegexp: "^/[a-z]{2}/",
			methods: [GET, POST], headers: [{name: X-A, value: "b*"}, {name: X-B}]}, rateLimit: {requests: 3},
			requestHeaders: {set: [{name: X-C, value: "d {e}"}], delete: [Referer]}, responseHeaders: {delete: [X-Frame-Options]},
			timeouts: {dial: 250ms, responseHeader: 30s, try: 2s}, circuitBreaker: {enabled: false}}]`),
		Entry("a route for one of the hosts", "edge",
			"{hosts: [a.example.com, b.example.com], routes: [{name: w, match: {hosts: [b.example.com]}}]}"),
		Entry("a route whose regular expression Caddy will refuse", "edge.routes", `[{name: w, match: {pathRegexp: "("}}]`),
		Entry("a drain that settles", "drain", "{timeout: 1m, settle: 5s}"),
	)

	DescribeTable("refuses, and says what to write instead,", func(ctx context.Context, path, value, sentence string) {
		err := kubernetes.Client.Create(ctx, with(path, value))
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).To(ContainSubstring(sentence))
	},
		Entry("an unknown policy", "edge.loadBalancing.policies.api", "best", "Unsupported value"),
		Entry("tries without end", "edge.loadBalancing.tryDuration", "2h", "tryDuration must be a duration of at most 1m, such as 5s"),
		Entry("a cookie with a space", "edge.loadBalancing.cookieName", "my bot", "the name of a cookie must be letters"),
		Entry("a memory of hours", "health.failDuration", "1h", "health.failDuration must be a duration of at most 10m"),
		Entry("a breaker without a threshold", "edge.circuitBreaker.threshold", "0", "should be greater than or equal to 1"),
		Entry("a breaker that flickers", "edge.circuitBreaker.timeout", "10ms", "circuitBreaker.timeout must be a duration from 1s to 1h"),
		Entry("a fallback of no type", "edge.circuitBreaker.fallback.contentType", "json", "fallback.contentType must be a media type"),
		Entry("a limit of nothing", "edge.rateLimit.requests", "0", "should be greater than or equal to 1"),
		Entry("a burst alone", "edge.rateLimit", "{burst: 5}", "edge.rateLimit.burst goes with edge.rateLimit.requests"),
		Entry("a burst above the requests", "edge.rateLimit", "{requests: 5, burst: 6}", "edge.rateLimit.burst must not be above"),
		Entry("a window of a tick", "edge.rateLimit", "{requests: 5, window: 5ms}", "rateLimit.window must be a duration from 1s to 24h"),
		Entry("a header without its name", "edge.rateLimit", "{requests: 5, by: header}", "byName is the name of the header or cookie"),
		Entry("a name without a header", "edge.rateLimit", "{requests: 5, byName: X-Api-Key}", "byName is the name of the header or cookie"),
		Entry("a path's limit without a number", "edge.rateLimit.paths", "[{path: /x}]", "Required value"),
		Entry("a path's burst above its requests", "edge.rateLimit.paths", "[{path: /x, requests: 1, burst: 2}]", "rateLimit.burst must not be above"),
		Entry("a relative path", "edge.rateLimit.paths", "[{path: api, requests: 1}]", "a path must begin with /"),
		Entry("a path with a placeholder", "edge.rateLimit.paths", "[{path: '/{env.HOME}', requests: 1}]", "a path must begin with /"),
		Entry("a proxy's name", "edge.trustedProxies", "[balancer]", "edge.trustedProxies must be IP addresses or networks"),
		Entry("ACME by plain HTTP", "edge", "{hosts: [a.b], tls: {mode: Auto, issuer: 'http://acme.example.com'}}", "edge.tls.issuer must be the https URL"),
		Entry("an issuer without ACME", "edge.tls", "{mode: Internal, issuer: 'https://acme.example.com'}", "goes with mode Auto"),
		Entry("an e-mail with a placeholder", "edge", "{hosts: [a.b], tls: {mode: Auto, email: '{env.A}@b'}}", "edge.tls.email must be an e-mail address"),
		Entry("certificates out of no Secret", "edge.tls", "{mode: Secret}", "edge.tls.secretRef names the Secret with the certificate"),
		Entry("a Secret without a use", "edge.tls", "{mode: Internal, secretRef: {name: a}}", "edge.tls.secretRef names the Secret with the certificate"),
		Entry("more Secrets without a use", "edge.tls", "{additionalSecretRefs: [{name: a}]}", "edge.tls.additionalSecretRefs goes with mode Secret"),
		Entry("HTTP/3 in the clear", "edge.http3", "true", "edge.http3 needs edge.tls"),
		Entry("a route with a documented name", "edge.routes", "[{name: api, match: {paths: [/x]}}]", "those are the documented routes"),
		Entry("a route with a bad name", "edge.routes", "[{name: My_Route, match: {paths: [/x]}}]", "edge.routes[].name must be lower-case letters"),
		Entry("a route for nothing", "edge.routes", "[{name: w, match: {}}]", "edge.routes[].match must say which requests"),
		Entry("two routes of one name", "edge.routes", "[{name: w, match: {paths: [/x]}}, {name: w, match: {paths: [/y]}}]", "Duplicate value"),
		Entry("a route for a host that the edge does not answer to", "edge",
			"{hosts: [a.example.com], routes: [{name: w, match: {hosts: [b.example.com]}}]}", "edge.routes[].match.hosts must be among edge.hosts"),
		Entry("a cookie without its policy", "edge.routes", route("cookieName: x"), "cookieName goes with policy: cookie"),
		Entry("a prefix with an end", "edge.routes", route("stripPrefix: /v1/"), "stripPrefix must be the beginning of a path without / at its end"),
		Entry("a header with a colon", "edge.routes", route("requestHeaders: {set: [{name: 'A:', value: b}]}"), "the name of a header must be letters"),
		Entry("a header of two lines", "edge.routes", route(`responseHeaders: {set: [{name: A, value: "b\nC: d"}]}`), "must be one line of printable ASCII"),
		Entry("a dial without patience", "edge.routes", route("timeouts: {dial: 1ms}"), "timeouts.dial must be a duration from 10ms to 30s"),
		Entry("a method of one's own", "edge.routes", "[{name: w, match: {methods: [BREW]}}]", "Unsupported value"),
		Entry("a drain that settles longer than it lasts", "drain", "{timeout: 5s, settle: 6s}", "drain.settle must not be longer than drain.timeout"),
	)

	It("fills in the document's defaults", func(ctx context.Context) {
		object := with("edge.rateLimit", "{requests: 100}")
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed()) })
		for path, want := range map[string]any{
			"health.failDuration": "30s", "health.maxFails": int64(3),
			"edge.loadBalancing.policies.health": "first", "edge.loadBalancing.policies.websocket": "cookie",
			"edge.loadBalancing.policies.api": "round_robin", "edge.loadBalancing.policies.default": "first",
			"edge.loadBalancing.tryDuration": "5s", "edge.loadBalancing.cookieName": "lb",
			"edge.circuitBreaker.enabled": true, "edge.circuitBreaker.threshold": int64(5), "edge.circuitBreaker.timeout": "30s",
			"edge.circuitBreaker.halfOpenRequests": int64(3), "edge.circuitBreaker.fallback.contentType": "text/plain; charset=utf-8",
			"edge.rateLimit.enabled": true, "edge.rateLimit.window": "60s", "edge.rateLimit.by": "ip",
		} {
			got, found, err := unstructured.NestedFieldNoCopy(object.Object, strings.Split("spec."+path, ".")...)
			Expect(err).NotTo(HaveOccurred())
			Expect(found).To(BeTrue(), path)
			Expect(got).To(Equal(want), path)
		}
	})

	It("affords the largest edge that the schema allows", func(ctx context.Context) {
		label := strings.Repeat("x", 60)
		host := func(i int) string { return fmt.Sprintf("h%d.%s.%s.%s.example", i, label, label, label) }
		var hosts, routes, paths []string
		for i := range 64 {
			hosts = append(hosts, host(i))
		}
		for i := range 32 {
			var patterns, headers []string
			for j := range 16 {
				patterns = append(patterns, fmt.Sprintf("/%s%d*", strings.Repeat("p", 240), j))
				headers = append(headers, fmt.Sprintf("{name: X-%d, value: %s}", j, strings.Repeat("v", 500)))
			}
			routes = append(routes, fmt.Sprintf("{name: r%d, match: {paths: [%s], hosts: [%s]}, requestHeaders: {set: [%s]}}",
				i, strings.Join(patterns, ", "), strings.Join(hosts[56:], ", "), strings.Join(headers, ", ")))
			paths = append(paths, fmt.Sprintf("{path: /%d%s, requests: 1}", i, strings.Repeat("p", 250)))
		}
		object := with("edge", fmt.Sprintf("{hosts: [%s], routes: [%s], rateLimit: {paths: [%s]}}",
			strings.Join(hosts, ", "), strings.Join(routes, ", "), strings.Join(paths, ", ")))
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed())
	})
})
