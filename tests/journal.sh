#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Journals of fcapconvert: format, going on, undoing; hard links and overlayfs; what fails in the middle.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

if ! can_give; then
	skip "journals" "the attribute cannot be set here"
	finish
	exit
fi

# The ranges intersect: what was converted once must not be converted again.
from=--map-from=0:100000:65536 to=--map-to=0:150000:65536
t=$scratch/tree j=$scratch/journal
old="base=v3:100000 foreign=v3:5 nested=v3:101000 sub/deep=v3:100000 v2=v2"
new="base=v3:150000 foreign=v3:5 nested=v3:151000 sub/deep=v3:150000 v2=v2"

# begin: the tree and no journal.
begin() {
	chattr -R -i "$t" 2>/dev/null || true
	rm -rf "$t" "$j"
	plant "$t" base=v3:100000 foreign=v3:5 nested=v3:101000 v2=v2 none=-
	plant "$t/sub" deep=v3:100000
}

convert() {
	fcapconvert "$from" "$to" "--journal=$j" "$t"
}

# --------------------------------- the format ------------------------------

begin
odd=$t/$'a\nb\\c\td'
mv "$t/nested" "$odd"
gives "a journal" 3 convert
says "the foreign one is named" 'tree/foreign: .*rootid 5'
same "its mode" 600 "$(stat -c %a "$j")"
same "its first line" "# vfscap journal 1" "$(head -n 1 "$j")"
same "parameters come first" "# param file" "$(cut -c 1-5 "$j" | sed 's/ .*//; s/\t.*//' | uniq | xargs)"
same "every line about a file has its fields" "8 8 8" "$(awk -F '\t' '/^file/ { print NF }' "$j" | xargs)"
same "a line" "file	$t/base	$(stat -c '%d	%i' "$t/base")	$(bytes v3:100000)	$(bytes v3:150000)	change" \
	"$(grep "/base" "$j" | cut -f 1-4,6-)"
ok "odd names are escaped" grep -Fq "$(printf '\t%s\t' "$t/a\\012b\\134c\\011d")" "$j"
ok "the generation is a number or a dash" grep -Eq '/base	[0-9]+	[0-9]+	([0-9]+|-)	' "$j"
gives "undoing odd names" 0 fcapconvert --undo="$j"
same "odd names are undone" "$(bytes v3:101000)" "$(getfattr --absolute-names -n $attribute -e hex "$odd" |
	sed -n "s/^$attribute=//p")"

begin
was=$(cd / && getfattr -h -n $attribute "${t#/}"/{base,nested,sub/deep} | grep . | sort)
convert 2>"$scratch/.err" || true
gives "a journal as a dump" 0 fcapinspect --format=getfattr "$j"
same "it holds the old values" "$was" "$(grep . <<<"$out" | sort)"
fcapinspect --format=getfattr "$j" >"$scratch/dump"
gives "the dump is restored" 0 fcapset --restore="$scratch/dump" --root=/
same "the dump restores the tree" "$old" "$(tree "$t")"

# --------------------------------- going on --------------------------------

begin
gives "the first run" 3 convert
same "the first run converts" "$new" "$(tree "$t")"
cp "$j" "$j.copy"
gives "the second run" 3 convert
same "the second run changes nothing" "$new" "$(tree "$t")"
ok "the second run writes nothing down" cmp "$j" "$j.copy"

# Killed before the last change was made: its line is whole, or half.
for cut in 0 1 10 100; do
	begin
	convert 2>"$scratch/.err" || true
	last=$(grep ^file "$j" | tail -n 1)
	setfattr -n $attribute -v "$(cut -f 6 <<<"$last")" "$(cut -f 2 <<<"$last")"
	truncate -s -$cut "$j"
	gives "going on with $cut bytes less" 3 convert
	same "going on with $cut bytes less completes" "$new" "$(tree "$t")"
	same "the journal has whole lines" "8" "$(awk -F '\t' '/^file/ { print NF }' "$j" | sort -u)"
	gives "undoing it" 0 fcapconvert --undo="$j"
	same "undoing it restores" "$old" "$(tree "$t")"
done

