// Package e2e runs the operator as its users do: kubectl against a real API server, a real Incus daemon, real Caddy and
// real containers. Each capability has a label; `make test-e2e LABEL=healing` runs one of them.
package e2e
