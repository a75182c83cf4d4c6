#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The test matrix: run-tests.sh [list | all | SUITE...]; without a name, what CI runs; `all` are the heavy ones too, and all
# of what CI runs a part of. V=1 shows every log.
set -eu -o pipefail
cd "$(dirname "$0")/.."

suites=(unit tools archives packed images containers explain disks userns races migrate sanitize kernel fuzz killed faults
	valgrind install symbols dropin man examples format build threads counts abi)
# Those that take too long for every change: `make check-all`.
heavy=(clang longfuzz memory cross analyze coverage proof)

export BUILD=${BUILD:-build} MAKE=${MAKE:-make} WERROR=1
logs=build/logs
time_limit=900 # seconds for one program: what hangs has failed

# What a make that calls this was told reaches the makes below by the environment alone.
unset MAKEFLAGS MFLAGS MAKELEVEL

# --------------------------------- the suites ------------------------------

suite_unit() {
	build tests
	unit_programs "${of_library[@]}" "${of_the_rest[@]}"
}

suite_tools() {
	build all tests
	program tests/tools.sh
	program tests/checks.sh
}

suite_archives() {
	build all tests
	program tests/readers.sh
	program tests/archives.sh
	program tests/closed.sh
}

suite_userns() {
	build all tests
	for name in convert journal userns rootless; do
		program "tests/$name.sh"
	done
}

# VFSCAP_KILLED=N: at one call in N.
suite_killed() {
	some_kills
	build all tests
	program tests/killed.sh
}

suite_explain() {
	build all tests
	program tests/explain.sh
}

# VFSCAP_FAULTS=all: every fault at every place.
suite_faults() {
	build all tests
	program tests/faults.sh
}

suite_races() {
	build all tests
	program tests/races.sh
}

suite_migrate() {
	build all tests
	program tests/migrate.sh
	program tests/backends.sh
}

suite_kernel() {
	program scripts/check-kernel.sh
}

suite_images() {
	build all tests
	program tests/images.sh
}

suite_containers() {
	build all tests
	program tests/containers.sh
}

suite_disks() {
	some_kills
	build all tests
	program tests/disks.sh
	program tests/placed.sh
	program tests/stored.sh
}

suite_packed() {
	build all tests
	program tests/packed.sh
}

# The programs of Check in another build. What these have the kernel judge is the same kernel as in the unit suite, which
# asks it all of it: an eighth of that shows what another compiler makes of us.
suite_clang() {
	if ! command -v clang >/dev/null; then
		skip "all programs" "clang is not installed"
		return
	fi
	export BUILD=build/clang CC=clang VFSCAP_PART=8
	build tests
	unit_programs "${of_library[@]}" "${of_the_rest[@]}"
}

# Another exit status than any that a tool has by itself; of the kernel's judgements an eighth, as above. With clang the
# build is that of the fuzz targets, so that it is made once.
suite_sanitize() {
	export VFSCAP_PART=8
	if fuzzer_there; then
		# shellcheck source=fuzz/flags.sh
		. fuzz/flags.sh
	else
		export BUILD=build/asan CC=gcc
		export CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
	fi
	export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
	build tests
	# The library allocates nothing. To look for leaks after each of its three thousand cases takes longer than these.
	ASAN_OPTIONS+=:detect_leaks=0 unit_programs "${of_library[@]}"
	unit_programs "${of_the_rest[@]}"
	program tests/tools.sh
}

suite_valgrind() {
	build all tests
	for name in codec names text; do
		CK_FORK=no program "${valgrind[@]}" "$BUILD/tests/test_$name"
	done
	valgrind_tools
}

suite_install() {
	program tests/install.sh
}

suite_symbols() {
	program tests/symbols.sh
}

suite_dropin() {
	program tests/dropin.sh
}

suite_man() {
	program tests/man.sh
}

suite_examples() {
	for script in tests/check-examples-c.sh tests/check-examples.sh; do
		if [ -x "$script" ]; then
			program "$script"
		else
			skip "$script" "it is not there"
		fi
	done
}

