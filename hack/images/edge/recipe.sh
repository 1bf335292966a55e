# shellcheck shell=bash disable=SC2034
# The edge: Caddy with the modules of this project, driven through its admin socket.
binaries=(hack/setup/caddy.sh=/usr/local/bin/caddy)

customise() {
	in_root "$1" useradd --system --home-dir /var/lib/caddy --shell /usr/sbin/nologin caddy
	in_root "$1" install -d -o caddy -g caddy -m 0750 /var/lib/caddy
}
