package v1alpha1

// EdgeTLS says how the edge gets its certificates.
// +kubebuilder:validation:XValidation:rule="!has(self.email) || self.mode == 'Auto'",message="edge.tls.email is the address of the ACME account and goes with mode Auto"
// +kubebuilder:validation:XValidation:rule="!has(self.issuer) || self.mode == 'Auto'",message="edge.tls.issuer is the ACME directory and goes with mode Auto"
// +kubebuilder:validation:XValidation:rule="has(self.secretRef) == (has(self.mode) && self.mode == 'Secret')",message="edge.tls.secretRef names the Secret with the certificate: set it with mode Secret, and only then"
// +kubebuilder:validation:XValidation:rule="!has(self.additionalSecretRefs) || self.mode == 'Secret'",message="edge.tls.additionalSecretRefs goes with mode Secret"
type EdgeTLS struct {
	// Mode: `Auto` gets certificates by ACME (needs edge.hosts that resolve to the edge), `Internal` makes them with
	// Caddy's own authority, `Secret` takes them from Kubernetes Secrets, `Off` serves plain HTTP. With all but `Off`,
	// plain HTTP is redirected to HTTPS, which speaks HTTP/1.1 and HTTP/2.
	// +kubebuilder:default=Off
	// +optional
	Mode TLSMode `json:"mode,omitempty"`

	// Email of the ACME account, for notices of the certificate authority.
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^@\\\\s{}]+@[^@\\\\s{}]+$')",message="edge.tls.email must be an e-mail address"
	// +optional
	Email string `json:"email,omitempty"`

	// Issuer is the URL of the directory of an ACME authority, for example
	// https://acme-staging-v02.api.letsencrypt.org/directory or one of your own, whose root the edge's image must trust
	// (/usr/local/share/ca-certificates). Default: Let's Encrypt.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$')",message="edge.tls.issuer must be the https URL of an ACME directory, such as https://acme.example.com/directory, without query"
	// +optional
	Issuer string `json:"issuer,omitempty"`

	// SecretRef names a Secret of type kubernetes.io/tls in this namespace: `tls.crt` is the certificate and its chain,
	// `tls.key` its private key, both PEM. It is what clients see who ask for a name that no certificate has. A changed
	// Secret reaches the running edges within 30 s; no connection is cut.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// AdditionalSecretRefs name more such Secrets, for hosts that are not on the first certificate. An edge shows each
	// client the certificate that has the name it asks for.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	AdditionalSecretRefs []SecretReference `json:"additionalSecretRefs,omitempty"`
}

// TLSMode says where certificates come from.
// +kubebuilder:validation:Enum=Auto;Internal;Secret;Off
type TLSMode string

const (
	// TLSModeAuto gets certificates by ACME.
	TLSModeAuto TLSMode = "Auto"
	// TLSModeInternal makes certificates with Caddy's own authority.
	TLSModeInternal TLSMode = "Internal"
	// TLSModeSecret takes certificates from Secrets.
	TLSModeSecret TLSMode = "Secret"
	// TLSModeOff serves plain HTTP.
	TLSModeOff TLSMode = "Off"
)
