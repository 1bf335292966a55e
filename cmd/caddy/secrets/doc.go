// Package secrets keeps what an edge needs and nobody else may see: the key that signs cookies, and certificates with their keys.
//
// PUT /botcluster/secrets replaces all of it at once. It is kept in memory and in a file for the edge's own user, so that an edge
// that boots again serves before the operator looks. No part of it is ever shown: the pool document has its revision only.
//
// tls.get_certificate.botcluster gives the certificates to Caddy, one for each handshake, so that a new one is seen by the next
// client without anything being loaded:
//
//	{"automation": {"policies": [{"get_certificate": [{"via": "botcluster"}]}]}}
package secrets
