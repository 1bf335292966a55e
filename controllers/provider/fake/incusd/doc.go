// Package incusd serves a fake.World over Incus's REST API, on a unix socket or over TLS, so that the real client library
// and everything above it can be tested without a daemon.
//
// The package only speaks the protocol: what happens is decided by the World, and an endpoint that it cannot answer
// truthfully is answered with 501 as by a daemon without it. A request passes gate.go, where it is numbered, recorded and
// met by planned faults, then router.go and one of the handlers.
package incusd
