#!/usr/bin/env bash
# test-modules.sh: runs the specs of the modules besides the operator's. All of them run, then a failure is told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/modules.sh

failed=0
for module in "${modules[@]}"; do
	if [[ $module == . ]]; then continue; fi
	race=${RACE:-yes}
	# What it tests is Prometheus with our rules, which share nothing; the race detector would compile all of it once more.
	if [[ $module == test/alerts ]]; then race=no; fi
	(cd "$module" && RACE=$race "$OLDPWD/hack/specs.sh" --timeout=15m -r .) || failed=1
done
exit "$failed"
