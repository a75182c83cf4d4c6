# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# Two walks and two writes for each capable file, by the loop and by fcapconvert; the walk alone beside them.

bench_conversion() {
	local journal=$scratch/journal convert=$BUILD/fcapconvert

	[ "$capable" != 0 ] || return 0
	plant_tree
	rows "--runs=${CONVERT_RUNS:-3}" "fcapconvert" "bench/there-and-back $convert $tree" \
		"fcapconvert --journal" "JOURNAL=$journal bench/there-and-back $convert $tree" \
		"loop of getfattr and setfattr" "bench/loop $tree" \
		"fcapinspect -j1, twice" "$inspect -j1 $tree && $inspect -j1 $tree"
	table conversion "$capable files to revision 3 and back, among $COUNT"
}
