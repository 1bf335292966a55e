package pool

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
)

// tokenOf is the value of a member's sticky cookie: it names the member, not its address, so that it survives a re-created
// container; and nobody without the key can make one.
func tokenOf(key []byte, name string) string {
	if len(key) == 0 {
		return ""
	}
	signature := hmac.New(sha256.New, key)
	signature.Write([]byte(name))
	return base64.RawURLEncoding.EncodeToString(signature.Sum(nil))
}

// SetCookieKey sets the key that sticky cookies are signed with; all edges of a fleet need the same. Without one, before the
// first call, no cookie is given and none is believed.
func (r *Registry) SetCookieKey(key []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if bytes.Equal(r.cookieKey, key) {
		return
	}
	r.cookieKey = slices.Clone(key)
	for _, target := range r.targets {
		target.token = tokenOf(r.cookieKey, target.name)
	}
	r.refresh()
	r.announce()
}

// SetSecretsRevision sets the revision of the secrets that the proxy holds, which the document shows.
func (r *Registry) SetSecretsRevision(revision string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secretsRevision == revision {
		return
	}
	r.secretsRevision = revision
	r.announce()
}

// tokens are the places in a view, by the tokens of the members. The registry is locked.
func (r *Registry) tokens(v *view) map[string]int {
	if len(r.cookieKey) == 0 {
		return nil
	}
	places := make(map[string]int, len(v.serving)+len(v.holders))
	for place := range len(v.serving) + len(v.holders) {
		places[v.at(place).token] = place
	}
	return places
}
