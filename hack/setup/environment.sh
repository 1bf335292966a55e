#!/usr/bin/env bash
# environment.sh up NAME | down NAME: a corner of Incus that is ours alone. "up" makes the project and storage
# pool botcluster-NAME, the bridge bcNAME and the images in that project; "down" removes all of it and nothing else.
# BOTCLUSTER_POOL_SIZE sets the size of a new pool. Its file is sparse: it takes the space that is used.
. "$(dirname "$0")/lib.sh"

usage() { die "usage: environment.sh up|down NAME (a to z, 0 to 9 and dashes, at most 13 characters, beginning with a letter)"; }

[ $# -eq 2 ] || usage
# An interface name has at most 15 characters, two of which are ours.
[[ $2 =~ ^[a-z]([a-z0-9-]{0,11}[a-z0-9])?$ ]] || usage
project=botcluster-$2
pool=botcluster-$2
bridge=bc$2
pool_size=${BOTCLUSTER_POOL_SIZE:-100GiB}

project_exists() { incus project show "$project" >/dev/null 2>&1; }
pool_exists() { incus storage show "$pool" >/dev/null 2>&1; }
bridge_exists() { incus network show "$bridge" >/dev/null 2>&1; }
delete_bridge() { incus network delete "$bridge" --quiet; }
in_project() { incus --project "$project" "$@"; }

make_pool() {
	if pool_exists; then return; fi
	say "making the storage pool $pool: btrfs in a sparse file of $pool_size"
	incus storage create "$pool" btrfs size="$pool_size" --quiet
}

# routed SUBNET tells whether any route but the default one touches the subnet.
routed() { [ -n "$(ip -4 route show root "$1"; ip -4 route show match "$1" | grep --invert-match '^default')" ]; }

# free_gateway prints the gateway address of a /24 that no route touches. The search begins at a place that the name
# decides, so that environments made at the same time do not meet.
free_gateway() {
	local first step number subnet
	first=$(($(cksum <<<"$bridge" | cut -d' ' -f1) % 65536))
	for ((step = 0; step < 65536; step++)); do
		number=$(((first + step) % 65536))
		subnet=10.$((number / 256)).$((number % 256))
		if ! routed "$subnet.0/24"; then
			printf '%s.1/24\n' "$subnet"
			return
		fi
	done
	die "every subnet of 10.0.0.0/8 has a route"
}

# A lease of a day instead of an hour: containers keep their addresses while the daemon, which runs the DHCP server, is away.
# Incus clears the lease of an instance that it deletes, so long leases do not use up the subnet.
create_bridge() {
	incus network create "$bridge" --type bridge --quiet \
		ipv4.address="$1" ipv4.nat=true ipv4.dhcp.expiry=24h ipv6.address=none
}

# Incus itself looks for a subnet that no route and no neighbour uses. It takes any answer to a ping for a neighbour, so it
# finds none behind a gateway that answers for every address; then the routes alone decide.
make_bridge() {
	if bridge_exists; then return; fi
	create_bridge auto 2>/dev/null || create_bridge "$(free_gateway)"
	say "made the bridge $bridge: $(incus network get "$bridge" ipv4.address)"
}

# Docker lets nothing be forwarded but its own traffic, and bridges count as forwarding for it: an edge would not reach its
# bots. Its chain for the administrator's rules is the place to let our bridge through; without Docker there is none.
docker_rules() {
	local direction
	if ! have iptables || ! iptables --numeric --list DOCKER-USER >/dev/null 2>&1; then return; fi
	for direction in --in-interface --out-interface; do
		while iptables --delete DOCKER-USER "$direction" "$bridge" --jump ACCEPT 2>/dev/null; do :; done
		[ "$1" = remove ] || iptables --insert DOCKER-USER "$direction" "$bridge" --jump ACCEPT
	done
}

make_project() {
	if project_exists; then return; fi
	say "making the project $project"
	incus project create "$project" --quiet \
		-c features.images=true -c features.profiles=true -c features.storage.volumes=true -c features.networks=false
}

make_profile() {
	in_project profile edit default <<-YAML
		description: Root disk and network of the environment
		config: {}
		devices:
		  root: {type: disk, path: /, pool: $pool}
		  eth0: {type: nic, name: eth0, network: $bridge}
	YAML
}

up() {
	make_pool
	make_bridge
	docker_rules add
	make_project
	make_profile
	"$(dirname "$0")/images.sh" --project "$project"
	say "the environment $project is up"
}

# each COMMAND… runs the command once for every line of stdin, which replaces {}, eight at a time.
each() { xargs --no-run-if-empty --max-procs=8 --delimiter='\n' --replace={} "$@"; }

# A protected instance refuses to be deleted; here its owner has asked for it. A PATCH, as "incus config set" loses to whatever
# the daemon itself notes about an instance that is starting.
remove_instances() {
	local names
	names=$(in_project list --format csv --columns n)
	[ -n "$names" ] || return 0
	say "removing the instances $(tr '\n' ' ' <<<"$names")"
	each incus query --request PATCH --data '{"config": {"security.protection.delete": "false"}}' \
		"/1.0/instances/{}?project=$project" <<<"$names"
	each incus --project "$project" delete --force {} <<<"$names"
}

remove_images() { in_project image list --format csv --columns f | each incus --project "$project" image delete {} --quiet; }

remove_volumes() {
	pool_exists || return 0
	# A name with a slash is a snapshot, which goes with its volume.
	in_project storage volume list "$pool" type=custom --format csv --columns n | awk '!/\//' |
		each incus --project "$project" storage volume delete "$pool" {} --quiet
}

remove_profiles() {
	in_project profile list --format csv --columns n | awk '$0 != "default"' |
		each incus --project "$project" profile delete {}
	printf 'devices: {}\n' | in_project profile edit default
}

remove_project() {
	project_exists || return 0
	remove_instances
	remove_images
	remove_volumes
	remove_profiles
	say "removing the project $project"
	incus project delete "$project" --quiet
}

down() {
	incus_answers || die "no Incus daemon answers: run incus.sh start"
	remove_project
	if bridge_exists; then
		say "removing the bridge $bridge"
		# The kernel may still be taking away the interfaces of the last instances, over which Incus stumbles.
		wait_until 20 delete_bridge 2>/dev/null || delete_bridge
	fi
	docker_rules remove
	if pool_exists; then
		say "removing the storage pool $pool"
		incus storage delete "$pool" --quiet
	fi
	say "the environment $project is gone"
}

require_root
hold_lock "environment-$2"
case $1 in
up | down) "$1" ;;
*) usage ;;
esac
