package pki

import (
	"os"
	"path/filepath"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/atomicfile"
)

const (
	authorityFile         = "authority.pem"
	authorityPublicFile   = "authority.crt"
	apiServerFile         = "kube-apiserver.pem"
	controllerManagerFile = "kube-controller-manager.pem"
	adminFile             = "admin.pem"
	serviceAccountFile    = "service-account.key"
)

// Store is a folder of certificates. The folder exists, and only its owner can enter it.
type Store struct{ Dir string }

// AuthorityCertificate is the path of the authority's certificate, without its key.
func (s Store) AuthorityCertificate() string { return s.path(authorityPublicFile) }

// APIServer is the path of the API server's certificate and key.
func (s Store) APIServer() string { return s.path(apiServerFile) }

// ControllerManager is the path of the controller manager's certificate and key.
func (s Store) ControllerManager() string { return s.path(controllerManagerFile) }

// ServiceAccountKey is the path of the key that signs service account tokens.
func (s Store) ServiceAccountKey() string { return s.path(serviceAccountFile) }

// Admin returns, in PEM, the authority's certificate and the certificate and key of the administrator.
func (s Store) Admin() (authority, certificate, key []byte, err error) {
	admin, err := read(s.path(adminFile))
	if err != nil {
		return nil, nil, nil, err
	}
	if authority, err = os.ReadFile(s.AuthorityCertificate()); err != nil {
		return nil, nil, nil, err
	}
	key, err = encodeKey(admin.key)
	return authority, encodeCertificate(admin.certificate), key, err
}

func (s Store) write(name string, pair keypair) error {
	encoded, err := pair.encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path(name), encoded)
}

func (s Store) path(name string) string { return filepath.Join(s.Dir, name) }
