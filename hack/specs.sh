#!/usr/bin/env bash
# specs.sh FLAG-OR-PACKAGE…: runs Ginkgo suites in the working directory, in random order, failures not stopping the
# rest, under the race detector. With REPORTS set, the results are left in that folder as JSON, for the sum that
# `make test` ends with. RACE=no does without the race detector; a machine without a C compiler has to, and is told so.
set -euo pipefail
hack="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

flags=(--randomize-all --randomize-suites --keep-going --fail-on-empty)
if [[ ! -t 1 ]]; then flags+=(--no-color); fi
if [[ -n "${REPORTS:-}" ]]; then
	mkdir -p "$REPORTS"
	# A stage may run Ginkgo more than once.
	flags+=(--output-dir="$REPORTS" --json-report="$(basename "$PWD")-$$.json")
fi
if [[ "${RACE:-yes}" == no ]]; then
	:
elif command -v gcc >/dev/null 2>&1; then
	flags+=(--race)
else
	echo "specs: no C compiler, so no race detector: apt-get install gcc libc6-dev" >&2
fi

exec "$("$hack/tools/tool.sh" ginkgo)" run "${flags[@]}" "$@"
