#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real packages: a tree of Debian's is moved to one container's ids, to another's, and back.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"
# shellcheck source=tests/packages.sh
. tests/packages.sh

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to unpack a system"
command -v apt-get >/dev/null || reason="apt-get is not there"
can_give || reason="the attribute cannot be set here"
if [ -n "$reason" ]; then
	skip "real packages" "$reason"
	finish
	exit
fi

# Other users must get there, and /tmp can be a tmpfs.
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
t=$room/tree
trap leave EXIT
chmod 755 "$room"
in_memory "$room"

if ! packages_tree; then
	skip "real packages" "apt cannot download: $(tail -n 1 "$scratch/log")"
	finish
	exit
fi
creds=$t/usr/bin/vfscap-creds
cp "$BUILD/tests/helper_creds" "$creds"
give "$creds" v2
# A container may have one of its own below it.
cp "$BUILD/tests/helper_creds" "$creds-nested"

# --------------------------------- shifting it -----------------------------

dump() {
	(cd "$t" && getfattr -R -h -m "^$attribute\$" -e hex -d . 2>/dev/null)
}
dump >"$scratch/packed"
ok "the packages set what they set" test "$(grep -c "=$(bytes v2)" "$scratch/packed")" -ge 4

# chown takes the attribute away: it is set again when the owners are right.
find "$t" -printf '%U:%G\n' | sort -u >"$scratch/owners"
while IFS=: read -r uid gid; do
	find "$t" -uid "$uid" -gid "$gid" -exec chown -h "$((uid + 100000)):$((gid + 100000))" {} +
done <"$scratch/owners"
empty "chown took all of them" "$(dump)"
gives "setting them again" 0 fcapset -q --restore="$scratch/packed" --root="$t"
give "$creds-nested" v3:5000
dump >"$scratch/first"
same "they are as the packages had them" "$(grep -v -e nested -e "$(bytes v3:5000)" "$scratch/first" | grep . | sort)" \
	"$(grep . "$scratch/packed" | sort)"
times=$(times "$t")

# --------------------------------- there and back --------------------------

# holds WHAT START PERMITTED PROGRAM: what a program has as uid 1000 of the namespace 0:START:65536.
holds() {
	local what=$1 start=$2 expected=$3 program=$4 got
	if ! in_namespace "$start" 65536; then
		skip "$what" "no user namespace can be made"
		return
	fi
	got=$(nsenter --user --target "$child" --setuid 1000 --setgid 1000 "$program" 2>&1 || true)
	stop_child
	same "$what" "$expected" "$(grep -o 'CapPrm=[0-9a-f]*' <<<"$got" || echo "$got")"
}
raw=CapPrm=0000000000002000 none=CapPrm=0000000000000000

# pings WHAT START STATUS: ping itself, in the whole system. It gives up what it holds before it can be looked at, but
# without CAP_NET_RAW it gets no socket in a network of the namespace's own.
pings() {
	local what=$1 start=$2 status=$3
	[ -z "$why" ] || return 0
	if in_namespace "$start" 65536 --net &&
		nsenter --user --net --target "$child" --setuid 0 --setgid 0 ip link set lo up; then
		gives "$what" "$status" nsenter --user --net --target "$child" --setuid 0 --setgid 0 \
			chroot --userspec=1000:1000 "$t" ping -c 1 127.0.0.1
		refused=$status
	else
		skip "$what" "no network namespace with a loopback device can be made"
	fi
	stop_child
}

# rootids: which the tree has, and how many of each.
rootids() {
	dump | sed -n "s/^$attribute=//p" | while read -r value; do short "$value"; done | sort | uniq -c | xargs
}
count=$(grep -c "=$(bytes v2)" "$scratch/first")
holds "revision 2 counts everywhere" 100000 $raw "$creds"

gives "from revision 2 to a container" 0 fcapconvert --to=3 --map-to=0:100000:65536 "--journal=$scratch/there" "$t"
same "all of it, nested ones with their offset" "$count v3:100000 1 v3:105000" "$(rootids)"
holds "a program in it" 100000 $raw "$creds"
holds "a program elsewhere" 300000 $none "$creds"
pings "ping in it" 100000 0
refused=0
pings "ping elsewhere" 300000 2
[ "$refused" = 0 ] || says "ping elsewhere: why" 'cap_net_raw'
same "times and owners stay" "$times" "$(times "$t")"

gives "to another container" 0 fcapconvert --map-from=0:100000:65536 --map-to=0:300000:65536 \
	"--journal=$scratch/further" "$t"
same "all of it again" "$count v3:300000 1 v3:305000" "$(rootids)"
holds "a program in the other" 300000 $raw "$creds"
holds "a program in the first" 100000 $none "$creds"
pings "ping in the other" 300000 0
gives "the same again" 0 fcapconvert --map-from=0:100000:65536 --map-to=0:300000:65536 \
	"--journal=$scratch/further" "$t"
says "nothing is left to do" ' 0 converted'

gives "undoing the second" 0 fcapconvert --undo="$scratch/further"
same "it is the first container's" "$count v3:100000 1 v3:105000" "$(rootids)"
holds "a program in it again" 100000 $raw "$creds"
gives "undoing the first" 0 fcapconvert --undo="$scratch/there"
ok "the tree is what it was" diff "$scratch/first" <(dump)
same "times and owners too" "$times" "$(times "$t")"

finish
