#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names change their meaning while trees are converted and restored: nothing outside them is ever written.
# RACE_SECONDS: how long each tool runs; 5 by default.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

if ! can_give; then
	skip "races" "the attribute cannot be set here"
	finish
	exit
fi

seconds=${RACE_SECONDS:-5}
swap=$(realpath "$BUILD")/tests/helper_swap
t=$scratch/tree out=$scratch/outside
pid=

# Outside is the same tree, all of it convertible: whoever went there would change it.
for root in "$t" "$out"; do
	for dir in one two/deep; do plant "$root/$dir" a=v3:100000 b=v3:101000 c=v2; done
	plant "$root/still" file=v3:100000 first=v3:100000 second=v3:101000 chowned=v3:100000 also=v3:100000
done
ln -s "$out/one" "$t/one.link"
ln -s "$out/two" "$t/two.link"
ln -s "$out/two/deep" "$t/deep.link"
ln -s "$out/still/file" "$t/still/file.link"
pairs=("$t/one" "$t/one.link" "$t/two" "$t/two.link" "$t/still/file" "$t/still/file.link"
	"$t/still/first" "$t/still/second" "$t/still/also" "$t/still/chowned")

outside() {
	tree "$out"
	times "$out"
}
before=$(outside)

# race WHAT COMMAND: for some time, while names are swapped; it says where it ended otherwise than with 0 or 3.
race() {
	local what=$1 run=$2 runs=0 status bad="" incomplete=0 end
	"$swap" $((seconds + 60)) "${pairs[@]}" >"$scratch/swaps" &
	pid=$!
	end=$((SECONDS + seconds))
	while ((SECONDS < end)); do
		status=0
		$run >"$scratch/.out" 2>"$scratch/.err" || status=$?
		runs=$((runs + 1))
		case $status in
		0) ;;
		3) incomplete=$((incomplete + 1)) ;;
		*) bad+="exit $status: $(tail -n 3 "$scratch/.err")"$'\n' ;;
		esac
	done
	ok "$what: the names were swapped all the time" kill "$pid"
	wait "$pid" || true
	pid=
	empty "$what: it ends with 0 or 3" "$bad"
	same "$what: nothing outside is written" "$before" "$(outside)"
	ok "$what: it ran more than once" test "$runs" -gt 1
	echo "$what: $runs runs, $incomplete with something named, $(tail -n 1 "$scratch/swaps") swaps"
}
trap '[ -z "$pid" ] || kill "$pid"; clean_up' EXIT

there() {
	local status=0
	rm -f "$scratch/there" "$scratch/back"
	fcapconvert -q --map-from=0:100000:65536 --map-to=0:200000:65536 "--journal=$scratch/there" "$t" || status=$?
	[ $status = 0 ] || [ $status = 3 ] || return $status
	fcapconvert -q --map-from=0:200000:65536 --map-to=0:100000:65536 "--journal=$scratch/back" "$t"
}
race "migrating there and back" there

undone() {
	local status=0
	rm -f "$scratch/there"
	fcapconvert -q --map-from=0:100000:200000 --map-to=0:100001:200000 "--journal=$scratch/there" "$t" || status=$?
	[ $status = 0 ] || [ $status = 3 ] || return $status
	fcapconvert -q --undo="$scratch/there"
}
race "migrating and undoing" undone

for file in one/a one/b two/deep/a two/deep/b still/file still/first still/second still/also; do
	printf '# file: %s\n%s=%s\n\n' "$file" $attribute "$(bytes v3:100007)"
done >"$scratch/dump"
restored() {
	fcapset -q --replace --allow-widen --restore="$scratch/dump" --root="$t"
}
race "restoring" restored

inside() {
	fcapset -q --userns=0:0:200000 --replace --allow-widen --restore="$scratch/dump" --root="$t"
}
race "restoring from a namespace" inside

finish
