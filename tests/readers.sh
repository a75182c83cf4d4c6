#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What readers of tar make of odd archives: readers.sh [--update]. Each recipe in tests/fixtures/tar is unpacked by GNU
# tar and bsdtar and read by Go and Python; the table of it is to be readers.tsv. --update writes that anew.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

export PATH=$PATH:/usr/sbin:/sbin
umask 022
fixtures=tests/fixtures/tar
table=$fixtures/readers.tsv
readers=(gnu bsd go python)

# That of the distribution, where there are several: releases differ in what records they take.
python=/usr/bin/python3
[ -x "$python" ] || python=python3

# ------------------------------ which readers ------------------------------

version_of() {
	case $1 in
	gnu) tar --version | sed -n '1s/.* //p' ;;
	bsd) bsdtar --version | cut -d ' ' -f 2 ;;
	go) go version | sed -E 's/.* go([0-9]+\.[0-9]+).*/\1/' ;;
	python) "$python" -c 'import sys, tarfile; strict = hasattr(tarfile, "_header_length_prefix_re")
print("%d.%d" % sys.version_info[:2] + ("strict" if strict else "lax"))' ;;
	esac
}

program_of() {
	case $1 in
	gnu) echo tar ;;
	bsd) echo bsdtar ;;
	go) echo go ;;
	python) echo "$python" ;;
	esac
}

# The reasons not to compare a reader; nothing where there are none.
why_not() {
	local measured
	if ! command -v "$(program_of "$1")" >/dev/null; then
		echo "$(program_of "$1") is not installed"
	elif [ "$1" = gnu ] && [[ $(tar --version) != *"GNU tar"* ]]; then
		echo "tar is another one than GNU's"
	elif [ -z "$update" ]; then
		measured=$(sed -n "1s/.* $1=\([^ ]*\).*/\1/p" "$table")
		[ "$measured" = "$(version_of "$1")" ] || echo "measured with $measured, here is $(version_of "$1")"
	fi
}

# ------------------------------- running them ------------------------------

# unpack READER NAME: the trace, the exit status and the tree of one archive.
unpack() {
	local top=$scratch/$1/$2 archive=$scratch/archives/$2.tar status=0 command
	case $1 in
	gnu) command=(tar --xattrs --xattrs-include='*' -x -f) ;;
	bsd) command=(bsdtar -x -p --xattrs -f) ;;
	esac
	mkdir "$top"
	(
		cd "$top"
		exec timeout 20 strace -f --seccomp-bpf -y -xx -s 100 -o "$top.trace" \
			-e trace=setxattr,lsetxattr,fsetxattr,unlink,unlinkat,rmdir "${command[@]}" "$archive"
	) >"$top.log" 2>&1 </dev/null || status=$?
	echo "$status" >"$top.status"
}

unpack_all() {
	while [ $# != 0 ]; do
		unpack "$1" "$2"
		shift 2
	done
}
export -f unpack unpack_all

run_go() {
	GOCACHE=$scratch/cache GO111MODULE=off GOFLAGS=-mod=mod \
		go build -o "$scratch/readtar" tests/readtar.go && "$scratch/readtar" "$@" >"$scratch/go"
}

run_python() {
	"$python" tests/readtar.py "$@" >"$scratch/python"
}

measure() {
	local reader name
	mkdir "$scratch/archives" "$scratch/gnu" "$scratch/bsd"
	"$python" tests/maketar.py -d "$scratch/archives" "$fixtures"/*.recipe
	touch "$scratch/go" "$scratch/python"
	[[ " ${present[*]} " != *" go "* ]] || run_go "$scratch"/archives/*.tar
	[[ " ${present[*]} " != *" python "* ]] || run_python "$scratch"/archives/*.tar
	for reader in gnu bsd; do
		for name in "$scratch"/archives/*.tar; do
			echo "$reader" "$(basename "$name" .tar)"
		done
	done | scratch=$scratch xargs -P "$(nproc)" -n 40 bash -c 'unpack_all "$@"' -
	"$python" tests/readtraces.py "$scratch" >"$scratch/rows"
}
heading() {
	local reader
	printf '# measured with'
	for reader in "${readers[@]}"; do
		printf ' %s=%s' "$reader" "$(version_of "$reader")"
	done
	printf '\nfixture\tpath\tgnu\tbsd\tgo\tpython\n'
}

# --------------------------------- comparing -------------------------------

# Before a security update, Python took negative sizes.
negative=' bad-size-negative bad-size-record-negative '
taken=''
look_at_python() {
	[[ " ${present[*]} " == *" python "* ]] || return 0
	"$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).getnames()' \
		"$scratch/archives/bad-size-negative.tar" >/dev/null 2>&1 || return 0
	taken=$negative
	skip "python of two archives" "it is one that takes negative sizes"
}

# One archive, all readers that are here.
compare_fixture() {
	local name=$1 reader column=2 columns=''
	for reader in "${readers[@]}"; do
		column=$((column + 1))
		[[ " ${present[*]} " == *" $reader "* ]] || continue
		[[ "$reader $taken" == "python "*" $name "* ]] && continue
		columns+=" $column"
	done
	ok "$name" diff -u --label "readers.tsv" --label got \
		<(chosen "$name" "$columns" "$table") <(chosen "$name" "$columns" "$scratch/rows")
}

# chosen NAME COLUMNS FILE: what the table has of the archive in these columns, but for paths that none of them has.
chosen() {
	awk -F '\t' -v name="$1" -v columns="$2" 'BEGIN { n = split(columns, column, " ") }
		$1 != name { next }
		{
			line = $2
			known = 0
			for (i = 1; i <= n; i++) {
				line = line "\t" $column[i]
				known += $column[i] != "absent"
			}
			if (known) print line
		}' "$3"
}

update=
case ${1:-} in
--update) update=1 ;;
esac

for tool in "$python" strace; do
	command -v "$tool" >/dev/null && continue
	skip "all archives" "$tool is not installed"
	finish
	exit
done
if [ "$(id -u)" != 0 ]; then
	skip "all archives" "only root may set capabilities"
	finish
	exit
fi

present=()
for reader in "${readers[@]}"; do
	why=$(why_not "$reader")
	if [ -n "$why" ]; then
		skip "$reader" "$why"
	else
		present+=("$reader")
	fi
done

measure
if [ -n "$update" ]; then
	{ heading && cat "$scratch/rows"; } >"$table"
	passed=1
else
	look_at_python
	for recipe in "$fixtures"/*.recipe; do
		compare_fixture "$(basename "$recipe" .recipe)"
	done
fi
finish