# Each release of clang-format lays out some things otherwise.
suite_format() {
	if [[ $(clang-format --version) == *" version 14."* ]]; then
		verdict "$MAKE" format-check
	else
		skip format-check "sources are laid out by clang-format 14, not by the one here"
	fi
	if command -v shellcheck >/dev/null; then
		mapfile -t scripts < <(find scripts tests bench fuzz proof .ci -name '*.sh' -o -name '*.seeds' -o -path bench/run -o \
			-path fuzz/run -o -path fuzz/afl -o -path proof/run -o -path proof/mutants -o -path .ci/run)
		verdict shellcheck -x -P SCRIPTDIR "${scripts[@]}"
	else
		skip shellcheck "it is not installed"
	fi
}

# A short look, a longer one at images of disks: the rest is for `make fuzz`.
suite_fuzz() {
	if ! fuzzer_there; then
		skip "all targets" "clang and its fuzzer are not installed"
		return
	fi
	local images=(fuzz/fuzz_{ext4,squashfs,erofs}.c) others=() target
	for target in fuzz/fuzz_*.c; do
		[[ " ${images[*]} " == *" $target "* ]] || others+=("$target")
	done
	program fuzz/run --time=60 --jobs=2 "${images[@]}"
	program fuzz/run --total=60 --jobs=2 "${others[@]}"
}

fuzzer_there() {
	local there=$logs/fuzzer.$BASHPID
	command -v clang >/dev/null || return
	echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer -x c -o "$there" - 2>/dev/null && rm "$there"
}

