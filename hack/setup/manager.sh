#!/usr/bin/env bash
# manager.sh: builds the operator and prints the path of the binary, which its content decides, so that a running operator
# of the same path is the current one.
. "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
builds=$BOTCLUSTER_CACHE/manager
mkdir -p "$builds"
partial=$(mktemp "$builds/.manager.XXXXXX")
trap 'rm -f "$partial"' EXIT

(cd "$root" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$partial" ./cmd/manager) >&2
target=$builds/$(sha256sum "$partial" | cut -c1-16)/manager
if [ ! -x "$target" ]; then
	mkdir -p "$(dirname "$target")"
	chmod 0755 "$partial"
	mv "$partial" "$target"
fi
printf '%s\n' "$target"
