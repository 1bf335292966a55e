package render

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

type headersHandler struct {
	Handler  string         `json:"handler"`
	Response headerResponse `json:"response"`
}

type headerResponse struct {
	Set      map[string][]string `json:"set"`
	Delete   []string            `json:"delete"`
	Deferred bool                `json:"deferred,omitempty"`
}

type staticResponseHandler struct {
	Handler    string              `json:"handler"`
	StatusCode int                 `json:"status_code"`
	Headers    map[string][]string `json:"headers,omitempty"`
}

type reverseProxyHandler struct {
	Handler          string         `json:"handler"`
	DynamicUpstreams upstreamSource `json:"dynamic_upstreams"`
	LoadBalancing    loadBalancing  `json:"load_balancing"`
	HealthChecks     healthChecks   `json:"health_checks"`
	Transport        proxyTransport `json:"transport"`
	StreamCloseDelay string         `json:"stream_close_delay"`
}

type upstreamSource struct {
	Source string `json:"source"`
}

type loadBalancing struct {
	SelectionPolicy selectionPolicy `json:"selection_policy"`
	TryDuration     string          `json:"try_duration"`
	TryInterval     string          `json:"try_interval"`
}

type selectionPolicy struct {
	Policy   string           `json:"policy"`
	Name     string           `json:"name,omitempty"`
	Fallback *selectionPolicy `json:"fallback,omitempty"`
}

type healthChecks struct {
	Passive passiveHealthChecks `json:"passive"`
}

type passiveHealthChecks struct {
	FailDuration string `json:"fail_duration"`
	MaxFails     int    `json:"max_fails"`
}

type proxyTransport struct {
	Protocol    string `json:"protocol"`
	DialTimeout string `json:"dial_timeout"`
}

// securityHeaders are those of the scaling document. They are set when the response is written, over what a bot may have
// set itself; where no handler gets that far (errors of Caddy's own) they are set at once.
func securityHeaders(deferred bool) headersHandler {
	return headersHandler{
		Handler: "headers",
		Response: headerResponse{
			Set: map[string][]string{
				"Referrer-Policy":        {"strict-origin-when-cross-origin"},
				"X-Content-Type-Options": {"nosniff"},
				"X-Frame-Options":        {"DENY"},
			},
			Delete:   []string{"Server"},
			Deferred: deferred,
		},
	}
}

func compression() encodeHandler {
	return encodeHandler{
		Handler:   "encode",
		Encodings: map[string]struct{}{"gzip": {}, "zstd": {}},
		Prefer:    []string{"zstd", "gzip"},
	}
}
