package render

// The types below are the parts of Caddy's JSON that the edges use, named as in Caddy's own reference
// (https://caddyserver.com/docs/json/). Handlers, matchers and issuers are `any` where Caddy chooses a module by name.

type caddyConfig struct {
	Admin caddyAdmin `json:"admin"`
	Apps  caddyApps  `json:"apps"`
}

type caddyAdmin struct {
	Listen string           `json:"listen"`
	Config caddyAdminConfig `json:"config"`
}

type caddyAdminConfig struct {
	Persist bool `json:"persist"`
}

type caddyApps struct {
	BotCluster caddyBotCluster `json:"botcluster"`
	HTTP       caddyHTTP       `json:"http"`
	TLS        *caddyTLS       `json:"tls,omitempty"`
	PKI        *caddyPKI       `json:"pki,omitempty"`
}

// caddyBotCluster is the app of our own modules (cmd/caddy).
type caddyBotCluster struct {
	Revision string `json:"revision,omitempty"`
}

type caddyHTTP struct {
	HTTPPort    int                    `json:"http_port"`
	HTTPSPort   int                    `json:"https_port"`
	GracePeriod string                 `json:"grace_period"`
	Metrics     struct{}               `json:"metrics"`
	Servers     map[string]caddyServer `json:"servers"`
}

type caddyServer struct {
	Listen                []string              `json:"listen"`
	ListenerWrappers      []any                 `json:"listener_wrappers"`
	Protocols             []string              `json:"protocols"`
	AutomaticHTTPS        *caddyAutomaticHTTPS  `json:"automatic_https,omitempty"`
	TLSConnectionPolicies []caddyTLSConnections `json:"tls_connection_policies,omitempty"`
	TrustedProxies        *caddyAddressRanges   `json:"trusted_proxies,omitempty"`
	TrustedProxiesStrict  int                   `json:"trusted_proxies_strict,omitempty"`
	Routes                []caddyRoute          `json:"routes"`
	Errors                caddyErrors           `json:"errors"`
}

type caddyAutomaticHTTPS struct {
	Disable             bool `json:"disable,omitempty"`
	DisableRedirects    bool `json:"disable_redirects,omitempty"`
	DisableCertificates bool `json:"disable_certificates,omitempty"`
}

type caddyAddressRanges struct {
	Source string   `json:"source"`
	Ranges []string `json:"ranges"`
}

type caddyTLSConnections struct {
	DefaultSNI  string `json:"default_sni,omitempty"`
	FallbackSNI string `json:"fallback_sni,omitempty"`
}

type caddyErrors struct {
	Routes []caddyRoute `json:"routes"`
}

type caddyRoute struct {
	Match    []caddyMatch `json:"match,omitempty"`
	Handle   []any        `json:"handle"`
	Terminal bool         `json:"terminal,omitempty"`
}

type caddyMatch struct {
	Host       []string            `json:"host,omitempty"`
	Path       []string            `json:"path,omitempty"`
	PathRegexp *caddyRegexp        `json:"path_regexp,omitempty"`
	Method     []string            `json:"method,omitempty"`
	Header     map[string][]string `json:"header,omitempty"`
	Vars       map[string][]string `json:"vars,omitempty"`
}

type caddyRegexp struct {
	Pattern string `json:"pattern"`
}

type caddyTLS struct {
	Certificates *caddyCertificates `json:"certificates,omitempty"`
	Automation   caddyAutomation    `json:"automation"`
}

type caddyCertificates struct {
	Automate []string `json:"automate"`
}

type caddyAutomation struct {
	Policies []caddyTLSPolicy `json:"policies"`
}

type caddyTLSPolicy struct {
	Subjects       []string                 `json:"subjects,omitempty"`
	Issuers        []caddyIssuer            `json:"issuers,omitempty"`
	GetCertificate []caddyCertificateSource `json:"get_certificate,omitempty"`
}

type caddyIssuer struct {
	Module string `json:"module"`
	CA     string `json:"ca,omitempty"`
	Email  string `json:"email,omitempty"`
}

type caddyCertificateSource struct {
	Via string `json:"via"`
}

type caddyPKI struct {
	CertificateAuthorities map[string]caddyAuthority `json:"certificate_authorities"`
}

type caddyAuthority struct {
	InstallTrust bool `json:"install_trust"`
}
