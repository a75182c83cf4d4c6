# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# How time and memory grow with the files of a tree: from 10,000 to a million, where GROWTH does not say otherwise.

bench_growth() {
	local number before=0 tree=$scratch/mnt/growth

	mkdir "$tree"
	for number in ${GROWTH:-10000 30000 100000 300000 1000000}; do
		"$BUILD/bench/plant" "$tree/$number" $((number - before)) $((capable ? (number - before) / 60 : 0))
		before=$number
		sync
		rows "--runs=$(((RUNS + 1) / 2))" "$number files: fcapinspect -j1" "$inspect -j1 $tree" \
			"$number files: fcapinspect -j2" "$inspect -j2 $tree" "$number files: getcap -r" "getcap -r $tree"
	done
	rm -rf "$tree"
	table growth "From few files to many"
}
