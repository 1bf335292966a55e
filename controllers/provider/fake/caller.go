package fake

import (
	"net/http"
	"slices"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Caller is who asks: the local socket, or the owner of a client certificate.
type Caller struct {
	Trusted    bool
	Restricted bool     // to Projects
	Projects   []string // of a restricted caller
	Username   string   // fingerprint of the certificate; root on the socket
	Protocol   string   // "unix" or "tls"
	Address    string
}

// LocalCaller is whoever may open the daemon's unix socket: it may do everything.
func LocalCaller() Caller {
	return Caller{Trusted: true, Username: "root", Protocol: "unix", Address: "@"}
}

func (c Caller) requestor() *incusapi.EventLifecycleRequestor {
	return &incusapi.EventLifecycleRequestor{Username: c.Username, Protocol: c.Protocol, Address: c.Address}
}

// MayUse says whether the caller may use a project; the error is the daemon's 403.
func (c Caller) MayUse(project string) error {
	if !c.Restricted || slices.Contains(c.Projects, project) {
		return nil
	}
	return refuse(http.StatusForbidden, "User does not have permission for project %q", project)
}

// MayAdminister says whether the caller may change what belongs to the server; the error is the daemon's 403.
func (c Caller) MayAdminister() error {
	if !c.Restricted {
		return nil
	}
	return refuse(http.StatusForbidden, "Certificate is restricted")
}

// Trust adds a client certificate to the trust store; without projects it may do everything.
func (w *World) Trust(certificate incusapi.Certificate) {
	defer w.enter()()
	if certificate.Type == "" {
		certificate.Type = incusapi.CertificateTypeClient
	}
	w.certificates = append(w.certificates, certificate)
}

// Distrust removes a client certificate from the trust store.
func (w *World) Distrust(fingerprint string) {
	defer w.enter()()
	w.certificates = slices.DeleteFunc(w.certificates, func(c incusapi.Certificate) bool { return c.Fingerprint == fingerprint })
}

// Certificates lists the trust store.
func (w *World) Certificates() []incusapi.Certificate {
	defer w.enter()()
	return slices.Clone(w.certificates)
}

// CallerByCertificate is the caller who owns a client certificate; one that is not in the trust store is not trusted.
func (w *World) CallerByCertificate(fingerprint, address string) Caller {
	defer w.enter()()
	for _, c := range w.certificates {
		if c.Fingerprint == fingerprint {
			return Caller{
				Trusted: true, Restricted: c.Restricted, Projects: slices.Clone(c.Projects),
				Username: fingerprint, Protocol: incusapi.AuthenticationMethodTLS, Address: address,
			}
		}
	}
	return Caller{Address: address}
}
