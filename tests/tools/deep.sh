# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Trees that are deep, wide, or change while they are read.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# 3,000 levels, more than a path can name
dig() {
	local thousand
	printf -v thousand 'd/%.0s' {1..1000}
	mkdir top
	cd -P top || return
	for _ in 1 2 3; do
		mkdir -p "$thousand" && cd -P "$thousand" || return
	done
}

# Runs of "d/" by their length
levels="awk '{ n = gsub(/d\\//, \"\"); print n, \$0 }'"

deep_tree() {
	need root
	(dig && plant "$v2" bottom)
	plant "$v3" top/first
	through "$levels" fcapinspect top
	through "$levels" with_files 80 fcapinspect top
	records '[(.path | length), (.rel | length), .text]' fcapinspect --format=json top
	t fcapconvert --to=3 --rootid=7 top
	(dig_again && bytes bottom)
	t with_files 80 fcapconvert --to=2 --allow-widen top
	(dig_again && bytes bottom)
}

dig_again() {
	local thousand
	printf -v thousand 'd/%.0s' {1..1000}
	cd -P top && cd -P "$thousand" && cd -P "$thousand" && cd -P "$thousand" || return
}

# A second branch at every tenth of 200 levels: all of it is come back to.
deep_branches() {
	need root
	local i
	(
		mkdir top && cd -P top || return
		for i in {1..200}; do
			((i % 10)) || plant "$v2" "zz$i"
			mkdir a m z
			: >"m/none"
			cd -P m || return
		done
		plant "$v3" bottom
	)
	fcapinspect top >out
	wc -l <out
	grep -c '\[rootid=100000\]$' out
	with_files 80 fcapinspect top | sort | cmp - <(sort out) && echo "the same with 80 descriptors"
}

deep_wide() {
	need root
	mkdir wide
	seq -f 'wide/file%06.0f' 20000 | xargs touch
	plant "$v2" wide/file000001 wide/file010000 wide/file020000
	sorted fcapinspect wide
	through 'wc -l' fcapinspect --all wide
	sorted with_files 20 fcapinspect wide
}

deep_many_directories() {
	need root
	mkdir wide
	seq -f 'wide/directory%04.0f' 3000 | xargs mkdir
	plant "$v2" wide/directory0001/first wide/directory3000/last
	sorted with_files 20 fcapinspect wide
}

deep_many_arguments() {
	need root
	mkdir many
	seq -f 'many/file%04.0f' 2000 | xargs touch
	cd many || return
	t with_files 20 fcapset --caps=cap_net_raw=p -- file0001 file0002
	fcapset --caps=cap_net_raw=ep -- * && fcapinspect -- * | wc -l
	(with_files 20 fcapset --caps=cap_kill=p -- *) && fcapinspect -- * | grep -c 'cap_kill=p$'
	fcapset --remove -- * && fcapinspect -- * | wc -l
}

# A long name in a long path of one call
deep_long_names() {
	need root
	local name
	printf -v name 'x%.0s' {1..255}
	mkdir -p "$name/$name"
	plant "$v2" "$name/$name/$name"
	through "awk '{ print length, \$2 }'" fcapinspect .
	printf '# file: %s\nsecurity.capability=%s\n' "$name/$name/$name" "$v3" >dump
	t fcapset --restore=dump
	through "awk '{ print length, \$2, \$3 }'" fcapinspect .
	printf '# file: %s\nsecurity.capability=%s\n' "$name/x$name" "$v3" >dump
	t fcapset --restore=dump 2>&1 | sed "s/x\{255,\}/XX/g"
}
