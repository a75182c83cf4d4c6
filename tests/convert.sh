#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapconvert across user namespaces: its table, its policies, what it refuses, and what a dry run shows.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

from=--map-from=0:100000:65536 to=--map-to=0:200000:65536

# --------------------------------- values ----------------------------------

# value WHAT EXPECTED STORED OPTION...: a short value, "none" with success, or "refused".
value() {
	local what=$1 expected=$2 stored=$3
	shift 3
	case $expected in
	refused)
		gives "$what" 3 fcapconvert --value="$stored" "$@"
		empty "$what: no value" "$out"
		;;
	none)
		gives "$what" 0 fcapconvert --value="$stored" "$@"
		empty "$what: no value" "$out"
		;;
	*)
		gives "$what" 0 fcapconvert --value="$stored" "$@"
		same "$what" "$expected" "$(short "$out")"
		;;
	esac
}

# The table: a stored value, then what --map-from, --map-to, both, and both with --claim make of it.
# "widens" is refused without --allow-widen, and then it is v2.
table() {
	cat <<-END
		v1         v1         v3:200000  v1         v3:200000
		v2         v2         v3:200000  v2         v3:200000
		v3:0       v3:0       v3:200000  v3:0       v3:200000
		v3:100000  widens     refused    v3:200000  v3:200000
		v3:101000  v3:1000    refused    v3:201000  v3:201000
		v3:165535  v3:65535   refused    v3:265535  v3:265535
		v3:1       refused    v3:200001  refused    refused
		v3:65535   refused    v3:265535  refused    refused
		v3:165536  refused    refused    refused    refused
		v3:200000  refused    refused    refused    refused
		v3:4294967294 refused refused    refused    refused
	END
}

while read -r stored a b c d; do
	hex=$(bytes "$stored")
	value "$stored --map-to" "$b" "$hex" "$to"
	value "$stored with both maps" "$c" "$hex" "$from" "$to"
	value "$stored with both maps and --claim" "$d" "$hex" "$from" "$to" --claim
	if [ "$a" = widens ]; then
		value "$stored --map-from" refused "$hex" "$from"
		says "$stored --map-from: who could use it" 'before, only .* 100000 .*; after, everybody'
		value "$stored --map-from --allow-widen" v2 "$hex" "$from" --allow-widen
	else
		value "$stored --map-from" "$a" "$hex" "$from"
	fi
done < <(table)

# --to applies last.
while read -r stored expected options; do
	read -ra options <<<"$options"
	value "$stored ${options[*]}" "$expected" "$(bytes "$stored")" "${options[@]}"
done <<END
v1 v2 --to=2
v2 v1 --to=1
v3:0 v2 --to=2
v3:0 v1 --to=1
v3:5 refused --to=2
v3:5 refused --to=1
v3:5 v2 --to=2 --allow-widen
v3:5 refused --to=3 --rootid=7
v3:7 v3:7 --to=3 --rootid=7
v3:5 v3:7 --to=3 --rootid=7 --replace-rootid
v2 v3:4294967294 --to=3 --rootid=4294967294
v1 v3:200000 --to=3 $to
v2 v3:200000 --to=3 $to
v3:5 v3:200005 --to=3 $to
v2 v3:200000 --to=3 $from $to
v3:101000 v3:201000 --to=3 $from $to
v3:100000 refused --to=2 $from
v3:100000 v2 --to=2 $from --allow-widen
v3:101000 refused --to=2 $from
v3:100000 v3:200000 --to=3 $from $to --claim
v3:5 refused --to=2 $from
END

value "unknown flags stay without --to" 0x030000030020000000000000000000000000000005000000 \
	0x030000030020000000000000000000000000000009000000 --map-from=0:4:10
value "--to clears unknown flags" v2 0x0300000200200000000000000000000000000000 --to=2
says "--to names unknown flags" 'flag bits 0x2 '
value "bits that no kernel knows stay" 0x010000030000000000000000000000800000000028110300 \
	0x0100000300000000000000000000008000000000888a0100 "$from" "$to"
value "the effective flag stays unset" 0x000000030020000000000000000000000000000028110300 \
	0x0000000300200000000000000000000000000000888a0100 "$from" "$to"
value "--to=1 of a high capability" refused 0x0100000200200000000000008000000000000000 --to=1
says "--to=1 names what does not fit" 'cap_bpf'
gives "--to=3 without a rootid" 2 fcapconvert --value="$(bytes v2)" --to=3
gives "--to=3 with --map-from alone" 2 fcapconvert --value="$(bytes v2)" --to=3 "$from"
gives "--claim with one map" 2 fcapconvert --value="$(bytes v2)" --claim "$to"
gives "--map-to twice" 2 fcapconvert --value="$(bytes v2)" "$to" "$to"
gives "nothing to do" 2 fcapconvert --value="$(bytes v2)"
gives "a rootid that is none" 2 fcapconvert --value="$(bytes v2)" --to=3 --rootid=4294967295

