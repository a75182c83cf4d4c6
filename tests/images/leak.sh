# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# A host's rootid that leaks into an image, and how it is taken out: built by umoci and by buildah. Sourced by images.sh.

builder=0:100000:65536

# namespace START: or a reason why it is left out
namespace() {
	in_namespace "$1" 65536 2>"$scratch/.err" || {
		skip "$2" "no user namespace can be made: $(cat "$scratch/.err")"
		return 1
	}
}

# umoci_image LAYOUT:REF: with a layer of two files, one with a capability that root of the builder gave
umoci_image() {
	local bundle=$room/built
	image "$1"
	unpack "$1" "$bundle" --uid-map $builder --gid-map $builder
	chmod 711 "$bundle" "$bundle/rootfs"
	mkdir "$bundle/rootfs/bin"
	cp /bin/true "$bundle/rootfs/bin/tool"
	cp /bin/true "$bundle/rootfs/bin/plain"
	chown -R 100000:100000 "$bundle/rootfs"
	inside setcap cap_net_raw=ep "$bundle/rootfs/bin/tool"
	umoci repack --image "$1" "$bundle" >/dev/null
}

# cannot_be_pulled WHAT IMAGE: as the namespace's root; can_be_pulled WHAT IMAGE TREE=VALUE
pull() {
	local image=$1
	chmod -R a+rX "${image%:*}"
	rm -rf "$room/other"
	install -d -o 200000 -g 200000 "$room/other"
	inside umoci unpack --image "$image" "$room/other/bundle"
}
cannot_be_pulled() {
	gives "$1: another namespace cannot unpack it" 1 pull "$2"
	says "$1: the kernel's EINVAL is why" 'xattr.*invalid argument'
}
can_be_pulled() {
	gives "$1: another namespace unpacks it" 0 pull "$2"
	same "$1: the new rootid is that of the namespace" "$3" "$(tree "$room/other/bundle/rootfs")"
	gives "$1: an unpacked file, seen from there" 0 inside fcapinspect "$room/other/bundle/rootfs"
	same "$1: there it is nobody's rootid" "" "$(grep -o 'rootid.*' <<<"$out" || true)"
}

