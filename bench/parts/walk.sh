# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# A tree: against those who walk one too, and against the bare loops of system calls that a walk cannot do without.

walkers() {
	walk=("fcapinspect -j1" "$inspect -j1 $tree" "fcapinspect -j2" "$inspect -j2 $tree" "fcapinspect" "$inspect $tree"
		"getcap -r" "getcap -r $tree")
	! has filecap || walk+=("filecap" "filecap $tree")
	! has bfs || walk+=("bfs -capable" "bfs $tree -capable")
	! has getfattr || walk+=("getfattr -R" "getfattr -R -P -h -d --absolute-names -m '^security\.capability\$' $tree")
	! floor_there "$tree" || walk+=("floor, list" "$BUILD/bench/floor $tree" "floor, get" "$BUILD/bench/floor --get $tree")
}

bench_walk() {
	local walk

	plant_tree
	walkers
	rows "${walk[@]}"
	table walk "A walk of $COUNT files, $capable with a capability"
	goal walk slower 1.15 "fcapinspect -j1" "floor, list" "floor, get"
	goal walk slower 0.6 "fcapinspect -j2" "fcapinspect -j1"
	goal walk faster 4 "fcapinspect -j2" "getcap -r"
	goal walk faster 5 "fcapinspect -j2" filecap "bfs -capable"

	# Next to nothing takes many runs to tell from nothing.
	rows "--runs=$((RUNS * 5))" "never" "$inspect -j1 --progress=never $tree" "always" "$inspect -j1 --progress=always $tree 2>/dev/null"
	table progress "What --progress costs"
	goal progress slower 1.01 always never

	is_root || return 0
	rows "--runs=$(((RUNS + 1) / 2))" --warmup=0 "$drop" "${walk[@]}"
	table cold "The same walk, from a cold cache"
}
