#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The stored bytes of live files, fcapinspect --stored: on xfs, btrfs and ext4 each value that can be stored, also those
# that no setxattr(2) writes. getxattr and execve are the judges of the other two views.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to mount file systems"
[ -n "${VFSCAP_PRIVATE:-}" ] || reason=${reason:-"no mount namespace of its own can be had"}
for tool in jq python3 setfattr setpriv; do
	command -v $tool >/dev/null || reason=${reason:-"$tool is not installed"}
done
if [ -n "$reason" ]; then
	skip "stored bytes" "$reason"
	finish
	exit
fi

# Other users execute the files and the tool.
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
leave() {
	awk -v below="$room/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac |
		while read -r at; do umount -l "$at"; done
	remove_dir "$room"
	clean_up
}
trap leave EXIT
chmod 755 "$room"
in_memory "$room"
cp "$BUILD/fcapinspect" "$room/inspect"
cp "$BUILD/fcapdiff" "$room/diff"
helper=$(realpath "$BUILD/tests/helper_creds")
plant_xfs=$(realpath "$BUILD/tests/helper_xfsattr")

# --------------------------------- values ----------------------------------

# NAME BYTES VISIBLE HONOURED: cap_net_raw=ep in all of its forms, and what is none. A ghost is EINVAL and granted.
values='
v1              010000010020000000000000                                 EINVAL     granted
v1_flags        030000010020000000000000                                 EINVAL     granted
v2              0100000200200000000000000000000000000000                 v2         granted
v2_flags        0300000200200000000000000000000000000000                 EINVAL     granted
v3_zero         010000030020000000000000000000000000000000000000         v2         granted
v3_zero_flags   810000030020000000000000000000000000000000000000         EINVAL     granted
v3_1000         0100000300200000000000000000000000000000e8030000         v3:1000    ignored
v3_flags        0300000300200000000000000000000000000000a0860100         EINVAL     ignored
v3_none         0100000300200000000000000000000000000000ffffffff         EOVERFLOW  ignored
empty           -                                                        EINVAL     EINVAL
short           010000                                                   EINVAL     EINVAL
length          01000002002000000000000000000000000000                   EINVAL     EINVAL
revision        0100000400200000000000000000000000000000                 EINVAL     EINVAL
long            01000002002000000000000000000000000000000000000000       EINVAL     ERANGE
'
names() {
	awk 'NF { print $1 }' <<<"$values"
}
ghosts='v1 v1_flags v2_flags v3_zero_flags'

