#!/usr/bin/env bash
# Installs what the other setup scripts need and the machine does not have: Incus and the tools that build images.
# A machine that has it all is left alone within milliseconds.
. "$(dirname "$0")/lib.sh"

# Command → package, for what Debian carries in main on every release.
tools=(
	lxcfs:lxcfs mkfs.btrfs:btrfs-progs debootstrap:debootstrap mksquashfs:squashfs-tools dnsmasq:dnsmasq-base
	nft:nftables newuidmap:uidmap ip:iproute2 setfacl:acl getfattr:attr rsync:rsync xz:xz-utils
)

missing_tools() {
	local tool
	for tool in "${tools[@]}"; do
		have "${tool%%:*}" || printf '%s\n' "${tool#*:}"
	done
	[ -e /etc/ssl/certs/ca-certificates.crt ] || printf 'ca-certificates\n'
}

# A daemon that already runs is used, whoever packaged it; so its server package is not asked for.
missing_incus() {
	have incus || printf 'incus-client\n'
	if ! incusd_binary >/dev/null && ! incus_answers; then printf 'incus-base\n'; fi
}

# What apt and dpkg say goes to a log; it is shown when they fail.
log=$BOTCLUSTER_CACHE/packages.log
logged() {
	mkdir -p "$BOTCLUSTER_CACHE"
	if ! DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
		tail --lines=20 "$log" >&2
		die "$1 failed, the whole of its output is in $log"
	fi
}

apt_update() { logged apt-get -o DPkg::Lock::Timeout=600 update; }

apt_install() { logged apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "$@"; }

known_to_apt() { [ -n "$(apt-cache madison "$1")" ]; }

# add_backports writes a source file of ours beside the machine's own: same archive, same keys.
add_backports() {
	local suite uri entry keys file=/etc/apt/sources.list.d/botcluster-backports.sources
	suite=$(debian_codename)-backports
	IFS=$'\t' read -r uri entry < <(apt_source "$(debian_codename)") ||
		die "the apt sources name no Debian archive for $(debian_codename)"
	keys=$(signed_by "$entry")
	say "adding the suite $suite of $uri as $file"
	{
		printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$suite"
		[ -z "$keys" ] || printf 'Signed-By: %s\n' "$keys"
	} >"$file"
}

install_incus() {
	local from=()
	if ! known_to_apt incus-base; then
		add_backports
		apt_update
		known_to_apt incus-base || die "neither Debian $(debian_codename) nor its backports carry incus-base"
	fi
	# Its libraries are newer than the release's own, so the suite is named for all of them.
	if apt-cache policy incus-base | grep --quiet -- -backports/main; then
		from=(--target-release "$(debian_codename)-backports")
	fi
	say "installing $*"
	apt_install "${from[@]}" "$@"
}

require_root
mapfile -t needed < <(missing_tools)
mapfile -t incus < <(missing_incus)
if [ $((${#needed[@]} + ${#incus[@]})) -eq 0 ]; then
	say "all packages are there"
	exit 0
fi
hold_lock packages
say "reading the package lists"
apt_update
# Asked again: the run that held the lock may have installed them.
mapfile -t needed < <(missing_tools)
mapfile -t incus < <(missing_incus)
if [ ${#needed[@]} -gt 0 ]; then
	say "installing ${needed[*]}"
	apt_install "${needed[@]}"
fi
if [ ${#incus[@]} -gt 0 ]; then install_incus "${incus[@]}"; fi
