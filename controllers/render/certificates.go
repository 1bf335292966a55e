package render

import (
	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// internalName is on the certificate of an edge that has no hosts and certificates of Caddy's own authority. It is shown
// to every client, whatever name it asks for: one certificate per name that a client makes up would fill the disk.
const internalName = "botcluster.internal"

func usesTLS(edge v1alpha1.EdgeSpec) bool {
	return keepsCertificates(edge) || edge.TLS.Mode == v1alpha1.TLSModeSecret
}

// keepsCertificates tells that an edge comes by its certificates itself, so that they must outlive the instance.
func keepsCertificates(edge v1alpha1.EdgeSpec) bool {
	return edge.TLS.Mode == v1alpha1.TLSModeAuto || edge.TLS.Mode == v1alpha1.TLSModeInternal
}

func namelessInternal(edge v1alpha1.EdgeSpec) bool {
	return edge.TLS.Mode == v1alpha1.TLSModeInternal && len(edge.Hosts) == 0
}

// hostNames are sorted: the API holds them as a set.
func hostNames(edge v1alpha1.EdgeSpec) []string { return sortedTexts(edge.Hosts) }

func tlsConnections(edge v1alpha1.EdgeSpec) caddyTLSConnections {
	if namelessInternal(edge) {
		return caddyTLSConnections{DefaultSNI: internalName, FallbackSNI: internalName}
	}
	return caddyTLSConnections{}
}

// certificates says where they come from. Those that are issued are named here, as Caddy does not look for host names
// inside of routes that are swapped in place.
func certificates(edge v1alpha1.EdgeSpec) *caddyTLS {
	switch {
	case !usesTLS(edge):
		return nil
	case edge.TLS.Mode == v1alpha1.TLSModeSecret:
		source := []caddyCertificateSource{{Via: poolModule}}
		return &caddyTLS{Automation: caddyAutomation{Policies: []caddyTLSPolicy{{GetCertificate: source}}}}
	}
	issuer := caddyIssuer{Module: "internal"}
	if edge.TLS.Mode == v1alpha1.TLSModeAuto {
		issuer = caddyIssuer{Module: "acme", CA: edge.TLS.Issuer, Email: edge.TLS.Email}
	}
	names := hostNames(edge)
	if namelessInternal(edge) {
		names = []string{internalName}
	}
	return &caddyTLS{
		Certificates: &caddyCertificates{Automate: names},
		Automation:   caddyAutomation{Policies: []caddyTLSPolicy{{Subjects: names, Issuers: []caddyIssuer{issuer}}}},
	}
}

// automaticHTTPS leaves to Caddy what it is to do by itself: redirects are ours, and so are certificates out of Secrets.
func automaticHTTPS(edge v1alpha1.EdgeSpec) *caddyAutomaticHTTPS {
	return &caddyAutomaticHTTPS{
		DisableRedirects: true, DisableCertificates: edge.TLS.Mode == v1alpha1.TLSModeSecret,
	}
}

// authorities keep Caddy from installing its root certificate in the edge's trust store, where nothing would use it.
func authorities(edge v1alpha1.EdgeSpec) *caddyPKI {
	if edge.TLS.Mode != v1alpha1.TLSModeInternal {
		return nil
	}
	return &caddyPKI{CertificateAuthorities: map[string]caddyAuthority{"local": {InstallTrust: false}}}
}
