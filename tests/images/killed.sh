# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# Killed at system calls while an image is written: there is none, or a whole one. Sourced by images.sh. Counts calls.
# At some, and at all of the last ones, which put it in place; KILL_ALL=1: at all of them, which takes minutes.

k=$room/killed
mkdir "$k" "$k/out"
killed=$(realpath "$BUILD")/tests/helper_killed
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

# sums PATH: of all that is there
sums() {
	find "$1" -type f -exec sha256sum {} + | sort
}

# after_kill COMMAND...: $whole is what it is to be, and what it makes then
after_kill() {
	local out=$k/out/new
	[ ! -e "$out" ] || [ "$(cd "$k/out" && sums new)" = "$whole" ] || {
		echo "neither absent nor whole"
		return 1
	}
	# What is left beside it is hidden, and in nobody's way.
	[ -z "$(find "$k/out" -mindepth 1 -maxdepth 1 -not -name new -not -name '.*')" ] || {
		echo "something with a name is left: $(ls "$k/out")"
		return 1
	}
	rm -rf "$k/out/new"
	"$@" && [ "$(cd "$k/out" && sums new)" = "$whole" ]
}

# calls COMMAND...: how many it makes, into $calls
calls() {
	local low=0 high=64 middle
	while ends_after $high "$@"; do high=$((high * 2)); done
	while [ $((high - low)) -gt 1 ]; do
		middle=$(((low + high) / 2))
		if ends_after $middle "$@"; then low=$middle; else high=$middle; fi
	done
	calls=$low
}
# ends_after N COMMAND...: it makes a call N, where it is killed
ends_after() {
	rm -rf "$k/out" && mkdir "$k/out"
	"$killed" "$1" entry "${@:2}" >/dev/null 2>&1
}

# every WHAT SOURCE COMMAND...: entering a call the command is as it was after the call before
every() {
	local what=$1 source=$2 n step before done=0
	shift 2
	before=$(sums "$source")
	rm -rf "$k/out" && mkdir "$k/out"
	gives "$what: not killed" 0 "$@"
	whole=$(cd "$k/out" && sums new)
	calls "$@"
	ok "$what: it makes system calls" test "$calls" -gt 200
	step=$((calls / 24))
	[ "${KILL_ALL:-}" != 1 ] || step=1
	for ((n = 1; n <= calls; n += n < calls - 40 - step ? step : 1)); do
		ends_after "$n" "$@" || break
		done=$((done + 1))
		after_kill "$@" >"$scratch/.said" 2>&1 && continue
		failed=$((failed + 1))
		printf 'FAILED: %s, killed at the entry of call %d\n' "$what" "$n"
		sed 's/^/    /' "$scratch/.said"
	done
	ok "$what: it was killed" test "$done" -ge 60
	passed=$((passed + done))
	same "$what: the source is as it was" "$before" "$(sums "$source")"
	echo "$what: killed $done times at one of $calls calls"
}

if "$killed" 1000000 entry true; [ $? != 1 ]; then
	skip "being killed while an image is written" "ptrace is not allowed here"
else
	new=$k/out/new
	every "a layout" "$stores/nested" fcapconvert -q --map-to=0:1:1 --to=3 "oci:$stores/nested" -o "$new"
	every "an archive" "$stores/nested.tar" fcapconvert -q --map-to=0:1:1 --to=3 \
		"oci-archive:$stores/nested.tar" -o "$new"
	every "a new layer" "$stores/simple" fcapset -q "--in=oci:$stores/simple" -o "$new" cap_chown=ep a
fi
