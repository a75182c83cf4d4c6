#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of live files share: values and trees by short names, exit statuses. Sourced, not run.
# shellcheck source=tests/script.sh
. "$(dirname "${BASH_SOURCE[0]}")/script.sh"

PATH=$(realpath "$BUILD"):$PATH:/usr/sbin:/sbin
export PATH
attribute=security.capability

unmount_all() {
	local at
	awk -v below="$scratch/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac |
		while read -r at; do umount -l "$at"; done
}

clean_up() {
	stop_child
	unmount_all
	remove_dir "$scratch"
}
trap clean_up EXIT

# --------------------------------- values ----------------------------------

# bytes v1|v2|v3:ROOTID: cap_net_raw=ep as it is stored.
bytes() {
	local n=${1#v3:}
	case $1 in
	v1) echo 0x010000010020000000000000 ;;
	v2) echo 0x0100000200200000000000000000000000000000 ;;
	v3:*) printf '0x0100000300200000000000000000000000000000%02x%02x%02x%02x\n' $((n & 255)) \
		$((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24 & 255)) ;;
	esac
}

# short 0xHEX: the other way; a value with other sets stays as it is.
short() {
	local id=${1:42}
	case $1 in
	0x010000010020000000000000) echo v1 ;;
	0x0100000200200000000000000000000000000000) echo v2 ;;
	0x0100000300200000000000000000000000000000*)
		echo "v3:$((16#${id:6:2}${id:4:2}${id:2:2}${id:0:2}))" ;;
	*) echo "$1" ;;
	esac
}

# --------------------------------- trees -----------------------------------

give() {
	setfattr -n $attribute -v "$(bytes "$2")" "$1"
}

# plant DIR NAME=VALUE...: files with values; "-" is none.
plant() {
	local dir=$1 file
	shift
	mkdir -p "$dir"
	for file; do
		[[ ${file%%=*} != */* ]] || mkdir -p "$dir/$(dirname "${file%%=*}")"
		echo "the file ${file%%=*}" >"$dir/${file%%=*}"
		[ "${file#*=}" = - ] || give "$dir/${file%%=*}" "${file#*=}"
	done
}

# tree DIR: what its files hold, as seen from here: NAME=VALUE, sorted, in one line.
tree() {
	(cd "$1" && find . -type f -exec getfattr -h -m "^$attribute\$" -e hex -d {} + 2>/dev/null) |
		sed -n -e 's/^# file: //p' -e "s/^$attribute=//p" | {
		while read -r file && read -r value; do
			echo "$file=$(short "$value")"
		done
	} | sort | xargs
}

# times DIR: all that a change of the attribute must leave alone.
times() {
	find "$1" -printf '%P %y %m %U %G %s %T@ %l\n' | sort
}

can_give() {
	plant "$scratch/probe" file=v2 2>/dev/null
}

# can_mount COMMAND...: mounts, or says why the part is left out.
can_mount() {
	mount "$@" 2>"$scratch/.err" || {
		skip "what needs mount $*" "$(cat "$scratch/.err")"
		return 1
	}
}

# ext4 SIZE DIR [OPTION...]: a file system of its own, loop-mounted from $DIR.img.
ext4() {
	local size=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	truncate -s "$size" "$dir.img"
	mke2fs -q -F -t ext4 "$@" "$dir.img" && can_mount -o loop "$dir.img" "$dir"
}

# --------------------------------- outcomes --------------------------------

# gives WHAT STATUS COMMAND...: ends so; what it says is in $out and $err then.
gives() {
	local what=$1 want=$2 status=0 more=
	shift 2
	"$@" >"$scratch/.out" 2>"$scratch/.err" || status=$?
	out=$(cat "$scratch/.out") err=$(cat "$scratch/.err")
	[ "$status" = "$want" ] || more=$(printf '\n%s' "$*" "$out" "$err")
	same "$what: the exit status" "exit $want" "exit $status$more"
}

matches() {
	grep -Eq -e "$1" <<<"$2" || {
		printf 'not found: %s\nin: %s\n' "$1" "$2"
		return 1
	}
}

# says WHAT PATTERN: on standard error of the last command.
says() {
	ok "$1" matches "$2" "$err"
}

# --------------------------------- namespaces ------------------------------

# in_namespace START COUNT [OPTION...]: a process in a new user namespace 0:START:COUNT, and in others that unshare
# is asked for; its number is in $child.
child=
in_namespace() {
	local i
	setpriv --reuid "$1" --regid "$1" --clear-groups unshare --user "${@:3}" sleep 600 &
	child=$!
	for ((i = 0; i < 250; i++)); do
		[ "$(readlink "/proc/$child/ns/user")" = "$(readlink /proc/self/ns/user)" ] || break
		sleep 0.02
	done
	echo "0 $1 $2" >"/proc/$child/uid_map" && echo "0 $1 $2" >"/proc/$child/gid_map"
}

stop_child() {
	[ -z "$child" ] || kill "$child" 2>/dev/null || true
	child=
}
