# shellcheck shell=bash disable=SC2034
# A General Bots server, here its stand-in, laid out as the real one: /opt/gbo/{bin,data,conf,logs}, user gbuser.
binaries=(test/botserver=/opt/gbo/bin/botserver)

customise() {
	in_root "$1" useradd --system --home-dir /opt/gbo --shell /usr/sbin/nologin gbuser
	in_root "$1" install -d -o gbuser -g gbuser -m 0750 /opt/gbo/data /opt/gbo/logs
	# The environment file may hold secrets: root writes it, systemd reads it as root.
	in_root "$1" install -d -o root -g root -m 0755 /opt/gbo/conf
}
