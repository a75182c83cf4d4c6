#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The codec's two files compile alone, without libc, in another project; the header as C and C++.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

cp lib/vfscap.c include/vfscap.h "$scratch"
cd "$scratch"

cat >main.c <<'END'
#include "vfscap.h"
#include <string.h>

/* cap_net_raw=ep for rootid 100000, and a length that no revision has. */
static const unsigned char value[VFSCAP_SIZE_3] = {
	1, 0, 0, 3, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0x86, 1, 0,
};

int main(void)
{
	unsigned char again[VFSCAP_SIZE_MAX];
	struct vfscap cap;
	size_t used;

	if (vfscap_decode_strict(value, sizeof(value) - 1, &cap) != VFSCAP_ERR_LENGTH)
		return 1;
	if (vfscap_decode_strict(value, sizeof(value), &cap) || cap.rootid != 100000)
		return 2;
	if (vfscap_encode(&cap, again, sizeof(again), &used) || used != sizeof(value))
		return 3;
	return memcmp(value, again, used) ? 4 : 0;
}
END
printf '#include "vfscap.h"\n' >header.c
warnings=(-Wall -Wextra -Wpedantic -Werror)

# No header but the compiler's own is in reach.
freestanding() {
	"$1" -std=c11 -ffreestanding -nostdinc -isystem "$2" -nostdlib "${warnings[@]}" -O2 -I. -c -o vfscap.o vfscap.c
}

for compiler in gcc clang; do
	if ! command -v "$compiler" >/dev/null; then
		skip "$compiler" "it is not installed"
		continue
	fi
	ok "$compiler compiles the codec freestanding" freestanding "$compiler" "$("$compiler" -print-file-name=include)"
	empty "$compiler: the codec wants only memory functions" \
		"$(nm -u vfscap.o | awk '{ print $2 }' | grep -Exv 'mem(cpy|move|set|cmp)|__stack_chk_fail' || true)"
	ok "$compiler links it into a program" "$compiler" -std=c11 "${warnings[@]}" -I. -o main main.c vfscap.o
	ok "$compiler: the program decodes and encodes" ./main
	for standard in c99 c11; do
		ok "$compiler compiles the header as $standard" \
			"$compiler" -std=$standard "${warnings[@]}" -I. -fsyntax-only header.c
	done
	ok "$compiler compiles the header as C++" \
		"$compiler" -x c++ -std=c++11 "${warnings[@]}" -I. -fsyntax-only header.c
done

finish
