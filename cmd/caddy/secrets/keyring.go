package secrets

import (
	"crypto/tls"
	"strings"
)

// keyring finds the certificate for a name. It does not change once it is in use.
type keyring struct {
	first  *tls.Certificate
	byName map[string]*tls.Certificate
}

// add takes a certificate in under its names. Of two with the same name the first counts.
func (k *keyring) add(certificate *tls.Certificate) {
	if k.first == nil {
		k.first = certificate
	}
	names := certificate.Leaf.DNSNames
	for _, address := range certificate.Leaf.IPAddresses {
		names = append(names, address.String())
	}
	if len(names) == 0 && certificate.Leaf.Subject.CommonName != "" {
		names = []string{certificate.Leaf.Subject.CommonName}
	}
	for _, name := range names {
		name = strings.ToLower(name)
		if _, taken := k.byName[name]; !taken {
			k.byName[name] = certificate
		}
	}
}

// find returns the certificate for a name: one made out to it, else to its wildcard, else the first; nil when there is none.
func (k *keyring) find(name string) *tls.Certificate {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if exact := k.byName[name]; exact != nil {
		return exact
	}
	if _, parent, inside := strings.Cut(name, "."); inside {
		if wildcard := k.byName["*."+parent]; wildcard != nil {
			return wildcard
		}
	}
	return k.first
}
