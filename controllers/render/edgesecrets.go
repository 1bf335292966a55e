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

// EdgeSecretSource is what the secrets of the edges are made from. It is never printed.
type EdgeSecretSource struct {
	// CookieKey signs sticky cookies; CookieKeySize random bytes that outlive the edges. Without it there are no secrets.
	CookieKey []byte
	// TLS holds the Secrets that EdgeSecretNames lists, by name.
	TLS map[string]Secret
}

// String hides what EdgeSecretSource holds.
func (s EdgeSecretSource) String() string {
	return fmt.Sprintf("secrets of %d certificates", len(s.TLS))
}

// GoString hides what EdgeSecretSource holds from %#v.
func (s EdgeSecretSource) GoString() string { return s.String() }

// EdgeSecretNames are the Secrets that an edge's certificates come from: what a client sees that asks for no known name
// first.
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

// EdgeSecrets renders what the edges are to hold. Errors name the Secret and the key, and nothing of what is in them.
//
// The revision is told to everybody who may see an edge's state. It is an HMAC under the cookie key, which nobody knows
// but the operator and the edges, so that no guess at a secret can be tried on it; the UIDs keep two BotClusters apart.
func EdgeSecrets(edge v1alpha1.EdgeSpec, source EdgeSecretSource, owner model.Owner) (model.EdgeSecrets, error) {
	if source.CookieKey == nil {
		return model.EdgeSecrets{}, nil
	}
	if len(source.CookieKey) != CookieKeySize {
		return model.EdgeSecrets{}, ErrCookieKey
	}
	secrets := model.EdgeSecrets{CookieKey: source.CookieKey}
	sum := hmac.New(sha256.New, source.CookieKey)
	writeText(sum, []byte(owner.UID))
	for _, name := range EdgeSecretNames(edge) {
		certificate, err := certificateOf(name, source.TLS)
		if err != nil {
			return model.EdgeSecrets{}, fmt.Errorf("edge.tls %w", err)
		}
		secrets.Certificates = append(secrets.Certificates, certificate)
		writeText(sum, []byte(source.TLS[name].UID))
		writeText(sum, certificate.Chain)
		writeText(sum, certificate.Key)
	}
	secrets.Revision = hex.EncodeToString(sum.Sum(nil))[:revisionDigits]
	return secrets, nil
}

func certificateOf(name string, secrets map[string]Secret) (model.Certificate, error) {
	secret, found := secrets[name]
	if !found {
		return model.Certificate{}, fmt.Errorf("Secret %q: %w", name, ErrSecretMissing)
	}
	for _, key := range []string{KeyCertificate, KeyPrivateKey} {
		if len(secret.Data[key]) == 0 {
			return model.Certificate{}, fmt.Errorf("key %q of Secret %q: %w", key, name, ErrSecretMissing)
		}
	}
	certificate := model.Certificate{Chain: secret.Data[KeyCertificate], Key: secret.Data[KeyPrivateKey]}
	if _, err := tls.X509KeyPair(certificate.Chain, certificate.Key); err != nil {
		// The error says what is wrong with the form of it, and might quote what is in it: it stays here.
		return model.Certificate{}, fmt.Errorf("%s and %s of Secret %q %w", KeyCertificate, KeyPrivateKey, name, ErrCertificateUnusable)
	}
	return certificate, nil
}