# Undone with a half line at its end, and twice: the journal stays readable.
begin
convert 2>"$scratch/.err" || true
printf 'file\t/half' >>"$j"
gives "undoing with a half line" 0 fcapconvert --undo="$j"
same "undoing with a half line restores" "$old" "$(tree "$t")"
gives "undoing again" 0 fcapconvert --undo="$j"
says "nothing is left to undo" ' 0 restored'

# Killed while it began: nothing was changed, the same command begins anew.
for size in 0 5 19 60; do
	begin
	convert 2>"$scratch/.err" || true
	fcapconvert --undo="$j" 2>"$scratch/.err"
	truncate -s $size "$j"
	gives "a journal of $size bytes" 3 convert
	same "a journal of $size bytes is begun anew" "$new" "$(tree "$t")"
done

# Others are refused, and nothing is changed.
begin
convert 2>"$scratch/.err" || true
fcapconvert --undo="$j" 2>"$scratch/.err"
cp "$j" "$j.copy"
while read -r options; do
	read -ra options <<<"$options"
	gives "other parameters: ${options[*]}" 3 fcapconvert "--journal=$j" "${options[@]}"
	says "${options[*]}: the reason" 'another conversion'
done <<END
$from --map-to=0:160000:65536 $t
--map-from=0:100000:65535 $to $t
$from $to --claim $t
$from $to --unmapped=keep $t
$from $to --undecodable=keep $t
$from $to --to=3 $t
$from $to --allow-widen $t
$to $t
$from $to $t/sub
$from $to $t $t/sub
END
same "none of them changes a file" "$old" "$(tree "$t")"
ok "nor the journal" cmp "$j" "$j.copy"
gives "the same input by another name" 3 fcapconvert "$from" "$to" "--journal=$j" "$t/./sub/.."
same "the same input by another name goes on" "$new" "$(tree "$t")"

echo "something else" >"$scratch/other"
gives "what is no journal" 3 fcapconvert "$from" "$to" "--journal=$scratch/other" "$t"
same "what is no journal stays" "something else" "$(cat "$scratch/other")"
gives "undoing what is no journal" 3 fcapconvert --undo="$scratch/other"
ln -s "$scratch/nowhere" "$scratch/link"
gives "a link for a journal" 3 fcapconvert "$from" "$to" "--journal=$scratch/link" "$t"
ok "it is not followed" test ! -e "$scratch/nowhere"
gives "an absent journal" 3 fcapconvert --undo="$scratch/nowhere"
exec 9<"$j"
flock 9
gives "another run" 3 convert
says "another run is named" 'another run'
gives "undoing beside another run" 3 fcapconvert --undo="$j"
exec 9<&-

# --------------------------------- undoing ---------------------------------

begin
convert 2>"$scratch/.err" || true
before=$(times "$t")
gives "what undoing would do" 0 fcapconvert --undo="$j" --dry-run
same "it only shows" "$new" "$(tree "$t")"
gives "undoing" 0 fcapconvert --undo="$j"
same "undoing restores" "$old" "$(tree "$t")"
same "times stay" "$before" "$(times "$t")"
gives "undoing twice" 0 fcapconvert --undo="$j"
says "the second time there is nothing" ' 0 restored'
gives "converting again" 3 convert
same "converting again converts" "$new" "$(tree "$t")"
gives "undoing that" 0 fcapconvert --undo="$j"
same "undoing that restores" "$old" "$(tree "$t")"

# What is no longer the file it was is named, and left alone.
begin
plant "$t" gone=v3:100000 moved=v3:100000 changed=v3:100000
convert 2>"$scratch/.err" || true
rm "$t/gone"
cp "$t/moved" "$scratch/other" && give "$scratch/other" v3:150000
mv "$scratch/other" "$t/moved"
give "$t/changed" v3:7
mkdir "$scratch/outside"
mv "$t/sub" "$scratch/outside/sub"
ln -s "$scratch/outside/sub" "$t/sub"
gives "undoing what has changed since" 3 fcapconvert --undo="$j"
says "a removed file is named" 'tree/gone: ENOENT'
says "a replaced file is named" 'tree/moved: .*no longer the file'
says "a changed value is named" 'tree/changed: .*changed since'
says "a link on the way is named" 'tree/sub/deep: '
same "the others are restored" "base=v3:100000 changed=v3:7 foreign=v3:5 moved=v3:150000 nested=v3:101000 v2=v2" \
	"$(tree "$t")"
