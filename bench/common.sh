# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# What the parts of bench/run share: a place for files, measurements as tables, their results.

: "${BUILD:?}" "${COUNT:?}" "${RUNS:?}"
results=$BUILD/bench/results
inspect=$BUILD/fcapinspect
# What a measurement with a cold cache begins with. The cache of a host stays as it is.
drop='--prepare=sync; echo 3 >/proc/sys/vm/drop_caches'

# ------------------------------ a place for files ---------------------------

capable=$((COUNT / 60))
tree=

clean_up() {
	umount -R "$scratch/mnt" 2>/dev/null || true
	rm -rf "$scratch"
}

is_root() {
	[ "$(id -u)" = 0 ]
}

# An ext4 image with room for what all parts make, inodes for a million files and more.
mount_image() {
	truncate -s 6G "$scratch/image" &&
		mke2fs -q -t ext4 -b 4096 -N 1600000 -E lazy_itable_init=1,nodiscard "$scratch/image" &&
		mount -o loop "$scratch/image" "$scratch/mnt"
}

mount_scratch() {
	if ! is_root; then
		echo "bench: not root: a plain directory without capabilities, on whatever $BUILD is on" >&2
		capable=0
	elif [ -z "${private:-}" ] || ! mount_image; then
		echo "bench: no image can be mounted here: a plain directory, on whatever $BUILD is on" >&2
	fi
}

# The tree of the walk and of the conversion, planted for the first of them.
plant_tree() {
	tree=$scratch/mnt/tree
	[ ! -d "$tree" ] || return 0
	echo "planting $COUNT files, $capable of them with a capability" >&2
	"$BUILD/bench/plant" "$tree" "$COUNT" "$capable"
	sync
}

floor_there() {
	"$BUILD/bench/floor" "$1" >/dev/null 2>&1 && return
	echo "bench: no floor: this kernel has no listxattrat(2), 6.13 is the first" >&2
	return 1
}

has() {
	command -v "$1" >/dev/null 2>&1
}

# -------------------------------- measurements ------------------------------

load() {
	cut -d ' ' -f 1 /proc/loadavg
}

# rows [OPTION]... NAME COMMAND...: rows for the next table. What is before a colon in a name is the name of a group; the
# others of a group are compared with its first one.
rows() {
	"$BUILD/bench/measure" "--runs=$RUNS" "$@" >>"$scratch/rows"
}

# table ID TITLE: the rows that were measured become a table.
table() {
	jq -cRn --arg id "$1" --arg title "$2" --argjson load "$(load)" '{$id, $title, $load, rows: [inputs | split("\t")
		| [["name", "seconds", "cpu", "least", "most", "peak_kib", "runs"], [.[0], (.[1:][] | tonumber)]] | transpose
		| map({key: .[0], value: .[1]}) | from_entries]}' "$scratch/rows" >>"$scratch/tables"
	: >"$scratch/rows"
}

# goal ID faster|slower BOUND NAME PEER...: NAME is to be at least BOUND times as fast as the best of the peers, or to take
# at most BOUND times as long.
goal() {
	jq -cn '$ARGS.positional | {goal: .[0], kind: .[1], bound: (.[2] | tonumber), name: .[3], peers: .[4:]}' \
		--args "$@" >>"$scratch/tables"
}

begin_part() {
	: >"$scratch/rows"
	: >"$scratch/tables"
	started="$(load)"
	echo "measuring $1" >&2
}

end_part() {
	jq -n --arg part "$part" --arg date "$(date -u +%F)" --argjson files "$COUNT" --argjson runs "$RUNS" \
		--argjson before "$started" --argjson after "$(load)" '
		[inputs] as $all | {$part, $date, $files, $runs, load: [$before, $after], tables: [$all[] | select(.rows)
			| . as $table | .goals = [$all[] | select(.goal == $table.id)]]}' \
		"$scratch/tables" >"$results/$part.json"
	jq -r -L bench --arg style text -f bench/report.jq "$results/$part.json"
}

# ---------------------------------- results ---------------------------------

version_of() {
	"$@" 2>/dev/null | head -n 1
}

machine() {
	jq -n --arg processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" --argjson processors "$(nproc)" \
		--arg kernel "$(uname -sr)" --arg compiler "$(version_of "${CC:-cc}" --version)" \
		--arg libcap "$(version_of pkg-config --modversion libcap)" --arg bfs "$(version_of bfs --version)" \
		--arg bsdtar "$(version_of bsdtar --version)" --arg tar "$(version_of tar --version)" \
		'$ARGS.named'
}

# All parts in the order in which they are told.
measured() {
	for part in "${usual[@]}" "${by_name[@]}"; do
		[ ! -f "$results/$part.json" ] || echo "$results/$part.json"
	done
}

join_results() {
	mapfile -t files < <(measured)
	jq -s --argjson machine "$(machine)" '{$machine, parts: .}' "${files[@]}" >"$BUILD/bench/result.json"
}

# What is between the two marks is written anew.
update_readme() {
	local new=$BUILD/bench/README.md

	mapfile -t files < <(measured)
	{
		sed '/^<!-- results -->$/q' bench/README.md
		echo
		machine | jq -r '"On Linux \(.kernel | sub("Linux "; "")), \(.processors) processors (\(.processor)); \(.compiler); " +
			"libcap \(.libcap); \(.bfs); \(.bsdtar); \(.tar)."'
		jq -r --arg style markdown -f bench/report.jq "${files[@]}"
		sed -n '/^<!-- end of results -->$/,$p' bench/README.md
	} >"$new"
	cp "$new" bench/README.md
	[ ! -f "$results/growth.json" ] || python3 bench/growth.py "$results/growth.json" >bench/growth.svg
}
