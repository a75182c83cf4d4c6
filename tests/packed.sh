#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Archives by other writers, converted and set, and what other readers make of them: GNU tar, bsdtar, Python and Go.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

# That of the distribution, as in readers.sh.
python=/usr/bin/python3
[ -x "$python" ] || python=python3

for tool in "$python" bsdtar go jq getfattr setfattr; do
	command -v "$tool" >/dev/null && continue
	skip "archives" "$tool is not installed"
	finish
	exit
done
if [[ $(tar --version) != *"GNU tar"* ]]; then
	skip "archives" "tar is another one than GNU's"
	finish
	exit
fi
if ! can_give; then
	skip "archives" "the attribute cannot be set here"
	finish
	exit
fi

packed() {
	"$python" tests/packed.py "$@"
}

recipe() {
	cat >"$scratch/recipe"
	"$python" tests/maketar.py "$scratch/recipe"
}

export GOCACHE=$scratch/cache GO111MODULE=off
go build -o "$scratch/packed-go" tests/packed.go
go build -o "$scratch/readtar" tests/readtar.go

from=--map-from=0:100000:65536 to=--map-to=0:200000:65536
# Outputs are synced, which is slow on a disk; what is unpacked is on one.
mkdir "$scratch/fast"
mount -t tmpfs none "$scratch/fast" 2>/dev/null || true
made=$scratch/fast/made # all that the tools wrote, for Python and Go at the end
mkdir "$made"

# --------------------------------- writers ---------------------------------

