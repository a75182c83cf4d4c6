#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests that are scripts share: where things are, and counting. Sourced, not run.
# In a mount namespace of its own nothing stays mounted, however the test ends.
if [ "$(id -u)" = 0 ] && [ -z "${VFSCAP_PRIVATE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	VFSCAP_PRIVATE=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
set -eu -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-cc} CXX=${CXX:-c++}
export LC_ALL=C
passed=0 failed=0 skipped=0

# in_memory DIR: a file system as on a disk, which a sync need not wait for: most of the time of what syncs each of its
# outputs. Where root may not mount, DIR is what it was.
in_memory() {
	local mode
	[ -n "${VFSCAP_PRIVATE:-}" ] || return 0
	mode=$(stat -c %a "$1")
	mount -t tmpfs none "$1" 2>/dev/null || return 0
	truncate -s 8G "$1/disk"
	if ! PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext4 -m 0 -J size=16 "$1/disk" 2>/dev/null ||
		! mount -o loop "$1/disk" "$1" 2>/dev/null; then
		umount "$1"
	fi
	chmod "$mode" "$1"
}

# remove_dir DIR: one that may be in memory.
remove_dir() {
	while mountpoint -q "$1"; do umount -l "$1"; done
	rm -rf --one-file-system "$1"
}

mkdir -p "$BUILD"
scratch=$(mktemp -d "$(realpath "$BUILD")/scratch.XXXXXX")
trap 'remove_dir "$scratch"' EXIT
in_memory "$scratch"

# ok WHAT COMMAND [ARGUMENT...]: the command must succeed; what it says is shown where it does not.
ok() {
	local what=$1 said
	shift
	if said=$("$@" 2>&1); then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED: %s\n' "$what"
		[ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/    /'
	fi
}

# same WHAT EXPECTED GOT: two texts must be equal; the difference is shown.
same() {
	ok "$1" diff -u --label expected --label got <(printf '%s\n' "$2") <(printf '%s\n' "$3")
}

# empty WHAT TEXT: nothing may be left to complain about.
empty() {
	same "$1" "" "$2"
}

# skip WHAT REASON
skip() {
	skipped=$((skipped + 1))
	echo "skip $1: $2"
}

# The closing line; the exit status follows from it.
finish() {
	if [ "$skipped" = 0 ]; then
		echo "$passed passed, $failed failed"
	else
		echo "$passed passed, $failed failed, $skipped skipped"
	fi
	[ "$failed" = 0 ]
}

# The functions that the header declares, one a line.
public_functions() {
	"$CC" -E -Iinclude include/vfscap.h | grep -o 'vfscap_[a-z0-9_]*(' | tr -d '(' | sort -u
}
