#!/usr/bin/env bash
# incus.sh start|stop|restart|status: the Incus daemon of this machine. A daemon that answers is used as it is, whoever started it.
# Under systemd the service is started. Without systemd lxcfs and incusd are started by hand and outlive this script.
. "$(dirname "$0")/lib.sh"

lxcfs_mount=/var/lib/lxcfs
log_folder=/var/log/incus
# Recovery of a pool or many instances to start again may take minutes; Debian's unit allows 600 s too.
ready_seconds=600

# runs PID: a process that has ended and was not yet reaped has no executable any more.
runs() { readlink "/proc/$1/exe" >/dev/null; }

# alive FILE NAME: the process that FILE notes still runs that program.
alive() { [ -s "$1" ] && [[ "$(readlink "/proc/$(<"$1")/exe")" == */"$2" ]]; }

# launch NAME COMMAND… starts a daemon in a session of its own, without our lock, and notes its process id.
launch() {
	local name=$1
	shift
	(
		exec 9>&-
		# As Debian's unit sets it; a confined root may raise it only to its hard limit.
		ulimit -n 1048576 2>/dev/null || ulimit -n "$(ulimit -Hn)"
		# shellcheck disable=SC2016 # expanded by the inner shell, whose process id becomes the daemon's
		exec setsid --fork bash -c 'printf "%s\n" $$ >"$1"; shift; exec "$@"' launch \
			"$BOTCLUSTER_RUN/$name.pid" "$@" </dev/null >>"$log_folder/$name.log" 2>&1
	)
}

# Files of lxcfs answer only while its process lives; a dead one leaves a mount on which every read fails.
lxcfs_answers() { cat "$lxcfs_mount/proc/uptime" >/dev/null 2>&1; }

start_lxcfs() {
	if lxcfs_answers; then return; fi
	have lxcfs || die "lxcfs is missing: run packages.sh"
	while umount --lazy "$lxcfs_mount" 2>/dev/null; do say "removed the mount of an lxcfs that died"; done
	mkdir -p "$lxcfs_mount"
	say "starting lxcfs by hand"
	launch lxcfs lxcfs "$lxcfs_mount"
	wait_until 10 lxcfs_answers || die "lxcfs does not answer: see $log_folder/lxcfs.log"
}

# Unprivileged containers need a range of user and group ids that root may hand out.
grant_ids() {
	local file
	for file in /etc/subuid /etc/subgid; do
		if ! grep --quiet '^root:' "$file" 2>/dev/null; then
			say "granting root a range of ids in $file"
			printf 'root:1000000:1000000000\n' >>"$file"
		fi
	done
}

# A machine whose init mounts no control groups (a bare chroot, some build machines) gets the unified hierarchy.
mount_cgroups() {
	if ! grep --quiet --extended-regexp ' cgroup2? ' /proc/self/mounts; then
		say "mounting the control groups"
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
	fi
}

# daemon_pid prints the process id of the main daemon. Its helpers (forkproxy, forkexec…) bear the same name and outlive it.
daemon_pid() {
	local pid arguments
	for pid in $(pgrep --exact incusd); do
		arguments=()
		mapfile -d '' -t arguments <"/proc/$pid/cmdline" 2>/dev/null || true
		# A process that has ended and was not yet reaped has no arguments.
		# The monitor of a container has its own words in the place of the program.
		[[ ${#arguments[@]} -gt 0 && ${arguments[0]} == */incusd ]] || continue
		case ${arguments[1]:-} in
		fork* | activateifneeded | waitready | shutdown) ;;
		*)
			printf '%s\n' "$pid"
			return
			;;
		esac
	done
	return 1
}

# end_orphans clears what a daemon that was killed together with its containers leaves behind, and Incus itself does not clear:
# proxies that hold the ports of dead containers, and their control groups. (It does mend bridges, dnsmasq, mounts and operations.)
# A proxy names two processes, the daemon's and the container's: one of them alive means that it still serves.
end_orphans() {
	local pid arguments
	for pid in $(pgrep --exact incusd); do
		arguments=()
		mapfile -d '' -t arguments <"/proc/$pid/cmdline" 2>/dev/null || true
		[ "${arguments[1]:-}" = forkproxy ] || continue
		if ! runs "${arguments[3]}" && ! runs "${arguments[6]}"; then
			say "ending the proxy ${arguments[5]} of a container that died"
			kill -KILL "$pid"
		fi
	done
	# The kernel refuses to remove a group that has a process in it.
	find /sys/fs/cgroup -depth -type d \( -path '*/lxc.payload.*' -o -path '*/lxc.monitor.*' \) -exec rmdir {} + 2>/dev/null || true
}

no_daemon() { ! daemon_pid >/dev/null; }

start_by_hand() {
	local binary group=()
	binary=$(incusd_binary) || die "incusd is missing: run packages.sh"
	mkdir -p "$log_folder"
	mount_cgroups
	grant_ids
	start_lxcfs
	if getent group incus-admin >/dev/null; then group=(--group incus-admin); fi
	say "starting incusd by hand, log in $log_folder/incusd.log"
	launch incusd "$binary" "${group[@]}"
}

start() {
	require_root
	if incus_answers; then
		say "the Incus daemon runs"
		return
	fi
	hold_lock incus
	if daemon_pid >/dev/null; then
		say "an Incus daemon is starting"
	elif have_systemd; then
		end_orphans
		say "starting the service incus"
		systemctl start lxcfs.service incus.socket incus.service
	else
		end_orphans
		start_by_hand
	fi
	incus admin waitready --timeout="$ready_seconds" || die "the Incus daemon is not ready after $ready_seconds s: see $log_folder/incusd.log"
	incus_answers || die "the Incus daemon does not answer on its socket: see $log_folder/incusd.log"
	say "the Incus daemon is ready"
}

# stop ends only what start began by hand; instances are shut down cleanly first. A service belongs to its machine.
stop() {
	require_root
	hold_lock incus
	if ! alive "$BOTCLUSTER_RUN/incusd.pid" incusd; then
		say "no Incus daemon of ours runs"
	else
		say "stopping the Incus daemon and its instances"
		incus admin shutdown --timeout 120
		wait_until 30 no_daemon || die "the Incus daemon did not end: see $log_folder/incusd.log"
		rm -f "$BOTCLUSTER_RUN/incusd.pid"
	fi
	if alive "$BOTCLUSTER_RUN/lxcfs.pid" lxcfs; then
		say "stopping lxcfs"
		umount "$lxcfs_mount"
		rm -f "$BOTCLUSTER_RUN/lxcfs.pid"
	fi
}

# restart ends the daemon alone: the instances run on, and the new daemon finds them.
restart() {
	local pid
	require_root
	if have_systemd; then
		say "restarting the service incus"
		systemctl restart incus.service
	elif pid=$(daemon_pid); then
		say "restarting the Incus daemon"
		kill -TERM "$pid"
		# It waits for open sessions into instances to end, which some never do.
		wait_until 15 no_daemon || kill -KILL "$pid"
		wait_until 15 no_daemon || die "the Incus daemon did not end: see $log_folder/incusd.log"
	fi
	start
}

status() {
	if incus_answers; then
		printf 'running, version %s\n' "$(incus query /1.0 | sed -n 's/.*"server_version": "\(.*\)".*/\1/p')"
	elif daemon_pid >/dev/null; then
		printf 'starting\n'
	else
		printf 'stopped\n'
		return 3
	fi
}

case ${1:-} in
start | stop | restart | status) "$1" ;;
*) die "usage: incus.sh start|stop|restart|status" ;;
esac