raw() {
	local hex=${1#-} i
	for ((i = 0; i < ${#hex}; i += 2)); do
		printf '%b' "\\x${hex:i:2}"
	done
}

# each COMMAND...: once a value, with its name and its bytes behind it
each() {
	local name hex
	while read -r name hex _; do
		[ -z "$name" ] || "$@" "$name" "$hex"
	done <<<"$values"
}

# --------------------------------- file systems ----------------------------

# mounted DIR IMAGE: or why not; the device of the loop goes with the mount
mounted() {
	mkdir -p "$1"
	can_mount -o loop "$2" "$1"
}

on_xfs() {
	"$plant_xfs" "$(dirname "$1")" "$1" < <(raw "$2")
}
make_xfs() {
	truncate -s 320M "$1.img"
	mkfs.xfs -q "$1.img" && mounted "$1" "$1.img" && each plant_on on_xfs "$1"
}
plant_on() {
	cp "$helper" "$2/$3"
	"$1" "$2/$3" "$4"
}

# An empty value has no item that another name could be found in; anybody can store that one.
on_btrfs() {
	local hex=${2#-}
	if [ -n "$hex" ]; then
		setfattr -n user.vfscap_storing -v "0x$hex" "$1"
	else
		setfattr -n "$attribute" -v "" "$1"
	fi
}
make_btrfs() {
	truncate -s 128M "$1.img"
	mkfs.btrfs -q "$1.img" >/dev/null && mounted "$1" "$1.img" && each plant_on on_btrfs "$1" && umount "$1" &&
		[ "$(python3 tests/btrfs.py plant "$1.img")" -ge 13 ] && mounted "$1" "$1.img"
}

on_ext4() {
	raw "$2" >"$scratch/value"
	debugfs -w -R "ea_set -f $scratch/value /$(basename "$1") $attribute" "$(dirname "$1").img" 2>&1 |
		grep -v '^debugfs ' || true
}
make_ext4() {
	truncate -s 64M "$1.img"
	mke2fs -q -F -t ext4 "$1.img" && mounted "$1" "$1.img" && each plant_on true "$1" && umount "$1" &&
		each store_on on_ext4 "$1" && mounted "$1" "$1.img"
}
store_on() {
	"$1" "$2/$3" "$4"
}

# --------------------------------- judges ----------------------------------

# The bytes as they were planted, what getxattr(2) answers and execve(2) does, a line each: what a record should say.
expected() {
	local name hex visible honoured ghost
	while read -r name hex visible honoured; do
		[ -n "$name" ] || continue
		ghost=false
		[[ " $ghosts " != *" $name "* ]] || ghost=true
		echo "$name stored ${hex#-} $visible $honoured $ghost"
	done <<<"$values" | sort
}
seen_as='"\(.rel) \(.view) \(.value) \(.visible | .errno // (.status + if .rootid then ":\(.rootid)" else "" end)) \(
	.honoured | .errno // .status) \(.ghost)"'
recorded() {
	fcapinspect -q --stored --format=json "$1" 2>"$scratch/.err" | jq -r "$seen_as" | sort
}

shown() {
	local said hex
	if said=$(getfattr --absolute-names -e hex -n $attribute "$1" 2>&1); then
		hex=$(sed -n "s/^$attribute=0x//p" <<<"$said")
		case ${#hex} in
		40) echo v2 ;;
		48) short "0x$hex" ;;
		esac
	else
		errno_in "$said"
	fi
}
errno_in() {
	case $1 in
	*"Invalid argument"*) echo EINVAL ;;
	*"Value too large"*) echo EOVERFLOW ;;
	*"result out of range"*) echo ERANGE ;;
	*) echo "$1" ;;
	esac
}

# as_nobody COMMAND...: without a capability that comes from anywhere but a file
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}
executed() {
	local said
	if ! said=$(as_nobody "$1" 2>&1); then
		errno_in "$said"
	elif [[ $said == *CapPrm=0000000000002000* ]]; then
		echo granted
	else
		echo ignored
	fi
}

# judged DIR: what is known of the values holds here.
judged() {
	local name hex visible honoured
	while read -r name hex visible honoured; do
		[ -n "$name" ] || continue
		same "$(basename "$1"): $name: getxattr and execve" "$visible $honoured" \
			"$(shown "$1/$name") $(executed "$1/$name")"
	done <<<"$values"
}

# --------------------------------- everywhere ------------------------------

# every_value DIR: records, lines, ghosts, issues
every_value() {
	local fs
	fs=$(basename "$1")
	judged "$1"
	same "$fs: records" "$(expected)" "$(recorded "$1")"
	gives "$fs: lines" 0 fcapinspect --stored "$1"
	same "$fs: lines" "$(lines "$1")" "$(sort <<<"$out")"
	for name in empty short length revision long; do
		says "$fs: $name is told" "$fs/$name: .*nobody can execute|$fs/$name: .*execve fails with E"
	done
	gives "$fs: ghosts" 1 fcapinspect --stored --ghosts "$1"
	same "$fs: ghosts alone" "$(lines "$1" | grep ghost)" "$(sort <<<"$out")"
	rm "$1/v1"* "$1/v2_flags" "$1/v3_zero_flags"
	gives "$fs: no ghosts" 0 fcapinspect --stored --ghosts "$1"
	empty "$fs: no ghosts" "$out"
}
lines() {
	sort <<-END
		$1/v1 cap_net_raw=ep [v1] [ghost: revision 1]
		$1/v1_flags cap_net_raw=ep [v1] [ghost: revision 1]
		$1/v2 cap_net_raw=ep
		$1/v2_flags cap_net_raw=ep [ghost: unknown flag bits]
		$1/v3_zero cap_net_raw=ep [rootid=0]
		$1/v3_zero_flags cap_net_raw=ep [rootid=0] [ghost: unknown flag bits]
		$1/v3_1000 cap_net_raw=ep [rootid=1000]
		$1/v3_flags cap_net_raw=ep [rootid=100000]
		$1/v3_none cap_net_raw=ep [rootid=4294967295]
	END
}

