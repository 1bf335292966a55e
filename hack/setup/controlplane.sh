#!/usr/bin/env bash
# Builds the control plane (cmd/controlplane) once per set of inputs and prints the folder that holds it:
#
#   <cache>/controlplane/<hash>/controlplane, with links named etcd, kube-apiserver, kube-controller-manager and kubectl
#
# so that KUBEBUILDER_ASSETS=$(hack/setup/controlplane.sh) works. The hash covers the sources that are compiled, go.mod,
# go.sum, this script, the Go version and the target. <cache> is $BOTCLUSTER_CACHE or else /var/cache/botcluster; for a user
# who cannot write there, $XDG_CACHE_HOME/botcluster. Builds that nobody asked for in two weeks are removed.
# Progress goes to stderr; stdout carries the folder and nothing else.
set -euo pipefail
shopt -s inherit_errexit

script="$(readlink -f "${BASH_SOURCE[0]}")"
source_dir="$(cd "$(dirname "$script")/../../cmd/controlplane" && pwd)"
export CGO_ENABLED=0

say() { printf 'controlplane: %s\n' "$*" >&2; }

# caches lists the folders that may hold a build, the preferred one first.
caches() { printf '%s/controlplane\n' "${BOTCLUSTER_CACHE:-/var/cache/botcluster}" "${XDG_CACHE_HOME:-$HOME/.cache}/botcluster"; }

# finished HASH prints the folder of a finished build, whoever made it.
finished() {
	local cache
	while read -r cache; do
		if [[ -x "$cache/$1/kubectl" ]]; then
			printf '%s\n' "$cache/$1"
			return
		fi
	done < <(caches)
	return 1
}

writable_cache() {
	local cache
	while read -r cache; do
		if mkdir -p "$cache" 2>/dev/null && [[ -w "$cache" ]]; then
			printf '%s\n' "$cache"
			return
		fi
	done < <(caches)
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

hash="$(inputs_hash)"
if ! folder="$(finished "$hash")"; then
	cache="$(writable_cache)"
	# One builder at a time: a second caller waits and finds it made.
	exec 9>"$cache/.lock"
	flock 9
	folder="$cache/$hash"
	if [[ ! -d "$folder" ]]; then
		partial="$(mktemp -d "$cache/.building.XXXXXX")"
		trap 'rm -rf "$partial"' EXIT
		build "$partial"
		chmod 0755 "$partial"
		mv "$partial" "$folder"
		say "built $folder"
	fi
	find "$cache" -mindepth 1 -maxdepth 1 -type d -user "$(id -u)" -mtime +14 -exec rm -rf {} +
fi
# The time of the folder is the time of its last use, by which old builds are removed.
[[ ! -O "$folder" ]] || touch "$folder"
printf '%s\n' "$folder"
