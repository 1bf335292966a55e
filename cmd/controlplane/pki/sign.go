package pki

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"time"
)

const (
	// A leaf lives as long as those of kubeadm, and is renewed in the last quarter of its life.
	leafLifetime = 365 * 24 * time.Hour
	leafRenewal  = leafLifetime / 4

	// The authority lives ten years, also kubeadm's figure. It is renewed while it still outlives every leaf it could sign.
	authorityLifetime = 10 * 365 * 24 * time.Hour
	authorityRenewal  = leafLifetime + leafRenewal

	// backdate forgives a client whose clock is behind ours.
	backdate = 5 * time.Minute
)

// near says whether a certificate is not valid yet, or has less than the margin left.
func near(certificate *x509.Certificate, margin time.Duration, now time.Time) bool {
	return now.Before(certificate.NotBefore) || now.Add(margin).After(certificate.NotAfter)
}

func newAuthority(now time.Time) (keypair, error) {
	return sign(&x509.Certificate{
		// The date tells two authorities of one host apart: a client looks its issuer up by this name.
		Subject:               pkix.Name{CommonName: "botcluster control plane " + now.UTC().Format(time.RFC3339)},
		NotAfter:              now.Add(authorityLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}, nil, now)
}

// sign makes a key and its certificate; without a signer, the certificate is signed by itself.
func sign(template *x509.Certificate, signer *keypair, now time.Time) (keypair, error) {
	key, err := newKey()
	if err != nil {
		return keypair{}, fmt.Errorf("make a key for %q: %w", template.Subject, err)
	}
	template.NotBefore = now.Add(-backdate)
	if signer == nil {
		signer = &keypair{certificate: template, key: key}
	}
	// The serial number is left to CreateCertificate, which draws a random one.
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, &key.PublicKey, signer.key)
	if err != nil {
		return keypair{}, fmt.Errorf("sign the certificate of %q: %w", template.Subject, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return keypair{}, fmt.Errorf("read the certificate of %q back: %w", template.Subject, err)
	}
	return keypair{certificate: certificate, key: key}, nil
}
