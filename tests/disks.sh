#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images of every kind, by the tools: what is stored, next to what the kernel shows and executes once they are
# mounted; images that are changed; the process that reads them.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to set capabilities and to mount"
for tool in mke2fs debugfs e2fsck mksquashfs tar2sqfs sqfs2tar mkfs.erofs sfdisk jq setpriv strace; do
	command -v $tool >/dev/null || reason=${reason:-"$tool is not installed"}
done
if [ -n "$reason" ]; then
	skip "disk images" "$reason"
	finish
	exit
fi
helper=$(realpath "$BUILD/tests/helper_creds")
# Other users execute what is in the images.
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
chmod 755 "$room"
in_memory "$room"
leave() {
	awk -v below="$room/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac |
		while read -r at; do umount -l "$at"; done
	remove_dir "$room"
	clean_up
}
trap leave EXIT

# --------------------------------- a tree ----------------------------------

tree=$room/tree
mkdir -p "$tree/bin" "$tree/usr/lib/deep/er/$(printf 'odd\nname')" "$tree/empty"
for name in ping plain v3 inherit none; do
	cp "$helper" "$tree/bin/$name"
done
"$BUILD/fcapset" -q cap_net_raw=ep "$tree/bin/ping" cap_net_admin,cap_net_raw=i "$tree/bin/inherit" =  "$tree/bin/none"
"$BUILD/fcapset" -q -n 100000 cap_chown=ep "$tree/bin/v3"
ln "$tree/bin/ping" "$tree/usr/lib/deep/er/$(printf 'odd\nname')/again"
ln -s ping "$tree/bin/link"
mkfifo "$tree/bin/fifo"
for i in $(seq 40); do
	cp "$helper" "$tree/usr/lib/same$i"
done
"$BUILD/fcapset" -q --caps=cap_kill=p "$tree"/usr/lib/same*

# What is stored, a line a name; the paths are the same in every image.
stored() {
	fcapinspect --format=json "$@" | jq -r '"\(.rel | @json) \(.value) \(.type) \(.mode) \(.uid) \(.gid)"' | sort
}
wanted=$(stored "$tree")

make_ext4() { truncate -s 64M "$1" && mke2fs -q -F -d "$tree" "$1"; }
make_ext2() { truncate -s 64M "$1" && mke2fs -q -F -t ext2 -I 128 -d "$tree" "$1"; }
make_squashfs() { mksquashfs "$tree" "$1" -quiet -no-progress >/dev/null; }
make_squashfs_zstd() { mksquashfs "$tree" "$1" -quiet -no-progress -comp zstd >/dev/null; }
make_erofs() { mkfs.erofs "$1" "$tree" >/dev/null 2>&1; }
make_erofs_lz4() { mkfs.erofs -zlz4 "$1" "$tree" >/dev/null 2>&1; }
make_erofs_inline() { mkfs.erofs -x1000 "$1" "$tree" >/dev/null 2>&1; }

for kind in ext4 ext2 squashfs squashfs_zstd erofs erofs_lz4 erofs_inline; do
	ok "$kind: made" "make_$kind" "$room/$kind"
	word=${kind%%_*}
	[ "$word" != ext2 ] || word=ext4
	same "$kind: has what the tree has" "$wanted" "$(stored "$word:$room/$kind")"
	same "$kind: is recognised" "$wanted" "$(stored "$room/$kind")"
	gives "$kind: all names" 0 fcapinspect -a --format=json "$word:$room/$kind"
	same "$kind: all names" "$(cd "$tree" && find . -printf '%P\0' | jq -Rrs 'split("\u0000") | unique[] | @json' |
		sed 's/^""$/"."/' | sort)" "$(jq -r '.rel | select(. != "lost+found") | @json' <<<"$out" | sort)"
	gives "$kind: compared with the tree" 0 fcapdiff "$tree" "$word:$room/$kind"
	mkdir -p "$room/mount"
	can_mount -o loop,ro "$room/$kind" "$room/mount" || continue
	same "$kind: the kernel shows the same" "$wanted" "$(stored "$room/mount")"
	umount "$room/mount"
done

# --------------------------------- ghosts ----------------------------------

