#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapexplain against execve: a caller asks about a file, then executes it, and has what it was told. Callers are made by
# capsh, setpriv and user namespaces; among them are the cases that libcap's own documentation tells of.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to be other callers"
[ -n "${VFSCAP_PRIVATE:-}" ] || reason=${reason:-"no mount namespace of its own can be had"}
for tool in capsh setpriv jq setfattr unshare python3; do
	command -v $tool >/dev/null || reason=${reason:-"$tool is not installed"}
done
if [ -n "$reason" ]; then
	skip "all callers" "$reason"
	finish
	exit
fi

# Other users execute the files and the tool.
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)
holder=
leave() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null || true
	awk -v below="$room/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac |
		while read -r at; do umount -l "$at"; done
	rm -rf --one-file-system "$room"
	clean_up
}
trap leave EXIT
chmod 755 "$room"
cp "$BUILD/fcapexplain" "$BUILD/fcapset" "$BUILD/tests/helper_creds" "$room"

# --------------------------------- both answers ----------------------------

# What execve did: the five sets and the effective ids, or an errno.
did() {
	local said
	if said=$("$@" 2>&1); then
		sed -nE 's/^Uid=[0-9]+\/([0-9]+)\/[0-9]+ Gid=[0-9]+\/([0-9]+)\/[0-9]+ CapInh=(\S+) CapPrm=(\S+) CapEff=(\S+) CapBnd=(\S+) CapAmb=(\S+).*/\1 \2 \3 \4 \5 \6 \7/p' <<<"$said"
	else
		case $said in
		*"not permitted"*) echo EPERM ;;
		*"Permission denied"*) echo EACCES ;;
		*"Invalid argument"*) echo EINVAL ;;
		*"out of range"*) echo ERANGE ;;
		*"too large"*) echo EOVERFLOW ;;
		*"Too many levels"*) echo ELOOP ;;
		*"not found"* | *"No such file"*) echo ENOENT ;;
		*) echo "?: $said" ;;
		esac
	fi
}

# What was told, in the same form.
told() {
	{ "$@" 2>"$scratch/err" || true; } |
		jq -r 'if .outcome == "fails" then .errno else [.euid, .egid, .inheritable_mask, .permitted_mask, .effective_mask,
			.bounding_mask, .ambient_mask] | map(tostring | ltrimstr("0x")) | join(" ") end'
	cat "$scratch/err" >&2
}

# The caller, which execs at once whatever it is told to.
caller=()
as() {
	caller=("$@")
}
capsh_as() {
	caller=(capsh "$@" -- -c 'exec "$@"' --)
}

# agree WHAT FILE [OPTION...]: the caller is told what it gets. The shell between both makes it a process that has been
# executed once, as the tool is when it looks at itself.
# shellcheck disable=SC2016 # it is that shell's to expand
agree() {
	local what=$1 file=$2
	shift 2
	same "$what" "$(did "${caller[@]}" sh -c 'exec "$0"' "$file")" \
		"$(told "${caller[@]}" sh -c 'exec "$0" "$@"' "$room/fcapexplain" --format=json "$@" "$file")"
}

# gets WHAT PATTERN FILE: and it is this: a pattern of what told says.
# shellcheck disable=SC2016
gets() {
	agree "$1" "$3"
	local now
	now=$(did "${caller[@]}" sh -c 'exec "$0"' "$3")
	# shellcheck disable=SC2254
	case $now in
	$2) ok "$1: $2" true ;;
	*) same "$1: what it gets" "$2" "$now" ;;
	esac
}

# file NAME [CAPS]
file() {
	cp "$room/helper_creds" "$room/$1"
	[ $# = 1 ] || "$room/fcapset" -q "$2" "$room/$1"
}

user=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)
none=0000000000000000
raw=0000000000002000

# --------------------------------- values ----------------------------------

file plain
file ep cap_net_raw=ep
file ei cap_net_raw=ei
file p cap_net_raw=p
file two cap_net_raw,cap_net_admin=ep
file empty =
file scarce cap_sys_resource=ep
file suid
chmod 4755 "$room/suid"
file suidcaps cap_net_raw=p
chmod 4755 "$room/suidcaps"
file sgid
chgrp 1234 "$room/sgid"
chmod 2755 "$room/sgid"
file broken
setfattr -n security.capability -v "" "$room/broken"
file foreign
setfattr -n security.capability -v 0x0100000300200000000000000000000000000000400d0300 "$room/foreign"
file nobody
chmod 644 "$room/nobody"
files=(plain ep ei p two empty scarce suid suidcaps sgid foreign nobody)

