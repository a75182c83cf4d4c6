#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The transcripts of sections 1 and 7 and of README.md: the tools print what they say; examples.sh says what they look like.
# shellcheck source=tests/examples.sh
. "$(dirname "$0")/examples.sh"

"$MAKE" -s tools BUILD="$BUILD"
PATH=$(realpath "$BUILD"):$PATH
umask 022

shopt -s nullglob
for page in man/*.1 man/*.7 README.md; do
	name=$(basename "$page")
	dir=$scratch/$name
	mkdir "$dir"
	case $page in
	*.md) extract_markdown "$page" "$dir" ;;
	*) extract_page "$page" "$dir" ;;
	esac
	transcripts=("$dir"/[0-9][0-9].*)
	ok "$name has a transcript" [ ${#transcripts[@]} -gt 0 ]
	check_transcripts "$dir"
done

finish
