#!/usr/bin/env bash
# images.sh [--project PROJECT] [NAME…]: builds the images of hack/images that the cache does not hold (all, or those
# named), and with a project imports them there: alias botcluster-NAME, moved when the inputs have changed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../images/build.sh"
cd "$(dirname "$0")/../.."

project=
alias_prefix=botcluster-

in_project() { incus --project "$project" "$@"; }

# alias_target ALIAS prints the fingerprint that the alias points to, or nothing.
alias_target() {
	{ incus query "/1.0/images/aliases/$1?project=$project" 2>/dev/null || true; } | sed -n 's/.*"target": "\([0-9a-f]*\)".*/\1/p'
}

# move_alias ALIAS FINGERPRINT changes it in one step, so that a launch never finds it missing.
move_alias() {
	if [ -n "$(alias_target "$1")" ]; then
		incus query --request PUT --data "{\"target\": \"$2\"}" "/1.0/images/aliases/$1?project=$project"
	else
		in_project image alias create "$1" "$2"
	fi
}

image_exists() { in_project image info "$1" >/dev/null 2>&1; }

# remove_outdated IMAGE FINGERPRINT removes earlier builds of the image. One from which an instance was made stays for now:
# the same template may still launch more of it.
remove_outdated() {
	local fingerprint
	for fingerprint in $(in_project image list "botcluster=$1" --format csv --columns F); do
		if [ "$fingerprint" != "$2" ] && [ -z "$(in_project list volatile.base_image="$fingerprint" --format csv --columns n)" ]; then
			say "removing the image ${fingerprint:0:12}, an earlier build of $1"
			in_project image delete "$fingerprint" --quiet
		fi
	done
}

# unpack FINGERPRINT makes the pool's copy now, so that the first launch is as quick as the others and many at once do not all unpack.
unpack() {
	local name=botcluster-unpack-$$
	in_project create "$1" "$name" --quiet >&2
	in_project delete "$name"
}

# import IMAGE FOLDER: the fingerprint of a split image is the SHA-256 of its two files together.
import() {
	local alias=$alias_prefix$1 folder=$2 fingerprint
	fingerprint=$(cat "$folder/metadata.tar.gz" "$folder/rootfs.squashfs" | sha256sum | cut -d' ' -f1)
	if [ "$(alias_target "$alias")" = "$fingerprint" ]; then return; fi
	say "importing $alias, fingerprint ${fingerprint:0:12}, into the project $project"
	if ! image_exists "$fingerprint"; then
		in_project image import "$folder/metadata.tar.gz" "$folder/rootfs.squashfs" --quiet >&2
	fi
	unpack "$fingerprint"
	move_alias "$alias" "$fingerprint"
	remove_outdated "$1" "$fingerprint"
}

# launched prints the images that are no other image's parent: nobody launches a parent.
launched() {
	local image
	for image in "$images_folder"/*/; do basename "$image"; done | LC_ALL=C sort |
		LC_ALL=C comm -23 - <(for image in "$images_folder"/*/; do image_parent "$(basename "$image")"; done | LC_ALL=C sort --unique)
}

require_root
if [ "${1:-}" = --project ]; then
	project=${2:?the name of a project}
	shift 2
fi
if [ $# -gt 0 ]; then images=("$@"); else mapfile -t images < <(launched); fi
hold_lock images
mkdir -p "$images_cache"
# What an interrupted or failed run left behind; its logs have been there to read until now.
rm -rf "$images_cache"/.work-*
for image in "${images[@]}"; do
	[ -f "$images_folder/$image/recipe.sh" ] || die "no image $image in $images_folder"
	resolve "$image"
	folder=$(build "$image")
	[ -z "$project" ] || import "$image" "$folder"
done