# taken_out WHAT KIND:LOCATION ROOTID MAP OUT: names the leak, and makes KIND:OUT without it
taken_out() {
	local what=$1 image=$2 rootid=$3 map=$4 new=$5
	local kind=${image%%:*} before
	before=$(find "$(store_path "$image")" -type f -exec sha256sum {} + | sort)
	gives "$what: --check" 1 fcapinspect --check=rootid-set "$image"
	says "$what: the leak is named" 'tool: layer sha256:[0-9a-f]*: rootid-set: '
	ok "$what: with its rootid" matches "rootid=$rootid\\]" "$out"
	gives "$what: converted" 0 fcapconvert "--map-from=$map" --to=2 "$image" -o "$new"
	says "$what: one value" '1 converted'
	gives "$what: --check afterwards" 0 fcapinspect --check=rootid-set "$kind:$new"
	empty "$what: nothing is named" "$err"
	same "$what: the source is as it was" "$before" \
		"$(find "$(store_path "$image")" -type f -exec sha256sum {} + | sort)"
}
store_path() {
	local path=${1#*:}
	[ -e "$path" ] || path=${path%:*}
	echo "$path"
}

# --------------------------------- umoci -----------------------------------

l=$room/leak
if namespace 100000 "an image that umoci makes"; then
	umoci_image "$l:x"
	stop_child
	same "umoci stores the host's rootid" bin/tool=v3:100000 "$(stored "oci:$l:x")"
	taken_out umoci "oci:$l:x" 100000 $builder "$l.2"
	same "without it" bin/tool=v2 "$(stored "oci:$l.2:x")"
	whole "umoci, converted" "oci:$l.2:x" "$l.2"
	ok "umoci, converted: skopeo inspect" skopeo inspect "oci:$l.2:x"
	ok "umoci, converted: skopeo inspect --config" skopeo inspect --config "oci:$l.2:x"
	digest=$(manifest_of "$l:x" | jq -r '.layers[0].digest')
	ok "the layer that leaked is not there any more" test ! -e "$l.2/blobs/${digest/:/\/}"
	gives "without --to" 0 fcapconvert "--map-from=$builder" "oci:$l:x" -o "$l.3"
	ok "is the same" diff -r "$l.2" "$l.3"
	gives "a map that does not have it" 3 fcapconvert --map-from=0:200000:65536 --to=2 "oci:$l:x" -o "$l.4"
	says "a map that does not have it: the file" 'bin/tool: '
	ok "a map that does not have it: nothing is made" test ! -e "$l.4"
	gives "to another machine's ids" 0 fcapconvert "--map-from=$builder" --map-to=0:200000:65536 "oci:$l:x" \
		-o "$l.4"
	same "to another machine's ids" bin/tool=v3:200000 "$(stored "oci:$l.4:x")"
	gives "a second time" 3 fcapconvert "--map-from=$builder" --to=2 "oci:$l:x" -o "$l.2"
	says "a second time: it is there" 'EEXIST.*--force'
	gives "a second time, by force" 0 fcapconvert "--map-from=$builder" --to=2 "oci:$l:x" -o "$l.2" --force
	ok "the same again" diff -r "$l.2" "$l.3"

	namespace 200000 pulling
	cannot_be_pulled "umoci, as built" "$l:x"
	can_be_pulled "umoci, converted" "$l.2:x" bin/tool=v3:200000
	same "files are the same" "$(cd "$room/built/rootfs/bin" && sha256sum ./*)" \
		"$(cd "$room/other/bundle/rootfs/bin" && sha256sum ./*)"
	stop_child
fi

# --------------------------------- buildah ---------------------------------

b=$room/buildah
buildah_() {
	# shellcheck disable=SC2086
	buildah --storage-driver vfs --root "$b/root" --runroot "$b/run" "$@"
}

# buildah_image OCI-LAYOUT DOCKER-ARCHIVE
buildah_image() {
	local name at
	name=$(buildah_ from --userns-uid-map 0:300000:65536 --userns-gid-map 0:300000:65536 scratch) || return
	at=$(buildah_ mount "$name") || return
	chmod o+x "$b" "$b/root" "$b/root/vfs" "$b/root/vfs/dir" "$at"
	install -o 300000 -g 300000 -m 755 /bin/true "$at/tool"
	inside setcap cap_net_raw=ep "$at/tool"
	buildah_ commit -q --format oci "$name" "oci:$1" &&
		buildah_ commit -q --format docker "$name" "docker-archive:$2" &&
		buildah_ umount "$name" && buildah_ rm "$name"
}

if ! command -v buildah >/dev/null; then
	skip "an image that buildah makes" "buildah is not installed"
elif namespace 300000 "an image that buildah makes"; then
	mkdir "$b"
	if buildah_image "$b/oci:x" "$b/docker.tar:x:latest" >"$scratch/log" 2>&1; then
		stop_child
		taken_out "buildah, oci" "oci:$b/oci:x" 300000 0:300000:65536 "$b/oci.2"
		taken_out "buildah, docker" "docker-archive:$b/docker.tar" 300000 0:300000:65536 "$b/docker.2"
		whole "buildah, oci, converted" "oci:$b/oci.2:x" "$b/oci.2"
		whole "buildah, docker, converted" "docker-archive:$b/docker.2" "$b/docker.2"
		same "both are the same then" "$(stored "oci:$b/oci.2")" "$(stored "docker-archive:$b/docker.2")"
		namespace 200000 pulling
		cannot_be_pulled "buildah, as built" "$b/oci:x"
		can_be_pulled "buildah, converted" "$b/oci.2:x" tool=v3:200000
	else
		skip "an image that buildah makes" "$(tail -n 1 "$scratch/log")"
	fi
	stop_child
fi
