#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --userns as ordinary users, with sub-ids and without. Root makes two of them and removes them again.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
[ "$(id -u)" = 0 ] || reason="it takes root to make users"
command -v useradd >/dev/null || reason="useradd is not installed"
command -v newuidmap >/dev/null || reason="newuidmap is not installed (package uidmap)"
can_give || reason="the attribute cannot be set here"
if [ -n "$reason" ]; then
	skip "ordinary users" "$reason"
	finish
	exit
fi

with=vfscap-with-$$ without=vfscap-without-$$
room=$(mktemp -d /var/tmp/vfscap.XXXXXX)

# Another test may have a process of the same number at work, for a moment.
remove() {
	local try
	for ((try = 0; try < 40; try++)); do
		id "$1" >/dev/null 2>&1 || return 0
		userdel "$1" 2>/dev/null || sleep 0.25
	done
}

leave() {
	local user
	for user in "$with" "$without"; do
		remove "$user"
	done
	remove_dir "$room"
	clean_up
}
trap leave EXIT
path=
useradd --no-create-home --user-group "$with"
useradd --no-create-home --user-group -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 "$without"
# Where useradd gives no range by itself.
grep -q "^$with:" /etc/subuid || usermod --add-subuids 700000-765535 "$with"
grep -q "^$with:" /etc/subgid || usermod --add-subgids 700000-765535 "$with"
start=$(sed -n "s/^$with:\([0-9]*\):.*/\1/p" /etc/subuid)
gstart=$(sed -n "s/^$with:\([0-9]*\):.*/\1/p" /etc/subgid)
uid=$(id -u "$with") gid=$(id -g "$with") other=$(id -u "$without")

# The build may be where they cannot go.
chmod 755 "$room"
cp "$BUILD"/fcap{set,inspect,convert} "$room"
f=$room/files/file

# as USER COMMAND...: with nothing of root's but its PATH.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups --inh-caps=-all \
		env PATH="${path:-$PATH}" "$@"
}

# fresh OWNER:GROUP
fresh() {
	rm -rf "$room/files"
	plant "$room/files" file=-
	chown "$1" "$f"
}

# sets WHAT USER STORED OPTION...: as in userns.sh, by that user; root looks from the initial namespace.
sets() {
	local what=$1 user=$2 stored=$3
	shift 3
	if [ "$stored" = refused ]; then
		gives "$what" 3 as "$user" "$room/fcapset" "$@" cap_net_raw=ep "$f"
		same "$what: nothing was changed" "" "$(tree "$room/files")"
	else
		gives "$what" 0 as "$user" "$room/fcapset" "$@" cap_net_raw=ep "$f"
		same "$what" "file=$stored" "$(tree "$room/files")"
	fi
}

# --------------------------------- with sub-ids ----------------------------

fresh "$uid:$gid"
sets "without --userns" "$with" refused
says "without --userns: why" 'EPERM: cap_setfcap is not permitted'
sets "rootless:USER" "$with" "v3:$uid" --userns="rootless:$with"
gives "-v there" 0 as "$with" "$room/fcapset" --userns="rootless:$with" -v cap_net_raw=ep "$f"
gives "--remove there" 0 as "$with" "$room/fcapset" --userns="rootless:$with" --remove "$f"
same "--remove there" "" "$(tree "$room/files")"
sets "rootless:UID" "$with" "v3:$uid" --userns="rootless:$uid"
fresh "$start:$gstart"
sets "a file of a sub-id" "$with" "v3:$uid" --userns="rootless:$with"
fresh "$start:$gstart"
sets "a rootid that is a sub-id" "$with" "v3:$((start + 4))" --userns="rootless:$with" -n 5
fresh "$start:$gstart"
sets "subuid:USER" "$with" "v3:$start" --userns="subuid:$with"
fresh "$((start + 1000)):$((gstart + 1000))"
sets "below it" "$with" "v3:$((start + 1000))" --userns="subuid:$with" --userns=0:1000:10
fresh "$uid:$gid"
sets "subuid:USER of one's own file" "$with" refused --userns="subuid:$with"
says "the unmapped owner is named" "uid $uid, is not mapped"
fresh 0:0
sets "root's file" "$with" refused --userns="rootless:$with"
says "root is named" 'uid 0, is not mapped'
fresh "$other:$gid"
sets "another user's file" "$with" refused --userns="rootless:$with"
fresh "$uid:$gid"
sets "another user's ids" "$with" refused --userns=0:"$other":1
says "the refusal names the file" '/etc/sub[ug]id'
sets "more than the range" "$with" refused --userns="0:$start:4000000"
says "the refusal says how to get one" 'usermod --add-subuids'

# --------------------------------- without ---------------------------------

fresh "$other:$(id -g "$without")"
gives "rootless:USER without sub-ids" 2 as "$without" "$room/fcapset" --userns="rootless:$without" cap_net_raw=ep "$f"
says "how to get some" "no range for user $without; 'usermod --add-subuids"
gives "subuid:USER without sub-ids" 2 as "$without" "$room/fcapset" --userns="subuid:$without" cap_net_raw=ep "$f"
own=(--userns="0:$other:1" --gid-map="0:$(id -g "$without"):1")
sets "one's own id alone" "$without" "v3:$other" "${own[@]}"
fresh "$other:$(id -g "$without")"
sets "another user's range" "$without" refused --userns="0:$start:10"
says "another user's range is refused" '/etc/sub[ug]id'

# --------------------------------- without newuidmap -----------------------

path=/nonexistent
fresh "$uid:$gid"
sets "no newuidmap" "$with" refused --userns="rootless:$with"
says "no newuidmap: what is missing" 'new[ug]idmap is missing.*package uidmap'
fresh "$other:$(id -g "$without")"
sets "no newuidmap, and one's own id alone" "$without" "v3:$other" "${own[@]}"

path=

# --------------------------------- root for them ---------------------------

fresh "$uid:$gid"
gives "root for a user" 0 "$room/fcapset" --userns="rootless:$with" cap_net_raw=ep "$f"
same "root for a user" "file=v3:$uid" "$(tree "$room/files")"
gives "a value of theirs" 0 "$room/fcapconvert" --map-from="rootless:$with" --value="$(bytes "v3:$((start + 4))")"
same "a value of theirs" v3:5 "$(short "$out")"
gives "seen by them" 0 as "$with" "$room/fcapinspect" --format=json --userns="rootless:$with" "$f"
same "seen by them" "v2 granted" "$(jq -r '"\(.visible.status) \(.honoured.status)"' <<<"$out")"
same "no process is left" "" "$(pgrep -u "$uid,$other" || true)"

finish
