#!/usr/bin/env bash
# Builds the edge's Caddy (cmd/caddy) once per set of inputs and prints the path of the binary.
#
# The path is <cache>/caddy/<hash>/caddy, where the hash covers the sources that are compiled, go.mod, go.sum,
# the Go version, its settings and the target, so that whoever embeds the binary may use the path as its version.
# <cache> is $BOTCLUSTER_CACHE, else /var/cache/botcluster when this user can write there, else $XDG_CACHE_HOME/botcluster.
# Progress goes to stderr; stdout carries the path and nothing else.
set -euo pipefail

source_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../cmd/caddy" && pwd)"

cache_root() {
	local shared=/var/cache/botcluster
	if [[ -n "${BOTCLUSTER_CACHE:-}" ]]; then
		printf '%s\n' "$BOTCLUSTER_CACHE"
	elif mkdir -p "$shared" 2>/dev/null && [[ -w "$shared" ]]; then
		printf '%s\n' "$shared"
	else
		printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/botcluster"
	fi
}

build_flags=(-trimpath -buildvcs=false -ldflags "-s -w")
export CGO_ENABLED=0

inputs_hash() {
	cd "$source_dir"
	{
		go version
		go env GOOS GOARCH GOAMD64 GOARM64 GOFLAGS GOEXPERIMENT
		printf '%s\n' "${build_flags[@]}"
		find . -type f \( -name '*.go' ! -name '*_test.go' -o -name go.mod -o -name go.sum \) -print0 |
			LC_ALL=C sort -z | xargs -0 sha256sum
	} | sha256sum | cut -c1-16
}

hash="$(inputs_hash)"
target_dir="$(cache_root)/caddy/$hash"
target="$target_dir/caddy"
mkdir -p "$target_dir"

# One builder at a time: a second caller waits and finds the binary made.
exec 9>"$target_dir/.lock"
flock 9
if [[ ! -x "$target" ]]; then
	echo "Building Caddy with the BotCluster edge modules (the first build takes some minutes)" >&2
	partial="$(mktemp "$target_dir/.caddy.XXXXXX")"
	trap 'rm -f "$partial"' EXIT
	(cd "$source_dir" && go build "${build_flags[@]}" -o "$partial" .) >&2
	chmod 0755 "$partial"
	mv "$partial" "$target"
	echo "Built $target" >&2
fi
printf '%s\n' "$target"
