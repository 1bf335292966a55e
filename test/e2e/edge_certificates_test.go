package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// edgeName is on the certificates of specs.
const edgeName = "bots.example.com"

// authority issues certificates for the time of a spec.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	roots       *x509.CertPool
	issued      int64
}

func newAuthority() *authority {
	GinkgoHelper()
	a := &authority{key: newKey(), roots: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a spec"}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	Expect(err).NotTo(HaveOccurred())
	a.certificate, err = x509.ParseCertificate(der)
	Expect(err).NotTo(HaveOccurred())
	a.roots.AddCert(a.certificate)
	a.issued = 1
	return a
}

func newKey() *ecdsa.PrivateKey {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	return key
}

// issue makes the content of a Secret with a certificate for a name, and returns it with the serial number.
func (a *authority) issue(name string) (content map[string][]byte, serial int64) {
	GinkgoHelper()
	a.issued++
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.issued), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return map[string][]byte{
		corev1.TLSCertKey:       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}, a.issued
}

// trust is how clients check what a server under edgeName shows.
func (a *authority) trust() *tls.Config {
	return &tls.Config{RootCAs: a.roots, ServerName: edgeName, MinVersion: tls.VersionTLS12}
}

// shownTo is the serial number of the certificate that a new client with this trust is shown.
func shownTo(ctx context.Context, trust *tls.Config, address string) (int64, error) {
	dialer := &tls.Dialer{Config: trust}
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address, "443"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// writeTLSSecret makes or replaces a Secret of type kubernetes.io/tls.
func writeTLSSecret(ctx context.Context, namespace, name string, content map[string][]byte) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: corev1.SecretTypeTLS, Data: content}
	if err := client.IgnoreAlreadyExists(kubernetes.Client.Create(ctx, secret)); err != nil {
		Expect(err).NotTo(HaveOccurred())
	}
	secret.ResourceVersion = ""
	Expect(kubernetes.Client.Update(ctx, secret)).To(Succeed())
}
