# shellcheck shell=bash disable=SC2034
# Debian's own packages for the base, as Debian configures them. An image apart, so that a change of how a base boots does not
# download and unpack them again.
parent=
packages=(systemd systemd-sysv udhcpc socat ca-certificates)
