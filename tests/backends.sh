#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One tree, Debian's, in every form that is read: each backend has the same records of it.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"
# shellcheck source=tests/packages.sh
. tests/packages.sh

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to unpack a system"
[ -n "${VFSCAP_PRIVATE:-}" ] || reason=${reason:-"no mount namespace of its own can be had"}
for tool in apt-get jq mke2fs mksquashfs mkfs.erofs mkfs.xfs mkfs.btrfs tar; do
	command -v $tool >/dev/null || reason=${reason:-"$tool is not installed"}
done
can_give || reason=${reason:-"the attribute cannot be set here"}
if [ -n "$reason" ]; then
	skip "one tree through all backends" "$reason"
	finish
	exit
fi
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
t=$room/tree
trap leave EXIT
chmod 755 "$room"
if ! packages_tree; then
	skip "one tree through all backends" "apt cannot download: $(tail -n 1 "$scratch/log")"
	finish
	exit
fi

# What no package has.
odd=$t/usr/bin/vfscap-$(printf 'odd\nname \\ \303\244')
for name in "$odd" "$t/usr/bin/vfscap-v3" "$t/usr/bin/vfscap-setuid"; do
	cp "$BUILD/tests/helper_creds" "$name"
done
chown 1000:1001 "$odd"
chmod 4755 "$t/usr/bin/vfscap-setuid"
fcapset -q cap_kill,cap_chown=ei "$odd" cap_setuid=p "$t/usr/bin/vfscap-setuid"
give "$t/usr/bin/vfscap-v3" v3:100000
ln "$t/usr/bin/vfscap-v3" "$t/usr/bin/vfscap-again"

# --------------------------------- the forms -------------------------------

make_ext4() { truncate -s 2G "$1" && mke2fs -q -F -t ext4 -I "$2" -d "$t" "$1"; }
make_ext4_256() { make_ext4 "$1" 256; }
make_ext4_128() { make_ext4 "$1" 128; }
make_squashfs() { mksquashfs "$t" "$1" -quiet -no-progress -comp zstd -Xcompression-level 1 >/dev/null; }
make_erofs() { mkfs.erofs "$1" "$t" >/dev/null 2>&1; }
make_erofs_lz4() { mkfs.erofs -zlz4 "$1" "$t" >/dev/null 2>&1; }
make_tar() { tar "${all[@]}" --numeric-owner --format=pax -cf "$1" -C "$t" .; }

# By hand: a layer, a configuration and a manifest are all there is to a layout.
blob() {
	local sum
	sum=$(sha256sum <"$1" | cut -d ' ' -f 1)
	cp "$1" "$2/blobs/sha256/$sum"
	printf '{"mediaType":"%s","digest":"sha256:%s","size":%d}' "$3" "$sum" "$(stat -c %s "$1")"
}
make_oci() {
	local layer config manifest type=application/vnd.oci.image
	mkdir -p "$1/blobs/sha256"
	layer=$(blob "$room/tar" "$1" $type.layer.v1.tar)
	printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(sha256sum <"$room/tar" | cut -d ' ' -f 1)" >"$room/document"
	config=$(blob "$room/document" "$1" $type.config.v1+json)
	printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' $type.manifest.v1+json \
		"$config" "$layer" >"$room/document"
	manifest=$(blob "$room/document" "$1" $type.manifest.v1+json)
	printf '{"schemaVersion":2,"manifests":[%s]}' "$manifest" >"$1/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
}

# live MAKE OPTION...: a file system that is mounted, with a copy of the tree
live() {
	mkdir -p "$room/mount"
	truncate -s 2G "$room/live"
	"$@" "$room/live" >/dev/null && can_mount -o loop "$room/live" "$room/mount" &&
		tar "${all[@]}" --numeric-owner -xpf "$room/tar" -C "$room/mount"
}
make_xfs() { live mkfs.xfs -q -f; }
make_btrfs() { live mkfs.btrfs -q -f; }

# --------------------------------- records ---------------------------------

# What is not of the file: where it was read, and what only some forms have or can tell. A rootid is an issue in images
# alone.
records() {
	fcapinspect -q --kernel=builtin --format=json "$@" | jq -S -c 'del(.source, .layer, .path, .inode, .userns, .view, .raw,
		.extract, .link, .copies) | .issues |= map(.code) - ["rootid-set"]' | sort
}
# Of the live tree, for which nothing was asked but getxattr.
records "$t" >"$room/wanted"
ok "the packages have what they have" test "$(grep -c '"value":"' "$room/wanted")" -ge 7

same_records() {
	records "${@:2}" >"$room/records"
	ok "$1" diff -u "$room/wanted" "$room/records"
}
for kind in ext4_256 ext4_128 squashfs erofs erofs_lz4 tar oci; do
	ok "$kind: made" "make_$kind" "$room/$kind"
	same_records "$kind" "${kind%%_*}:$room/$kind"
	gives "$kind: compared with the tree" 0 fcapdiff "$t" "${kind%%_*}:$room/$kind"
	[ $kind = tar ] || rm -r "${room:?}/$kind"
done
for kind in xfs btrfs; do
	if make_$kind; then
		same_records "$kind: stored bytes" --stored "$room/mount"
		umount "$room/mount"
	else
		failed=$((failed + 1))
		echo "FAILED: $kind: made"
	fi
	rm -f "$room/live"
done

finish