every() {
	local file
	for file in "${files[@]}"; do
		agree "$1: $file" "$room/$file"
	done
	# What getxattr does not show.
	agree "$1: a broken value" "$room/broken" --as-stored=
}

# --------------------------------- callers ---------------------------------

as env
every root
as "${user[@]}"
every "a user"
as "${user[@]}" setpriv --no-new-privs
every "a user with no_new_privs"
as setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw
every "a user with an ambient capability"
as setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw
every "a user with an inheritable capability"
as setpriv --bounding-set=-net_raw
every "root without it in the bounding set"
as setpriv --bounding-set=-net_raw --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all
every "a user without it in the bounding set"
as setpriv --securebits=+noroot
every "root that means nothing"
as setpriv --ruid 1000 --rgid 1000 --keep-groups --inh-caps=-all
every "an effective uid of root alone"
as unshare -r
every "root of a namespace"

# ------------------------- what libcap's pages tell of ---------------------

capsh_as --drop=cap_net_raw --uid=1000
gets "dropped from the bounding set, =ep is refused" EPERM "$room/ep"
capsh_as --drop=cap_net_raw
gets "and refused to root as well" EPERM "$room/ep"
capsh_as --inh=cap_net_raw --uid=1000
gets "=ei and inheritable" "1000 0 $raw $raw $raw *" "$room/ei"
capsh_as --uid=1000
gets "=ei and not inheritable: it runs without" "1000 0 $none $none $none *" "$room/ei"
capsh_as --inh=cap_net_raw --drop=cap_net_raw --uid=1000
gets "what is inheritable passes by the bounding set" "1000 0 $raw $raw $raw *" "$room/ei"
capsh_as --keep=1 --uid=1000 --inh=cap_net_raw --addamb=cap_net_raw
gets "ambient" "1000 0 $raw $raw $raw * $raw" "$room/plain"
gets "an empty value kills what is ambient" "1000 0 $raw $none $none * $none" "$room/empty"
capsh_as --secbits=0x2f
gets "no root by securebits: the file alone gives" "0 0 $none $raw $raw *" "$room/ep"
gets "and a plain file nothing" "0 0 $none $none $none *" "$room/plain"

# ---------------------------------- scripts --------------------------------

as "${user[@]}"
printf '#!%s\n' "$room/plain" >"$room/script"
chmod 755 "$room/script"
"$room/fcapset" -q cap_net_raw=ep "$room/script"
gets "a script has nothing of its own" "1000 1000 $none $none $none *" "$room/script"
printf '#! \t%s -x y\n' "$room/ep" >"$room/by_ep"
chmod 4755 "$room/by_ep"
gets "but what its interpreter has" "1000 1000 $none $raw $raw *" "$room/by_ep"
file=$room/ep
for i in 1 2 3 4 5 6; do
	printf '#!%s\n' "$file" >"$room/chain$i"
	chmod 755 "$room/chain$i"
	file=$room/chain$i
done
gets "the fifth interpreter is run" "1000 1000 $none $raw $raw *" "$room/chain5"
gets "the sixth is not" ELOOP "$room/chain6"
printf '#!%s\n' "$room/absent" >"$room/without"
chmod 755 "$room/without"
# A shell would say it of the script.
same "an interpreter that is missing" ENOENT "$(told "$room/fcapexplain" --format=json "$room/without")"
printf '#!%s\n' "$room/nobody" >"$room/by_nobody"
chmod 755 "$room/by_nobody"
agree "an interpreter that nobody may execute" "$room/by_nobody"

# What says nothing of the interpreter is no answer.
unknown() {
	local what=$1 status=0
	shift
	"$@" >"$scratch/said" 2>"$scratch/err" || status=$?
	same "$what: incomplete" 3 "$status"
	same "$what: no answer" "" "$(cat "$scratch/said")"
	ok "$what: and said" grep -q "what its interpreter is cannot be told" "$scratch/err"
}
unknown "a root that is not there" "$room/fcapexplain" --root="$room/absent" "$room/script"
unknown "a root that is a file" "$room/fcapexplain" --root="$room/plain" "$room/script"
unknown "the root of another's process" "${user[@]}" "$room/fcapexplain" --pid=$$ "$room/script"
mkdir -m 700 "$room/closed"
cp "$room/plain" "$room/closed"
printf '#!%s\n' "$room/closed/plain" >"$room/by_closed"
chmod 755 "$room/by_closed"
agree "an interpreter that the caller cannot reach" "$room/by_closed"
unknown "and one that another may reach" "${user[@]}" "$room/fcapexplain" --profile=user "$room/by_closed"

# The kernel opens a name without characters, and has the working directory.
printf '#!' >"$room/nameless"
printf '#! \0\n' >"$room/zero"
chmod 755 "$room"/{nameless,zero}
for file in nameless zero; do
	agree "a #! line without a name: $file" "$room/$file"
