#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --userns and fcapinspect --userns as root: the forms of maps, what the kernel asks, what they say.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

if ! can_give; then
	skip "namespaces" "the attribute cannot be set here"
	finish
	exit
fi

s=$scratch/set f=$scratch/set/file

# fresh OWNER:GROUP [VALUE]
fresh() {
	rm -rf "$s"
	plant "$s" "file=-"
	chown "$1" "$f"
	[ $# -lt 2 ] || give "$f" "$2"
}

# sets WHAT STORED OPTION...: done, and this is stored; or "refused" with nothing changed.
sets() {
	local what=$1 stored=$2 before
	shift 2
	before=$(tree "$s")
	if [ "$stored" = refused ]; then
		gives "$what" 3 fcapset "$@" cap_net_raw=ep "$f"
		same "$what: nothing was changed" "$before" "$(tree "$s")"
	else
		gives "$what" 0 fcapset "$@" cap_net_raw=ep "$f"
		same "$what" "file=$stored" "$(tree "$s")"
	fi
}

# --------------------------------- the forms of maps -----------------------

m=--userns=0:100000:65536
fresh 100000:100000
sets "a map" v3:100000 $m
fresh 100000:100000
sets "a map of several extents" v3:100000 --userns=0:100000:1,1:200000:10
fresh 101000:101000
sets "a chain" v3:101000 $m --userns=0:1000:1000
fresh 101005:101005
sets "a chain of three" v3:101005 $m --userns=0:1000:1000 --userns=0:5:10
fresh 100000:7
sets "a gid map" v3:100000 $m --gid-map=0:7:1
fresh 101000:101007
sets "a gid map of the inner one" v3:101000 $m --userns=0:1000:1000 --gid-map=0:1007:1
printf '         0     100000      65536\n' >"$scratch/map"
fresh 100000:100000
sets "@FILE" v3:100000 "--userns=@$scratch/map"
fresh 100000:100000
sets "a rootid inside" v3:101000 $m -n 1000
fresh 100000:100000
sets "revision 3 with rootid 0 is the namespace's own" v3:100000 $m -n 0
fresh 0:0
sets "the identity stays revision 2 as seen from here" v2 --userns=0:0:4294967295

# A process whose ids are mapped, and one below it.
if in_namespace 100000 1000 2>"$scratch/.err"; then
	fresh 100000:100000
	sets "pid:N" v3:100000 --userns=pid:$child
	fresh 100010:100010
	sets "pid:N and one below" v3:100010 --userns=pid:$child --userns=0:10:10
	gives "pid:N of fcapconvert" 0 fcapconvert --map-from=pid:$child --value="$(bytes v3:100007)"
	same "pid:N of fcapconvert" v3:7 "$(short "$out")"
	gives "pid:N of fcapinspect" 0 fcapinspect --format=json --userns=pid:$child "$f"
	same "pid:N of fcapinspect" "v3 10" "$(jq -r '"\(.visible.status) \(.visible.rootid)"' <<<"$out")"
else
	skip "pid:N" "$(cat "$scratch/.err")"
fi
stop_child

# Wrong maps are wrong calls, and name the extent.
fresh 100000:100000
while read -r map extent; do
	gives "the map $map" 2 fcapset --userns="$map" cap_net_raw=ep "$f"
	says "the map $map: the extent" "extent $extent:"
done <<END
0:100000:65536,5:1:2 2
0:100000:10,20:100005:10 2
0:1:1,1:2:1,2:3:0 3
0:100000:0 1
0:4294967290:10 1
4294967295:0:1 1
0:100000 1
0:100000:65536, 2
frob 1
-1:0:1 1
0:4294967296:1 1
END
gives "a child beyond its parent" 2 fcapset $m --userns=0:1000:70000 cap_net_raw=ep "$f"
says "a child beyond its parent: the extent" '0:1000:70000: extent 1'
gives "--gid-map alone" 2 fcapset --gid-map=0:0:1 cap_net_raw=ep "$f"
gives "an absent file" 2 fcapset --userns="@$scratch/absent" cap_net_raw=ep "$f"
gives "an absent process" 2 fcapset --userns=pid:4194304 cap_net_raw=ep "$f"
gives "an absent user" 2 fcapset --userns=subuid:no-such-user cap_net_raw=ep "$f"
says "an absent user is named" 'no-such-user: there is no such user'
same "none of them changes a file" "" "$(tree "$s")"

# --------------------------------- the kernel's conditions -----------------

fresh 0:100000
sets "an unmapped uid" refused $m
says "an unmapped uid is named" 'EPERM: its owner, uid 0, is not mapped'
fresh 100000:0
sets "an unmapped gid" refused $m
says "an unmapped gid is named" 'EPERM: its group, gid 0, is not mapped'
fresh 100000:100000
sets "a rootid outside the map" refused $m -n 65536
says "a rootid outside the map is named" 'EINVAL: rootid 65536 is not mapped'
sets "no uid 0" refused --userns=1:100000:10
says "no uid 0 is named" 'EINVAL: .*no uid 0'
sets "no uid 0, and a rootid" v3:100004 --userns=1:100000:10 -n 5
fresh 100000:100000
gives "one file of two" 3 fcapset $m cap_net_raw=ep "$f" cap_net_raw=ep "$scratch/probe/file"
same "then none is changed" "" "$(tree "$s")"

# --------------------------------- what is there ---------------------------

fresh 100000:100000 v3:105000
sets "widening inside" refused $m
says "widening inside: who before" 'uid 105000 .*uid 100000 '
sets "widening inside, allowed" v3:100000 $m --allow-widen
fresh 100000:100000 v3:100000
gives "its own again" 0 fcapset $m cap_chown=ep "$f"
same "its own again" "file=0x0100000301000000000000000000000000000000a0860100" "$(tree "$s")"
gives "--merge" 0 fcapset $m --merge cap_net_raw=ep "$f"
same "--merge" "file=0x0100000301200000000000000000000000000000a0860100" "$(tree "$s")"
gives "-v" 0 fcapset $m -v cap_net_raw,cap_chown=ep "$f"
gives "-v of other sets" 1 fcapset $m -v cap_net_raw=ep "$f"
gives "-v of another rootid" 1 fcapset $m -v -n 5 cap_net_raw,cap_chown=ep "$f"
gives "-v from a stranger" 3 fcapset --userns=0:200000:65536 -v cap_net_raw=ep "$f"
gives "--dry-run" 0 fcapset $m --dry-run cap_net_raw=ep "$f"
same "--dry-run shows what will be stored" \
	"$f: cap_chown,cap_net_raw=ep [rootid=100000] -> cap_net_raw=ep [rootid=100000]" "$out"
gives "--remove" 0 fcapset $m --remove "$f"
same "--remove" "" "$(tree "$s")"
fresh 100000:100000 v3:300000
sets "a foreign value" refused $m
says "a foreign value is named" 'EOVERFLOW: .*--replace'
gives "--restore" 0 fcapset $m --restore=<(printf '# file: file\n%s=%s\n' $attribute "$(bytes v3:7)") --root="$s" \
	--replace
same "--restore takes ids inside" file=v3:100007 "$(tree "$s")"
for ((i = 0; i < 50; i++)); do plant "$s" "many$i=-"; done
chown -R 100000:100000 "$s"
gives "many files by one process" 0 fcapset $m --caps=cap_net_raw=ep "$s"/many*
same "many files" 50 "$(tree "$s" | xargs -n 1 | grep -c v3:100000)"
same "no process is left" "" "$(pgrep -P $$ -x fcapset || true)"

# --------------------------------- looking from there ----------------------

rm -rf "$s"
plant "$s" v2=v2 base=v3:100000 nested=v3:101000 other=v3:200000

# seen WHAT EXPECTED OPTION...: NAME=ROOTID-THERE or -, or the errno, and what execve makes of it.
seen() {
	local what=$1 expected=$2
	shift 2
	gives "$what" 0 fcapinspect --format=json "$@" "$s"
	same "$what" "$expected" "$(jq -r '"\(.rel)=\(.visible.rootid // .visible.errno // "-")/\(.honoured.status)"' \
		<<<"$out" | sort | xargs)"
}
seen "from a namespace" "base=-/granted nested=1000/ignored other=EOVERFLOW/ignored v2=-/granted" $m
seen "from one below" "base=-/granted nested=-/granted other=EOVERFLOW/ignored v2=-/granted" $m --userns=0:1000:1000
seen "from one below it that sees more" "base=-/granted nested=1000/ignored other=EOVERFLOW/ignored v2=-/granted" \
	$m --userns=0:0:65536
seen "from a stranger" "base=EOVERFLOW/ignored nested=EOVERFLOW/ignored other=EOVERFLOW/ignored v2=-/granted" \
	--userns=0:300000:65536
seen "from one without uid 0" "base=1/ignored nested=EOVERFLOW/ignored other=EOVERFLOW/ignored v2=-/granted" \
	--userns=1:100000:1000
gives "as text" 0 fcapinspect $m "$s"
same "as text both rootids are shown" "$s/base cap_net_raw=ep [rootid here=100000]
$s/nested cap_net_raw=ep [rootid=1000] [rootid here=101000]
$s/other cap_net_raw=ep [there: EOVERFLOW] [rootid here=200000]
$s/v2 cap_net_raw=ep" "$(sort <<<"$out")"
gives "a value" 0 fcapinspect $m --format=json --value="$(bytes v3:101000)"
same "a value" "v3 1000 0:100000:65536" "$(jq -r '"\(.visible.status) \(.visible.rootid) \(.userns)"' <<<"$out")"
gives "a wrong map" 2 fcapinspect --userns=0:1:0 "$s"
says "a wrong map names the extent" 'extent 1'

finish