# every_type DIR: none of them is opened; a FIFO would wait
every_type() {
	local fs at=$1/types
	fs=$(basename "$1")
	mkdir -p "$at/directory"
	mkfifo "$at/fifo"
	mknod "$at/character" c 1 3
	mknod "$at/block" b 7 9999
	ln -s nowhere "$at/link"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$at/socket"
	cp "$helper" "$at/file"
	ln "$at/file" "$at/other"
	for name in directory fifo character block link socket file; do
		setfattr -h -n $attribute -v 0x010000030020000000000000000000000000000000000000 "$at/$name"
	done
	gives "$fs: types" 0 timeout 20 fcapinspect --stored --format=json "$at"
	same "$fs: types" "block block 0
character character 0
directory directory 0
fifo fifo 0
file file 0
link symlink 0
other file 0
socket socket 0" "$(jq -r '"\(.rel) \(.type) \(.rootid)"' <<<"$out" | sort)"
	for name in directory fifo character block socket file; do
		gives "$fs: $name alone" 0 timeout 20 fcapinspect --stored "file:$at/$name"
		same "$fs: $name alone" "file:$at/$name cap_net_raw=ep [rootid=0]" "file:$out"
	done
	ln -s "$at/file" "$1/to_file"
	gives "$fs: through a link" 0 fcapinspect --stored "$1/to_file"
	same "$fs: through a link" "$1/to_file cap_net_raw=ep [rootid=0]" "$out"
	touch "$scratch/there"
	mount --bind "$at/file" "$scratch/there"
	gives "$fs: a mount of a file" 0 fcapinspect --stored "$scratch/there"
	same "$fs: a mount of a file" "$scratch/there cap_net_raw=ep [rootid=0]" "$out"
	umount "$scratch/there"
}

# from_elsewhere DIR: seen from elsewhere
from_elsewhere() {
	local fs record
	fs=$(basename "$1")
	record='"\(.rel) \(.view) \(.visible.status) \(.honoured.status) \(.rootid)"'
	gives "$fs: of another namespace" 0 fcapinspect --stored --format=json --userns=0:1000:100 "$1/v3_1000"
	same "$fs: of another namespace" "v3_1000 stored v2 granted 1000" "$(jq -r "$record" <<<"$out")"
	gives "$fs: a line of another namespace" 0 fcapinspect --stored --userns=0:1000:100 "$1/v3_1000"
	same "$fs: a line of another namespace" "$1/v3_1000 cap_net_raw=ep [rootid stored=1000]" "$out"
	gives "$fs: issues" 1 fcapinspect --stored --check=all --format=json "$1/v3_zero" "$1/v3_1000"
	same "$fs: issues, a rootid on the machine itself is none" "rootid-zero;;" \
		"$(jq -j '[.issues[].code] | join(","), ";"' <<<"$out")"
	gives "$fs: a dump" 0 fcapinspect --stored --format=getfattr "$1/v3_zero"
	ok "$fs: a dump" matches 'AQAAAwAgAAAAAAAAAAAAAAAAAAAAAAAA' "$out"
}

# compared DIR: fcapdiff of two files, and of the tree with what was written of it
compared() {
	local fs
	fs=$(basename "$1")
	gives "$fs: a ghost compared" 1 fcapdiff --stored "$1/v2_flags" "$1/v3_1000"
	same "$fs: a ghost compared" "! v2_flags cap_net_raw=ep [ghost: unknown flag bits] -> cap_net_raw=ep [rootid=1000]" \
		"$out"
	gives "$fs: a ghost, not asked for" 3 fcapdiff "$1/v2_flags" "$1/v3_1000"
	gives "$fs: revisions of one meaning" 0 fcapdiff --stored "$1/v3_zero" "$1/v2"
	gives "$fs: and by their bytes" 1 fcapdiff --stored --bytes "$1/v3_zero" "$1/v2"
	same "$fs: and by their bytes" "! v3_zero cap_net_raw=ep [rootid=0] -> cap_net_raw=ep" "$out"
	gives "$fs: bytes that were not asked for" 3 fcapdiff --bytes "$1/v3_zero" "$1/v2"
	says "$fs: bytes that were not asked for" '--stored'
	(cd "$1" && fcapinspect -q --stored --format=getfattr .) >"$scratch/dump" 2>/dev/null || true
	gives "$fs: the tree and its dump" 0 fcapdiff --stored --bytes "$1" "getfattr:$scratch/dump"
	gives "$fs: all of it was compared" 1 fcapdiff --stored --bytes "$1" /dev/null
	same "$fs: all of it was compared" "$(grep -c '^# file' "$scratch/dump")" "$(grep -c '^-' <<<"$out")"
	gives "$fs: a user compares" 3 as_nobody --bounding-set=-all "$room/diff" --stored "$1/v2" "$1/v3_zero"
}

