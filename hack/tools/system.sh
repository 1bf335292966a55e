#!/usr/bin/env bash
# system.sh: installs the two tools that come from Debian and not from Go modules: shellcheck, and a C compiler, without
# which Go has no race detector. A machine that has both is left alone; without root it is only told what is missing.
set -euo pipefail

have() { command -v "$1" >/dev/null 2>&1; }

missing=()
have shellcheck || missing+=(shellcheck)
if ! have gcc || [[ ! -e /usr/include/stdlib.h ]]; then missing+=(gcc libc6-dev); fi
if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

if [[ "$(id -u)" -ne 0 ]]; then
	echo "system.sh: missing, and only root can install them: apt-get install ${missing[*]}" >&2
	exit 1
fi
install() {
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install --yes --quiet --quiet \
		--no-install-recommends "${missing[@]}" >&2
}
echo "system.sh: installing ${missing[*]}" >&2
# The lists of a fresh machine may be empty or old; only then are they fetched.
install || { apt-get update --quiet --quiet >&2 && install; }
