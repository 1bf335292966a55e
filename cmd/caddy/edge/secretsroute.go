package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"github.com/generalbots/botcluster-operator/cmd/caddy/secrets"
)

func init() {
	caddy.RegisterModule(SecretsAdmin{})
	caddy.RegisterModule(Certificates{})
}

// vault holds the secrets of this process, beside what Caddy itself keeps. It is opened at the first use: where that is depends
// on the environment.
var vault = sync.OnceValue(func() *secrets.Store {
	store := secrets.NewStore(filepath.Join(caddy.AppDataDir(), "botcluster", "secrets.json"), func(revision string, cookieKey []byte) {
		shared.SetCookieKey(cookieKey)
		shared.SetSecretsRevision(revision)
	})
	if err := store.Restore(); err != nil {
		caddy.Log().Named("botcluster.secrets").
			Error("The secrets of an earlier run are not used; the operator pushes them again", zap.Error(err))
	}
	return store
})

// SecretsAdmin is admin.api.botcluster_secrets: PUT /botcluster/secrets.
type SecretsAdmin struct{}

// CaddyModule implements caddy.Module.
func (SecretsAdmin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.botcluster_secrets", New: func() caddy.Module { return new(SecretsAdmin) }}
}

// Routes implements caddy.AdminRouter. It is asked before the admin endpoint listens, so that no answer comes before the secrets
// of an earlier run are there.
func (SecretsAdmin) Routes() []caddy.AdminRoute {
	vault()
	return []caddy.AdminRoute{{Pattern: "/botcluster/secrets", Handler: caddy.AdminHandlerFunc(serveSecrets)}}
}

// serveSecrets replaces the secrets and answers with the pool document, which shows their revision and nothing else of them.
func serveSecrets(w http.ResponseWriter, r *http.Request) error {
	body, err := putBody(w, r, secrets.LargestDocument)
	if err != nil {
		return err
	}
	if err := vault().Apply(body); err != nil {
		status := http.StatusInternalServerError
		if errors.Is(err, secrets.ErrInvalid) {
			status = http.StatusBadRequest
		}
		return refusal(status, err)
	}
	return answer(w, shared.Describe())
}

// Certificates is tls.get_certificate.botcluster: the certificates among the secrets.
type Certificates struct{}

// CaddyModule implements caddy.Module.
func (Certificates) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "tls.get_certificate.botcluster", New: func() caddy.Module { return new(Certificates) }}
}

// errNoCertificate ends a handshake. Without an error Caddy would try to have a certificate issued, for any name that is asked.
var errNoCertificate = errors.New("no certificate has been pushed to this edge yet")

// GetCertificate implements certmagic.Manager.
func (Certificates) GetCertificate(_ context.Context, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	certificate := vault().Certificate(hello.ServerName)
	if certificate == nil {
		return nil, errNoCertificate
	}
	return certificate, nil
}

var (
	_ caddy.AdminRouter = SecretsAdmin{}
	_ certmagic.Manager = Certificates{}
)
