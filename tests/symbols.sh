#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the library's objects define and want: only vfscap_*, nothing writable, pure files pure.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

# Memory and string functions, checked variants of them, and what a compiler adds by itself.
harmless='mem(cpy|move|set|cmp|chr)|str(n?len|n?cmp|chr|rchr)|__(mem|str)[a-z]+_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'

"$MAKE" -s lib BUILD="$BUILD"
pure=("$BUILD"/lib/{vfscap,names,text,idmap,exec,strerror}.o)

declared=$(public_functions)

# A symbol of its own names the version node.
exported=$(nm -D --defined-only "$BUILD/libvfscap.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u)
same "the shared library exports what the header declares" "$declared" "$exported"

defined=$(nm -g --defined-only "$BUILD/libvfscap.a" | awk 'NF == 3 { print $3 }' | sort -u)
same "the static library defines what the header declares" "$declared" "$defined"

# Linked into one object, the pure files want only what is outside all of them.
ok "the pure files link" ld -r -o "$scratch/pure.o" "${pure[@]}"
empty "the pure files call only memory and string functions" \
	"$(nm -u "$scratch/pure.o" | awk '{ print $2 }' | grep -Exv "$harmless" || true)"

# Tables of pointers are relocated once, then read-only.
for object in "$BUILD"/lib/*.o; do
	empty "$object has no writable data" "$(size -A "$object" |
		awk '$1 ~ /^\.?(t?data|t?bss|COMMON)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0')"
done

finish
