#!/usr/bin/env bash
# test-modules.sh: runs the specs of the modules besides the operator's. All of them run, then a failure is told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/modules.sh

failed=0
for module in "${modules[@]}"; do
	if [[ $module == . ]]; then continue; fi
	(cd "$module" && "$OLDPWD/hack/specs.sh" --timeout=15m -r .) || failed=1
done
exit "$failed"
