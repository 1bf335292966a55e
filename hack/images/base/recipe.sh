# shellcheck shell=bash disable=SC2034
# The base of every image: systemd made lean, an IPv4 address by DHCP, and socat for the operator's tunnels. There is no udev,
# D-Bus or logind: eth0 is there when the container starts, and udhcpc asks for its address at once.
parent=debian

customise() {
	local generator
	in_root "$1" systemctl set-default multi-user.target
	# Each is a process of its own before the first unit starts, and none has anything to generate in a container.
	mkdir -p "$1/etc/systemd/system-generators"
	for generator in "$1"/lib/systemd/system-generators/*; do
		ln -s /dev/null "$1/etc/systemd/system-generators/$(basename "$generator")"
	done
}
