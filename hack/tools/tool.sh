#!/usr/bin/env bash
# tool.sh NAME: prints the path of a development tool, at the version that go.mod beside this script pins.
#
# A tool is built on first use into <cache>/tools/<hash>/NAME, where the hash covers what goes into it, so that a later
# call takes milliseconds and a changed pin gets a folder of its own. <cache> is $BOTCLUSTER_CACHE, else
# /var/cache/botcluster when the tool is there or this user can write there, else $XDG_CACHE_HOME/botcluster.
# Progress goes to stderr; stdout carries the path and nothing else.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

declare -A packages=(
	[controller-gen]=sigs.k8s.io/controller-tools/cmd/controller-gen
	[ginkgo]=github.com/onsi/ginkgo/v2/ginkgo
	[golangci-lint]=github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	[kustomize]=sigs.k8s.io/kustomize/kustomize/v5
)

tool="${1:-}"
if [[ $# -ne 1 || -z "${packages[$tool]:-}" ]]; then
	echo "usage: tool.sh $(printf '%s\n' "${!packages[@]}" | LC_ALL=C sort | paste -sd '|')" >&2
	exit 2
fi

build_flags=(-trimpath -buildvcs=false -ldflags "-s -w")
export CGO_ENABLED=0

inputs_hash() {
	{
		go version
		go env GOOS GOARCH GOAMD64 GOARM64
		printf '%s\n' "${build_flags[@]}"
		cat "$here/go.mod" "$here/go.sum"
	} | sha256sum | cut -c1-16
}

hash="$(inputs_hash)"
shared=/var/cache/botcluster
if [[ -n "${BOTCLUSTER_CACHE:-}" ]]; then
	cache="$BOTCLUSTER_CACHE"
elif [[ -x "$shared/tools/$hash/$tool" ]] || { mkdir -p "$shared" 2>/dev/null && [[ -w "$shared" ]]; }; then
	cache="$shared"
else
	cache="${XDG_CACHE_HOME:-$HOME/.cache}/botcluster"
fi

folder="$cache/tools/$hash"
target="$folder/$tool"
if [[ ! -x "$target" ]]; then
	mkdir -p "$folder"
	# One builder at a time: a second caller waits and finds the tool made.
	exec 9>"$folder/.$tool.lock"
	flock 9
fi
if [[ ! -x "$target" ]]; then
	echo "tools: building $tool from its Go module (up to some minutes when nothing is cached)" >&2
	partial="$(mktemp "$folder/.$tool.XXXXXX")"
	trap 'rm -f "$partial"' EXIT
	go build -C "$here" "${build_flags[@]}" -o "$partial" "${packages[$tool]}" >&2
	chmod 0755 "$partial"
	mv "$partial" "$target"
fi
printf '%s\n' "$target"
