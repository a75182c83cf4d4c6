#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a build with --coverage has counted so far: of the library all lines and branches but those of a fixture must be
# covered, of each other directory nine of ten lines. coverage.sh --list writes down what of the library the fixture
# would have to have, coverage.sh --list DIR/ what lines of a directory were not run.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

accepted=tests/fixtures/uncovered.tsv
least=90 # per cent of lines

command -v gcovr >/dev/null || {
	skip "all of it" "gcovr is not installed"
	finish
	exit
}

# Of each line of code: file, number, its text, how often it was run, how many of its branches were taken, and of how many.
# Where a process was killed half way through a function, gcov may find that a branch was taken a negative number of times.
gcovr -r . -e tests/ -e fuzz/ -e bench/ --gcov-ignore-parse-errors --json "$scratch/all.json" "$BUILD"
jq -r '.files[] | .file as $file | .lines[] | select(.["gcovr/noncode"] | not) |
	[$file, .line_number, .count, ([.branches[] | select(.count > 0)] | length), (.branches | length)] | @tsv' \
	"$scratch/all.json" | awk -F '\t' -v OFS='\t' '
	$1 != file {
		file = $1
		for (n = 1; (getline text <file) > 0; n++) { sub(/^[ \t]*/, "", text); gsub(/\t/, " ", text); texts[n] = text }
		close(file)
	}
	{ print $1, $2, texts[$2], $3, $4, $5 }' >"$scratch/lines"

# Lines of the library that were not run, or with a branch that was never taken: file, text.
uncovered() {
	awk -F '\t' -v OFS='\t' '/^lib\// && ($4 == 0 || $5 < $6) { print $1, $3 }' "$scratch/lines" | sort -u
}

not_run() {
	awk -F '\t' -v dir="$1" 'index($1, dir) == 1 && $4 == 0 { print $1 ":" $2 ":\t" $3 }' "$scratch/lines"
}

if [ "${1:-}" = --list ]; then
	if [ -n "${2:-}" ]; then not_run "$2"; else uncovered; fi
	exit
fi

grep -v '^#' "$accepted" | cut -f 1,2 | sort -u >"$scratch/accepted"
empty "library: all else is covered" "$(comm -23 <(uncovered) "$scratch/accepted")"
# Not the other way round: some can be reached on some systems only.

# A directory a line: its lines, those that were run, its branches, those that were taken. What is accepted is not counted.
awk -F '\t' 'NR == FNR { accepted[$1, $2]; next }
	/^lib\// || ($4 == 0 && ($1, $3) in accepted) { next }
	{
		dir = $1; sub(/\/.*/, "", dir)
		lines[dir]++; run[dir] += $4 > 0; branches[dir] += $6; taken[dir] += $5
	}
	END { for (dir in lines) print dir, lines[dir], run[dir], branches[dir], taken[dir] }' \
	"$scratch/accepted" "$scratch/lines" | sort >"$scratch/directories"

# enough DIR LINES RUN: where it is not, the files that lack the most are shown.
enough() {
	[ $(($3 * 100)) -ge $(($2 * least)) ] && return
	echo "$(($2 - $3)) of $2 lines were not run; the most in:"
	not_run "$1/" | cut -d : -f 1 | uniq -c | sort -rn | head -n 5
	false
}

# An ordinary user meets less of it.
while read -r dir lines run branches taken; do
	echo "$dir: $((run * 100 / lines)) % of $lines lines, $((taken * 100 / branches)) % of branches"
	if [ "$(id -u)" = 0 ]; then
		ok "$dir: $least % of lines" enough "$dir" "$lines" "$run"
	else
		skip "$dir: $least % of lines" "it takes root to reach them"
	fi
done <"$scratch/directories"

finish
