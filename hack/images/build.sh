# shellcheck shell=bash
# Builds one image: a root tree from Debian's packages and the files of its folder, packed as Incus wants it.
# Source it after lib.sh and call it from the top of the checkout. The hash of an image covers this file, so a change here rebuilds all.
#
# An image is a folder of hack/images with
#   recipe.sh   sets parent (base if it does not say; empty: start from nothing), packages and binaries, and may define
#               customise ROOT, which runs last
#   root/       files laid over the tree as they are, if there is this folder
#   masked      units that are never to start, one a line, if there is this file
# binaries is a list of "SOURCE=/path/in/the/image". SOURCE is the folder of a Go command, or a script that prints the path of
# what it built.

images_folder=hack/images
images_cache=$BOTCLUSTER_CACHE/images
# One release whatever the host runs: a fleet is the same on Debian 12 and 13, and systemd 252 boots on hosts whose control
# groups are still version 1 or hybrid, which systemd 256 and later refuse.
images_suite=bookworm

# recipe IMAGE reads its recipe into parent, packages, binaries and customise.
recipe() {
	parent=base packages=() binaries=()
	customise() { :; }
	# shellcheck source=/dev/null
	. "$images_folder/$1/recipe.sh"
}

# image_parent IMAGE and image_binaries IMAGE answer without touching the variables of the caller.
image_parent() (recipe "$1" && printf '%s\n' "$parent")
image_binaries() (recipe "$1" && [ ${#binaries[@]} -eq 0 ] || printf '%s\n' "${binaries[@]}")

# binary SOURCE builds it where it is out of date and prints its path, which belongs to these bytes for ever. Go's own cache
# makes a second build quick, and gives the same bytes as long as the sources are the same.
binary() {
	local source=$1 folder=$BOTCLUSTER_CACHE/binaries work path
	if [[ $source == *.sh ]]; then
		"$source"
		return
	fi
	have go || die "building $source needs Go"
	mkdir -p "$folder"
	work=$(mktemp "$folder/.work-XXXXXX")
	(cd "$source" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$work" . >&2)
	path=$folder/${source//\//-}-$(sha256sum <"$work" | cut -c1-16)
	rm -f "$folder/${source//\//-}"-????????????????
	mv "$work" "$path"
	printf '%s\n' "$path"
}

# folder_digest FOLDER is over the names, kinds and contents below it, and over which files are programs. Other bits of the
# modes come from the umask of whoever checked them out, and reach no image.
folder_digest() (
	cd "$1" || exit 1
	{
		find . -printf '%P %y %l\n'
		find . -type f -perm -u+x -printf '%P is a program\n'
		find . -type f -exec sha256sum {} +
	} | LC_ALL=C sort | sha256sum
)

# resolve IMAGE builds its binaries and takes its hash and those of its parents, once in a run: what is built afterwards is
# what was hashed, even when somebody edits the sources meanwhile. The hash is over all that decides the content, except for
# the versions of Debian's packages: those are of the day on which the cache was filled.
declare -A hash_of path_of
resolve() {
	local image=$1 above entry
	[ -z "${hash_of[$image]:-}" ] || return 0
	above=$(image_parent "$image")
	[ -z "$above" ] || resolve "$above"
	while read -r entry; do
		path_of[$entry]=$(binary "${entry%%=*}")
	done < <(image_binaries "$image")
	hash_of[$image]=$({
		printf '%s %s %s\n' "$images_suite" "$(dpkg --print-architecture)" "${hash_of[${above:-none}]:-}"
		sha256sum <"$images_folder/build.sh"
		folder_digest "$images_folder/$image"
		while read -r entry; do sha256sum <"${path_of[$entry]}"; done < <(image_binaries "$image")
	} | sha256sum | cut -c1-16)
}

# image_path IMAGE is the folder of the cache that holds, or will hold, the two files of a resolved image.
image_path() { printf '%s/%s-%s\n' "$images_cache" "$1" "${hash_of[$1]}"; }

# in_root ROOT COMMAND… runs a command in the tree, with /proc and with mounts and processes of its own that end with it.
in_root() {
	local root=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child bash -c '
		mount -t proc proc "$0/proc" && mount --bind /dev "$0/dev" && exec chroot "$0" "$@"' "$root" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

# archive_lines prints the sources of the release, its updates and its security updates from the machine's own mirrors.
archive_lines() {
	local host mirror security
	host=$(debian_codename)
	mirror=$(apt_mirror "$host") || die "the apt sources name no Debian archive for $host"
	printf 'deb %s %s main\ndeb %s %s-updates main\n' "$mirror" "$images_suite" "$mirror" "$images_suite"
	if security=$(apt_mirror "$host-security"); then printf 'deb %s %s-security main\n' "$security" "$images_suite"; fi
}

bootstrap() {
	local root=$1
	shift
	mkdir -p "$BOTCLUSTER_CACHE/debs"
	debootstrap --variant=minbase --cache-dir="$BOTCLUSTER_CACHE/debs" --include="$(IFS=,; printf '%s' "$*")" \
		"$images_suite" "$root" "$(apt_mirror "$(debian_codename)")" >"$root.log" 2>&1 ||
		die "debootstrap failed: see $root.log"
}

# install_packages ROOT PACKAGE… installs from the release and its security updates, without starting any service.
install_packages() {
	local root=$1
	shift
	archive_lines >"$root/etc/apt/sources.list"
	cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 0755 "$root/usr/sbin/policy-rc.d"
	{
		in_root "$root" apt-get update --quiet --quiet &&
			in_root "$root" apt-get upgrade --yes --quiet --quiet &&
			{ [ $# -eq 0 ] || in_root "$root" apt-get install --yes --quiet --quiet --no-install-recommends "$@"; }
	} >>"$root.log" 2>&1 || die "installing packages failed: see $root.log"
	rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
}

# mask ROOT IMAGE masks what the list of the image names. A name that no package knows is a mistake, or time to tidy the list.
mask() {
	local root=$1 list=$images_folder/$2/masked unit
	[ -f "$list" ] || return 0
	while read -r unit; do
		[ -e "$root/lib/systemd/system/$unit" ] || die "$list names the unit $unit, which the image does not have"
		ln -s /dev/null "$root/etc/systemd/system/$unit"
	done < <(grep --invert-match --extended-regexp '^(#|$)' "$list")
}

# strip ROOT removes what every instance of an image would share or nobody reads. Copyright files stay.
strip() {
	local root=$1
	find "$root/usr/share/doc" -type f ! -name copyright -delete
	find "$root/usr/share/doc" -depth -type d -empty -delete
	rm -rf "$root"/usr/share/{man,info,locale,lintian,bug,groff,linda}/* "$root"/var/lib/apt/lists/* \
		"$root"/var/cache/{apt,debconf,ldconfig}/* "$root"/var/log/{apt,journal,*.log} "$root"/tmp/* \
		"$root"/etc/{hostname,resolv.conf} "$root"/etc/*- "$root"/var/lib/dpkg/*-old "$root"/var/lib/systemd/random-seed
	# Present but empty: every instance gets an id of its own, and systemd does not take its first boot for an installation.
	: >"$root/etc/machine-id"
}

# fill ROOT IMAGE makes the tree of an image.
fill() {
	local root=$1 image=$2 entry
	recipe "$image"
	if [ -z "$parent" ]; then
		bootstrap "$root" "${packages[@]}"
		install_packages "$root"
	else
		unsquashfs -quiet -no-progress -dest "$root" "$(image_path "$parent")/rootfs.squashfs" >"$root.log"
		if [ ${#packages[@]} -gt 0 ]; then install_packages "$root" "${packages[@]}"; fi
	fi
	[ ! -d "$images_folder/$image/root" ] || rsync --recursive --links --perms --chmod=Du=rwx,Dgo=rx,Fu=rwX,Fgo=rX "$images_folder/$image/root/" "$root/"
	for entry in "${binaries[@]}"; do
		install -D --mode=0755 "${path_of[$entry]}" "$root${entry#*=}"
	done
	customise "$root" >>"$root.log" 2>&1
	mask "$root" "$image"
	strip "$root"
}

# pack ROOT IMAGE FOLDER writes the two files of a split image.
pack() {
	local root=$1 image=$2 folder=$3 description
	mkdir -p "$folder/templates"
	description="Debian $images_suite, $image image of BotCluster"
	cat >"$folder/metadata.yaml" <<-YAML
		architecture: $(uname -m)
		creation_date: $(date +%s)
		properties:
		  description: $description
		  os: debian
		  release: $images_suite
		  botcluster: $image
		templates:
		  /etc/hostname:
		    when: [create, copy]
		    template: hostname.tpl
		  /etc/hosts:
		    when: [create, copy]
		    template: hosts.tpl
	YAML
	printf '{{ container.name }}\n' >"$folder/templates/hostname.tpl"
	printf '127.0.0.1 localhost\n127.0.1.1 {{ container.name }}\n::1 localhost\n' >"$folder/templates/hosts.tpl"
	tar --create --gzip --owner=0 --group=0 --directory "$folder" --file "$folder/metadata.tar.gz" metadata.yaml templates
	mksquashfs "$root" "$folder/rootfs.squashfs" -comp zstd -Xcompression-level 9 -xattrs -no-progress -quiet -noappend >>"$root.log"
	rm -r "$folder/metadata.yaml" "$folder/templates"
}

# build IMAGE makes sure that the cache holds a resolved image and its parents, and prints its folder.
build() {
	local image=$1 path above work
	above=$(image_parent "$image")
	[ -z "$above" ] || build "$above" >/dev/null
	path=$(image_path "$image")
	if [ ! -d "$path" ]; then
		say "building the image $image"
		work=$(mktemp --directory "$images_cache/.work-XXXXXX")
		fill "$work/root" "$image"
		pack "$work/root" "$image" "$work/result"
		rm -rf "$images_cache/$image"-????????????????
		mv "$work/result" "$path"
		rm -rf "$work"
		say "built $image: $(du --bytes "$path/rootfs.squashfs" | awk '{ printf "%.0f", $1 / 1e6 }') MB packed"
	fi
	printf '%s\n' "$path"
}
