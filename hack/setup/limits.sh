#!/usr/bin/env bash
# Raises the kernel limits that a host full of booting containers exhausts. Only upwards: an administrator's higher value stays.
. "$(dirname "$0")/lib.sh"

# All containers of a host share one budget of its root user. Debian's systemd and udev hold up to 11 inotify instances
# each while they boot, so the kernel's default of 128 ends at 12 containers, and those after it come up without an address.
# 8192 is room for 700 booting ones; an unused instance costs nothing.
# Watches cost about 1 KiB of kernel memory each when used; a container uses some 30, and 1048576 is what Incus's own documentation advises.
wanted=(
	fs.inotify.max_user_instances=8192
	fs.inotify.max_user_watches=1048576
)
file=/etc/sysctl.d/60-botcluster.conf

require_root
hold_lock limits
raised=()
for limit in "${wanted[@]}"; do
	path=/proc/sys/${limit%%=*}
	path=${path/fs.inotify./fs/inotify/}
	if [ "$(<"$path")" -lt "${limit#*=}" ]; then
		printf '%s\n' "${limit#*=}" >"$path"
		raised+=("$limit")
	fi
done
if [ ${#raised[@]} -eq 0 ]; then
	say "inotify limits are high enough"
	exit 0
fi
say "raised ${raised[*]}"
# Only an init that reads sysctl.d makes the change survive a boot.
if have_systemd; then
	for limit in "${raised[@]}"; do
		sed -i "/^${limit%%=*}=/d" "$file" 2>/dev/null || true
		printf '%s\n' "$limit" >>"$file"
	done
	say "kept for the next boot in $file"
fi
