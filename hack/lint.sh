#!/usr/bin/env bash
# lint.sh: gofmt, go vet and golangci-lint in every module, and shellcheck on every script. Runs them all and fails when
# one of them found something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/modules.sh

failed=0
found() {
	echo "lint: $*" >&2
	failed=1
}

# files PATTERN… lists what git tracks or would add, without what is deleted and not yet committed.
files() {
	local file
	while IFS= read -r -d '' file; do
		[[ ! -f $file ]] || printf '%s\n' "$file"
	done < <(git ls-files -z --cached --others --exclude-standard -- "$@")
}

root=$PWD

# linted lists the packages of this module that golangci-lint reads: all but the two that link Kubernetes, for which it
# would analyse Kubernetes itself (12 GB and more than 15 minutes). go vet reads those.
linted() { as_shipped go list -f '{{.Dir}}' ./... | grep --invert-match --extended-regexp '/cmd/controlplane(/component)?$'; }

hack/tools/system.sh
linter=$(hack/tools/tool.sh golangci-lint)

unformatted=$(files '*.go' | xargs --no-run-if-empty gofmt -l)
[[ -z $unformatted ]] || found "not as gofmt writes it:"$'\n'"$unformatted"

mapfile -t scripts < <(files hack .ci | xargs grep --files-with-matches --max-count=1 --extended-regexp '^#( shellcheck shell=|!.*\b(ba)?sh$)')
shellcheck --external-sources --source-path=SCRIPTDIR "${scripts[@]}" || found "shellcheck has something to say"

for module in "${modules[@]}"; do
	as_shipped go vet -C "$module" ./... || found "go vet has something to say about $module"
	(cd "$module" && linted | xargs "$linter" run --config "$root/.golangci.yml") ||
		found "golangci-lint has something to say about $module"
done
exit "$failed"
