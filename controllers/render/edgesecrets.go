package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// CookieKeySize is the length of the key that signs sticky cookies: that of the hash, as RFC 2104 advises.
	CookieKeySize = sha256.Size
	// KeyCertificate is where a Secret of type kubernetes.io/tls has the chain of certificates.
	KeyCertificate = "tls.crt"
	// KeyPrivateKey is where it has the private key.
	KeyPrivateKey = "tls.key"
)

// What the secrets of an edge cannot be.
var (
	// ErrCookieKey says that the key of sticky cookies has another length than CookieKeySize.
	ErrCookieKey = errors.New("the key that signs sticky cookies must be 32 bytes: delete its Secret, and the operator makes a new one")
	// ErrCertificateUnusable says that a Secret holds no certificate with its private key.
	ErrCertificateUnusable = errors.New("must be a certificate chain in PEM, the edge's own first, and the private key that belongs to it: " +
		"make the Secret anew with `kubectl create secret tls`")
)

// EdgeSecrets are what the secrets of the edges are made from. They are never printed.
type EdgeSecrets struct {
	// CookieKey signs sticky cookies: CookieKeySize random bytes that outlive the edges. Without it there are no secrets.
	CookieKey []byte
	// TLS are the Secrets that EdgeSecretNames lists, in its order.
	TLS []Secret
}

// String hides what EdgeSecrets holds.
func (s EdgeSecrets) String() string { return fmt.Sprintf("secrets of %d certificates", len(s.TLS)) }

// GoString hides what EdgeSecrets holds from %#v.
func (s EdgeSecrets) GoString() string { return s.String() }

// EdgeSecretNames are the Secrets that an edge's certificates come from; the first is for clients that ask for no name that
// another one has.
func EdgeSecretNames(edge v1alpha1.EdgeSpec) []string {
	if edge.TLS.Mode != v1alpha1.TLSModeSecret {
		return nil
	}
	var names []string
	if edge.TLS.SecretRef != nil {
		names = append(names, edge.TLS.SecretRef.Name)
	}
	for _, reference := range edge.TLS.AdditionalSecretRefs {
		names = append(names, reference.Name)
	}
	return names
}

// Check says why an edge could not use the secrets. The error names the Secret and the key, and nothing of what is in them.
func (s EdgeSecrets) Check(edge v1alpha1.EdgeSpec) error {
	if len(s.CookieKey) != CookieKeySize {
		return ErrCookieKey
	}
	for i, name := range EdgeSecretNames(edge) {
		if i >= len(s.TLS) {
			return fmt.Errorf("edge.tls Secret %q: %w", name, ErrSecretMissing)
		}
		if err := checkCertificate(name, s.TLS[i]); err != nil {
			return fmt.Errorf("edge.tls %w", err)
		}
	}
	return nil
}

func checkCertificate(name string, secret Secret) error {
	for _, key := range []string{KeyCertificate, KeyPrivateKey} {
		if len(secret.Data[key]) == 0 {
			return fmt.Errorf("key %q of Secret %q: %w", key, name, ErrSecretMissing)
		}
	}
	if _, err := tls.X509KeyPair(secret.Data[KeyCertificate], secret.Data[KeyPrivateKey]); err != nil {
		// The error says what is wrong with the form of it, and might quote what is in it: it stays here.
		return fmt.Errorf("%s and %s of Secret %q %w", KeyCertificate, KeyPrivateKey, name, ErrCertificateUnusable)
	}
	return nil
}

// rendered are the secrets as edges take them. Those that Check finds fault with render to none, without a revision: the
// edges keep what they have.
//
// The revision is told to everybody who may see an edge's state. It is an HMAC under the cookie key, which nobody knows
// but the operator and the edges, so that no guess at a secret can be tried on it; the UIDs keep two BotClusters apart.
func (s EdgeSecrets) rendered(edge v1alpha1.EdgeSpec, owner model.Owner) model.EdgeSecrets {
	if s.Check(edge) != nil {
		return model.EdgeSecrets{}
	}
	secrets := model.EdgeSecrets{CookieKey: s.CookieKey}
	sum := hmac.New(sha256.New, s.CookieKey)
	writeText(sum, []byte(owner.UID))
	for i := range EdgeSecretNames(edge) {
		certificate := model.Certificate{Chain: s.TLS[i].Data[KeyCertificate], Key: s.TLS[i].Data[KeyPrivateKey]}
		secrets.Certificates = append(secrets.Certificates, certificate)
		writeText(sum, []byte(s.TLS[i].UID))
		writeText(sum, certificate.Chain)
		writeText(sum, certificate.Key)
	}
	secrets.Revision = hex.EncodeToString(sum.Sum(nil))[:revisionDigits]
	return secrets
}
