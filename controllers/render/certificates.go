package render

import (
	"slices"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// internalName is on the certificate of an edge that has no hosts and certificates of Caddy's own authority. It is shown
// to every client, whatever name it asks for: one certificate per name that a client makes up would fill the disk.
const internalName = "botcluster.internal"

func usesTLS(edge v1alpha1.EdgeSpec) bool {
	return edge.TLS.Mode == v1alpha1.TLSModeAuto || edge.TLS.Mode == v1alpha1.TLSModeInternal
}

func namelessInternal(edge v1alpha1.EdgeSpec) bool {
	return edge.TLS.Mode == v1alpha1.TLSModeInternal && len(edge.Hosts) == 0
}

// hostNames are sorted: the API holds them as a set.
func hostNames(edge v1alpha1.EdgeSpec) []string {
	names := make([]string, 0, len(edge.Hosts))
	for _, host := range edge.Hosts {
		names = append(names, string(host))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func tlsConnections(edge v1alpha1.EdgeSpec) caddyTLSConnections {
	if namelessInternal(edge) {
		return caddyTLSConnections{DefaultSNI: internalName, FallbackSNI: internalName}
	}
	return caddyTLSConnections{}
}

// certificates says who issues them. Caddy finds the names in the hosts of the routes.
func certificates(edge v1alpha1.EdgeSpec) *caddyTLS {
	if !usesTLS(edge) {
		return nil
	}
	issuer := caddyIssuer{Module: "internal"}
	if edge.TLS.Mode == v1alpha1.TLSModeAuto {
		issuer = caddyIssuer{Module: "acme", Email: edge.TLS.Email}
	}
	policy := caddyTLSPolicy{Subjects: hostNames(edge), Issuers: []caddyIssuer{issuer}}
	if !namelessInternal(edge) {
		return &caddyTLS{Automation: caddyAutomation{Policies: []caddyTLSPolicy{policy}}}
	}
	policy.Subjects = []string{internalName}
	return &caddyTLS{
		Certificates: &caddyCertificates{Automate: []string{internalName}},
		Automation:   caddyAutomation{Policies: []caddyTLSPolicy{policy}},
	}
}

// authorities keep Caddy from installing its root certificate in the edge's trust store, where nothing would use it.
func authorities(edge v1alpha1.EdgeSpec) *caddyPKI {
	if edge.TLS.Mode != v1alpha1.TLSModeInternal {
		return nil
	}
	return &caddyPKI{CertificateAuthorities: map[string]caddyAuthority{"local": {InstallTrust: false}}}
}
