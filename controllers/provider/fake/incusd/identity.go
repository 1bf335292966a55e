package incusd

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// Identity is a self-signed certificate with its key, both PEM.
type Identity struct {
	Name        string
	Certificate string
	Key         string
	Fingerprint string // SHA-256, as the trust store names it
}

// NewIdentity makes a certificate that is valid for the loopback. The world does not trust it yet.
func NewIdentity(name string) (Identity, error) {
	random := rand.Reader //nolint:forbidigo // a key is the one thing here that must be another in each run
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return Identity{}, err
	}
	now := fake.WallClock{}.Now() // TLS compares it with that of the machine
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Linux Containers"}},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:     []string{name, "localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(random, template, template, &key.PublicKey, key)
	if err != nil {
		return Identity{}, err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return Identity{}, err
	}
	return Identity{
		Name:        name,
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		Key:         string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})),
		Fingerprint: fingerprint(der),
	}, nil
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Trusted is the entry of the trust store that gives the identity every right, or, with projects, those on them.
func (i Identity) Trusted(projects ...string) incusapi.Certificate {
	return incusapi.Certificate{
		CertificatePut: incusapi.CertificatePut{
			Name: i.Name, Type: incusapi.CertificateTypeClient, Certificate: i.Certificate,
			Restricted: len(projects) > 0, Projects: projects,
		},
		Fingerprint: i.Fingerprint,
	}
}

// listener asks every client for a certificate; whether it is trusted is for the world to say.
func (i Identity) listener(inner net.Listener) (net.Listener, error) {
	pair, err := tls.X509KeyPair([]byte(i.Certificate), []byte(i.Key))
	if err != nil {
		return nil, err
	}
	return tls.NewListener(inner, &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13,
	}), nil
}
