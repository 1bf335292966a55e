# shellcheck shell=bash disable=SC2034
# The base of every image: systemd, an IPv4 address by DHCP, and socat for the operator's tunnels.
parent=
packages=(systemd systemd-sysv udhcpc socat ca-certificates)