# Maps of several extents, and one with a gap.
map=--map-from=0:100000:1000,1000:500000:1000,5000:700000:10
value "the second extent" v3:1007 "$(bytes v3:500007)" "$map"
value "the third extent" v3:5009 "$(bytes v3:700009)" "$map"
value "past the third extent" refused "$(bytes v3:700010)" "$map"
value "a gap of the target" refused "$(bytes v3:2000)" --map-to=0:100000:1000,5000:700000:10
value "no uid 0 in the target" refused "$(bytes v2)" --map-to=1:100000:10
printf '         0     100000      65536\n' >"$scratch/uid_map"
value "@FILE as the kernel prints it" v3:1000 "$(bytes v3:101000)" "--map-from=@$scratch/uid_map"
gives "overlapping extents" 2 fcapconvert --value="$(bytes v2)" --map-to=0:100000:10,20:100005:10
says "the extent is named" 'extent 2'

# --unmapped and --undecodable, each word.
for word in error keep drop; do
	case $word in
	error) outside=refused inside=refused ;;
	keep) outside=v3:300000 inside=refused ;;
	drop) outside=none inside=none ;;
	esac
	value "--unmapped=$word" "$outside" "$(bytes v3:300000)" "$to" --unmapped=$word
	says "--unmapped=$word says so" 'rootid 300000'
	value "--unmapped=$word inside the target" "$inside" "$(bytes v3:200005)" "$to" --unmapped=$word
	value "--unmapped=$word with both maps" "$inside" "$(bytes v3:200005)" "$from" "$to" --unmapped=$word
	value "--unmapped=$word with --map-from alone" \
		"${outside/v3:300000/v3:200005}" "$(bytes v3:200005)" "$from" --unmapped=$word
done
value "--undecodable=error" refused 0x01000002 "$to"
value "--undecodable=keep" 0x01000002 0x01000002 "$to" --undecodable=keep
value "--undecodable=drop" none 0x01000002 "$to" --undecodable=drop
gives "--unmapped=frob" 2 fcapconvert --value="$(bytes v2)" "$to" --unmapped=frob
gives "--undecodable=frob" 2 fcapconvert --value="$(bytes v2)" "$to" --undecodable=frob

# What fuidshift documents to lose.
value "a nested rootid keeps its offset" v3:201000 "$(bytes v3:101000)" "$from" "$to"
value "and comes back" v3:101000 "$(bytes v3:201000)" --map-from=0:200000:65536 --map-to=0:100000:65536
value "a re-base drops nothing" v3:200000 "$(bytes v3:100000)" "$from" "$to"
value "the reverse does not widen" refused "$(bytes v3:100000)" "$from"
value "nor for a nested one" v3:1000 "$(bytes v3:101000)" "$from"

# --------------------------------- live files ------------------------------

if ! can_give; then
	skip "live files" "the attribute cannot be set here"
	finish
	exit
fi

# live WHAT STATUS EXPECTED STORED OPTION...: one file; a journal where the call needs one.
live() {
	local what="live: $1" status=$2 expected=$3 stored=$4
	shift 4
	rm -rf "$scratch/live" "$scratch/live.journal"
	plant "$scratch/live" "file=$stored"
	gives "$what" "$status" fcapconvert "$scratch/live" "$@"
	same "$what" "$expected" "$(tree "$scratch/live")"
}

# A file that has v3 with rootid 0 shows it as v2.
while read -r stored a b c d; do
	[ "$stored" != v1 ] || continue
	seen=${stored/%v3:0/v2} journal=--journal=$scratch/live.journal
	for cell in "--map-from|$a|$from" "--map-to|$b|$to $journal" "with both maps|$c|$from $to" \
		"with --claim|$d|$from $to --claim"; do
		IFS='|' read -r what expected options <<<"$cell"
		read -ra options <<<"$options"
		status=0
		case $expected in
		widens)
			live "$stored $what" 3 "file=$seen" "$stored" "${options[@]}"
			live "$stored $what --allow-widen" 0 file=v2 "$stored" "${options[@]}" --allow-widen
			continue
			;;
		refused) expected=$seen status=3 ;;
		esac
		live "$stored $what" $status "file=${expected/%v3:0/v2}" "$stored" "${options[@]}"
	done
done < <(table)

live "--unmapped=drop" 0 "" v3:300000 "$from" "$to" --unmapped=drop
live "--unmapped=keep" 0 file=v3:300000 v3:300000 "$from" "$to" --unmapped=keep
live "--unmapped=keep inside the target" 3 file=v3:200005 v3:200005 "$from" "$to" --unmapped=keep

