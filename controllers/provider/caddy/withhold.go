package caddy

import (
	"encoding/base64"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// shortestSecret is how long a piece of a secret must be to count as one, in characters: shorter lines of PEM are its
// last ones, which tell nothing and may be met by chance.
const shortestSecret = 16

// without keeps back an answer that repeats what it was asked to keep: our edge never does, and what is not our edge may.
func (r reply) without(secrets model.EdgeSecrets) reply {
	for _, piece := range piecesOf(secrets) {
		if strings.Contains(string(r.body), piece) {
			r.body = withheld
			return r
		}
	}
	return r
}

var withheld = []byte(`{"error":"its reason repeats a secret and is not shown"}`)

// piecesOf are the texts by which the secrets can be recognized: the key of the cookies, and each line of a private key.
func piecesOf(secrets model.EdgeSecrets) []string {
	candidates := []string{string(secrets.CookieKey), base64.StdEncoding.EncodeToString(secrets.CookieKey)}
	for _, certificate := range secrets.Certificates {
		for line := range strings.Lines(string(certificate.Key)) {
			if !strings.HasPrefix(line, "-----") {
				candidates = append(candidates, strings.TrimSpace(line))
			}
		}
	}
	var pieces []string
	for _, candidate := range candidates {
		if len(candidate) >= shortestSecret {
			pieces = append(pieces, candidate)
		}
	}
	return pieces
}
