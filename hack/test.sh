#!/usr/bin/env bash
# test.sh [STAGE…]: runs the stages of `make test` one after the other, all of them when none is named, and prints for
# each its name and duration. A stage is the make target STAGE; one that fails does not keep the later ones from running.
# Closes with the sum over all Ginkgo suites, "N passed, N failed", and fails when anything did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stages=(lint verify test-unit test-modules test-contract test-sim test-integration test-e2e)
if [ $# -gt 0 ]; then stages=("$@"); fi

reports=$(mktemp --directory)
trap 'rm -rf "$reports"' EXIT

for stage in "${stages[@]}"; do
	printf '\n==> %s\n' "$stage"
	began=$SECONDS
	status=0
	make --no-print-directory "$stage" REPORTS="$reports/$stage" || status=$?
	took=$((SECONDS - began))
	printf '%s\t%d\t%d\n' "$stage" "$status" "$took" >>"$reports/stages.tsv"
	if [ "$status" -eq 0 ]; then
		printf '<== %s passed in %d s\n' "$stage" "$took"
	else
		printf '<== %s FAILED in %d s\n' "$stage" "$took"
	fi
done

go build -C hack/tools -buildvcs=false -o "$reports/summary" ./summary
"$reports/summary" "$reports"
