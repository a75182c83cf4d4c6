#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The build: leaves nothing behind, does nothing twice, rebuilds what flags and headers concern.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

export -n BUILD CC CXX
unset CFLAGS CPPFLAGS LDFLAGS LDLIBS MAKEFLAGS V WERROR
to=$scratch/build

build() {
	"$MAKE" --no-print-directory BUILD="$to" "$@"
}

# What was made, and when.
made() {
	find "$to" -type f -printf '%P %T@\n' | sort
}

# remade LIST PATTERN: names of what is newer now than in an earlier list.
remade() {
	comm -13 <(printf '%s\n' "$1") <(made) | cut -d ' ' -f 1 | { grep -Ex "$2" || true; }
}

tree_status() {
	git status --porcelain
}

before=$(tree_status) || skip "untracked files" "git does not know this directory"
ok "a parallel build from nothing" build -j4
[ "$skipped" != 0 ] || same "a build leaves nothing untracked" "$before" "$(tree_status)"

for tool in fcapinspect fcapset fcapconvert fcapdiff fcapexplain; do
	ok "$tool was built" test -x "$to/$tool"
done

last=$(made)
said=$(build)
empty "a second make says nothing" "$(grep -v 'Nothing to be done' <<<"$said" || true)"
same "a second make makes nothing" "$last" "$(made)"

# -W: as if the header had been changed just now.
build -W include/vfscap.h >"$scratch/log"
concerned=$(cd "$to" && { grep -rl --include='*.d' 'include/vfscap\.h' || true; } | sed 's/\.d$/.o/' | sort)
same "a changed header rebuilds what includes it" "$concerned" "$(remade "$last" '.*\.o')"
same "and links anew" "fcapconvert fcapdiff fcapexplain fcapinspect fcapset libvfscap.a" \
	"$(remade "$last" 'fcap[a-z]+|libvfscap\.a' | xargs)"

last=$(made)
build CFLAGS=-O0 lib >"$scratch/log"
same "changed flags rebuild the library" "$(grep '^lib/' <<<"$concerned" || true)" "$(remade "$last" 'lib/.*\.o')"

ok "V=1 shows commands" grep -E -e '-O1 .*-c -o .*/lib/vfscap\.o' <(build V=1 CFLAGS=-O1 lib)
empty "without it they are not shown" "$(build CFLAGS=-O2 lib | grep -e ' -c -o ' || true)"
ok "make help lists targets" grep '^ *make install ' <(build help)
ok "make clean" build clean
ok "make clean leaves nothing" test ! -e "$to"

finish
