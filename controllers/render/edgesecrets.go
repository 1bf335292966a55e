package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// EdgeSecrets are what the edges need and nobody else may see.
type EdgeSecrets struct {
	// CookieKey signs the cookies of sticky sessions.
	CookieKey []byte
	// TLS are the Secrets with certificates, the default one first; empty unless edge.tls.mode is Secret.
	TLS []Secret
}

// forEdges are the secrets as edges take them. The revision is keyed with the UIDs, as Hash is: it is seen by whoever may
// ask an edge.
func (s EdgeSecrets) forEdges(owner model.Owner) model.EdgeSecrets {
	if len(s.CookieKey) == 0 {
		return model.EdgeSecrets{}
	}
	key := owner.UID
	for _, secret := range s.TLS {
		key += "/" + secret.UID
	}
	sum := hmac.New(sha256.New, []byte(key))
	writeText(sum, s.CookieKey)
	out := model.EdgeSecrets{CookieKey: s.CookieKey}
	for _, secret := range s.TLS {
		certificate := model.Certificate{Chain: secret.Data["tls.crt"], Key: secret.Data["tls.key"]}
		writeText(sum, certificate.Chain)
		writeText(sum, certificate.Key)
		out.Certificates = append(out.Certificates, certificate)
	}
	out.Revision = hex.EncodeToString(sum.Sum(nil))[:revisionDigits]
	return out
}
