#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a build with --coverage has counted so far: of the library all lines and branches but those of a fixture must be
# covered; of the rest it is said how much is. coverage.sh --list writes down what the fixture would have to have.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

accepted=tests/fixtures/uncovered.tsv

command -v gcovr >/dev/null || {
	skip "all of it" "gcovr is not installed"
	finish
	exit
}

# Lines of the library that were not run, or with a branch that was never taken: file, text.
uncovered() {
	gcovr -r . -f lib/ --json "$scratch/lib.json" "$BUILD/lib"
	jq -r '.files[] | .file as $file | .lines[] |
		select(.["gcovr/noncode"] | not) |
		select(.count == 0 or any(.branches[]; .count == 0)) | "\($file)\t\(.line_number)"' "$scratch/lib.json" |
		while IFS=$'\t' read -r file line; do
			printf '%s\t%s\n' "$file" "$(sed -n "$line{s/^[ \t]*//;p}" "$file")"
		done | sort -u
}

uncovered >"$scratch/uncovered"
if [ "${1:-}" = --list ]; then
	cat "$scratch/uncovered"
	exit
fi

grep -v '^#' "$accepted" | cut -f 1,2 | sort -u >"$scratch/accepted"
empty "library: all else is covered" "$(comm -23 "$scratch/uncovered" "$scratch/accepted")"
# Not the other way round: some can be reached on some systems only.

# percent DIR: of its lines.
percent() {
	gcovr -r . -f "$1/" --json-summary "$scratch/$1.json" "$BUILD/$1"
	jq -r '"\(.line_percent | floor) % of lines, \(.branch_percent | floor) % of branches"' "$scratch/$1.json"
}

for dir in bin scan report change explain ns tar oci stream disk form; do
	echo "$dir: $(percent "$dir")"
done

finish
