#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The C examples of section 3: they compile without a warning and print what their pages say.
#
# Transcripts run where the programs are; examples.sh says what they look like. CFLAGS and LDFLAGS are honoured.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

"$MAKE" -s lib BUILD="$BUILD"
lib=$(realpath "$BUILD/libvfscap.a")

# FILE.c becomes FILE. Flags are words.
compile() {
	# shellcheck disable=SC2086
	"$CC" -Wall -Wextra -Werror -Iinclude ${CFLAGS:-} -o "${1%.c}" "$1" "$lib" ${LDFLAGS:-}
}

shopt -s nullglob
for page in man/vfscap*.3; do
	name=$(basename "$page")
	dir=$scratch/$name
	mkdir "$dir"
	extract_page "$page" "$dir"

	programs=("$dir"/*.c)
	ok "$name has a program" [ ${#programs[@]} -gt 0 ]
	for program in "${programs[@]}"; do
		ok "$name: ${program##*/}" compile "$program"
	done
	check_transcripts "$dir"
done

finish