done

# ---------------------------------- mounts ---------------------------------

mkdir "$room/nosuid" "$room/noexec"
mount --bind "$room" "$room/nosuid"
mount -o remount,bind,nosuid "$room/nosuid"
mount --bind "$room" "$room/noexec"
mount -o remount,bind,noexec "$room/noexec"
for file in ep empty suid by_ep; do
	agree "on a nosuid mount: $file" "$room/nosuid/$file"
done
agree "on a noexec mount" "$room/noexec/ep"

# A mount of another mount namespace, reached by a descriptor, and by a process in it.
mkdir "$room/elsewhere"
# shellcheck disable=SC2016
unshare -m sh -c 'mount -t tmpfs none "$1" && cp "$2/ep" "$1" && "$2/fcapset" cap_net_raw=ep "$1/ep" && chmod 755 "$1" &&
	echo ready && exec sleep 60' sh "$room/elsewhere" "$room" >"$scratch/ready" &
holder=$!
until [ -s "$scratch/ready" ]; do sleep 0.05; done
exec 9<"/proc/$holder/root$room/elsewhere/ep"
as "${user[@]}"
gets "from another mount namespace" "1000 1000 $none $none $none *" /proc/self/fd/9
same "and for a process in that" $raw "$({ "$room/fcapexplain" -q --format=json --pid="$holder" --uid=1000 \
	"/proc/$holder/root$room/elsewhere/ep" || true; } | jq -r '.permitted_mask | ltrimstr("0x")')"
exec 9<&-
# Of a process elsewhere it is not guessed.
for limit in 4 5 6 7; do
	(ulimit -n "$limit" && exec "$room/fcapexplain" -q --pid="$holder" --uid=1000 "$room/ep") >"$scratch/said" 2>&1 || true
	empty "with $limit descriptors a mount is not taken for one of that process's" "$(
		grep 'runs with cap_net_raw' "$scratch/said" || true)"
done

# An owner that the id map of a mount lacks is shown as 65534, as nobody is, and its set-id bits do not count.
kill "$holder"
: >"$scratch/ready"
unshare -U sh -c 'echo ready && exec sleep 60' >"$scratch/ready" &
holder=$!
until [ -s "$scratch/ready" ]; do sleep 0.05; done
echo 0 100000 65536 >"/proc/$holder/uid_map"
echo 0 100000 65536 >"/proc/$holder/gid_map"
mkdir "$room"/{ids,idmapped,layers,nil}
mount -t tmpfs -o mode=755 none "$room/ids"
for owner in 1000:1000 100000:0 0:100000 65534:65534; do
	cp "$room/plain" "$room/ids/$owner"
	chown "$owner" "$room/ids/$owner"
	chmod 4755 "$room/ids/$owner"
done
as "${user[@]}"
agree "a file of nobody" "$room/ids/65534:65534"
if python3 tests/idmapped.py "$room/ids" "$room/idmapped" "/proc/$holder/ns/user" 2>"$scratch/err"; then
	for owner in 1000:1000 100000:0 0:100000 65534:65534; do
		agree "on an idmapped mount: $owner" "$room/idmapped/$owner"
	done
	if mount -t overlay none -o "lowerdir=$room/idmapped:$room/nil" "$room/layers" 2>"$scratch/err"; then
		agree "through overlayfs of it: a known owner" "$room/layers/1000:1000"
		status=0
		said=$("$room/fcapexplain" "$room/layers/100000:0" 2>&1) || status=$?
		same "through overlayfs of it: an unknown one is incomplete" 3 "$status"
		ok "and said" grep -q "its owner or group is shown as 65534" <<<"$said"
	else
		skip "overlayfs of an idmapped mount" "it cannot be mounted: $(cat "$scratch/err")"
	fi
else
	skip "idmapped mounts" "$(cat "$scratch/err")"
fi

# Of the namespace between its own and ours nobody is left, so a rootid may be that one's root.
kill "$holder"
: >"$scratch/ready"
unshare -r unshare -U sh -c 'echo ready && exec sleep 60' >"$scratch/ready" &
holder=$!
until [ -s "$scratch/ready" ]; do sleep 0.05; done
setfattr -n security.capability -v 0x010000030020000000000000000000000000000088130000 "$room/foreign"
status=0
said=$("$room/fcapexplain" -q --pid="$holder" "$room/foreign" 2>&1) || status=$?
same "where namespaces in between are unknown, that is incomplete" 3 "$status"
ok "and said" grep -q "rootid 5000 may be root of one of them" <<<"$said"
kill "$holder"
holder=