trees=$scratch/trees
long=a-name-that-no-field-of-a-header-has-room-for-$(printf '%0100d' 0)
plant "$trees/plain" v2=v2 also=v2 none=- "$long=v2" "long-$long=-"
plant "$trees/mapped" v2=v2 base=v3:100000 nested=v3:101000 "$long=v3:165535" none=-
plant "$trees/foreign" v2=v2 base=v3:100000 other=v3:300000
plant "$trees/inside" v2=v2 base=v3:100000 other=v3:200005
for tree in "$trees"/*; do
	ln "$tree/v2" "$tree/zhard"
	ln -s v2 "$tree/sym"
	chmod 755 "$tree"/*
	for size in 0 511 512 513 70000; do
		head -c $size /dev/urandom >"$tree/size.$size"
	done
done

writers=(gnu gnu-long bsd python go)
v1=$(bytes v1)

# write_archive WRITER TREE OUT
write_archive() {
	local tree=$trees/$2 out=$3
	case $1 in
	gnu) tar --format=pax --sort=name --xattrs --xattrs-include='*' -cf "$out" -C "$tree" . ;;
	gnu-long)
		tar --format=gnu --sort=name -cf "$out.gnu" -C "$tree" .
		(cd "$tree" && getfattr -h -m "^$attribute\$" -e hex -d -- *) | sed -n -e 's/^# file: //p' -e "s/^$attribute=0x//p" |
			paste -d = - - | sed "/^zhard=/d; s,^,./," | xargs "$python" tests/packed.py insert "$out.gnu" "$out"
		;;
	bsd) (cd "$tree" && bsdtar --format=pax -cf "$out" -- *) ;;
	python) packed write "$out" "$tree" "v1=${v1#0x}" ;;
	go) "$scratch/packed-go" "$out" "$tree" "v1=${v1#0x}" ;;
	esac
}

archives=$scratch/fast/archives
mkdir "$archives"
for writer in "${writers[@]}"; do
	for tree in plain mapped foreign inside; do
		write_archive "$writer" $tree "$archives/$writer.$tree.tar"
	done
done
for writer in "${writers[@]}"; do
	read=$(packed names "$archives/$writer.plain.tar" | cut -f 3 | grep -c "$(bytes v2 | cut -c 3-)")
	ok "$writer records the values" test "$read" -ge 3
done

# --------------------------------- readers ---------------------------------

# become TREE OLD=NEW...: what tree() says of it once all values became others. Revision 1 is not stored by any kernel.
become() {
	local what=$1 word table file value=
	shift
	for word in $(tree "$trees/$what"); do
		file=${word%%=*} value=${word#*=}
		for table; do
			if [ "$value" = "${table%%=*}" ]; then
				value=${table#*=}
				break
			fi
		done
		case $value in
		none | v1) ;;
		*) echo "$file=$value" ;;
		esac
	done | sort | xargs
}

# unpack READER ARCHIVE: into $scratch/unpacked; a value of revision 1 is an error of theirs, not of ours.
unpack() {
	rm -rf "$scratch/unpacked"
	mkdir "$scratch/unpacked"
	case $1 in
	gnu) tar --xattrs --xattrs-include='*' -xf "$2" -C "$scratch/unpacked" ;;
	bsd) bsdtar -xpf "$2" -C "$scratch/unpacked" ;;
	esac
}

bodies() {
	(cd "$1" && find . -type f ! -name v1 ! -name bad ! -name short ! -name first -exec sha256sum {} + | sort)
}

# unpacks WHAT ARCHIVE TREE EXPECTED: by both, with these values and the tree's bodies.
unpacks() {
	local what=$1 archive=$2 tree=$3 expected=$4 reader
	for reader in gnu bsd; do
		unpack $reader "$archive" >"$scratch/.log" 2>&1 || ok "$what: $reader unpacks" grep -q 'security.capability' "$scratch/.log"
		same "$what: as $reader unpacks it" "$expected" "$(tree "$scratch/unpacked" | tr ' ' '\n' | grep -v '^v1=' | xargs)"
		same "$what: $reader: the bodies" "$(bodies "$trees/$tree")" "$(bodies "$scratch/unpacked")"
	done
	ok "$what: tar --compare" tar --compare -f "$archive" -C "$scratch/unpacked"
}

# --------------------------------- conversions -----------------------------

# filters WHAT STATUS COMMAND...: as gives(), and what it wrote is in the file $filtered.
filtered=$scratch/filtered
filters() {
	local what=$1 want=$2 status=0
	shift 2
	"$@" >"$filtered" 2>"$scratch/.err" || status=$?
	err=$(cat "$scratch/.err")
	same "$what: the exit status" "exit $want" "exit $status$([ "$status" = "$want" ] || printf '\n%s' "$*" "$err")"
}

# converts WHAT TREE "OLD=NEW..." OPTION...: of all writers; each value is to become another, and nothing else.
converts() {
	local what=$1 tree=$2 table=$3 writer name new
	shift 3
	for writer in "${writers[@]}"; do
		name=$writer.$tree new=$made/$writer.${what//[^a-z0-9-]/_}.tar
		gives "$writer: $what" 0 fcapconvert "$@" "tar:$archives/$name.tar" -o "$new"
		[ -e "$new" ] || continue
		read -ra words <<<"$table"
		empty "$writer: $what: nothing else changed" "$(packed check "$archives/$name.tar" "$new" "${words[@]}")"
		unpacks "$writer: $what" "$new" "$tree" "$(become "$tree" "${words[@]}")"
		filters "$writer: $what: as a filter" 0 fcapconvert "$@" - <"$archives/$name.tar"
		ok "$writer: $what: as a filter the same" cmp "$filtered" "$new"
	done
}

# refuses WHAT PATTERN TREE OPTION...: no output, and a filter's is rejected by all readers.
refuses() {
	local what=$1 pattern=$2 tree=$3 writer name
	shift 3
	for writer in "${writers[@]}"; do
		name=$writer.$tree
		[ "$writer" != gnu ] || continue # gnu-long and python are like it
		gives "$writer: $what" 3 fcapconvert "$@" "tar:$archives/$name.tar" -o "$scratch/refused"
		says "$writer: $what: it is named" "$pattern"
		ok "$writer: $what: no output" test ! -e "$scratch/refused"
		filters "$writer: $what: as a filter" 3 fcapconvert "$@" - <"$archives/$name.tar"
		rejected "$writer: $what: as a filter" "$filtered"
	done
}

# rejected WHAT ARCHIVE: by all four readers.
rejected() {
	local what=$1
	cp "$2" "$scratch/broken.tar"
	ok "$what: GNU tar rejects it" fails tar -tf "$scratch/broken.tar"
	ok "$what: bsdtar rejects it" fails bsdtar -tf "$scratch/broken.tar"
	ok "$what: Python rejects it" fails grep -qP '=\t0$' <("$python" tests/readtar.py "$scratch/broken.tar")
	ok "$what: Go rejects it" fails grep -qP '=\t0$' <("$scratch/readtar" "$scratch/broken.tar")
}

fails() {
	! "$@" >/dev/null 2>&1
}

converts "to revision 3" plain "v1=v3:100000 v2=v3:100000" --to=3 -n 100000
converts "with both maps" mapped "v3:100000=v3:200000 v3:101000=v3:201000 v3:165535=v3:265535" "$from" "$to"
converts "with --claim" mapped \
	"v1=v3:200000 v2=v3:200000 v3:100000=v3:200000 v3:101000=v3:201000 v3:165535=v3:265535" "$from" "$to" --claim
converts "to the inside" mapped "v3:100000=v2 v3:101000=v3:1000 v3:165535=v3:65535" "$from"
converts "to revision 2" plain "v1=v2" --to=2
converts "to revision 1" plain "v2=v1" --to=1
converts "what is unmapped kept" foreign "v3:100000=v3:200000" "$from" "$to" --unmapped=keep
converts "what is unmapped dropped" foreign "v3:100000=v3:200000 v3:300000=none" "$from" "$to" --unmapped=drop
converts "another rootid" foreign "v1=v3:7 v2=v3:7 v3:100000=v3:7 v3:300000=v3:7" --to=3 -n 7 --replace-rootid --allow-widen

refuses "what is unmapped" 'other: .*rootid 300000' foreign "$from" "$to"
refuses "kept among the new ones" 'other: .*rootid 200005' inside "$from" "$to" --unmapped=keep
refuses "a nested one to revision 2" 'nested: ' mapped "$from" --to=2
refuses "a widening" 'base: ' foreign --to=2
refuses "another rootid is there" 'base: .*--replace-rootid' foreign --to=3 -n 7

# --------------------------------- odd values ------------------------------

# high: beyond revision 1. mojibake: what Latin-1 makes of a value that is taken for text.
bad=0100000300200000000000000000000000000000c2a0c2860100 high=0100000200200000000000000001000000000000
cp -a "$trees/plain" "$trees/bad"
for writer in python go; do
	case $writer in
	python) write=(packed write) ;;
	go) write=("$scratch/packed-go") ;;
	esac
	"${write[@]}" "$archives/$writer.bad.tar" "$trees/plain" bad=$bad short=01000002 first=01
	"${write[@]}" "$archives/$writer.high.tar" "$trees/plain" high=$high
done
writers=(python go)
converts "what cannot be read kept" bad "v2=v3:200000" "$to" --undecodable=keep
converts "what cannot be read dropped" bad "v2=v3:200000 $bad=none 01000002=none 01=none" "$to" --undecodable=drop
refuses "what cannot be read" 'bad: .*--undecodable' bad "$to"
refuses "high bits in revision 1" 'high: .*revision 1 .*cap_checkpoint_restore' high --to=1

# --------------------------------- sizes -----------------------------------

packed sizes "$scratch/sizes.tar"
gives "headers around blocks grow" 0 fcapconvert --to=3 -n 4294967294 "tar:$scratch/sizes.tar" -o "$made/sizes.tar"
empty "headers around blocks grow" "$(packed check "$scratch/sizes.tar" "$made/sizes.tar" v2=v3:4294967294)"
ok "by a block, some of them" test "$(stat -c %s "$scratch/sizes.tar")" -lt "$(stat -c %s "$made/sizes.tar")"
gives "and shrink again" 0 fcapconvert --map-from=0:4294967294:1 "tar:$made/sizes.tar" -o "$scratch/fast/sizes.back"
ok "to what they were" cmp "$scratch/sizes.tar" "$scratch/fast/sizes.back"
gives "headers around blocks shrink" 0 fcapconvert --to=1 "tar:$scratch/sizes.tar" -o "$made/sizes1.tar"
empty "headers around blocks shrink" "$(packed check "$scratch/sizes.tar" "$made/sizes1.tar" v2=v1)"
ok "by a block, some of them" test "$(stat -c %s "$scratch/sizes.tar")" -gt "$(stat -c %s "$made/sizes1.tar")"
for name in sizes sizes1; do
	ok "GNU tar reads $name" tar -tf "$made/$name.tar"
	ok "bsdtar reads $name" bsdtar -tf "$made/$name.tar"
done

# --------------------------------- outputs ---------------------------------

base=$archives/gnu.mapped.tar rebase=("$from" "$to")
o=$scratch/fast/outputs
mkdir "$o"
fcapconvert -q "${rebase[@]}" "tar:$base" -o "$o/wanted"

# From tar to tar.
mkdir "$o/piped"
tar --format=pax --sort=name --xattrs --xattrs-include='*' -c -C "$trees/mapped" . |
	fcapconvert -q "${rebase[@]}" - | tar --xattrs --xattrs-include='*' -x -C "$o/piped"
same "between two tars" "$(become mapped v3:100000=v3:200000 v3:101000=v3:201000 v3:165535=v3:265535)" "$(tree "$o/piped")"
rm -r "$o/piped"
mkdir "$o/piped"
fcapconvert -q "$from" --map-to=0:5:1 - <"$base" 2>/dev/null |
	tar --xattrs --xattrs-include='*' -x -C "$o/piped" 2>/dev/null || true
ok "a filter that fails stops the reader" fails test -e "$o/piped/zhard"

filters "-o -" 0 fcapconvert "${rebase[@]}" "tar:$base" -o -
ok "-o - writes the same" cmp "$filtered" "$o/wanted"
gives "standard input and -o" 0 fcapconvert "${rebase[@]}" - -o "$o/new" <"$base"
ok "standard input and -o write the same" cmp "$o/new" "$o/wanted"
filters "standard input that was read from" 0 sh -c 'head -c 512 >/dev/null; fcapconvert -q "$@" -' - "${rebase[@]}" \
	< <(head -c 512 /dev/urandom && cat "$base")

gives "an output that is there" 3 fcapconvert "${rebase[@]}" "tar:$archives/bsd.plain.tar" -o "$o/new"
says "an output that is there: it is named" 'new: EEXIST.*--force'
ok "it stays" cmp "$o/new" "$o/wanted"
echo old >"$o/new"
gives "--force that fails" 3 fcapconvert "$from" --to=2 "tar:$base" -o "$o/new" --force
same "then it stays too" old "$(cat "$o/new")"
gives "--force" 0 fcapconvert "${rebase[@]}" "tar:$base" -o "$o/new" --force
ok "--force replaces it" cmp "$o/new" "$o/wanted"
ln -s new "$o/link"
for option in -q --force; do
	gives "a link as output, $option" 3 fcapconvert "${rebase[@]}" "tar:$base" -o "$o/link" $option
	says "a link as output, $option: it is named" 'link: ELOOP'
done
ok "the link is still one" test -L "$o/link"
cp "$base" "$o/self"
gives "over its own input" 0 fcapconvert "${rebase[@]}" "tar:$o/self" -o "$o/self" --force
ok "over its own input" cmp "$o/self" "$o/wanted"
gives "a directory that is not there" 3 fcapconvert "${rebase[@]}" "tar:$base" -o "$o/absent/new"
gives "a directory as output" 3 fcapconvert "${rebase[@]}" "tar:$base" -o "$o" --force
gives "a directory as input" 3 fcapconvert "${rebase[@]}" "tar:$o" -o "$o/x"
gives "an input that is not there" 3 fcapconvert "${rebase[@]}" "tar:$o/absent" -o "$o/x"
gives "an empty input" 3 fcapconvert "${rebase[@]}" tar:/dev/null -o "$o/x"
gives "no output" 2 fcapconvert "${rebase[@]}" "tar:$base"
same "nothing is left behind" "link new self wanted" "$(find "$o" -mindepth 1 -maxdepth 1 ! -name piped -printf '%f\n' | sort | xargs)"

status=0
fcapconvert "${rebase[@]}" "tar:$base" -o - >/dev/full 2>"$scratch/.err" || status=$?
same "a full disk" 3 "$status"
ok "a full disk is named" grep -q ENOSPC "$scratch/.err"
status=0
(
	trap '' PIPE
	fcapconvert "${rebase[@]}" "tar:$base" -o - 2>"$scratch/.err" || echo $? >"$scratch/status"
) | true
same "a closed pipe" 3 "$(cat "$scratch/status")"
ok "a closed pipe is named" grep -q EPIPE "$scratch/.err"
gives "a closed standard output" 3 sh -c 'fcapconvert "$@" -o - >&-' - "${rebase[@]}" "tar:$base"
if command -v script >/dev/null; then
	on_terminal() {
		script -qec "$(printf '%q ' "$@")" /dev/null </dev/null
	}
	gives "a terminal" 2 on_terminal fcapconvert "${rebase[@]}" "tar:$base" -o -
	ok "a terminal is refused" matches 'terminal' "$out"
	gives "a terminal and standard input" 2 on_terminal sh -c "fcapconvert $from $to - <$base"
	gives "a terminal and fcapset" 2 on_terminal fcapset --in="tar:$base" -o - cap_chown=ep none
else
	skip "terminals" "script is not installed"
fi

# --------------------------------- compression -----------------------------

for program in gzip bzip2 xz zstd lz4; do
	command -v $program >/dev/null || {
		skip "$program" "it is not installed"
		continue
	}
	packed=$scratch/fast/packed.$program
	$program -c <"$base" >"$packed"
	gives "$program" 0 fcapconvert "${rebase[@]}" "tar:$packed" -o "$packed.new"
	same "$program: the magic stays" "$(head -c 3 "$packed" | od -An -tx1)" "$(head -c 3 "$packed.new" | od -An -tx1)"
	ok "$program: it is intact" $program -t "$packed.new"
	ok "$program: what is in it" cmp <($program -dc <"$packed.new") "$o/wanted"
	filters "$program from a pipe" 0 fcapconvert "${rebase[@]}" - < <(cat "$packed")
	ok "$program from a pipe: the same" cmp "$filtered" "$packed.new"
	for level in 0 1 9 22; do
		filters "$program --level=$level" 0 fcapconvert --level=$level "${rebase[@]}" "tar:$packed" -o -
		ok "$program --level=$level: what is in it" cmp <($program -dc <"$filtered") "$o/wanted"
	done
	# Of two streams, as no tool would write them at once: what need not change is not compressed anew.
	{ head -c 1000 "$base" | $program -c && tail -c +1001 "$base" | $program -c; } >"$packed.two"
	gives "$program: nothing to change" 0 fcapconvert --map-from=0:900000:5 --unmapped=keep "tar:$packed.two" -o "$packed.same"
	ok "$program: nothing to change, nothing changed" cmp "$packed.two" "$packed.same"
	filters "$program: nothing to change, from a pipe" 0 fcapconvert --map-from=0:900000:5 --unmapped=keep - < <(cat "$packed.two")
	ok "$program: nothing changed, from a pipe" cmp "$packed.two" "$filtered"
	gives "$program: two streams" 0 fcapconvert "${rebase[@]}" "tar:$packed.two" -o "$packed.new" --force
	ok "$program: what is in two streams" cmp <($program -dc <"$packed.new") "$o/wanted"
	filters "$program that fails" 3 fcapconvert "$from" --to=2 - <"$packed"
	ok "$program that fails: GNU tar rejects it" fails tar -tf "$filtered"
	ok "$program that fails: bsdtar rejects it" fails bsdtar -tf "$filtered"
	rejected "$program that fails, unpacked" <($program -dc <"$filtered" 2>/dev/null)
	head -c -20 "$packed" >"$packed.cut"
	gives "$program that is cut off" 3 fcapconvert "${rebase[@]}" "tar:$packed.cut" -o "$scratch/x"
	ok "$program that is cut off: no output" test ! -e "$scratch/x"
	filters "$program that is cut off, as a filter" 3 fcapconvert "${rebase[@]}" - <"$packed.cut"
	rejected "$program that is cut off, as a filter" <($program -dc <"$filtered" 2>/dev/null)
	gives "$program and --max-size" 3 fcapconvert --max-size=4K "${rebase[@]}" "tar:$packed" -o "$scratch/x"
	says "$program and --max-size: it is named" 'EFBIG'
done

# --------------------------------- bombs -----------------------------------

# bomb WHAT STATUS STATUS-OF-FCAPSET COMMAND...: the command writes an archive; no tool needs more than 64 MiB for it.
bomb() {
	local what=$1 want tool command
	local -A statuses=([fcapconvert]=$2 [fcapset]=$3 [fcapinspect]=$2)
	shift 3
	[ "$1" != recipe ] || cat >"$scratch/bomb"
	for tool in fcapconvert fcapset fcapinspect; do
		case $tool in
		fcapconvert) command=(fcapconvert "${rebase[@]}" -) ;;
		fcapset) command=(fcapset --in=- -f cap_chown=ep ping) ;;
		fcapinspect) command=(fcapinspect -) ;;
		esac
		want=${statuses[$tool]}
		filters "$what: $tool" "$want" timeout 60 "$python" tests/packed.py memory 64 "${command[@]}" \
			< <("$@" <"$scratch/bomb" 2>/dev/null)
		[ "$want" = 0 ] || ok "$what: $tool says why" test -n "$err"
	done
}

# Some of them are larger than memory should be, none of them is kept.
bomb "a million headers" 3 3 recipe <<END
repeat 1000000
x
+ comment none
done
file ping
end
END
bomb "a million global headers" 3 3 recipe <<END
repeat 1000000
g
+ schily @A
done
file ping
end
END
bomb "many members" 0 3 recipe <<END
repeat 200000
file pong
done
end
END
bomb "many members with values" 0 3 recipe <<END
repeat 40000
x
+ schily @A
file pong
done
end
END
bomb "global headers before each of many members" 0 3 recipe <<END
repeat 40000
g
+ schily @A
file pong
done
end
END
bomb "a header that claims 8 GiB" 3 3 recipe <<END
x size=077777777777
+ schily @A
file ping
END
bomb "a header that claims 2^62" 3 3 recipe <<END
x size=b256:0x4000000000000000
+ schily @A
file ping
END
bomb "a long name that claims 8 GiB" 3 3 recipe <<END
L ping size=077777777777
file ping
END
bomb "a member that claims 2^62" 3 3 recipe <<END
file ping size=b256:0x4000000000000000
END
bomb "a record that claims 2^64" 3 3 recipe <<END
x
+ len=18446744073709551617 schily @A
file ping
end
END
bomb "a header of 1 MiB of empty records" 3 3 recipe <<END
x
+raw fill:1048000
file ping
end
END
bomb "old sparse headers without end" 3 3 recipe <<END
sparse ping map=0:1 more=yes
repeat 1000000
raw hex:00 pad:504 hex:01 pad:512
done
END

# zeros PROGRAM [PROGRAM...]: gigabytes of nothing, small; what begins them is an archive.
zeros() {
	{ cat "$base" && head -c 1G /dev/zero; } | zstd -q -1 -c
}
many_members() {
	recipe <<END | zstd -q -19 -c
repeat 1000000
file pong
done
end
END
}
if command -v zstd >/dev/null; then
	bomb "a million members, compressed" 0 3 many_members
	zeros >"$scratch/zeros"
	for size in 1M 100M; do
		gives "zeros of 1 GiB, --max-size=$size" 3 "$python" tests/packed.py memory 64 \
			fcapconvert "${rebase[@]}" --max-size=$size "tar:$scratch/zeros" -o "$scratch/x"
		says "zeros of 1 GiB, --max-size=$size: it is named" 'EFBIG'
		ok "zeros of 1 GiB, --max-size=$size: no output" test ! -e "$scratch/x"
	done
fi

# --------------------------------- setting members -------------------------

writers=(gnu gnu-long bsd python go)
chown=0100000201000000000000000000000000000000

# held WRITER TREE MEMBER=VALUE...: what the tree holds, and these members instead. Go's archive has files for hard links.
held() {
	local writer=$1 tree=$2 word
	shift 2
	{
		tree "$trees/$tree" | tr ' ' '\n'
		for word; do
			[ "$writer/${word%%=*}" = go/zhard ] || echo "$word"
		done
	} | awk -F = '{ value[$1] = $2 }
		END { for (file in value) if (value[file] != "none") print file "=" value[file] }' | sort | xargs
}

# sets WHAT TREE MEMBER=NEW... -- OPTION...: these members hold that then, the others what they held.
sets() {
	local what=$1 tree=$2 members=() writer new
	shift 2
	while [ "$1" != -- ]; do
		members+=("$1")
		shift
	done
	shift
	for writer in "${writers[@]}"; do
		new=$made/$writer.set.${what//[^a-z0-9-]/_}.tar
		gives "$writer: $what" 0 fcapset --in="tar:$archives/$writer.$tree.tar" -o "$new" "$@"
		[ -e "$new" ] || continue
		unpacks "$writer: $what" "$new" "$tree" "$(held "$writer" "$tree" "${members[@]}")"
		filters "$writer: $what: as a filter" 0 fcapset --in=- "$@" <"$archives/$writer.$tree.tar"
		ok "$writer: $what: as a filter the same" cmp "$filtered" "$new"
	done
}

# rejects WHAT PATTERN TREE OPTION...: refused.
rejects() {
	local what=$1 pattern=$2 tree=$3 writer
	shift 3
	for writer in gnu-long bsd; do
		gives "$writer: $what" 3 fcapset --in="tar:$archives/$writer.$tree.tar" -o "$scratch/refused" "$@"
		says "$writer: $what: it is named" "$pattern"
		ok "$writer: $what: no output" test ! -e "$scratch/refused"
		filters "$writer: $what: as a filter" 3 fcapset --in=- "$@" <"$archives/$writer.$tree.tar"
		rejected "$writer: $what: as a filter" "$filtered"
	done
}

sets "one that had none" mapped none=0x$chown -- cap_chown=ep none
sets "one that had one" mapped v2=0x$chown zhard=0x$chown -- cap_chown=ep v2
sets "a rootid" mapped none=v3:7 base=v3:9 -- -n 7 cap_net_raw=ep none -n 9 cap_net_raw=ep base
sets "removed" mapped base=none v2=none zhard=none -- --remove base v2
sets "removed by -r" mapped base=none -- -r base
sets "several at once" plain also=0x$chown "$long=0x$chown" "long-$long=0x$chown" -- --caps=cap_chown=ep also "$long" "long-$long"
sets "united" mapped v2=0x0100000201200000000000000000000000000000 zhard=0x0100000201200000000000000000000000000000 \
	base=0x0100000301200000000000000000000000000000a0860100 -- --merge --caps=cap_chown=ep v2 base
getfattr -h -m "^$attribute\$" -e hex -d --absolute-names "$trees/mapped"/* >"$scratch/dump"
sed -i -e "s,: $trees/mapped/,: ," -e 's/=0x0100000\(.\)0020/=0x0100000\10120/' "$scratch/dump"
writers=(gnu gnu-long bsd python)
sets "restored" mapped base=0x0100000301200000000000000000000000000000a0860100 \
	nested=0x0100000301200000000000000000000000000000888a0100 v2=0x0100000201200000000000000000000000000000 \
	zhard=0x0100000201200000000000000000000000000000 \
	"$long=0x01000003012000000000000000000000000000009f860200" -- --restore="$scratch/dump"
writers=(gnu gnu-long bsd python go)
rejects "a member that is not there" 'absent: ENOENT' plain cap_chown=ep absent
rejects "a widening" 'base: .*--allow-widen' mapped cap_net_raw=ep base
rejects "a link" 'sym: ' plain cap_chown=ep sym
rejects "nothing to remove" 'none: ' plain -r none

# Every statement of it follows, those of hard links too, and nothing else does; back again it is the same archive.
for writer in "${writers[@]}"; do
	archive=$archives/$writer.plain.tar
	members=(v2 also "$long")
	[ "$writer" != go ] || members+=(zhard)
	gives "$writer: every copy" 0 fcapset --in="tar:$archive" -o "$scratch/fast/set" --caps=cap_chown=ep "${members[@]}"
	empty "$writer: every copy" "$(packed check "$archive" "$scratch/fast/set" v2=$chown)"
	gives "$writer: every copy back" 0 fcapset --in="tar:$scratch/fast/set" -o "$scratch/fast/back" -f --caps=cap_net_raw=ep "${members[@]}"
	ok "$writer: every copy back" cmp "$archive" "$scratch/fast/back"
	gives "$writer: what is so already" 0 fcapset --in="tar:$archive" -o "$scratch/fast/back" -f --caps=cap_net_raw=ep "${members[@]}"
	ok "$writer: what is so already" cmp "$archive" "$scratch/fast/back"
	gives "$writer: every copy removed" 0 fcapset --in="tar:$archive" -o "$scratch/fast/back" -f --remove "${members[@]}"
	empty "$writer: every copy removed" "$(packed check "$archive" "$scratch/fast/back" v2=none)"
	rm "$scratch/fast/set"
done
gives "a dry run" 0 fcapset --in="tar:$base" --dry-run cap_chown=ep v2
same "a dry run shows it" "v2: cap_net_raw=ep -> cap_chown=ep" "$out"
gives "no output named" 2 fcapset --in="tar:$base" cap_chown=ep v2
gives "an output that is there, set" 3 fcapset --in="tar:$base" -o "$o/new" cap_chown=ep v2
gives "-v is for files" 2 fcapset --in="tar:$base" -v cap_chown=ep v2

# --------------------------------- namespaces ------------------------------

# unpack_inside READER ARCHIVE: as root of the child's namespace, with what it says in $scratch/.log.
inside=$scratch/inside
unpack_inside() {
	rm -rf "$inside"
	mkdir "$inside"
	chown 100000:100000 "$inside"
	case $1 in
	gnu) set -- "$2" tar --xattrs --xattrs-include='*' -xf - -C "$inside" ;;
	bsd) set -- "$2" bsdtar -xpf - -C "$inside" ;;
	esac
	nsenter --user --target "$child" "${@:2}" <"$1" >"$scratch/.log" 2>&1
}

# What was packed outside is stored inside as it was outside, once it is converted; GNU tar goes on without it.
if in_namespace 100000 65536 2>"$scratch/.err" && chmod 755 "$scratch" &&
	unpack_inside gnu "$archives/gnu.plain.tar" 2>"$scratch/.err"; then
	all="$long=v3:165535 base=v3:100000 nested=v3:101000 v2=v3:100000 zhard=v3:100000"
	for writer in "${writers[@]}"; do
		for reader in gnu bsd; do
			what="$writer's, unpacked inside by $reader"
			unpack_inside $reader "$archives/$writer.mapped.tar" || true
			ok "$what: it is told" grep -q 'base.*\(Invalid argument\|Cannot restore\)' "$scratch/.log"
			same "$what" "v2=v3:100000 zhard=v3:100000" "$(tree "$inside")"
			unpack_inside $reader "$made/$writer.to_the_inside.tar" || true
			ok "$what, converted: without trouble" fails grep -q 'base.*\(Invalid argument\|Cannot restore\)' "$scratch/.log"
			same "$what, converted" "$all" "$(tree "$inside" | tr ' ' '\n' | grep -v '^v1=' | xargs)"
		done
		gives "$writer's, foretold" 0 fcapinspect --userns=0:100000:65536 --format=json "tar:$archives/$writer.mapped.tar"
		same "$writer's, foretold" "base EINVAL nested EINVAL" \
			"$(jq -r 'select(.rel == "base" or .rel == "nested") | "\(.rel) \(.extract)"' <<<"$out" | sort | xargs)"
		gives "$writer's, converted, foretold" 0 \
			fcapinspect --userns=0:100000:65536 --format=json "tar:$made/$writer.to_the_inside.tar"
		same "$writer's, converted, foretold" "ok" \
			"$(jq -r 'select(.rel != "v1") | .extract' <<<"$out" | sort -u | xargs)"
	done
else
	skip "unpacking in a namespace" "$(cat "$scratch/.err")"
fi
stop_child

# --------------------------------- Python and Go ---------------------------

cut_names() {
	cut -f 1,3,4
}
packed names "$made"/*.tar >"$scratch/names"
"$python" tests/readtar.py "$made"/*.tar >"$scratch/python"
"$scratch/readtar" "$made"/*.tar >"$scratch/go"
empty "Python reads them all" "$(grep -P '\t=\t' "$scratch/python" | grep -vP '\t0$' || true)"
empty "Go reads them all" "$(grep -P '\t=\t' "$scratch/go" | grep -vP '\t0$' || true)"
same "Python reads the values" "$(cat "$scratch/names")" "$(grep -vP '\t=\t' "$scratch/python" | cut_names | sed -E 's/2f\t/\t/')"
same "Go reads the values" "$(cat "$scratch/names")" "$(grep -vP '\t=\t' "$scratch/go" | cut_names | sed -E 's/2f\t/\t/')"

finish
