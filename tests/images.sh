#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Container images as umoci, skopeo and buildah make and read them, through the tools: images.sh [PART...]. A part is a
# file in tests/images/.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to make images with owners and capabilities"
for tool in umoci skopeo python3 jq setcap; do
	command -v $tool >/dev/null || reason="$tool is not installed"
done
can_give || reason="the attribute cannot be set here"
if [ -n "$reason" ]; then
	skip "container images" "$reason"
	finish
	exit
fi

# Other users must get there. In memory nothing waits for a disk.
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
leave() {
	umount -l "$room" 2>/dev/null || true
	remove_dir "$room"
	clean_up
}
trap leave EXIT
if [ -n "${VFSCAP_PRIVATE:-}" ]; then
	mount -t tmpfs -o size=1g images "$room" 2>/dev/null && ! setfattr -n $attribute -v "$(bytes v2)" "$room" 2>/dev/null &&
		umount "$room"
	setfattr -x $attribute "$room" 2>/dev/null || true
fi
chmod 755 "$room"
in_memory "$room"
export HOME=$room/home
mkdir -m 777 "$HOME"
umask 022

# What stands before it in PATH may be a script that takes its time.
python=$(python3 -c 'import sys; print(sys.executable)')
export PYTHONDONTWRITEBYTECODE=1

# Stores good and bad, by their names.
stores=$room/stores
mkdir "$stores"
"$python" tests/oci.py make "$stores"

# --------------------------------- making images ---------------------------

# image LAYOUT:REF: a new one without layers; the layout is made where it is not there.
image() {
	[ -e "${1%:*}" ] || umoci init --layout "${1%:*}"
	umoci new --image "$1"
}

# unpack LAYOUT:REF BUNDLE [OPTION...]: what was there before is gone.
unpack() {
	rm -rf "$2"
	umoci unpack "${@:3}" --image "$1" "$2" >/dev/null
}

# round LAYOUT:REF BUNDLE COMMAND...: unpacks, runs the command in the rootfs, and packs the difference as a new layer.
round() {
	local image=$1 bundle=$2
	shift 2
	unpack "$image" "$bundle"
	(cd "$bundle/rootfs" && "$@")
	umoci repack --refresh-bundle --image "$image" "$bundle" >/dev/null
}

# copy [OPTION...] FROM TO: as skopeo does it
copy() {
	skopeo --insecure-policy copy -q "$@"
}

# --------------------------------- who reads them --------------------------

# manifest_of LAYOUT:REF: its text
manifest_of() {
	local digest
	digest=$(jq -r --arg ref "${1##*:}" \
		'.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $ref).digest' \
		"${1%:*}/index.json")
	cat "${1%:*}/blobs/${digest/:/\/}"
}

# pulled KIND:LOCATION: skopeo takes it. Of docker archives it does not take those that are compressed.
pulled() {
	if [[ $1 == docker-archive:*.gz ]]; then
		gzip -dc "${1#*:}" >"$room/archive.tar"
		set -- "docker-archive:$room/archive.tar"
	fi
	rm -rf "$room/pulled"
	copy "$1" "dir:$room/pulled"
}

# whole WHAT KIND:LOCATION PATH: every digest and size in the store is right, and skopeo takes the image.
whole() {
	ok "$1: digests and sizes" "$python" tests/oci.py verify "$3"
	ok "$1: skopeo" pulled "$2"
	[[ $2 != oci:* ]] || ok "$1: umoci" umoci stat --image "${2#oci:}"
}

# stored LOCATION...: "PATH VALUE" of each record, in order; with --merged of the image's file system.
stored() {
	fcapinspect -q --format=json "$@" | jq -r '"\(.rel) \(.value)"' | sort |
		while read -r rel value; do echo "$rel=$(short "0x$value")"; done | xargs
}

# alike WHAT LAYOUT:REF ROOTFS: an image is what was unpacked, by fcapdiff and by getfattr.
alike() {
	gives "$1: the same as unpacked" 0 fcapdiff "oci:$2" "tree:$3"
	empty "$1: no difference" "$out"
	same "$1: as getfattr sees it" "$(as_getfattr "$3")" "$(as_merged "oci:$2")"
}

# as_getfattr TREE, as_merged IMAGE: "PATH VALUE", a line each, the path as getfattr writes it
as_getfattr() {
	(cd "$1" && getfattr -R -P -h -m "^$attribute\$" -e base64 -d .) 2>/dev/null | as_lines
}
as_merged() {
	fcapinspect -q --merged --format=getfattr "$1" | as_lines
}
as_lines() {
	awk '/^# file: / { path = substr($0, 9) } /^security/ { sub(/.*=/, ""); print path, $0 }' | sort
}

# value_of FILE: by its short name, or -
value_of() {
	local hex
	hex=$(getfattr -h --absolute-names --only-values -n $attribute "$1" 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
	if [ -n "$hex" ]; then short "0x$hex"; else echo -; fi
}

# inside COMMAND...: as root of the namespace that in_namespace made
inside() {
	nsenter --user --target "$child" --setuid 0 --setgid 0 "$@"
}

# --------------------------------- the parts -------------------------------

parts=(leak shapes layers set hostile killed)
[ $# -gt 0 ] || set -- "${parts[@]}"
for part; do
	# shellcheck source=/dev/null
	. "tests/images/$part.sh"
	stop_child
done
finish
