package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// keypair is a certificate with its private key.
type keypair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func encodeCertificate(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}

func (k keypair) encode() ([]byte, error) {
	key, err := encodeKey(k.key)
	if err != nil {
		return nil, err
	}
	return append(encodeCertificate(k.certificate), key...), nil
}

// read returns what a file holds; the error wraps fs.ErrNotExist when there is none.
func read(path string) (keypair, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return keypair{}, err
	}
	pair, err := tls.X509KeyPair(content, content)
	if err != nil {
		return keypair{}, fmt.Errorf("%q: %w", path, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return keypair{}, fmt.Errorf("%q: %w", path, errForeignKey)
	}
	return keypair{certificate: pair.Leaf, key: key}, nil
}

var errForeignKey = errors.New("holds a key of another kind than ECDSA")
