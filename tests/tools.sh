#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools, a snapshot a case: tools.sh [--list | --update] [NAME...]. A case is a function in tests/tools/, what it
# prints is in tests/fixtures/tools/NAME.out; --update writes that anew, for a person to review.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

export PATH=$PATH:/usr/sbin:/sbin
umask 022

# -------------------------------- where cases run --------------------------

# The script runs itself again in a mount namespace of its own: nothing that a case mounts outlives it.
if [ -z "${TOOLS_TOP:-}" ]; then
	export TOOLS_TOP TOOLS_PRIVATE=
	TOOLS_TOP=$(mktemp -d "${TMPDIR:-/tmp}/vfscap.XXXXXX")
	trap 'remove_dir "$scratch"; rm -rf "$TOOLS_TOP"' EXIT
	chmod 755 "$TOOLS_TOP"
	[ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null || TOOLS_PRIVATE='unshare -m'
	$TOOLS_PRIVATE bash tests/tools.sh "$@" </dev/null
	exit
fi
# shellcheck source=tests/tools/lib.sh
. tests/tools/lib.sh
for file in tests/tools/*.sh; do
	# shellcheck source=/dev/null
	. "$file"
done
top=$TOOLS_TOP private=$TOOLS_PRIVATE
unset TOOLS_TOP TOOLS_PRIVATE

# A case is named after its file, "inspect_..." in inspect.sh; what is not, helps.
case_names() {
	local file area
	for file in tests/tools/*.sh; do
		area=$(basename "$file" .sh)
		sed -n "s/^\(${area}_[a-z0-9_]*\)() {.*/\1/p" "$file"
	done
}

# A file system of our own, with what no program can write to a live file: the values that getxattr refuses.
make_file_system() {
	local image=$scratch/image kind i
	mkdir "$scratch/none"
	: >"$scratch/commands"
	for kind in "${!ghosts[@]}"; do
		raw "${ghosts[$kind]}" >"$scratch/$kind"
		for i in {10..39}; do
			echo "write /dev/null $kind.$i"
			echo "ea_set -f $scratch/$kind $kind.$i security.capability"
		done >>"$scratch/commands"
	done
	mke2fs -q -F -t ext4 -I 256 -O ^has_journal -N 40000 -d "$scratch/none" "$image" 256M &&
		debugfs -w -f "$scratch/commands" "$image" &&
		mount -t ext4 -o loop "$image" "$top" &&
		mkdir "$top/ghosts" && mv "$top"/*.?? "$top/ghosts"
}

prepare() {
	file_system=
	if [ -n "$private" ] && make_file_system >"$scratch/log" 2>&1; then
		file_system=1
	fi
	tools=$top/bin
	mkdir "$tools"
	cp "$BUILD/fcapinspect" "$BUILD/fcapset" "$BUILD/fcapconvert" "$BUILD/fcapdiff" "$BUILD/fcapexplain" \
		"$tools"
	PATH=$tools:$PATH
}

# ---------------------------------- running them ---------------------------

run_case() {
	local name=$1 got=$scratch/got status=0
	mkdir "$top/$name"
	(cd "$top/$name" && "$name") >"$got" 2>&1 </dev/null || status=$?
	rm -rf --one-file-system "${top:?}/$name"
	if [ "$status" = 77 ]; then
		skip "$name" "$(tail -n 1 "$got")"
	elif [ -n "$update" ]; then
		cp "$got" "$fixtures/$name.out"
		passed=$((passed + 1))
	else
		ok "$name" diff -u --label "$name.out" --label got "$fixtures/$name.out" "$got"
	fi
}

update=
case ${1:-} in
--list)
	case_names
	exit
	;;
--update)
	update=1
	shift
	;;
esac

mapfile -t names < <(case_names)
for name; do
	if [[ " ${names[*]} " != *" $name "* ]]; then
		echo "tools.sh: no case '$name'; --list names them" >&2
		exit 2
	fi
done
for tool in jq getfattr setfattr; do
	command -v "$tool" >/dev/null && continue
	skip "all cases" "$tool is not installed"
	finish
	exit
done
[ -n "$update" ] || same "a case for each snapshot, and the reverse" \
	"$(cd "$fixtures" && ls ./*.out)" "$(printf './%s.out\n' "${names[@]}" | sort)"
[ $# = 0 ] || names=("$@")

prepare
for name in "${names[@]}"; do
	run_case "$name"
done
finish
