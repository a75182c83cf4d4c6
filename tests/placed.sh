#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images changed in place, killed at the exit of system calls (which is the entry of the next) and with calls that
# fail: the same command makes the rest of it, and --undo the first bytes. Counts calls, not checks.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"
# shellcheck source=tests/kills.sh
. tests/kills.sh

reason=
for tool in mke2fs debugfs e2fsck strace jq; do
	command -v $tool >/dev/null || reason=${reason:-"$tool is not installed"}
done
"$BUILD/fcapinspect" --format=json --capabilities | grep '"ext4"' >/dev/null || reason=${reason:-"built without libext2fs"}
[ -n "$reason" ] || can_kill || reason="ptrace is not allowed here"
if [ -n "$reason" ]; then
	skip "images changed in place" "$reason"
	finish
	exit
fi

# --------------------------------- an image --------------------------------

# Values in inodes, in blocks of their own and in one that inodes share: blocks of all kinds change.
# Each run waits for its disk several times.
t=$scratch/images
mkdir "$t"
[ -z "${VFSCAP_PRIVATE:-}" ] || mount -t tmpfs -o size=64m images "$t" || true
image=$t/image j=$t/journal
echo "an ordinary file" >"$t/data"
bytes v3:100000 | sed 's/../\\x&/g; s/\\x0x//' | xargs -0 printf '%b' | head -c 24 >"$t/value"
truncate -s 4M "$image"
mke2fs -q -F -t ext4 -I 128 -b 1024 -O ^has_journal "$image" >/dev/null 2>&1
for i in 1 2 3 4 5 6 7 8; do
	printf 'write %s f%d\nsif f%d mode 0100755\n' "$t/data" "$i" "$i"
	[ "$i" = 8 ] || printf 'ea_set -f %s f%d security.capability\n' "$t/value" "$i"
done | debugfs -w -f - "$image" >/dev/null 2>&1
same "the image" 7 "$(fcapinspect "$image" | grep -c 'rootid=100000')"
ok "the image: e2fsck" e2fsck -fn "$image"
cp --sparse=always "$image" "$t/old"

convert=(fcapconvert -q --map-from=0:100000:65536 --map-to=0:150000:65536 --in-place "--journal=$j" "ext4:$image")
set=(fcapset -q "--in=ext4:$image" --in-place "--journal=$j" cap_chown=ep f8 -r f1)

# To the byte the old one; the new one has the time at which it was made.
is_old() {
	cmp "$image" "$t/old"
}
values() {
	fcapinspect -a --format=json "ext4:$image" | jq -c '[.inode, .path, .value]'
}
is_new() {
	diff "$t/values" <(values) && e2fsck -fn "$image"
}

as_before() {
	rm -f "$j"
	is_old >/dev/null || cp --sparse=always "$t/old" "$image"
}

# A journal that was not begun is not needed either.
undo() {
	[ ! -e "$j" ] || fcapconvert -q --undo="$j" || ! grep -q ^end "$j"
}

# either COMMAND...: from here, done to the end, and done to the end and undone, and undone at once
either() {
	cp --sparse=always "$image" "$t/half"
	[ ! -e "$j" ] || cp -p "$j" "$t/half.journal"
	"$@" && is_new && undo && is_old || return
	cp --sparse=always "$t/half" "$image"
	rm -f "$j"
	[ ! -e "$t/half.journal" ] || mv "$t/half.journal" "$j"
	undo && is_old
}

after_kill() {
	shift 2
	either "$@"
}

# whole COMMAND...: makes $t/new and $t/values of it, and $few
whole() {
	as_before
	strace -o "$scratch/trace" "$@"
	cp --sparse=always "$image" "$t/new"
	few=$(grep -a -n -m 1 LOCK_EX "$scratch/trace" | cut -d : -f 1)
	values >"$t/values"
	ok "e2fsck" e2fsck -fn "$image"
	ok "it changes something" test "$(cmp -l "$t/old" "$image" | wc -l)" -gt 20
	ok "its journal is written in pieces" test "$(grep -c '^block' "$j")" -gt 4
}

# --------------------------------- killed ----------------------------------

prepare() {
	as_before
}
whole "${set[@]}"
every exit "values set" after_kill "${set[@]}"
whole "${convert[@]}"
every exit "a conversion" after_kill "${convert[@]}"

# Killed while it goes on, and while it is undone.
as_before
"${convert[@]}"
cp --sparse=always "$image" "$t/new"
grep -v '^done' "$j" >"$t/begun"
at=$(awk -F '\t' '$1 == "block" { print $2 / 512; n++ } n == 3 { exit }' "$j" | tail -n 1)
prepare() {
	cp --sparse=always "$t/old" "$image"
	dd if="$t/new" of="$image" bs=512 count=$((at + 1)) conv=notrunc status=none
	cp "$t/begun" "$j"
}
every exit "going on" after_kill "${convert[@]}"
prepare() {
	cp --sparse=always "$t/new" "$image"
	cp "$t/begun" "$j"
	echo "done" >>"$j"
}
after_undoing() {
	is_old >/dev/null || undo && is_old || return
	rm "$j"
	"${convert[@]}" && is_new
}
every exit "undoing" after_undoing fcapconvert -q --undo="$j"

# --------------------------------- failures --------------------------------

# told STATUS: it is done, or it is said that it is not, and what to do about what was changed
told() {
	case $1 in
	0) is_new ;;
	3) is_old || { grep -q -e '--undo' "$scratch/.out" && ! grep -q 'nothing was' "$scratch/.out"; } ;;
	*) return 1 ;;
	esac
}

# fails CALL ERROR COMMAND...: each one of these calls in its turn
fails() {
	local call=$1 error=$2 n count=0 status
	shift 2
	for ((n = 1; ; n++)); do
		as_before
		status=0
		strace -o "$scratch/trace" -e "trace=$call" -e "inject=$call:error=$error:when=$n" "$@" \
			>"$scratch/.out" 2>&1 || status=$?
		grep -q INJECTED "$scratch/trace" || break
		[ "$status" != 127 ] || continue # it was not loaded
		count=$((count + 1))
		told "$status" >"$scratch/.said" 2>&1 && either "$@" >>"$scratch/.said" 2>&1 && continue
		failed=$((failed + 1))
		echo "FAILED: $call number $n fails with $error: status $status"
		sed 's/^/    /' "$scratch/.out" "$scratch/.said"
	done
	ok "$call is called" test "$count" -ge 1
	passed=$((passed + count))
	total=$((total + count))
}
total=0
for call in write pwrite64 fsync; do
	fails $call EIO "${convert[@]}"
done
fails write ENOSPC "${convert[@]}"
fails pwrite64 ENOSPC "${convert[@]}"
fails pread64 EIO "${convert[@]}"
fails ftruncate EROFS "${convert[@]}"
echo "$total calls failed"

finish