# refused DIR: without the privilege, and with that of another namespace alone
refused() {
	local fs pattern
	fs=$(basename "$1")
	pattern="^[^ ]*: [^ ]*/v2: $2: .*; run as root"
	gives "$fs: a user" 3 as_nobody --bounding-set=-all "$room/inspect" --stored --format=json "$1/v2" "$1/v3_1000"
	says "$fs: a user is told what to do" "$pattern"
	same "$fs: a user's records" "v2 stored null v2 unknown $2
v3_1000 stored null v3 unknown $2" \
		"$(jq -r '"\(.rel) \(.view) \(.value) \(.visible.status) \(.honoured.status) \(.error.errno)"' <<<"$out")"
	gives "$fs: a user without --stored" 0 as_nobody "$room/inspect" "$1/v2"
	gives "$fs: root of a namespace" 3 as_nobody unshare -r "$room/inspect" --stored "$1/v2"
	says "$fs: root of a namespace is told what to do" "$pattern"
	gives "$fs: without one capability" "$3" setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
		fcapinspect --stored "$1/v2"
}

# idmapped DIR: through a mount with an id map nothing is said of what is honoured, but that a file is broken.
idmapped() {
	local fs
	fs=$(basename "$1")
	mkdir -p "$scratch/idmapped"
	in_namespace 100000 65536
	if ! python3 tests/idmapped.py "$1" "$scratch/idmapped" "/proc/$child/ns/user" 2>"$scratch/.err"; then
		skip "$fs: an idmapped mount" "$(tail -n 1 "$scratch/.err")"
		stop_child
		return
	fi
	stop_child
	same "$fs: idmapped" "empty stored  EINVAL EINVAL false
v1 stored $(expected | awk '$1 == "v1" { print $3 }') EINVAL unknown true
v2 stored $(expected | awk '$1 == "v2" { print $3 }') v3:100000 unknown false" \
		"$(recorded "$scratch/idmapped" | grep -E '^(v1|v2|empty) ')"
	umount "$scratch/idmapped"
}

# --------------------------------- of one alone ----------------------------

# Attributes in the inode, in a block of their own, in a tree, and a value that has blocks of its own.
more_xfs() {
	local at=$1/large count
	mkdir "$at"
	for count in 0 1 4 40; do
		cp "$helper" "$at/$count"
		for ((i = 0; i < count; i++)); do
			setfattr -n "user.large$i" -v "$(head -c 2000 /dev/zero | tr '\0' x)" "$at/$count"
		done
		on_xfs "$at/$count" 010000010020000000000000
	done
	cp "$helper" "$at/remote"
	head -c 65536 /dev/zero | "$plant_xfs" "$at" "$at/remote"
	gives "xfs: large attributes" 0 fcapinspect --stored "$at"
	same "xfs: large attributes" "$(printf "$at/%s cap_net_raw=ep [v1] [ghost: revision 1]\n" 0 1 4 40)" "$(sort -V <<<"$out")"
	gives "xfs: 64 KiB" 0 fcapinspect --stored --format=json "$at/remote"
	same "xfs: 64 KiB" "65536 131072 ERANGE" "$(jq -r '"\(.size) \(.value | length) \(.honoured.errno)"' <<<"$out")"
}

