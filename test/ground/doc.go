// Package ground is what suites and benchmarks stand on: a real API server with the shipped CRDs and RBAC, an operator
// process with no more rights than it ships with, and a corner of a real Incus daemon. Everything it starts it ends.
package ground
