#!/usr/bin/env bash
# demo.sh up|down: the main job on this machine. "up" makes what is missing (Incus, images, a Kubernetes API server unless
# KUBECONFIG names one), runs the operator, applies config/samples/demo.yaml and shows what happens until a URL answers.
# "down" removes what "up" made, and only that.
. "$(dirname "$0")/setup/lib.sh"

root=$(cd "$(dirname "$0")/.." && pwd)
setup=$root/hack/setup
state=${BOTCLUSTER_DEMO_STATE:-/var/lib/botcluster-demo}
socket=/var/lib/incus/unix.socket
sample=$root/config/samples/demo.yaml
namespace=botcluster-system
ready_seconds=300

usage() { die "usage: demo.sh up|down"; }
[ $# -eq 1 ] || usage

kubectl() { "$assets/kubectl" --kubeconfig "$admin" "$@"; }

# running NAME: the process that an earlier run noted under NAME lives, and is the program that was noted.
running() {
	[ -s "$state/$1.pid" ] && [ "$(readlink "/proc/$(<"$state/$1.pid")/exe" 2>/dev/null)" = "$(<"$state/$1.exe")" ]
}

# spawn NAME PROGRAM ARGUMENT… runs a program in a session of its own and notes its process id.
spawn() {
	local name=$1 program
	program=$(readlink -f "$2")
	shift 2
	printf '%s\n' "$program" >"$state/$name.exe"
	# shellcheck disable=SC2016 # expanded by the inner shell, whose process id becomes the program's
	setsid --fork bash -c 'exec 9>&-; printf "%s\n" $$ >"$1"; shift; exec "$@"' spawn \
		"$state/$name.pid" "$program" "$@" </dev/null >>"$state/$name.log" 2>&1
}

# end NAME stops what spawn started, and waits for it.
end() {
	if running "$1"; then
		say "stopping the $1"
		kill "$(<"$state/$1.pid")"
		gone() { ! running "$1"; }
		wait_until 60 gone "$1" || kill -KILL "$(<"$state/$1.pid")"
	fi
	rm -f "$state/$1.pid" "$state/$1.exe"
}

ground() {
	"$setup/packages.sh"
	"$setup/limits.sh"
	"$setup/incus.sh" start
	"$setup/environment.sh" up demo
}

# control_plane uses the cluster that KUBECONFIG names, else runs our own.
control_plane() {
	assets=$("$setup/controlplane.sh")
	if [ -n "${KUBECONFIG:-}" ]; then
		admin=$KUBECONFIG
		say "using the Kubernetes cluster of KUBECONFIG"
		return
	fi
	admin=$state/controlplane/kubeconfig
	if ! running controlplane; then
		say "starting a Kubernetes API server"
		spawn controlplane "$assets/controlplane" serve --data-dir "$state/controlplane" --port 0
	fi
	"$assets/controlplane" wait --kubeconfig "$admin" --timeout 120s
}

# operator_access gives the operator a kubeconfig of its own, with no more rights than config/rbac grants.
operator_access() {
	local access=$state/operator.kubeconfig token
	kubectl apply --server-side --force-conflicts -k "$root/config/crd" >/dev/null
	kubectl wait --for=condition=Established --timeout=30s crd/botclusters.scaling.generalbots.dev >/dev/null
	kubectl apply --server-side --force-conflicts -f "$root/config/manager/namespace.yaml" >/dev/null
	kubectl apply --server-side --force-conflicts -k "$root/config/rbac" --namespace "$namespace" >/dev/null
	[ -s "$access" ] && kubectl --kubeconfig "$access" auth can-i list botclusters >/dev/null 2>&1 && return
	token=$(kubectl create token botcluster-operator --namespace "$namespace" --duration 8760h)
	(
		umask 077
		kubectl config view --raw --minify --flatten >"$access"
	)
	kubectl --kubeconfig "$access" config set-credentials operator --token "$token" >/dev/null
	kubectl --kubeconfig "$access" config set-context --current --user operator >/dev/null
}

operator() {
	local manager
	manager=$("$setup/manager.sh")
	if running operator && [ "$(readlink -f "$manager")" = "$(<"$state/operator.exe")" ]; then return; fi
	end operator
	say "starting the operator (log: $state/operator.log)"
	spawn operator "$manager" --kubeconfig "$state/operator.kubeconfig" --incus-unix-socket "$socket" \
		--metrics-bind-address 0 --health-probe-bind-address 0
}

# instances prints one line for each instance of the demo: name, phase, address.
instances() {
	kubectl get botcluster demo -o \
		jsonpath='{range .status.instances[*]}{.name}{"\t"}{.phase}{"\t"}{.address}{"\n"}{end}' 2>/dev/null || true
}

# watch_until_ready tells each change of an instance once, until the BotCluster is ready.
watch_until_ready() {
	local before="" now started=$SECONDS line
	until kubectl wait --for=condition=Ready --timeout=1s botcluster/demo >/dev/null 2>&1; do
		now=$(instances)
		while IFS= read -r line; do
			grep --quiet --fixed-strings --line-regexp -- "$line" <<<"$before" || printf '  %3d s  %s\n' $((SECONDS - started)) "$line"
		done <<<"$now" | grep . || true
		before=$now
		running operator || die "the operator ended: see $state/operator.log"
		if ((SECONDS - started > ready_seconds)); then
			kubectl describe botcluster demo >&2
			die "the BotCluster is not ready after $ready_seconds s: its conditions and events are above, the operator's log is $state/operator.log"
		fi
	done
	say "the BotCluster is ready after $((SECONDS - started)) s"
}

epilogue() {
	local url
	url=$(kubectl get botcluster demo -o jsonpath='{.status.urls[0]}')
	wait_until 10 curl --silent --fail --output /dev/null --max-time 5 "$url/api/health" || die "$url does not answer"
	printf '\n'
	kubectl get botcluster demo
	printf '\n'
	incus list --project botcluster-demo --columns ns4 --format compact
	cat <<TEXT

$url answers through Caddy:
  $(curl --silent --max-time 5 "$url/api/health")

Try next, after \`source $state/env\` (sets KUBECONFIG, and PATH if kubectl is missing):
  kubectl get bc demo -o wide                     the state at a glance
  kubectl scale bc demo --replicas 5              two more bots; then 2: three leave, drained first
  incus --project botcluster-demo stop -f $(instances | awk -F'\t' '/-bot-1\t/ { print $1 }')
                                                  kill a container and watch it come back: kubectl get bc -w
  kubectl describe bc demo                        conditions and events
  kubectl delete bc demo                          everything goes; \`make demo\` brings it back
  make demo-down                                  removes all that the demo made
TEXT
}

# drop_outdated deletes the demo's instances that were made from an image which was built anew since: a BotCluster keeps what it
# has when an alias moves, and the operator makes them again.
drop_outdated() {
	local current name image
	current=$(incus image alias list --project botcluster-demo --format csv | cut -d, -f2)
	[ -n "$current" ] || return 0
	incus list --project botcluster-demo --format csv --columns n,volatile.base_image:image:64 user.botcluster.name=demo | while IFS=, read -r name image; do
		if [ -z "$image" ] || grep --quiet --fixed-strings --line-regexp -- "${image:0:12}" <<<"$current"; then continue; fi
		say "$name is from an image that was built anew: it is made again"
		incus delete --force --project botcluster-demo "$name"
	done
}

write_env() {
	{
		printf 'export KUBECONFIG=%q\n' "$admin"
		# shellcheck disable=SC2016 # expanded by whoever sources the file
		have kubectl || printf 'export PATH=%q:$PATH\n' "$assets"
	} >"$state/env"
}

up() {
	require_root
	mkdir -p "$state"
	chmod 0700 "$state"
	ground
	control_plane
	operator_access
	operator
	write_env
	drop_outdated
	say "applying ${sample#"$root"/}"
	kubectl apply --server-side --force-conflicts -f "$sample" >/dev/null
	watch_until_ready
	epilogue
}

# remove_sample deletes the demo's BotCluster through the operator. What an operator or API server that is gone leaves
# behind goes with the Incus project.
remove_sample() {
	assets=$("$setup/controlplane.sh")
	admin=${KUBECONFIG:-$state/controlplane/kubeconfig}
	[ -s "$admin" ] || return 0
	say "deleting the BotCluster"
	kubectl delete --ignore-not-found --timeout=120s -f "$sample" || say "it did not go in time; its instances go with the project"
	if [ -n "${KUBECONFIG:-}" ]; then
		kubectl delete --ignore-not-found -k "$root/config/rbac" --namespace "$namespace" >/dev/null
		kubectl delete --ignore-not-found -f "$root/config/manager/namespace.yaml" >/dev/null
		kubectl delete --ignore-not-found -k "$root/config/crd" >/dev/null
	fi
}

# unused tells that nobody has anything on the Incus daemon: no instance, no environment of ours.
unused() {
	[ -z "$(incus list --all-projects --format csv)" ] && ! incus project list --format csv | grep --quiet '^botcluster-'
}

down() {
	require_root
	if [ -d "$state" ]; then
		if running operator; then remove_sample; fi
		end operator
		end controlplane
	fi
	if incus_answers; then "$setup/environment.sh" down demo; fi
	if incus_answers && unused; then "$setup/incus.sh" stop; fi
	rm -rf "$state"
	say "the demo is gone; the packages that it installed and the caches in $BOTCLUSTER_CACHE stay"
}

hold_lock demo
case $1 in
up) up ;;
down) down ;;
*) usage ;;
esac
