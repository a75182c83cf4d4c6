#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Instructions of the hot paths, against those counted before: counts.sh [--update].
#
# They are the same from run to run, and on other machines within a few in a thousand, but not with another compiler or C
# library: the fixture names its own. A count may be up to 5 % more; one that is 5 % less is to be written down, or what
# was won could be lost again.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

fixture=$PWD/tests/fixtures/counts.txt
tools=$(realpath "$BUILD")
here="$(uname -m), gcc $(gcc -dumpversion 2>/dev/null), $(getconf GNU_LIBC_VERSION)"
counted_with=$(sed -n 's/^# with: //p' "$fixture")
update=${1:-}

if [ "$update" != --update ] && [ "$here" != "$counted_with" ]; then
	skip "all counts" "here is $here, the counts are of $counted_with"
	finish
	exit
fi
command -v valgrind >/dev/null || {
	skip "all counts" "valgrind is not installed"
	finish
	exit
}

# The same variants of memcpy and its like, whatever processor it is.
plain=GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-FSRM

# counted FUNCTION PROGRAM [ARGUMENT...]: instructions in the function, and in what it calls.
counted() {
	local function=$1
	shift
	(
		cd "$scratch"
		env -i "$plain" valgrind --tool=callgrind --toggle-collect="$function" --callgrind-out-file=/dev/null "$@"
	) 2>&1 >/dev/null | sed -n 's/^.*Collected : //p'
}

make_tree() {
	local dir
	for dir in a b c d; do
		mkdir -p "$scratch/tree/$dir"
		(cd "$scratch/tree/$dir" && touch {1..50})
		setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$scratch/tree/$dir/7" || return 1
	done
	(cd "$scratch" && tar --xattrs --xattrs-include=security.capability --sort=name --mtime=@0 -cf tree.tar tree)
}

# Valgrind answers ENOSYS for listxattrat(2): the way of older kernels.
count_all() {
	local path
	for path in decode encode format parse; do
		echo "$path $(counted hot "$tools/bench/hot" "$path")"
	done
	echo "tree $(counted main "$tools/fcapinspect" --jobs=1 tree)"
	# Here, and not in a process of its own, which would not be counted.
	echo "tar $(counted main "$tools/fcapinspect" --sandbox=no tar:tree.tar)"
}

# within BEFORE NOW: at most a twentieth apart?
within() {
	echo "counted before: $1, now: $2"
	[ -n "$1" ] && [ -n "$2" ] && [ $(($2 * 100)) -le $(($1 * 105)) ] && [ $(($2 * 100)) -ge $(($1 * 95)) ]
}

make_tree 2>/dev/null || {
	skip "all counts" "security.capability cannot be set on a file here"
	finish
	exit
}

if [ "$update" = --update ]; then
	{
		sed -n '/^#/ { /^# with: /! p }' "$fixture"
		echo "# with: $here"
		count_all
	} >"$scratch/new"
	cp "$scratch/new" "$fixture"
	exit
fi

while read -r name now; do
	before=$(sed -n "s/^$name //p" "$fixture")
	ok "$name: instructions as before (tests/counts.sh --update)" within "$before" "$now"
done < <(count_all)

finish
