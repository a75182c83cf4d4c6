# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# LEVELS directories in one another, and ENTRIES names in one directory, on tmpfs: with 128 descriptors.

# extreme SHAPE COUNT: the last entry must be found.
extreme() {
	local shape=$1 count=$2 at=$scratch/extreme
	local limits="ulimit -n 128;"

	mkdir "$at"
	mount -t tmpfs -o nr_inodes=0,size=1g none "$at"
	"$BUILD/bench/plant_odd" "$shape" "$at" "$count"
	[ "$("$inspect" --quiet --null "$at" | tr '\0' '\n' | grep -c '/capable$')" = 1 ]
	rows --warmup=0 "$shape, $count: fcapinspect -j1" "$limits $inspect -j1 $at" \
		"$shape, $count: fcapinspect -j2" "$limits $inspect -j2 $at"
	umount "$at"
	rmdir "$at"
}

bench_extremes() {
	if ! is_root; then
		echo "bench: no tmpfs: it takes root to mount one" >&2
		return
	fi
	extreme deep "${LEVELS:-100000}"
	extreme wide "${ENTRIES:-10000000}"
	table extremes "Deep and wide, with 128 descriptors"
}