# plant IMAGE NAME HEX: any bytes, as no setxattr stores them
plant_bytes() {
	local i
	for ((i = 0; i < ${#3}; i += 2)); do
		printf '%b' "\\x${3:i:2}"
	done >"$room/value"
	{
		echo "write $helper $2"
		echo "sif $2 mode 0100755"
		echo "ea_set -f $room/value /$2 security.capability"
	} | debugfs -w -f - "$1" >/dev/null 2>&1
}
ghosts=$room/ghosts.ext4
truncate -s 16M "$ghosts"
mke2fs -q -F "$ghosts"
plant_bytes "$ghosts" v1 010000010020000000000000
plant_bytes "$ghosts" flags 0300000200200000000000000000000000000000
plant_bytes "$ghosts" zero 010000030020000000000000000000000000000000000000
plant_bytes "$ghosts" short 01000002
plant_bytes "$ghosts" gone 010000010020000000000000
debugfs -w -R "rm gone" "$ghosts" 2>/dev/null

gives "ghosts" 1 fcapinspect --ghosts "$ghosts"
same "ghosts" "/v1 cap_net_raw=ep [v1] [ghost: revision 1]
/flags cap_net_raw=ep [ghost: unknown flag bits]" "$out"
gives "three views" 0 fcapinspect --format=json "ext4:$ghosts"
same "three views" "v1 EINVAL granted true
flags EINVAL granted true
zero v2 granted false
short EINVAL error false" \
	"$(jq -r '"\(.rel) \(.visible.errno // .visible.status) \(.honoured.status) \(.ghost)"' <<<"$out")"
gives "an inode without a name" 0 fcapinspect --orphans "$ghosts"
same "an inode without a name" "<inode 16> cap_net_raw=ep [v1] [ghost: revision 1] [deleted]" "$(grep inode <<<"$out")"
if can_mount -o loop,ro "$ghosts" "$room/mount"; then
	for name in v1 flags zero; do
		ok "$name is honoured" grep -q 'CapPrm=0000000000002000' \
			<(setpriv --reuid 65534 --regid 65534 --clear-groups "$room/mount/$name")
	done
	umount "$room/mount"
fi

# --------------------------------- disks -----------------------------------

disk=$room/disk
truncate -s 100M "$disk"
printf 'label: gpt\nsize=1MiB, type=21686148-6449-6E6F-744E-656564454649\nsize=20MiB\nsize=40MiB\nsize=20MiB, type=swap\n' |
	sfdisk -q "$disk"
dd if="$room/squashfs" of="$disk" bs=1M seek=2 conv=notrunc status=none
truncate -s 40M "$room/part"
mke2fs -q -F -d "$tree" "$room/part"
dd if="$room/part" of="$disk" bs=1M seek=22 conv=notrunc,sparse status=none
gives "a disk" 0 fcapinspect "$disk"
same "a disk: both partitions" "$(wc -l <<<"$wanted") $(wc -l <<<"$wanted")" \
	"$(grep -c 'partition 2' <<<"$out") $(grep -c 'partition 3' <<<"$out")"
ok "a disk: others are named" grep -q 'partition 1: it holds no file system' <<<"$err"
same "--partition" "$wanted" "$(stored --partition=3 "$disk")"
same "--offset" "$wanted" "$(stored --offset=22M "$disk")"
gives "a partition that is not there" 3 fcapinspect --partition=9 "$disk"
gives "a disk of several is not compared" 3 fcapdiff "$tree" "disk:$disk"
gives "one of its partitions is" 0 fcapdiff --partition=2 "$tree" "disk:$disk"
gives "--partition of a tree" 2 fcapinspect --partition=1 "$tree"
gives "a member in a partition is set" 0 fcapset --in="disk:$disk" --partition=3 -o "$room/disk2" cap_kill=ep /bin/plain
gives "a member in a partition is set" 0 fcapinspect --partition=3 "$room/disk2"
ok "a member in a partition is set" grep -qx '/bin/plain cap_kill=ep \[partition 3\]' <<<"$out"

# A device like a file; one that is mounted with a word of warning.
loop=$(losetup -f --show "$room/ext4" 2>/dev/null) || skip "a block device" "no loop device can be had"
if [ -n "$loop" ]; then
	same "a block device" "$wanted" "$(stored "$loop")"
	same "a block device by its kind" "$wanted" "$(stored "ext4:$loop")"
	gives "not while a device shows it" 3 fcapset --in="ext4:$room/ext4" --in-place --journal="$room/busy" -r bin/ping
	if can_mount "$loop" "$room/mount"; then
		gives "a mounted device" 0 fcapinspect "$loop"
		ok "a mounted device: a notice" grep -q 'the device is mounted' <<<"$err"
		umount "$room/mount"
	fi
	gives "a device that may not be read" 3 setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/fcapinspect" "$loop"
	losetup -d "$loop"
fi
dd if=/dev/zero of="$room/behind" bs=1M count=3 status=none
cat "$room/squashfs" >>"$room/behind"
same "what begins elsewhere" "$wanted" "$(stored --offset=3M "$room/behind")"
gives "where nothing begins" 3 fcapinspect --offset=1M "$room/behind"
gives "--orphans of what is no image" 3 fcapinspect --orphans "$tree/bin/ping"

# --------------------------------- changed ---------------------------------

image=$room/ext4
sum=$(sha256sum <"$image")
gives "a copy" 0 fcapset --in="ext4:$image" -o "$room/copy" cap_kill=ep bin/plain -r /bin/ping
gives "a copy: what differs" 1 fcapdiff "ext4:$image" "ext4:$room/copy"
same "a copy: what differs" "- bin/ping cap_net_raw=ep
+ bin/plain cap_kill=ep
- usr/lib/deep/er/odd\\012name/again cap_net_raw=ep" "$out"
ok "a copy: e2fsck" e2fsck -fn "$room/copy"
same "the image is as it was" "$sum" "$(sha256sum <"$image")"

gives "revision 1" 0 fcapconvert --to=1 --undecodable=drop --map-from=0:100000:65536 --allow-widen \
	"ext4:$image" -o "$room/v1"
ok "revision 1: e2fsck" e2fsck -fn "$room/v1"
same "revision 1" "$(wc -l <<<"$wanted")" "$(fcapinspect "$room/v1" | grep -c '\[v1\]')"

cp --sparse=always "$image" "$room/placed"
gives "in place without a journal" 2 fcapconvert --to=2 --map-from=0:100000:65536 --in-place "ext4:$room/placed"
convert=(fcapconvert --to=2 --map-from=0:100000:65536 --allow-widen --in-place --journal="$room/journal" "ext4:$room/placed")
gives "in place" 0 "${convert[@]}"
ok "in place: e2fsck" e2fsck -fn "$room/placed"
gives "in place: no rootid is left" 0 fcapinspect "$room/placed"
empty "in place: no rootid is left" "$(grep rootid <<<"$out" || true)"
gives "in place, again" 0 "${convert[@]}"
ok "in place, again" grep -q 'it was done already' <<<"$err"
gives "a journal of another call" 3 fcapconvert --to=1 --in-place --journal="$room/journal" "ext4:$room/placed"
gives "undone" 0 fcapconvert --undo="$room/journal"
same "undone" "$(cmp "$image" "$room/placed" 2>&1)" ""
gives "undone, again" 0 fcapconvert --undo="$room/journal"
ok "undone, again" grep -q 'nothing is to be undone' <<<"$err"
gives "done once more" 0 "${convert[@]}"
ok "done once more: no count of what was not looked at" grep -qx '.*: done by its journal, [0-9]* blocks\?' <<<"$err"
gives "to be undone" 0 fcapconvert --undo="$room/journal" --dry-run
ok "to be undone" grep -q 'would be restored' <<<"$err"
# What a journal says was done is looked for in the image, and in its own alone.
sum=$(sha256sum <"$room/placed")
cp --sparse=always "$image" "$room/placed"
gives "to be undone where it is so" 0 fcapconvert --undo="$room/journal" --dry-run
ok "to be undone where it is so" grep -q 'nothing is to be undone' <<<"$err"
gives "an older copy came back" 0 "${convert[@]}"
same "an older copy came back" "$sum" "$(sha256sum <"$room/placed")"
mkdir "$room/here" "$room/there"
cp --sparse=always "$image" "$room/here/image"
cp --sparse=always "$image" "$room/there/image"
relative=("$(realpath "$BUILD/fcapconvert")" "${convert[@]:1:${#convert[@]}-3}" --journal="$room/journal2" ext4:image)
gives "by a relative path" 0 env -C "$room/here" "${relative[@]}"
gives "by the same path elsewhere" 3 env -C "$room/there" "${relative[@]}"
ok "by the same path elsewhere" grep -q "that of another image, $room/here/image" <<<"$err"
ok "by the same path elsewhere: it is as it was" cmp "$image" "$room/there/image"
mv "$room/placed" "$room/aside"
gives "to be undone where none is" 3 fcapconvert --undo="$room/journal" --dry-run
ok "to be undone where none is" grep -q 'ENOENT' <<<"$err"
mv "$room/aside" "$room/placed"
# Whoever writes to a block meanwhile is not written over.
at=$(awk -F '\t' '$1 == "block" { print $2; exit }' "$room/journal")
printf x | dd of="$room/placed" bs=1 seek=$((at + 700)) conv=notrunc status=none
gives "another wrote meanwhile" 3 fcapconvert --undo="$room/journal"
ok "another wrote meanwhile" grep -q 'was written to since' <<<"$err"
gives "another wrote since" 3 "${convert[@]}"
ok "another wrote since" grep -q 'give another journal' <<<"$err"

cp --sparse=always "$image" "$room/dirty"
debugfs -w -R "feature needs_recovery" "$room/dirty" >/dev/null 2>&1
gives "a journal to be recovered is a notice" 0 fcapinspect "$room/dirty"
ok "a journal to be recovered is a notice" grep -q 'recovery' <<<"$err"
gives "a journal to be recovered is refused" 3 fcapset --in="ext4:$room/dirty" -o "$room/x" cap_kill=ep bin/plain
gives "squashfs is not edited" 3 fcapset --in="squashfs:$room/squashfs" -o "$room/x" cap_kill=ep bin/plain
ok "squashfs is not edited: the way is named" grep -q 'sqfs2tar' <<<"$err"
ok "no output" [ ! -e "$room/x" ]

# That way.
way() {
	sqfs2tar "$room/squashfs" | "$BUILD/fcapconvert" -q --to=2 --map-from=0:100000:65536 --allow-widen - |
		tar2sqfs -q "$room/written" >/dev/null
}
ok "sqfs2tar | fcapconvert | tar2sqfs" way
same "sqfs2tar | fcapconvert | tar2sqfs" "$(fcapinspect "$room/squashfs" | sed 's/ \[rootid=.*//' | sort)" \
	"$(fcapinspect "$room/written" | sort)"

# --------------------------------- damaged ---------------------------------

# damaged IMAGE AT: some bytes are others; no tool may end by a signal or hang
damaged() {
	cp --sparse=always "$1" "$room/damaged"
	printf '\377\376\375\374\0\0\0\1\377\377\177\377' | dd of="$room/damaged" bs=1 seek="$2" conv=notrunc status=none
	local status=0
	timeout 20 "$BUILD/fcapinspect" -q -a "$room/damaged" >/dev/null 2>"$room/said" || status=$?
	[ "$status" = 0 ] || [ "$status" = 3 ]
}
for kind in ext4 ext2 squashfs erofs erofs_lz4; do
	size=$(stat -c %s "$room/$kind")
	bad=
	for at in $(seq 0 61 4096) $((size / 3)) $((size / 2)) $((size - 200)); do
		damaged "$room/$kind" "$at" || bad+=" $at"
	done
	same "$kind: damaged" "" "$bad"
	bad=
	for part in 1 2 3 4 5 6 7; do
		head -c $((size * part / 8)) "$room/$kind" >"$room/cut"
		status=0
		timeout 20 "$BUILD/fcapinspect" "$room/cut" >/dev/null 2>&1 || status=$?
		[ "$status" = 3 ] || [ "$status" = 0 ] || bad+=" $part"
	done
	same "$kind: cut" "" "$bad"
done

# --------------------------------- closed ----------------------------------

# Between the filter and the end there is nothing but reading, writing and memory.
closed() {
	strace -f -o "$room/trace" "$BUILD/fcapinspect" -q "$1" >/dev/null || return
	awk '
		/SECCOMP_SET_MODE_FILTER, [^)]*\{len=/ { inside[$1] = 1; next }
		inside[$1] && $2 !~ /^(read|pread64|write|lseek|mmap|munmap|mremap|brk|madvise|fadvise64|close|exit_group|\+\+\+|<\.\.\.|futex|fstat|newfstatat|ioctl)/ &&
			$2 != "---" { print }' "$room/trace" | { grep -v EPERM || true; } >"$room/calls"
	[ ! -s "$room/calls" ] || { cat "$room/calls" && false; }
}
for kind in ext4 squashfs erofs disk; do
	ok "$kind: the reader is closed" closed "$room/$kind"
	ok "$kind: the reader was closed at all" grep -q 'SECCOMP_SET_MODE_FILTER, .*{len=' "$room/trace"
done
gives "no privilege is needed" 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/fcapinspect" "$room/squashfs"
finish
