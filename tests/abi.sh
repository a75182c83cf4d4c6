#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The library's ABI against that of the last release, or of the first while there is none: what is added is allowed, what
# changes or goes is not.
# abi.sh --update writes it down, when a release is made; SOVERSION then says whether it is another one.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

# Of x86-64; others lay out the same types as these do.
dump=tests/fixtures/abi/x86_64.xml constants=tests/fixtures/abi/constants.txt

for command in abidw abidiff; do
	command -v "$command" >/dev/null || {
		skip "all of it" "there is no $command (abigail-tools)"
		finish
		exit
	}
done
[ "$(uname -m)" = x86_64 ] || {
	skip "all of it" "the dump is of x86_64"
	finish
	exit
}

# library SOURCES NAME: always built alike, whatever else is tested; what is changed below need not be without warnings.
library() {
	"$MAKE" -s -C "$1" lib BUILD="$scratch/lib.$2" CC=gcc CFLAGS='-O1 -g' WERROR= >/dev/null 2>"$scratch/log"
	realpath "$scratch/lib.$2/libvfscap.so"
}

compare() {
	abidiff --no-added-syms "$dump" "$1"
}

# What programs have compiled in: sizes, masks, numbers of errors, which are no type that a function takes. Versions and the
# last capability are to grow.
constants_of() {
	{
		"$CC" -E -dM -include "$1/include/vfscap.h" -x c /dev/null |
			sed -nE 's/^#define (VFSCAP_[A-Z0-9_]*(\([a-z, ]*\))?) (..*)/\1 \3/p' | grep -v -e '^VFSCAP_VERSION_' -e '^VFSCAP_LAST '
		"$CC" -E -P "$1/include/vfscap.h" | tr -s '\n\t' ' ' | grep -oE 'VFSCAP_[A-Z0-9_]+ *= *[^,}]+' |
			sed 's/ *= */ /; s/ *$//'
	} | sort
}

now=$(library . now)

if [ "${1:-}" = --update ]; then
	abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash "$now" >"$dump"
	constants_of . >"$constants"
	exit
fi

# As it is, and as copies of it would be whose header sed has changed.
lost() {
	comm -23 "$constants" <(constants_of "$1")
}

# changed EXPRESSION
changed() {
	rm -rf "$scratch/copy" "$scratch/lib.copy"
	mkdir "$scratch/copy"
	cp -r Makefile include lib "$scratch/copy"
	sed -i "$1" "$scratch/copy/include/vfscap.h"
	! cmp -s include/vfscap.h "$scratch/copy/include/vfscap.h"
}

# Its exit status has 4 for a change; others are for what went wrong.
change_seen() {
	local status=0 copy
	copy=$(library "$scratch/copy" copy)
	compare "$copy" || status=$?
	echo "abidiff: $status"
	[ "$status" = 4 ] || [ "$status" = 12 ]
}

ok "nothing that programs were built with has changed" compare "$now"
empty "no constant has changed or gone" "$(lost .)"

ok "a field of another type" changed 's/^\tuint32_t rootid;/\tuint64_t rootid;/'
ok "is noticed" change_seen
ok "a rule between others" changed 's/^\tVFSCAP_RULE_LOST,/\tVFSCAP_RULE_ADDED,\n&/'
ok "is noticed" change_seen
ok "an error of another number" changed 's/VFSCAP_ERR_MAP_EMPTY = 134/VFSCAP_ERR_MAP_EMPTY = 137/'
same "is noticed" "VFSCAP_ERR_MAP_EMPTY 134" "$(lost "$scratch/copy")"
ok "a remark of another bit" changed 's/VFSCAP_REMARK_UNKNOWN = 1 << 4/VFSCAP_REMARK_UNKNOWN = 1 << 7/'
same "is noticed" "VFSCAP_REMARK_UNKNOWN 1 << 4" "$(lost "$scratch/copy")"
ok "an error that is added" changed 's/^\tVFSCAP_ERR_EMPTY = 1,/\tVFSCAP_ERR_ADDED = 6,\n&/'
empty "is no change" "$(lost "$scratch/copy")"

finish