# Shifted trees to idmapped ones and back.
live "v3 at the base to v2" 0 file=v2 v3:100000 "$from" --to=2 --allow-widen
live "v2 to v3 at the base" 0 file=v3:200000 v2 --to=3 "$to" "--journal=$scratch/live.journal"

# What could be its own input is refused without a journal, and no file is read before.
while read -r what options; do
	read -ra options <<<"$options"
	live "refused without a journal: $what" 2 file=v3:100000 v3:100000 "${options[@]}"
	says "$what: the journal is named" '--journal'
done <<END
map-to-alone $to
map-to-and-revision $to --to=3
from-itself --map-from=0:1000:200000
shifted-a-little $from --map-to=0:150000:65536
END
live "the same dry" 0 file=v3:100000 v3:100000 "$from" --map-to=0:150000:65536 --dry-run
live "the same with a journal" 0 file=v3:150000 v3:100000 "$from" --map-to=0:150000:65536 \
	"--journal=$scratch/live.journal"

# --------------------------------- dry runs --------------------------------

dry=$scratch/dry
plant "$dry" v2=v2 base=v3:100000 nested=v3:101000 foreign=v3:5 none=-
before=$(times "$dry")
gives "a dry run" 3 fcapconvert --dry-run "$from" "$to" "$dry"
same "a dry run shows old and new" \
	"$dry/base: cap_net_raw=ep [rootid=100000] -> cap_net_raw=ep [rootid=200000]
$dry/nested: cap_net_raw=ep [rootid=101000] -> cap_net_raw=ep [rootid=201000]" "$(sort <<<"$out")"
says "a dry run names what it cannot convert" 'dry/foreign: .*rootid 5'
says "a dry run says that it is one" 'would be converted'
gives "a dry run as json" 3 fcapconvert --dry-run --format=json "$from" "$to" "$dry"
same "a dry run as records" "base changed 100000 200000
nested changed 101000 201000" "$(jq -r '"\(.rel) \(.change) \(.a.rootid) \(.b.rootid)"' <<<"$out" | sort)"
gives "a dry run that drops" 0 fcapconvert --dry-run --format=json "$from" "$to" --unmapped=drop "$dry/foreign"
same "a dry run shows what is removed" "removed null" "$(jq -r '"\(.change) \(.b)"' <<<"$out")"
gives "a dry run keeps no journal" 2 fcapconvert --dry-run "--journal=$scratch/dry.journal" "$from" "$to" "$dry"
same "a dry run changes nothing" "base=v3:100000 foreign=v3:5 nested=v3:101000 v2=v2" "$(tree "$dry")"
same "nor any time" "$before" "$(times "$dry")"
gives "times are not touched" 3 fcapconvert "$from" "$to" "$dry"
same "times and owners stay" "$before" "$(times "$dry")"

# --------------------------------- hidden values ---------------------------

# What no setxattr stores is planted from outside.
hidden=$scratch/hidden
if ext4 8M "$hidden"; then
	plant "$hidden" v1=- flag=- short=- plain=v3:100000
	umount "$hidden"
	for file in v1:010000010020000000000000 flag:0300000200200000000000000000000000000000 short:01000002; do
		printf '%b' "$(fold -w 2 <<<"${file#*:}" | sed 's/^/\\x/' | tr -d '\n')" >"$scratch/value"
		debugfs -w -R "ea_set -f $scratch/value /${file%:*} $attribute" "$hidden.img" 2>/dev/null
	done
	mount -o loop "$hidden.img" "$hidden"
	listed() {
		(cd "$hidden" && for f in *; do getfattr -m- "$f"; done) | grep -c "^$attribute\$"
	}
	gives "hidden values" 3 fcapconvert "$from" "$to" "$hidden"
	says "a hidden value is named" 'hidden/v1: EINVAL.*--undecodable'
	same "the others are converted" plain=v3:200000 "$(tree "$hidden")"
	same "none was removed" 4 "$(listed)"
	gives "--undecodable=keep" 0 fcapconvert "$from" --map-to=0:300000:65536 --undecodable=keep "$hidden/v1"
	says "what is kept is named" 'hidden/v1: kept'
	gives "--undecodable=drop alone" 3 fcapconvert "$from" "$to" --undecodable=drop "$hidden/v1"
	says "what could not be undone is named" '--irreversible'
	same "none was removed yet" 4 "$(listed)"
	gives "--undecodable=drop --irreversible" 0 fcapconvert "$from" "$to" --undecodable=drop --irreversible \
		"--journal=$scratch/hidden.journal" "$hidden"/{v1,flag,short}
	same "they are removed" 1 "$(listed)"
	gives "they cannot be restored" 3 fcapconvert --undo="$scratch/hidden.journal"
	says "and that is said" 'hidden/v1: .*cannot be restored'
	umount "$hidden"
fi

finish