same "nothing outside is written" sub/deep=v3:150000 "$(tree "$scratch/outside")"
rm "$t/sub"
mv "$scratch/outside/sub" "$t/sub"
gives "undoing when it is back" 3 fcapconvert --undo="$j"
same "it is restored then" "$(bytes v3:100000)" "$(getfattr --absolute-names -n $attribute -e hex "$t/sub/deep" |
	sed -n "s/^$attribute=//p")"

# A journal is not trusted.
begin
convert 2>"$scratch/.err" || true
line=$(grep '/base' "$j")
for path in "$t/../tree/base" relative ""; do
	{ grep -v ^file "$j"; awk -F '\t' -v OFS='\t' -v p="$path" '{ $2 = p } 1' <<<"$line"; } >"$j.forged"
	gives "a journal with the path '$path'" 3 fcapconvert --undo="$j.forged"
done
sed 's/^file\(.*\)change$/file\1change\tmore/' "$j" >"$j.forged"
gives "a malformed journal" 3 fcapconvert --undo="$j.forged"
says "its line is named" 'line [0-9]+'
same "none of them changes a file" "$new" "$(tree "$t")"

# --------------------------------- hard links ------------------------------

for with in "" "--journal=$j"; do
	begin
	ln "$t/base" "$t/sub/also"
	ln "$t/base" "$t/third"
	gives "hard links ${with:+with a journal}" 3 fcapconvert "$from" --map-to=0:300000:65536 ${with:+"$with"} "$t"
	says "each inode is converted once" ' 3 converted'
	same "hard links ${with:+with a journal}" "base=v3:300000 foreign=v3:5 nested=v3:301000 \
sub/also=v3:300000 sub/deep=v3:300000 third=v3:300000 v2=v2" "$(tree "$t")"
done
same "a line an inode" 3 "$(grep -c ^file "$j")"
gives "undoing hard links" 0 fcapconvert --undo="$j"
says "each inode is restored once" ' 3 restored'
same "hard links are restored" "base=v3:100000 foreign=v3:5 nested=v3:101000 \
sub/also=v3:100000 sub/deep=v3:100000 third=v3:100000 v2=v2" "$(tree "$t")"
gives "a dry run of hard links" 3 fcapconvert --dry-run "$from" "$to" "$t"
same "a dry run shows each once" 3 "$(grep -c -e '->' <<<"$out")"

# The first write copies the file up, and the other names keep the old inode. Below on the same file system as above,
# and on another.
overlay() {
	local base=30 new o=$scratch/overlay lower=$1 with=$2 what="overlayfs, $3${2:+, with a journal}"
	rm -rf "$o" "$j"
	mkdir -p "$o"/{upper,work,merged}
	plant "$lower" a=v3:100000 single=v3:100000 nested=v3:101000
	ln "$lower/a" "$lower/b"
	can_mount -t overlay -o "lowerdir=$lower,upperdir=$o/upper,workdir=$o/work" overlay "$o/merged" || return 0
	# With a journal into the range that it came from.
	[ -z "$with" ] || base=15
	new="a=v3:${base}0000 b=v3:${base}0000 nested=v3:${base}1000 single=v3:${base}0000"
	gives "$what" 0 fcapconvert "$from" --map-to=0:${base}0000:65536 ${with:+"$with"} "$o/merged"
	same "$what: all names are converted" "$new" "$(tree "$o/merged")"
	same "$what: below nothing changes" "a=v3:100000 b=v3:100000 nested=v3:101000 single=v3:100000" "$(tree "$lower")"
	if [ -n "$with" ]; then
		gives "$what: going on" 0 fcapconvert "$from" --map-to=0:${base}0000:65536 "$with" "$o/merged"
		says "$what: nothing is converted again" ' 0 converted'
		same "$what: nothing moves twice" "$new" "$(tree "$o/merged")"
		gives "$what: undoing" 0 fcapconvert --undo="$j"
		same "$what: all names are restored" "$(tree "$lower")" "$(tree "$o/merged")"
	fi
	umount "$o/merged"
}
overlay "$scratch/overlay/lower" "" "one file system"
overlay "$scratch/overlay/lower" "--journal=$j" "one file system"
mkdir "$scratch/below"
if can_mount -t tmpfs below "$scratch/below"; then
	overlay "$scratch/below/one" "" "two file systems"
	overlay "$scratch/below/two" "--journal=$j" "two file systems"
	umount "$scratch/below"
