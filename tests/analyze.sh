#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Static analysis: analyze.sh [gcc] [clang-tidy] [cppcheck] [sparse]; without a name, all of them. What they find and is none stands in
# tests/fixtures/analyze.tsv with the reason; what is new fails, and so does a line there that nothing finds any more.
# Releases of these tools differ in what they find: the fixture is of those of Debian 12.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

accepted=tests/fixtures/analyze.tsv
mapfile -t sources < <(ls {lib,form,ns,explain,stream,tar,oci,disk,jail,scan,report,change,bin}/*.c)
jobs=$(nproc) wanted=$*

# What make hands to the compiler, a word a line; paths are absolute, for clang-tidy goes elsewhere.
"$MAKE" -s BUILD="$scratch/flags" "$scratch/flags/settings"
mapfile -t flags < <(grep -oE -e "-[DI]([^ ']|'[^']*')+" "$scratch/flags/settings" | tr -d "'" | sed -E "s|^-I([^/])|-I$PWD/\\1|" | sort -u)
printf '%s\n' -std=c11 "${flags[@]}" >"$scratch/compile_flags.txt"

# findings TOOL: of what it wrote, each once: file, message; without the line, which changes with every other one.
findings() {
	sed -nE 's/^(\.\/)?([a-z]+\/[a-z0-9_]+\.[ch]):[0-9:]+ (warning|error|performance|portability): (.*)$/\2\t\4/p' |
		sed -E "s/[‘’]/'/g; s/ \[CWE-[0-9]+\]//; s/ \(CWE-[0-9]+\)//" | sort -u
}

lacks() {
	! grep "$1" "$2"
}

# check TOOL: what it wrote is in $scratch/TOOL.
check() {
	findings <"$scratch/$1" >"$scratch/found"
	awk -F '\t' -v tool="$1" '$1 == tool { print $2 "\t" $3 }' "$accepted" | sort -u >"$scratch/known"
	empty "$1: nothing is found" "$(comm -23 "$scratch/found" "$scratch/known")"
	empty "$1: what $accepted allows is still found" "$(comm -13 "$scratch/found" "$scratch/known")"
}

# there TOOL NEEDED...: its own version is the one that the fixture is of.
there() {
	local tool=$1 version=$2
	shift 2
	[[ -z $wanted || " $wanted " == *" $tool "* ]] || return 1
	if ! "$@" 2>/dev/null | grep -q "$version"; then
		skip "$tool" "there is no $tool $version, which $accepted is of"
		return 1
	fi
}

# Its search for leaks loses sight of what is kept in a struct; the sanitizers' own suite sees leaks when they happen.
if there gcc '^12' gcc -dumpversion; then
	"$MAKE" -k -j"$jobs" BUILD="$scratch/gcc.build" CC=gcc CFLAGS='-O1 -g -fanalyzer -Wno-analyzer-malloc-leak' WERROR= all \
		>"$scratch/gcc" 2>&1 || true
	ok "gcc: all of it was built" test -x "$scratch/gcc.build/fcapinspect"
	check gcc
fi

if there clang-tidy 'version 14' clang-tidy --version; then
	printf '%s\n' "${sources[@]}" | xargs -P "$jobs" -n 8 clang-tidy --quiet -p "$scratch" >"$scratch/clang-tidy" 2>&1 ||
		true
	ok "clang-tidy: it could read all of them" lacks 'clang-diagnostic-error' "$scratch/clang-tidy"
	check clang-tidy
fi

# What it does not know of: macros of jansson's.
if there cppcheck ' 2\.10' cppcheck --version; then
	cat >"$scratch/cppcheck.cfg" <<-'END'
		<?xml version="1.0"?>
		<def format="2">
		<define name="json_array_foreach(array, i, value)" value="for (i = 0; i &lt; json_array_size(array) &amp;&amp; (value = json_array_get(array, i)); i++)"/>
		<define name="json_object_foreach(object, key, value)" value="for (; (key = next_of(object)) &amp;&amp; (value = json_object_get(object, key));)"/>
		</def>
	END
	cppcheck -j"$jobs" --quiet --std=c11 --enable=warning,performance,portability --library="$scratch/cppcheck.cfg" \
		--suppress=missingIncludeSystem "${flags[@]}" -D__linux__ "${sources[@]}" >"$scratch/cppcheck" 2>&1
	check cppcheck
fi

# Where bytes become numbers by code of our own. It does not know all of what headers of the C library use.
if there sparse '0\.6' sparse --version; then
	for source in {lib,form,tar}/*.c disk/erofs*.c; do
		sparse -Wall -Wno-decl -std=c11 "${flags[@]}" "$source"
	done >"$scratch/sparse" 2>&1
	check sparse
fi

finish
