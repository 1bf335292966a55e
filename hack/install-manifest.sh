#!/usr/bin/env bash
# install-manifest.sh IMAGE: writes dist/install.yaml, all of config/default with the operator's image set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -eq 1 ]] || { echo "usage: install-manifest.sh IMAGE" >&2; exit 2; }

# The image is set in a copy, so that the tree stays as it is committed.
copy=$(mktemp --directory)
trap 'rm -rf "$copy"' EXIT
cp -r config "$copy"
kustomize=$(hack/tools/tool.sh kustomize)
(cd "$copy/config/default" && "$kustomize" edit set image "botcluster-operator=$1")
mkdir -p dist
"$kustomize" build "$copy/config/default" >dist/install.yaml
echo "wrote dist/install.yaml with the image $1" >&2
