#!/usr/bin/env bash
# test-modules.sh: runs the specs of the modules besides the operator's. All of them run, then a failure is told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/modules.sh

failed=0
specs() {
	local module=$1
	shift
	(cd "$module" && "$@" "$OLDPWD/hack/specs.sh" --timeout=15m -r .) || failed=1
}

specs cmd/caddy env
# Kubernetes under the race detector is ten minutes of compiling; the packages that run goroutines of ours are small.
RACE=0 specs cmd/controlplane as_shipped
RACE=0 specs hack/tools as_shipped
exit "$failed"