# Every subvolume counts inodes by itself; two names can have one hash.
more_btrfs() {
	local at=$1/subvolumes twin
	mkdir "$at"
	btrfs subvolume create "$at/a" >/dev/null
	plant "$at/a" file=v2
	btrfs subvolume snapshot "$at/a" "$at/b" >/dev/null
	btrfs subvolume create "$at/b/c" >/dev/null
	plant "$at/b/c" file=v3:0
	give "$at/b/file" v3:1000
	give "$at/b" v3:5
	same "btrfs: inodes of one number" "$(stat -c %i "$at/a/file" "$at/b/file" | uniq)" "$(stat -c %i "$at/b/c/file")"
	gives "btrfs: subvolumes" 0 fcapinspect --stored "$at"
	same "btrfs: subvolumes" "$at/a/file cap_net_raw=ep
$at/b cap_net_raw=ep [rootid=5]
$at/b/c/file cap_net_raw=ep [rootid=0]
$at/b/file cap_net_raw=ep [rootid=1000]" "$(sort <<<"$out")"
	gives "btrfs: -x stays in a subvolume" 0 fcapinspect --stored -x "$at"
	same "btrfs: -x stays in a subvolume" "$at/b cap_net_raw=ep [rootid=5]" "$out"
	gives "btrfs: a file in a subvolume" 0 fcapinspect --stored "$at/b/c/file"
	same "btrfs: a file in a subvolume" "$at/b/c/file cap_net_raw=ep [rootid=0]" "$out"

	twin=$(python3 tests/btrfs.py collide)
	for name in first last only; do
		cp "$helper" "$1/$name"
	done
	setfattr -n "$twin" -v "$(bytes v2)" "$1/first"
	give "$1/first" v3:0
	give "$1/last" v3:0
	setfattr -n "$twin" -v "$(bytes v2)" "$1/last"
	setfattr -n "$twin" -v "$(bytes v2)" "$1/only"
	gives "btrfs: names of one hash" 0 fcapinspect --stored "$1/first" "$1/last" "$1/only"
	same "btrfs: names of one hash" "$1/first cap_net_raw=ep [rootid=0]
$1/last cap_net_raw=ep [rootid=0]" "$out"
	if command -v btrfs >/dev/null; then
		sync -f "$1"
		same "btrfs: they share an item" 2 "$(btrfs inspect-internal dump-tree -t 5 "$(findmnt -no SOURCE "$1")" |
			grep -A 9 "($(stat -c %i "$1/first") XATTR_ITEM" | grep -c 'name: ')"
	fi
}

# File systems without a way: a notice each, and what getxattr shows.
no_way() {
	local at=$room/none
	mkdir -p "$at"/{tmpfs,overlay}
	can_mount -t tmpfs tmpfs "$at/tmpfs" || return 0
	mkdir "$at/tmpfs/"{lower,upper,work}
	plant "$at/tmpfs/lower" one=v3:0 two=v2
	can_mount -t overlay -o "lowerdir=$at/tmpfs/lower,upperdir=$at/tmpfs/upper,workdir=$at/tmpfs/work" overlay \
		"$at/overlay" || return 0
	gives "without a way" 0 fcapinspect --stored --format=json "$at"
	same "without a way: one notice a file system" 2 "$(grep -c 'no way to its stored bytes' <<<"$err")"
	same "without a way: what is shown" "none/overlay/one visible v2
none/overlay/two visible v2
none/tmpfs/lower/one visible v2
none/tmpfs/lower/two visible v2" \
		"$(jq -r '"none/\(.rel) \(.view) \(.visible.status)"' <<<"$out" | sort)"
	gives "without a way, quietly" 0 fcapinspect --stored -q "$at"
	empty "without a way, quietly" "$err"
}

# --------------------------------- one by one ------------------------------

for fs in xfs btrfs ext4; do
	at=$room/$fs
	if [ $fs = btrfs ] || [ $fs = xfs ]; then
		command -v mkfs.$fs >/dev/null || {
			skip "$fs" "mkfs.$fs is not installed"
			continue
		}
	fi
	if ! "make_$fs" "$at" >"$scratch/.out"; then
		cat "$scratch/.out"
		skip "$fs" "no file system with these values could be made"
		continue
	fi
	if [ "$fs" = ext4 ] && fcapinspect --stored "$at/v2" 2>&1 | grep -q 'no way to its\|without libext2fs'; then
		skip ext4 "this build does not read its stored bytes"
		umount "$at"
		continue
	fi
	case $fs in
	ext4) refused "$at" EACCES 0 ;;
	*) refused "$at" EPERM 3 ;;
	esac
	idmapped "$at"
	from_elsewhere "$at"
	compared "$at"
	every_value "$at"
	every_type "$at"
	[ "$(type -t "more_$fs")" != function ] || "more_$fs" "$at"
	umount "$at"
	rm "$at.img"
done
no_way
finish
