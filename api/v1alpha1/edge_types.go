package v1alpha1

// EdgeSpec describes the edge tier: Caddy in LXC containers.
// +kubebuilder:validation:XValidation:rule="!has(self.tls) || !has(self.tls.mode) || self.tls.mode != 'Auto' || (has(self.hosts) && size(self.hosts) > 0)",message="edge.tls.mode Auto needs edge.hosts: certificates are made out to names; use Internal or Off without them"
// +kubebuilder:validation:XValidation:rule="!has(self.http3) || !self.http3 || (has(self.tls) && has(self.tls.mode) && self.tls.mode != 'Off')",message="edge.http3 needs edge.tls: HTTP/3 is always encrypted; set edge.tls.mode or leave edge.http3 out"
// +kubebuilder:validation:XValidation:rule="!has(self.routes) || !has(self.hosts) || size(self.hosts) == 0 || self.routes.all(r, !has(r.match.hosts) || r.match.hosts.all(h, h in self.hosts))",message="edge.routes[].match.hosts must be among edge.hosts: the edge answers to no other name; add the host there"
type EdgeSpec struct {
	// Instances is the number of edges. All of them serve the same routes and the same bots. Sticky cookies hold across
	// them; rate limits and circuit breakers are counted by each edge for itself.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16
	// +optional
	Instances int32 `json:"instances,omitempty"`

	// Image of the edge instances, with the operator's build of Caddy.
	// +kubebuilder:default={alias: "botcluster-edge"}
	// +optional
	Image ImageReference `json:"image,omitempty"`

	// Hosts are the names that the edge answers to, for example bot.example.com. Empty: it answers to any name.
	// +kubebuilder:validation:MaxItems=64
	// +listType=set
	// +optional
	Hosts []HostName `json:"hosts,omitempty"`

	// TLS says how the edge gets its certificates.
	// +optional
	// +kubebuilder:default={}
	TLS EdgeTLS `json:"tls,omitempty"`

	// HTTP3 offers HTTP/3 (QUIC, over UDP) beside HTTP/1.1 and HTTP/2. Default: false. With hostPorts.httpsBase the same
	// port is published for UDP; a proxy device cannot pass on who sends UDP, so all clients of HTTP/3 then have the
	// address 127.0.0.1 for the bots, for limits by ip and for the policy ip_hash. Clients who reach the edge's own
	// address are not concerned.
	// +optional
	HTTP3 bool `json:"http3,omitempty"`

	// HostPorts publishes the edges on ports of their Incus host, by proxy devices.
	// +optional
	HostPorts *EdgeHostPorts `json:"hostPorts,omitempty"`

	// TrustedProxies are the addresses or networks of load balancers in front of the edge, for example 10.0.0.0/8 or
	// 192.0.2.7. From them, and from nobody else, the header X-Forwarded-For is believed, read from right to left up to
	// the first address that is not one of these; it says who the client is, for limits by ip, ip_hash and the bots.
	// +kubebuilder:validation:MaxItems=64
	// +listType=set
	// +optional
	TrustedProxies []AddressRange `json:"trustedProxies,omitempty"`

	// LoadBalancing says which bot a request goes to.
	// +optional
	// +kubebuilder:default={}
	LoadBalancing LoadBalancing `json:"loadBalancing,omitempty"`

	// CircuitBreaker keeps requests away from a bot that fails them.
	// +optional
	// +kubebuilder:default={}
	CircuitBreaker CircuitBreaker `json:"circuitBreaker,omitempty"`

	// RateLimit bounds how many requests a client may send. Default: no limits.
	// +optional
	RateLimit *EdgeRateLimit `json:"rateLimit,omitempty"`

	// Routes are routes of your own. They are tried in this order before the documented ones, which stay: /api/health,
	// /ws*, /api/* and all that is left. The first that matches serves the request.
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=name
	// +optional
	Routes []EdgeRoute `json:"routes,omitempty"`

	// Resources limit each edge instance. Changes are applied to running instances.
	// +optional
	Resources Resources `json:"resources,omitempty"`
}

// HostName is a DNS name.
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",message="a host must be a lower-case DNS name such as bot.example.com, without scheme, port or wildcard"
type HostName string

// AddressRange is an IP address or a network.
// +kubebuilder:validation:MaxLength=49
// +kubebuilder:validation:XValidation:rule="isIP(self) || isCIDR(self)",message="edge.trustedProxies must be IP addresses or networks such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"
type AddressRange string

// EdgeHostPorts publishes edges on their Incus host. Edge i (1, 2, …) listens on base+i-1.
type EdgeHostPorts struct {
	// Address of the host to listen on.
	// +kubebuilder:default="0.0.0.0"
	// +kubebuilder:validation:MaxLength=45
	// +kubebuilder:validation:XValidation:rule="isIP(self)",message="edge.hostPorts.address must be an IP address of the Incus host, such as 0.0.0.0 or 127.0.0.1"
	// +optional
	Address string `json:"address,omitempty"`

	// HTTPBase is the port of edge 1 for plain HTTP, for example 80.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65519
	// +optional
	HTTPBase *int32 `json:"httpBase,omitempty"`

	// HTTPSBase is the port of edge 1 for HTTPS, for example 443. With edge.http3 it is published for UDP too.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65519
	// +optional
	HTTPSBase *int32 `json:"httpsBase,omitempty"`
}
