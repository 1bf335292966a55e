package render

// The handlers of Caddy's JSON that the edges use, and the matchers and modules inside of them.

// swappedRoutesHandler is our own (cmd/caddy): its routes are replaced in place, without a reload of all the rest.
type swappedRoutesHandler struct {
	Handler string       `json:"handler"`
	Name    string       `json:"name"`
	Routes  []caddyRoute `json:"routes"`
}

// swapped puts routes where they can be replaced in place; the name is unique in a configuration.
func swapped(name string, routes []caddyRoute) []caddyRoute {
	return []caddyRoute{{Handle: []any{swappedRoutesHandler{Handler: "botcluster_routes", Name: name, Routes: routes}}}}
}

// subrouteHandler runs the first of its routes that matches, when they are terminal.
type subrouteHandler struct {
	Handler string       `json:"handler"`
	Routes  []caddyRoute `json:"routes"`
}

type encodeHandler struct {
	Handler   string              `json:"handler"`
	Encodings map[string]struct{} `json:"encodings"`
	Prefer    []string            `json:"prefer"`
}

func compression() encodeHandler {
	return encodeHandler{
		Handler:   "encode",
		Encodings: map[string]struct{}{"gzip": {}, "zstd": {}},
		Prefer:    []string{"zstd", "gzip"},
	}
}

type staticResponseHandler struct {
	Handler    string              `json:"handler"`
	StatusCode int                 `json:"status_code"`
	Headers    map[string][]string `json:"headers,omitempty"`
	Body       string              `json:"body,omitempty"`
}

type rewriteHandler struct {
	Handler         string `json:"handler"`
	StripPathPrefix string `json:"strip_path_prefix"`
}

// mapHandler makes a placeholder of another one: the first mapping that fits its value says what it is.
type mapHandler struct {
	Handler      string     `json:"handler"`
	Source       string     `json:"source"`
	Destinations []string   `json:"destinations"`
	Mappings     []mappedTo `json:"mappings"`
	Defaults     []string   `json:"defaults"`
}

type mappedTo struct {
	InputRegexp string   `json:"input_regexp"`
	Outputs     []string `json:"outputs"`
}

// botRouteHandler is our own (cmd/caddy): it stands before a reverseProxyHandler and says how that one's bot is chosen.
type botRouteHandler struct {
	Handler  string         `json:"handler"`
	Route    string         `json:"route"`
	Policy   string         `json:"policy"`
	Cookie   *stickyCookie  `json:"cookie,omitempty"`
	Breaker  *routeBreaker  `json:"breaker,omitempty"`
	Passive  *routePassive  `json:"passive,omitempty"`
	Fallback *routeFallback `json:"fallback,omitempty"`
}

type stickyCookie struct {
	Name     string `json:"name"`
	Fallback string `json:"fallback"`
}

type routeBreaker struct {
	Threshold        int    `json:"threshold"`
	Timeout          string `json:"timeout"`
	HalfOpenRequests int    `json:"half_open_requests"`
}

type routePassive struct {
	FailDuration string `json:"fail_duration"`
	MaxFails     int    `json:"max_fails"`
}

type routeFallback struct {
	Body        string `json:"body"`
	ContentType string `json:"content_type"`
}

type reverseProxyHandler struct {
	Handler          string         `json:"handler"`
	DynamicUpstreams upstreamSource `json:"dynamic_upstreams"`
	LoadBalancing    loadBalancing  `json:"load_balancing"`
	Transport        proxyTransport `json:"transport"`
	Headers          *proxyHeaders  `json:"headers,omitempty"`
}

type upstreamSource struct {
	Source string `json:"source"`
}

type loadBalancing struct {
	SelectionPolicy selectionPolicy `json:"selection_policy"`
	TryDuration     string          `json:"try_duration"`
	TryInterval     string          `json:"try_interval"`
	RetryMatch      []caddyMatch    `json:"retry_match"`
}

type selectionPolicy struct {
	Policy string `json:"policy"`
}

type proxyTransport struct {
	Protocol              string `json:"protocol"`
	DialTimeout           string `json:"dial_timeout"`
	ResponseHeaderTimeout string `json:"response_header_timeout,omitempty"`
}

type proxyHeaders struct {
	Request headerChanges `json:"request"`
}
