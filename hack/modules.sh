# shellcheck shell=bash
# What the scripts beside this one share about the Go modules of the house. Source it, do not run it.

# All of them, the operator's own first.
export modules=(. cmd/caddy cmd/controlplane hack/tools test/alerts)

# as_shipped COMMAND… runs a command with the flags that binaries are built with, so that it finds the packages in Go's
# build cache that building them put there. Kubernetes and Caddy take minutes to compile for any other flags.
as_shipped() { CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -trimpath" "$@"; }
