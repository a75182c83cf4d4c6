# shellcheck shell=bash disable=SC2154 # what script.sh sets
# SPDX-License-Identifier: GPL-2.0-or-later
# Being killed at system calls: what the tests of it share. Sourced, after live.sh.
killed=$(realpath "$BUILD")/tests/helper_killed
# LeakSanitizer cannot work under ptrace.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

can_kill() {
	local status=0
	"$killed" 1000000 entry true || status=$?
	[ "$status" = 1 ]
}

# every "WHEN..." WHAT CHECK COMMAND...: CHECK is called after each kill, and says what is wrong. prepare() goes before.
# Of the calls up to number $few only one in 16. VFSCAP_KILLED=N: of all others one in N.
few=0
step=${VFSCAP_KILLED:-1}
every() {
	local whens=$1 what=$2 check=$3 n when calls=0
	shift 3
	for when in $whens; do
		for ((n = 1; ; n += n < few ? 16 : step)); do
			prepare
			"$killed" "$n" "$when" "$@" >"$scratch/.out" 2>&1 || break # it has ended before
			calls=$((calls + 1))
			$check "$n" "$when" "$@" >"$scratch/.said" 2>&1 && continue
			failed=$((failed + 1))
			printf 'FAILED: %s, killed at the %s of call %d\n' "$what" "$when" "$n"
			sed 's/^/    /' "$scratch/.said"
		done
	done
	ok "$what: it makes system calls" test "$((calls * step))" -gt 50
	passed=$((passed + calls))
	echo "$what: killed $calls times"
}