# What `make fuzz` does; in halves, for none of them is to take longer than a program may.
suite_longfuzz() {
	local targets=(fuzz/fuzz_*.c) half
	half=$((${#targets[@]} / 2))
	if ! fuzzer_there; then
		skip "all targets" "clang and its fuzzer are not installed"
		return
	fi
	program fuzz/run --time=60 --jobs=2 "${targets[@]:0:half}"
	program fuzz/run --time=60 --jobs=2 "${targets[@]:half}"
}

# The walk by several threads; nothing else here has any.
suite_threads() {
	export BUILD=build/tsan CC=gcc CFLAGS='-O1 -g -fsanitize=thread' TSAN_OPTIONS=exitcode=99:halt_on_error=1
	build "$BUILD/tests/test_walk"
	program "$BUILD/tests/test_walk"
}

# Memory that was never written, with all of a program built to see it. What the kernel writes by way of syscall(2) looks
# unwritten then: without what asks the kernel, and without the libraries of others.
suite_memory() {
	if ! fuzzer_there; then
		skip "all programs" "clang and its runtimes are not installed"
		return
	fi
	export BUILD=build/msan CC=clang CFLAGS='-O1 -g -fsanitize=memory -fsanitize-memory-track-origins' MSAN_OPTIONS=exitcode=99
	build nocheck
	nocheck_programs "${nocheck_pure[@]}"
	unset CFLAGS
	program fuzz/run --memory --time=30
}

# Of the build that everybody has: other flags, other counts.
suite_counts() {
	if [ -n "${CC:-}${CFLAGS:-}${CPPFLAGS:-}${LDFLAGS:-}${WITHOUT:-}" ]; then
		skip "all counts" "they are of gcc with the flags of the Makefile"
		return
	fi
	build all "$BUILD/bench/hot"
	program tests/counts.sh
}

suite_abi() {
	program tests/abi.sh
}

suite_analyze() {
	program tests/analyze.sh
}

# Whether the tools say and do what they should is for the other suites to judge; here it is only counted what they reach.
# What other users run is counted in the same files.
suite_coverage() {
	if ! command -v gcovr >/dev/null; then
		skip "all of it" "gcovr is not installed"
		return
	fi
	export BUILD=build/coverage CC=gcc VFSCAP_PART=8 GCOV_ERROR_FILE=/dev/null
	export CFLAGS='-O0 -g --coverage -fprofile-update=atomic -fdata-sections'
	umask 0
	build all tests
	umask 022
	find "$BUILD" -name '*.gcda' -delete
	unit_programs "${of_library[@]}"
	# The longest first. Of the faults those of memory: system calls, to fail at or to be killed at, gcov makes a thousand.
	export FAULTS_ONLY=' malloc$'
	reach tests/{tools,images,checks,disks,archives,faults,stored,journal,convert,explain,userns,rootless}.sh \
		"${of_the_rest[@]/#/$BUILD/tests/test_}"
	program tests/coverage.sh
}

# Several at once. How a program ended is said, and no more.
reach() {
	export -f reach_one
	export logs time_limit
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c 'reach_one "{}"'
}

reach_one() {
	local status=0 log=$logs/reached.${1##*/} TIMEFORMAT='%1R s, %1U + %1S s of processors'
	{ time timeout "$time_limit" "$1" >"$log" 2>&1 </dev/null || status=$?; } 2>"$log.time"
	echo "-- $1: status $status, $(tail -n 1 "$log"); $(cat "$log.time")"
}

# The library on a big-endian machine, on one of 32 bits, and with another C library; all of it static.
suite_cross() {
	export LDFLAGS=-static CFLAGS='-O1 -g'
	if command -v s390x-linux-gnu-gcc >/dev/null && command -v qemu-s390x >/dev/null; then
		BUILD=build/s390x CC=s390x-linux-gnu-gcc cross qemu-s390x -- "${nocheck_pure[@]}"
	else
		skip s390x "there is no s390x-linux-gnu-gcc or no qemu-s390x"
	fi
	if command -v i686-linux-gnu-gcc >/dev/null; then
		BUILD=build/i686 CC=i686-linux-gnu-gcc cross -- "${nocheck_pure[@]}" "${nocheck_kernel[@]}"
	else
		skip i686 "there is no i686-linux-gnu-gcc"
	fi
	if command -v musl-gcc >/dev/null; then
		kernel_headers build/musl/headers
		BUILD=build/musl CC=musl-gcc CPPFLAGS='-idirafter build/musl/headers' cross -- "${nocheck_pure[@]}" "${nocheck_kernel[@]}"
	else
		skip musl "there is no musl-gcc"
	fi
}

suite_build() {
	program tests/build.sh
}

suite_proof() {
	local part
	if ! command -v frama-c >/dev/null || ! command -v why3 >/dev/null; then
		skip "all parts" "Frama-C is not installed (frama-c-base why3 z3 cvc4)"
		return
	fi
	program proof/run
	for part in codec maps predictions; do
		program proof/mutants "$part"
	done
}

# --------------------------------- what they use ---------------------------

some_kills() {
	[ -n "$whole" ] || export VFSCAP_KILLED=${VFSCAP_KILLED:-3}
}

# Suites of several lanes may want the same build.
build() {
	mkdir -p "$BUILD"
	flock -o "$BUILD/lock" "$MAKE" -j"$(nproc)" "$@"
}

closing() {
	printf '%d passed, %d failed, %d skipped\n' "$@"
}

skip() {
	echo "skip $1: $2"
	closing 0 0 1
}

# A command that has no closing line of its own.
verdict() {
	if "$@"; then closing 1 0 0; else closing 0 1 0; fi
}

# Adds up closing lines, Check's and those of scripts: passed, failed, skipped, how many lines.
# A script counts what it skips; a program of Check only says so.
count() {
	awk '
	/^skip[ :]/ { said++ }
	/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
		gsub(/[^0-9 ]/, "")
		passed += $2 - $3 - $4; failed += $3 + $4; skipped += said; said = 0; lines++
	}
	/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
		passed += $1; failed += $3; skipped += $5; said = 0; lines++
	}
	END { printf "%d %d %d %d\n", passed, failed, skipped, lines }' "$1"
}

# One test program. What ends badly without having counted a failure has crashed. What it cost is noted: the time that
# went by, and that of processors, which other work on the machine does not change much.
program() {
	local out=$logs/program.$BASHPID status=0 failed lines
	local TIMEFORMAT="%1R s, %1U + %1S s of processors: ${*##*/}"
	echo "== $*"
	{ time timeout "$time_limit" "$@" >"$out" 2>&1; } 2>"$out.time" || status=$?
	cat "$out"
	sed 's/^/-- /' "$out.time"
	rm "$out.time"
	read -r _ failed _ lines < <(count "$out")
	rm "$out"
	if [ "$lines" = 0 ] || { [ "$status" != 0 ] && [ "$failed" = 0 ]; }; then
		echo "$1: ended with status $status, $lines closing lines"
		closing 0 1 0
	fi
}

# The programs of Check.
of_library=(codec names text idmap idmap_parse idmap_rebase xattr xattr_system)
of_the_rest=()
for source in tests/test_*.c; do
	name=$(basename "$source" .c)
	[[ " ${of_library[*]} " == *" ${name#test_} "* ]] || of_the_rest+=("${name#test_}")
done

unit_programs() {
	local name
	for name; do
		program "$BUILD/tests/test_$name"
	done
}

# Of the programs that need no Check: those whose answers come from the library alone, and those that have the kernel judge.
nocheck_pure=(codec names text idmap idmap_rebase exec exec_rows predict_rows form)
nocheck_kernel=(idmap_parse xattr xattr_system)

nocheck_programs() {
	local name
	verdict runner_sees_failures
	for name; do
		program "${under[@]}" "$BUILD/nocheck/test_$name"
	done
}

runner_sees_failures() {
	{ "${under[@]}" "$BUILD/nocheck/selftest" || true; } >"$logs/selftest" 2>&1
	grep -qx '10%: Checks: 10, Failures: 9, Errors: 0' "$logs/selftest"
}

# cross [EMULATOR...] -- NAME...
under=()
cross() {
	echo "== $CC"
	while [ "$1" != -- ]; do
		under+=("$1")
		shift
	done
	shift
	build lib nocheck
	nocheck_programs "$@"
	under=()
}

# The kernel's own headers, for a C library that comes without them.
kernel_headers() {
	local dir
	mkdir -p "$1"
	for dir in linux asm-generic; do ln -sfn "/usr/include/$dir" "$1/$dir"; done
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$1/asm"
}

valgrind=(valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite)

# What a tool itself answers is for other suites to judge.
valgrind_clean() {
	local status=0
	echo "== valgrind $*"
	"${valgrind[@]}" "$@" || status=$?
	verdict [ "$status" -lt 9 ]
}

valgrind_tools() {
	local tree
	tree=$(mktemp -d "$logs/tree.XXXXXX")
	mkdir "$tree/sub"
	touch "$tree/plain" "$tree/capable" "$tree/sub/$(printf 'odd\nname')"
	ln -s nowhere "$tree/link"
	valgrind_clean "$BUILD/fcapset" cap_net_raw,cap_chown=ep "$tree/capable" =i "$tree/sub/odd"*
	for format in text json getfattr sarif; do
		valgrind_clean "$BUILD/fcapinspect" --format="$format" "$tree" "$tree/absent"
	done
	"$BUILD/fcapinspect" --format=getfattr "$tree" >"$tree.dump"
	for format in text json; do
		# A filter that valgrind does not know of would deny what valgrind itself needs.
		valgrind_clean "$BUILD/fcapdiff" --sandbox=no --format="$format" "$tree" "getfattr:$tree.dump"
	done
	valgrind_clean "$BUILD/fcapconvert" --dry-run --to=3 --rootid=100000 "$tree"
	valgrind_clean "$BUILD/fcapconvert" --to=3 --rootid=100000 "$tree"
	valgrind_clean "$BUILD/fcapset" cap_foo=ep "$tree/capable"
	valgrind_clean "$BUILD/fcapset" --remove "$tree/capable"
	rm -r "$tree" "$tree.dump"
}

# --------------------------------- running them ----------------------------

# What a log has of failures, in short; where it has nothing, how it ends.
note_failures() {
	local lines
	lines=$(grep -aE -A8 '^FAILED|:[FE]:|ended with status' "$2" | grep -v '^--' | head -24 || true)
	[ -n "$lines" ] || lines=$(tail -n 4 "$2")
	printf '%s\n' "$lines" | cut -c 1-300 | sed "s/^/$1: /"
}

run_suite() {
	local name=$1 log=$logs/$1.log status start=$SECONDS passed failed skipped lines
	set +e
	(
		set -e
		"suite_$name"
	) >"$log" 2>&1 </dev/null
	status=$?
	set -e

	read -r passed failed skipped lines < <(count "$log")
	if [ "$lines" = 0 ] || { [ "$status" != 0 ] && [ "$failed" = 0 ]; }; then
		echo "the suite ended with status $status, $lines closing lines" >>"$log"
		failed=$((failed + 1))
	fi
	# The log's own closing lines are not to be taken for this run's.
	if [ "$failed" != 0 ] || [ "${V:-}" = 1 ]; then
		sed 's/^/    | /' "$log"
	else
		{ grep -a '^skip[ :]' "$log" || true; } | sort -u | sed 's/^/    /'
	fi
	[ "$failed" = 0 ] || note_failures "$name" "$log" >>"$logs/failures"
	printf '%-9s %6d passed %4d failed %4d skipped %4d s\n' "$name" "$passed" "$failed" "$skipped" \
		$((SECONDS - start))
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
}

if [ "${1:-}" = list ]; then
	printf '%s\n' "${suites[@]}" "${heavy[@]}"
	exit
fi
[ $# -gt 0 ] || set -- "${suites[@]}"
whole=
[ "$*" != all ] || {
	mapfile -t suites < <(printf '%s\n' "${suites[@]}" | grep -vx fuzz) # longfuzz is more of the same
	set -- "${suites[@]}" "${heavy[@]}"
	whole=yes
}
for name; do
	[[ " ${suites[*]} ${heavy[*]} " == *" $name "* ]] || {
		echo "run-tests: no suite '$name'; there are: all ${suites[*]} ${heavy[*]}" >&2
		exit 2
	}
done

# Beside the others as many as there are processors of those that have builds of their own, or take long and meet nobody,
# for most wait now and then. Who is done with the others goes on with the last of these.
beside=() first=()
for name; do
	case $name in
	killed | faults | clang | sanitize | fuzz | longfuzz | kernel | memory | coverage | proof) beside+=("$name") ;;
	*) first+=("$name") ;;
	esac
done

# run_lane TOTALS SUITE...: prints what becomes of suites that nobody has begun yet, and writes what they add up to.
run_lane() {
	local totals=$1 name
	shift
	echo 0 1 0 >"$totals" # until it has come to its end
	total_passed=0 total_failed=0 total_skipped=0
	for name; do
		! mkdir "$logs/begun/$name" 2>/dev/null || run_suite "$name"
	done
	echo "$total_passed $total_failed $total_skipped" >"$totals"
}

mkdir -p "$logs"
rm -rf "$logs"/totals.* "$logs/failures" "$logs/begun"
mkdir "$logs/begun"
mapfile -t last_first < <(printf '%s\n' "${beside[@]}" | tac)
if [ $# -gt 1 ] && [ "$(nproc)" -gt 1 ]; then
	for ((lane = 0; lane < $(nproc) && lane < ${#beside[@]}; lane++)); do
		run_lane "$logs/totals.$lane" "${beside[@]}" >"$logs/beside.$lane" &
	done
	run_lane "$logs/totals.first" "${first[@]}" "${last_first[@]}"
	wait
	for ((lane = 0; lane < $(nproc) && lane < ${#beside[@]}; lane++)); do cat "$logs/beside.$lane"; done
else
	run_lane "$logs/totals.first" "$@"
fi
total_passed=0 total_failed=0 total_skipped=0
while read -r passed failed skipped; do
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
done < <(cat "$logs"/totals.*)

# Once more at the end, where it is what is looked at first.
[ ! -s "$logs/failures" ] || head -n 48 "$logs/failures"
if [ "$total_skipped" = 0 ]; then
	echo "$total_passed passed, $total_failed failed"
else
	closing "$total_passed" "$total_failed" "$total_skipped"
fi
[ "$total_failed" = 0 ] && [ "$total_passed" != 0 ]
