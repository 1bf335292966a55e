#!/usr/bin/env bash
# Builds the control plane (cmd/controlplane) once per set of inputs and prints the folder that holds it:
#
#   <cache>/controlplane/<hash>/controlplane, with links named etcd, kube-apiserver, kube-controller-manager and kubectl
#
# so that KUBEBUILDER_ASSETS=$(hack/setup/controlplane.sh) works. The hash covers the sources that are compiled, go.mod,
# go.sum, this script, the Go version and the target. <cache> is $BOTCLUSTER_CACHE, else /var/cache/botcluster when this
# user can write there, else $XDG_CACHE_HOME/botcluster. Builds that nobody asked for in two weeks are removed.
# Progress goes to stderr; stdout carries the folder and nothing else.
set -euo pipefail
shopt -s inherit_errexit

script="$(readlink -f "${BASH_SOURCE[0]}")"
source_dir="$(cd "$(dirname "$script")/../../cmd/controlplane" && pwd)"
export CGO_ENABLED=0

say() { printf 'controlplane: %s\n' "$*" >&2; }

cache_root() {
	local wanted
	for wanted in "${BOTCLUSTER_CACHE:-/var/cache/botcluster}" "${XDG_CACHE_HOME:-$HOME/.cache}/botcluster"; do
		if mkdir -p "$wanted/controlplane" 2>/dev/null && [[ -w "$wanted/controlplane" ]]; then
			printf '%s\n' "$wanted"
			return
		fi
	done
	say "no folder to keep the build in: set BOTCLUSTER_CACHE to one that this user can write to"
	return 1
}

inputs_hash() {
	cd "$source_dir"
	{
		go version
		go env GOOS GOARCH GOAMD64 GOARM64
		sha256sum <"$script"
		find . -type f \( -name '*.go' ! -name '*_test.go' -o -name go.mod -o -name go.sum \) -print0 |
			LC_ALL=C sort -z | xargs -0 sha256sum
	} | sha256sum | cut -c1-16
}

# version_flags make the components say which Kubernetes they are: without them, it is v0.0.0-master.
version_flags() {
	local version major minor package=k8s.io/component-base/version
	version="$(go list -C "$source_dir" -m -f '{{.Version}}' k8s.io/kubernetes)"
	IFS=. read -r major minor _ <<<"${version#v}"
	printf -- '-X %s ' "$package.gitVersion=$version" "$package.gitMajor=$major" "$package.gitMinor=$minor"
}

# progress turns the list of packages that the compiler writes into a line for every hundred, and passes on all else.
progress() { awk '/^[^[:space:]#]+$/ { if (++packages % 100 == 0) print "controlplane: " packages " packages compiled"; next } { print }' >&2; }

build() {
	local into="$1" flags
	flags="-s -w $(version_flags)"
	say "building Kubernetes' control plane from its Go modules (about 10 minutes on 2 cores when nothing is cached)"
	go build -C "$source_dir" -v -trimpath -ldflags "$flags" -o "$into/controlplane" . 2>&1 | progress
	"$into/controlplane" links --dir "$into"
}

builds="$(cache_root)/controlplane"
folder="$builds/$(inputs_hash)"
if [[ ! -d "$folder" ]]; then
	# One builder at a time: a second caller waits and finds it made.
	exec 9>"$builds/.lock"
	flock 9
fi
if [[ ! -d "$folder" ]]; then
	partial="$(mktemp -d "$builds/.building.XXXXXX")"
	trap 'rm -rf "$partial"' EXIT
	build "$partial"
	chmod 0755 "$partial"
	mv "$partial" "$folder"
	say "built $folder"
fi
# The time of the folder is the time of its last use; a running control plane does not need its file any more.
touch -c "$folder"
find "$builds" -mindepth 1 -maxdepth 1 -type d -mtime +14 -exec rm -rf {} +
printf '%s\n' "$folder"