# A process in a chroot: it is told of the mounts below its root, and not of the one that this is on.
mkdir "$room/cell"
cp -a "$room/ep" "$room/cell"
for namespace in "this mount namespace" "another mount namespace"; do
	: >"$scratch/ready"
	unshare=(unshare -m)
	[ "$namespace" != "this mount namespace" ] || unshare=()
	"${unshare[@]}" python3 -c 'import os, sys, time
os.chroot(sys.argv[1])
print("ready", flush=True)
time.sleep(60)' "$room/cell" >"$scratch/ready" &
	cell=$!
	until [ -s "$scratch/ready" ]; do sleep 0.05; done
	same "for a process in a chroot of $namespace" $raw "$({ "$room/fcapexplain" -q --format=json --pid="$cell" \
		--uid=1000 "/proc/$cell/root/ep" || true; } | jq -r '.permitted_mask | ltrimstr("0x")')"
	kill "$cell"
done

# --------------------------------- overlayfs -------------------------------

mkdir -p "$room/over"
mount -t tmpfs none "$room/over"
mkdir "$room/over"/{lower,upper,work,top}
cp -a "$room"/{ep,foreign,broken,empty} "$room/over/lower"
if mount -t overlay none -o "lowerdir=$room/over/lower,upperdir=$room/over/upper,workdir=$room/over/work" "$room/over/top" \
	2>"$scratch/err"; then
	as "${user[@]}"
	for file in ep foreign broken empty; do
		agree "through overlayfs: $file" "$room/over/top/$file"
	done
else
	skip "overlayfs" "it cannot be mounted: $(cat "$scratch/err")"
fi

# --------------------------------- remedies --------------------------------

# carry WHAT CODE CAPS FILE [OPTION...]: the call that the change names, carried out, after which there is nothing to change.
carry() {
	local what=$1 code=$2 caps=$3 file=$4 call
	shift 4
	call=$({ "$room/fcapexplain" --format=json "$@" "$file" || true; } |
		jq -r --arg code "$code" '.remedies[] | select(.code == $code).message' | grep -o 'fcapset [^;]*FILE')
	call=${call/fcapset/"$room/fcapset" -q} call=${call/FILE/"$file"}
	if $call; then
		same "$what" "$caps" "$("$BUILD/fcapinspect" "$file" | cut -d ' ' -f 2-)"
	else
		same "$what" "$caps" "$call"
	fi
}

container=(--profile=docker --userns=0:100000:65536 --uid=1000)
file inside
"$room/fcapset" -q -n 100000 cap_net_admin,cap_net_raw=ep "$room/inside"
carry "drop-effective" drop-effective cap_net_admin,cap_net_raw=p "$room/two" --profile=docker
carry "drop-effective with a rootid" drop-effective "cap_net_admin,cap_net_raw=p [rootid=100000]" "$room/inside" "${container[@]}"
"$room/fcapset" -q -n 100000 cap_net_raw=ei "$room/inside"
carry "permit" permit cap_net_raw=eip "$room/ei" --profile=user
carry "permit with a rootid" permit "cap_net_raw=eip [rootid=100000]" "$room/inside" "${container[@]}"
"$room/fcapset" -q -n 4294967294 cap_net_raw=ep "$room/inside"
carry "rebase-rootid" rebase-rootid "cap_net_raw=ep [rootid=100000]" "$room/inside" "${container[@]}"
carry "revision-2" revision-2 cap_net_raw=ep "$room/inside" --profile=user
setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw \
	"$room/fcapexplain" --format=json "$room/empty" >"$scratch/empty" || true
same "an empty value that takes ambient capabilities" remove-attribute "$(jq -r '.remedies[0].code' "$scratch/empty")"

# --------------------------------- bundles ---------------------------------

# What a configuration names is a directory, though it looks like another input.
mkdir -p "$room/bundle/tar:root"
cp -a "$room/ep" "$room/bundle/tar:root"
for root in tar:root - tar:root/ep; do
	jq -n --arg root "$root" '{process: {user: {uid: 7}, capabilities: {bounding: ["CAP_NET_RAW"]}}, root: {path: $root}}' \
		>"$room/bundle/config.json"
	case $root in
	tar:root) expected="tar:root/ep: runs with cap_net_raw effective" ;;
	-) expected="fcapexplain: -: ENOENT: No such file or directory: the directory cannot be opened" ;;
	*) expected="fcapexplain: $root: ENOTDIR: Not a directory: the directory cannot be opened" ;;
	esac
	same "a root directory called $root" "$expected" "$(cd "$room/bundle" && "$room/fcapexplain" --oci-config=config.json 2>&1)"
done

finish
