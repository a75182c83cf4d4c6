# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# Trees on whose files another attribute is: none, one in three, all. Is it better to list first, or to ask at once?

bench_labels() {
	local name label all=$((COUNT / 3))
	local tree

	if ! is_root; then
		echo "bench: no labels: only root may set them" >&2
		return
	fi
	for label in 0 3 1; do
		tree=$scratch/mnt/labels
		"$BUILD/bench/plant" "$tree" "$all" "$((capable / 3))" 0 "$label"
		sync
		name=$(case $label in 0) echo none ;; 3) echo "one in three" ;; 1) echo all ;; esac)
		rows "$name: fcapinspect -j1" "$inspect -j1 $tree" "$name: getcap -r" "getcap -r $tree" \
			"$name: floor, list" "$BUILD/bench/floor $tree" "$name: floor, get" "$BUILD/bench/floor --get $tree"
		rm -rf "$tree"
	done
	table labels "$all files, some labelled with security.selinux"
	goal labels slower 1.2 "all: fcapinspect -j1" "all: floor, list" "all: floor, get"
}
