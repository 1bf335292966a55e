// Package integration runs against a real API server with the shipped CRDs and rights: what it refuses and how it says so,
// what it fills in, what the operator may do, and that the shipped samples are good.
package integration