fi

# --------------------------------- batches ---------------------------------

# traced OPTION... COMMAND...: with what it does to files written down.
traced() {
	strace -f -o "$scratch/trace" "$@"
}

# A change is made after the sync that follows its line, and there are fewer syncs than changes. The state of a failure
# is no promise, and needs none.
early() {
	awk '/ openat\(.*journal.*".*= [0-9]+$/ { journal = $NF }
		/ write\(/ { split($0, a, /[(,]/); if (a[2] == journal) { notes++; dirty = 1 } }
		/ fdatasync\(/ { dirty = 0; syncs++ }
		/ setxattr\(/ { writes++; early += dirty }
		END { print early + 0, (writes == 600), (notes > 2), (syncs > 2 && syncs < 100) }' "$scratch/trace"
}
many=$scratch/batches
mkdir -p "$many"/{one,two}
for ((i = 0; i < 300; i++)); do : >"$many/one/$i"; : >"$many/two/$i"; done
find "$many" -type f -exec setfattr -n $attribute -v "$(bytes v3:100000)" {} +
if traced -e trace=none true 2>/dev/null; then
	gives "many files" 0 traced -e trace=openat,write,fdatasync,setxattr fcapconvert "$from" "$to" \
		"--journal=$j.many" "$many"
	says "many files: all of them" ' 600 converted'
	same "no change before its line is durable, and one sync for many" "0 1 1 1" "$(early)"
	same "all of them are written down" 600 "$(grep -c '^file.*change$' "$j.many")"
	gives "many files undone" 0 fcapconvert --undo="$j.many"
	mv "$j.many" "$j.one"
	for jobs in 1 4; do
		gives "many files, -j $jobs" 0 fcapconvert -j $jobs "$from" "$to" "--journal=$j.many" "$many"
		ok "many files, -j $jobs: in the same order" cmp <(grep 'change$' "$j.one") <(grep ^file "$j.many")
		gives "many files, -j $jobs: undone" 0 fcapconvert --undo="$j.many"
		rm -f "$j.many"
	done

	# Looked at, written down, and then another comes first.
	begin
	traced -e trace=fdatasync -e inject=fdatasync:delay_enter=1500000 fcapconvert "$from" "$to" "--journal=$j" "$t" \
		>/dev/null 2>"$scratch/.err" &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		! grep -qs '^file' "$j" || break
		sleep 0.1
	done
	give "$t/base" v3:7
	status=0
	wait "$pid" || status=$?
	err=$(cat "$scratch/.err")
	same "a value that came meanwhile" 3 "$status"
	says "it is named" 'tree/base: .*changed by someone else'
	same "it stays" "${new/base=v3:150000/base=v3:7}" "$(tree "$t")"
	same "the journal says that its change failed" "change failed" "$(grep '/base' "$j" | cut -f 8 | xargs)"
else
	skip "many files" "strace cannot trace here"
fi

# Few descriptors: small batches, in which a further name of an inode comes after its first one, or before.
for limit in 12 16 32; do
	begin
	ln "$t/base" "$t/also"
	ln "$t/base" "$t/sub/also"
	gives "with $limit descriptors" 3 prlimit --nofile=$limit fcapconvert -j 3 "$from" "$to" "--journal=$j" "$t"
	says "with $limit descriptors: each inode once" ' 3 converted'
	same "with $limit descriptors: all names" "also=v3:150000 ${new/sub\/deep/sub\/also=v3:150000 sub\/deep}" "$(tree "$t")"
	gives "with $limit descriptors: undone" 0 fcapconvert --undo="$j"
done

# --------------------------------- what fails ------------------------------

# without CAPS COMMAND...: the capabilities are not to be had.
without() {
	local caps=$1
	shift
	setpriv --bounding-set "$caps" --inh-caps "$caps" "$@"
}

begin
gives "without cap_setfcap" 3 without -setfcap fcapconvert "$from" "$to" "--journal=$j" "$t"
says "the reason and the file" 'tree/base: EPERM: cap_setfcap'
same "nothing was changed" "$old" "$(tree "$t")"
same "the journal says so" "change failed" "$(awk -F '\t' '/^file/ { print $8 }' "$j" | sort -u | xargs)"
gives "undoing what failed" 0 fcapconvert --undo="$j"
says "there is nothing to undo" ' 0 restored'
gives "going on with it" 3 convert
same "going on with it completes" "$new" "$(tree "$t")"
same "without cap_setfcap nothing is undone" "3" \
	"$(without -setfcap fcapconvert --undo="$j" 2>&1 | grep -c 'EPERM: cap_setfcap')"
gives "undoing all" 0 fcapconvert --undo="$j"
same "undoing all restores" "$old" "$(tree "$t")"

begin
if chattr +i "$t/nested" 2>/dev/null; then
	gives "an immutable file in the middle" 3 convert
	says "it is named" 'tree/nested: EPERM: the file is immutable'
	same "the others are converted" "${new/v3:151000/v3:101000}" "$(tree "$t")"
	gives "undoing around it" 0 fcapconvert --undo="$j"
	same "undoing around it restores" "$old" "$(tree "$t")"
	chattr -i "$t/nested"
	gives "when it can be changed" 3 convert
	same "going on completes" "$new" "$(tree "$t")"
else
	skip "an immutable file" "chattr +i does not work here"
fi

begin
if can_mount --bind "$t/sub" "$t/sub" && can_mount -o remount,bind,ro "$t/sub"; then
	gives "a read-only mount in the middle" 3 convert
	says "the file on it is named" 'sub/deep: EROFS: '
	same "the others are converted" "${new/sub\/deep=v3:150000/sub\/deep=v3:100000}" "$(tree "$t")"
	mount -o remount,bind,rw "$t/sub"
	gives "when it is writable" 3 convert
	same "going on completes" "$new" "$(tree "$t")"
	mount -o remount,bind,ro "$t/sub"
	gives "undoing with it read-only" 3 fcapconvert --undo="$j"
	says "the file on it is named" 'sub/deep: EROFS: '
	mount -o remount,bind,rw "$t/sub"
	gives "undoing the rest" 0 fcapconvert --undo="$j"
	same "undoing the rest restores" "$old" "$(tree "$t")"
	umount "$t/sub"
fi

full=$scratch/full
mkdir "$full"
if can_mount -t tmpfs -o size=4k full "$full"; then
	begin
	head -c 4096 /dev/zero >"$full/fill"
	gives "no room for a journal" 3 fcapconvert "$from" "$to" "--journal=$full/journal" "$t"
	same "no room: nothing was changed" "$old" "$(tree "$t")"
	rm "$full"/*

	many=$scratch/many
	for ((i = 0; i < 40; i++)); do plant "$many" "file$i=v3:100000"; done
	gives "room for a part" 3 fcapconvert "$from" "$to" "--journal=$full/journal" "$many" "$many"
	says "room for a part: the reason" 'journal cannot be written.*No space'
	same "room for a part: it stops there" 1 "$(wc -l <<<"$(grep -v 'converted' <<<"$err")")"
	done=$(tree "$many" | xargs -n 1 | grep -c v3:150000)
	same "what is changed is written down" "$done" "$(grep -c ^file "$full/journal")"
	ok "that was some of them" test "$done" -gt 5 -a "$done" -lt 40
	mount -o remount,size=64k "$full"
	gives "when there is room" 0 fcapconvert "$from" "$to" "--journal=$full/journal" "$many" "$many"
	same "going on completes" 40 "$(tree "$many" | xargs -n 1 | grep -c v3:150000)"
	gives "undoing it" 0 fcapconvert --undo="$full/journal"
	same "all are restored" 40 "$(tree "$many" | xargs -n 1 | grep -c v3:100000)"
	umount "$full"
fi

finish
