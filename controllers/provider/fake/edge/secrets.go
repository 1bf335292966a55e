package edge

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// cookieKeyLength is how long the key of the cookies is, in bytes, as in cmd/caddy.
const cookieKeyLength = 32

// Secrets are what the operator has an edge keep: the body of PUT /botcluster/secrets.
type Secrets struct {
	Revision     string        `json:"revision"`
	CookieKey    []byte        `json:"cookieKey"`
	Certificates []Certificate `json:"certificates"`
}

// Certificate is a chain and its key, both PEM.
type Certificate struct {
	Chain string `json:"chain"`
	Key   string `json:"key"`
}

// keep replaces the secrets, all or none.
func (s *Edges) keep(at fake.Boot, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	secrets, err := decodeSecrets(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.world.Locked(func(l fake.Locked) {
		if e := s.at(l, at); !reflect.DeepEqual(e.secrets, secrets) {
			e.secrets = secrets
			e.announce()
		}
	})
	s.answer(at, w)
}

// decodeSecrets reads secrets as strictly as the module does. Its errors hold none of them.
func decodeSecrets(body []byte) (Secrets, error) {
	secrets := Secrets{}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&secrets); err != nil {
		return secrets, errors.New("the document is not as it must be; write {revision, cookieKey, certificates}")
	}
	if secrets.Revision == "" {
		return secrets, errors.New("revision: \"\" is not usable; write 1 to 128 letters, digits or ._:/+=-")
	}
	if len(secrets.CookieKey) != cookieKeyLength {
		return secrets, fmt.Errorf("cookieKey: it has %d bytes; write %d, as base64", len(secrets.CookieKey), cookieKeyLength)
	}
	for i, certificate := range secrets.Certificates {
		if _, err := tls.X509KeyPair([]byte(certificate.Chain), []byte(certificate.Key)); err != nil {
			return secrets, fmt.Errorf("certificates[%d]: chain and key are no pair of PEM; write a certificate and its key", i)
		}
	}
	return secrets, nil
}
