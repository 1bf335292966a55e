# shellcheck shell=bash
# What the setup scripts share. Source it, do not run it.
set -Eeuo pipefail
shopt -s inherit_errexit
trap 'say "failed at line $LINENO of ${BASH_SOURCE[0]}: $BASH_COMMAND"' ERR

# Everything downloaded or built is kept here, outside the tree.
BOTCLUSTER_CACHE=${BOTCLUSTER_CACHE:-/var/cache/botcluster}
# Locks and pid files of what these scripts start.
BOTCLUSTER_RUN=${BOTCLUSTER_RUN:-/run/botcluster}

# say prints one line about what is being done; stdout stays free for results.
say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }

die() {
	say "$*"
	exit 1
}

require_root() { [ "$(id -u)" -eq 0 ] || die "must run as root"; }

have() { command -v "$1" >/dev/null 2>&1; }

# Whether systemd is PID 1; the systemctl command alone does not tell.
have_systemd() { [ -d /run/systemd/system ]; }

# hold_lock NAME keeps a second run of the same part waiting until this process ends.
# The descriptor is fixed (9), so that daemons can be started with 9>&- and do not inherit the lock.
hold_lock() {
	mkdir -p "$BOTCLUSTER_RUN"
	exec 9>"$BOTCLUSTER_RUN/$1.lock"
	if ! flock --nonblock 9; then
		say "waiting for another run that holds $BOTCLUSTER_RUN/$1.lock"
		flock 9
	fi
}

# wait_until SECONDS COMMAND… polls the condition every 50 ms; fails when the time is over.
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		read -r -t 0.05 <> <(:) || true
	done
}

# debian_codename is the release of this machine, e.g. bookworm.
debian_codename() { (. /etc/os-release && printf '%s\n' "$VERSION_CODENAME"); }

# apt_source SUITE prints "URI<TAB>SOURCE-ENTRY" of the Debian archive that this machine's own apt sources name for SUITE.
# apt itself reads the sources, so both their formats are understood. The origin is checked, as third
# parties publish suites of the same names.
apt_source() {
	local uri entry
	IFS=$'\t' read -r uri entry < <(apt-get indextargets \
		--format $'$(ORIGIN)\t$(LABEL)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)\t$(SOURCESENTRY)' 'Created-By: Packages' |
		awk -F'\t' -v suite="$1" '$1 ~ /^Debian/ && $3 == suite && $4 == "main" { print $5 "\t" $6; exit }') || true
	[ -n "${uri:-}" ] || return 1
	printf '%s\t%s\n' "$uri" "$entry"
}

# apt_mirror SUITE prints a URI for SUITE that tools other than apt can use: a mirror list is replaced by its first entry.
apt_mirror() {
	local uri rest list
	IFS=$'\t' read -r uri rest < <(apt_source "$1") || true
	[ -n "${uri:-}" ] || return 1
	case $uri in
	mirror+file:*)
		list=$(sed 's|^mirror+file:/*|/|; s|/*$||' <<<"$uri")
		uri=$(awk '!/^#/ && NF { print $1; exit }' "$list")
		;;
	esac
	printf '%s\n' "${uri%/}"
}

# signed_by FILE:N prints the Signed-By of one source entry as apt named it: a line of a .list file, or a stanza of a .sources file.
# An embedded key is printed with the line breaks that it has in the file.
signed_by() {
	local file=${1%:*} number=${1##*:}
	case $file in
	*.sources)
		sed '/^#/d' "$file" | awk -v RS='' -v number="$number" 'NR == number' |
			awk 'tolower($1) ~ /^signed-by:/ { take = 1; sub(/^[^:]*:[ \t]*/, ""); print; next }
				take && /^[ \t]/ { print; next }
				{ take = 0 }'
		;;
	*) sed -n "${number}s/.*signed-by=\([^] ]*\).*/\1/p" "$file" ;;
	esac
}

# incusd_binary prints the path of the installed Incus daemon: Debian's place, then that of other packagers.
incusd_binary() {
	local path
	for path in /usr/libexec/incus/incusd /usr/lib/incus/incusd /usr/sbin/incusd /usr/bin/incusd /opt/incus/bin/incusd; do
		if [ -x "$path" ]; then
			printf '%s\n' "$path"
			return
		fi
	done
	return 1
}

# incus_answers tells whether a daemon serves its local socket and is ready.
incus_answers() { have incus && timeout 10 incus query /1.0 >/dev/null 2>&1; }
