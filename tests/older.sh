#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tools do to a tree where a kernel may lack the calls that they ask first: there and back, and without /proc.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

if ! can_give; then
	skip "trees on an older kernel" "the attribute cannot be set here"
	finish
	exit
fi

t=$scratch/tree j=$scratch/journal
old="base=v3:100000 nested=v3:101000 sub/deep=v3:100000 v2=v2"
new="base=v3:150000 nested=v3:151000 sub/deep=v3:150000 v2=v2"

# begin: the tree as it was, and links and other kinds that have nothing
begin() {
	rm -rf "$t" "$j"
	plant "$t" base=v3:100000 nested=v3:101000 v2=v2 none=- sub/deep=v3:100000
	ln -s base "$t/link"
	mkfifo "$t/fifo"
}

# listed: what fcapinspect says of the tree
listed() {
	echo "${out//$t\//}" | sort | tr '\n' ';'
}

# --------------------------------- there and back --------------------------

begin
gives "a tree" 0 fcapinspect "$t"
caps="cap_net_raw=ep"
same "a tree is listed" "base $caps [rootid=100000];nested $caps [rootid=101000];sub/deep $caps [rootid=100000];v2 $caps;" \
	"$(listed)"

gives "there" 0 fcapconvert --map-from=0:100000:65536 --map-to=0:150000:65536 "--journal=$j" "$t"
same "it is there" "$new" "$(tree "$t")"
gives "and back" 0 fcapconvert --undo="$j"
same "it is back" "$old" "$(tree "$t")"

fcapinspect --format=getfattr "$t" >"$scratch/dump"
gives "to revision 2" 0 fcapconvert --to=2 --allow-widen "$t"
same "it is of revision 2" "base=v2 nested=v2 sub/deep=v2 v2=v2" "$(tree "$t")"
gives "a dump is restored" 0 fcapset --restore="$scratch/dump" --root=/
same "it is as the dump has it" "$old" "$(tree "$t")"

gives "set" 0 fcapset cap_net_raw=ep "$t/none"
same "it is set" "$old" "$(tree "$t" | sed 's/none=v2 //')"
gives "removed" 0 fcapset --remove "$t/none" "$t/v2"
same "it is removed" "${old% v2=v2}" "$(tree "$t")"
gives "nothing to remove" 3 fcapset --remove "$t/none"

# ----------------------------------- without /proc -------------------------

# Since 6.13 a file is asked by its directory and name; before, by a descriptor and its link in /proc.
asks_by_name() {
	[ "$(printf '6.13\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.13 ]
}

without_proc() {
	# shellcheck disable=SC2016 # another shell's
	unshare -m sh -c 'umount -l /proc && exec "$@"' sh "$@"
}

begin
if asks_by_name; then
	gives "without /proc" 0 without_proc fcapinspect "$t/base"
	same "without /proc it is read" "base cap_net_raw=ep [rootid=100000];" "$(listed)"
else
	gives "without /proc" 3 without_proc fcapinspect "$t"
	same "without /proc nothing is made up" "" "$out"
	for file in base nested v2 none sub/deep; do
		says "without /proc $file is told of" "$t/$file: ENOSYS: /proc is needed to read it; mount it"
	done
	gives "a conversion without /proc" 3 without_proc fcapconvert --to=2 --allow-widen "$t"
	same "a conversion without /proc changes nothing" "$old" "$(tree "$t")"
fi
finish
