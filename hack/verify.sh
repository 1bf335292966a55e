#!/usr/bin/env bash
# verify.sh: what is generated is what is committed, the modules are tidy, and the kustomizations build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. hack/modules.sh

generated=(config/crd config/rbac/role.yaml ':(glob)**/zz_generated.*')
failed=0

make --no-print-directory generate
if [[ -n $(git status --porcelain -- "${generated[@]}") ]]; then
	git --no-pager diff HEAD -- "${generated[@]}"
	git status --short -- "${generated[@]}"
	echo "verify: generated files are not as committed: run make generate and commit them" >&2
	failed=1
fi

for module in "${modules[@]}"; do
	if ! go mod tidy -C "$module" -diff; then
		echo "verify: run go mod tidy in $module" >&2
		failed=1
	fi
done

kustomize=$(hack/tools/tool.sh kustomize)
for folder in config/default config/prometheus; do
	if ! "$kustomize" build "$folder" >/dev/null; then
		echo "verify: $folder does not build" >&2
		failed=1
	fi
done
exit "$failed"
