package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Names are what a server is reached by.
type Names struct {
	DNS       []string
	Addresses []netip.Addr
}

// identity is what a certificate says about its holder.
type identity struct {
	file    string
	subject pkix.Name
	usage   x509.ExtKeyUsage
	names   Names
}

// The subjects are Kubernetes' own (kubernetes.io/docs/setup/best-practices/certificates): the API server reads the user from the
// common name and the groups from the organization.
func identities(apiServer Names) []identity {
	return []identity{
		{apiServerFile, pkix.Name{CommonName: "kube-apiserver"}, x509.ExtKeyUsageServerAuth, apiServer},
		{controllerManagerFile, pkix.Name{CommonName: "system:kube-controller-manager"}, x509.ExtKeyUsageClientAuth, Names{}},
		{adminFile, pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}, x509.ExtKeyUsageClientAuth, Names{}},
	}
}

// heldBy says whether a certificate still says the same, was signed by the authority, and is far enough from its expiry.
func (i identity) heldBy(have, authority keypair, now time.Time) bool {
	certificate := have.certificate
	same := func(have net.IP, want netip.Addr) bool { return have.Equal(want.AsSlice()) }
	return !near(certificate, leafRenewal, now) &&
		certificate.CheckSignatureFrom(authority.certificate) == nil &&
		certificate.Subject.String() == i.subject.String() &&
		slices.Equal(certificate.ExtKeyUsage, []x509.ExtKeyUsage{i.usage}) &&
		slices.Equal(certificate.DNSNames, i.names.DNS) &&
		slices.EqualFunc(certificate.IPAddresses, i.names.Addresses, same)
}

func (i identity) issue(authority keypair, now time.Time) (keypair, error) {
	addresses := make([]net.IP, 0, len(i.names.Addresses))
	for _, address := range i.names.Addresses {
		addresses = append(addresses, address.AsSlice())
	}
	return sign(&x509.Certificate{
		Subject:     i.subject,
		NotAfter:    earlier(now.Add(leafLifetime), authority.certificate.NotAfter),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{i.usage},
		DNSNames:    i.names.DNS,
		IPAddresses: addresses,
	}, &authority, now)
}

// namesOf reads the names back from a server's certificate.
func namesOf(certificate *x509.Certificate) Names {
	names := Names{DNS: certificate.DNSNames}
	for _, address := range certificate.IPAddresses {
		if parsed, ok := netip.AddrFromSlice(address); ok {
			names.Addresses = append(names.Addresses, parsed.Unmap())
		}
	}
	return names
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
