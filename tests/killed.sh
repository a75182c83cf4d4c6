#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at every system call, before and after it: a migration, a restoration, a report, archives. Counts calls, not
# checks.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

# shellcheck source=tests/kills.sh
. tests/kills.sh

if ! can_give; then
	skip "being killed" "the attribute cannot be set here"
	finish
	exit
fi
if ! can_kill; then
	skip "being killed" "ptrace is not allowed here"
	finish
	exit
fi

t=$scratch/tree j=$scratch/journal
files=(v2 base nested third sub/deep sub/also none)
plant "$t" v2=v2 base=v3:100000 nested=v3:101000 third=v3:165535 none=-
plant "$t/sub" deep=v3:100000
ln "$t/base" "$t/sub/also"

# look: what the files hold into $now, a line each. Builtins from there on, for it is done some thousand times.
look() {
	now=$(cd "$t" && getfattr -h -m "^$attribute\$" -e hex -d "${files[@]}")
}

# is old|new
is() {
	look
	[ "$now" = "${!1}" ] || {
		diff -u --label "$1" --label now <(echo "${!1}") <(echo "$now")
		return 1
	}
}

# mixed: each file has its old value or its new one.
mixed() {
	local was becomes is i
	look
	mapfile -t was <<<"$old"
	mapfile -t becomes <<<"$new"
	mapfile -t is <<<"$now"
	for i in "${!is[@]}"; do
		[ "${is[i]}" = "${was[i]:-}" ] || [ "${is[i]}" = "${becomes[i]:-}" ] || {
			echo "neither old nor new: ${is[i]}"
			return 1
		}
	done
	[ ${#is[@]} = ${#was[@]} ]
}

# --------------------------------- a migration -----------------------------

migrate=(fcapconvert -q --map-from=0:100000:65536 --map-to=0:150000:65536 "--journal=$j" "$t")

# A journal that was not begun is not needed either.
undo() {
	fcapconvert -q --undo="$j" || ! grep -q ^file "$j"
}

prepare() {
	is old >/dev/null || fcapconvert -q --undo="$j"
	rm -f "$j"
}

look
old=$now
"${migrate[@]}"
look
new=$now
fcapconvert -q --undo="$j"
ok "undone without being killed" is old

after_migration() {
	local n=$1 when=$2
	shift 2
	mixed || return
	undo && is old || return
	# Once more, to go on from there. The last calls are not always as many, with threads and time: then it has ended.
	rm -f "$j"
	"$killed" "$n" "$when" "$@" || [ $? = 1 ] || return
	"$@" && is new || return
	fcapconvert -q --undo="$j" && is old
}
every "entry exit" "a migration" after_migration "${migrate[@]}"

# Of batches that hold three changes at most, so that they end within the tree.
small=(prlimit --nofile=12 "${migrate[@]}")
if "${small[@]}"; then
	fcapconvert -q --undo="$j"
	few=150
	every entry "a migration in small batches" after_migration "${small[@]}"
	few=0
else
	skip "a migration in small batches" "it takes more descriptors here"
fi

# --------------------------------- undoing it ------------------------------

prepare() {
	is new >/dev/null || "${migrate[@]}"
}

after_undoing() {
	mixed || return
	fcapconvert -q --undo="$j" && is old || return
	"${migrate[@]}" && is new
}
every entry "undoing" after_undoing fcapconvert -q --undo="$j"

# --------------------------------- a restoration ---------------------------

prepare() {
	is old >/dev/null || fcapset -q --restore="$scratch/dump.old" --root=/
}
as_dump() {
	fcapinspect --format=getfattr "$t"
}
"${migrate[@]}"
as_dump >"$scratch/dump"
fcapconvert -q --undo="$j"
as_dump >"$scratch/dump.old"
restore=(fcapset -q --restore="$scratch/dump" --root=/)

after_restoration() {
	shift 2
	mixed || return
	"$@" && is new
}
every "entry exit" "a restoration" after_restoration "${restore[@]}"

# --------------------------------- a report --------------------------------

# What a kill leaves beside the target is no target.
prepare() {
	rm -f "$scratch"/report/.[!.]*
	echo "the old report" >"$scratch/report/target"
}
mkdir "$scratch/report"
fcapinspect --format=json "$t" >"$scratch/report.new"

after_report() {
	local target=$scratch/report/target
	[ "$(cat "$target")" = "the old report" ] || cmp "$target" "$scratch/report.new"
}
every "entry exit" "a report" after_report fcapinspect --format=json -o "$scratch/report/target" --force "$t"

# --------------------------------- archives --------------------------------

a=$scratch/archive.tar
if [[ $(tar --version) != *"GNU tar"* ]]; then
	skip "archives" "tar is another one than GNU's"
	finish
	exit
fi
mkdir "$scratch/packed"
tar --format=pax --sort=name --xattrs --xattrs-include="$attribute" -cf "$a" -C "$t" v2 base nested third
gzip -c <"$a" >"$a.gz"

# What is killed leaves the old output or none, or the new one: all of it.
prepare() {
	rm -f "$scratch"/packed/.[!.]* "$scratch/packed/out"
	[ -z "$old" ] || echo "$old" >"$scratch/packed/out"
}

after_packing() {
	local target=$scratch/packed/out
	if [ -e "$target" ]; then
		[ "$(tr -d '\0' <"$target")" = "$old" ] || cmp "$target" "$scratch/packed.new"
	else
		[ -z "$old" ]
	fi
}

# packs WHAT WHENS OLD COMMAND...: OLD is what stands there, and --force replaces it.
packs() {
	local what=$1 whens=$2
	old=$3
	shift 3
	prepare
	"$@"
	mv "$scratch/packed/out" "$scratch/packed.new"
	every "$whens" "$what" after_packing "$@"
}
convert=(fcapconvert -q --to=3 --rootid=7 --replace-rootid --allow-widen)
set=(fcapset -q --caps=cap_chown=ep --allow-widen)
packs "an archive converted" "entry exit" "" "${convert[@]}" "tar:$a" -o "$scratch/packed/out"
packs "an archive over an old one" entry "the old archive" "${convert[@]}" --force "tar:$a" -o "$scratch/packed/out"
packs "a compressed archive" entry "the old archive" "${convert[@]}" --force "tar:$a.gz" -o "$scratch/packed/out"
packs "members set" "entry exit" "" "${set[@]}" "--in=tar:$a" -o "$scratch/packed/out" v2 base
packs "members set over an old one" entry "the old archive" "${set[@]}" -f "--in=tar:$a" -o "$scratch/packed/out" v2 base

finish
