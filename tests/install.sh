#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is installed, that programs can be built with it, that uninstall leaves nothing. --update writes the list anew.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

expected=tests/fixtures/install.txt
dest=$scratch/dest
to=(BUILD="$BUILD" DESTDIR="$dest" PREFIX=/usr)

# Mode, name and target of all that is no directory, sorted.
listing() {
	(cd "$dest" && find . ! -type d \( -type l -printf 'link %P -> %l\n' -o -printf '%m %P\n' \)) |
		sed "s/so\.$version/so.VERSION/g" | LC_ALL=C sort -k 2
}

"$MAKE" -s install "${to[@]}" >"$scratch/log"

export PKG_CONFIG_LIBDIR=$dest/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest
export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
unset PKG_CONFIG_PATH
ok "pkg-config finds the library" pkg-config --exists --print-errors vfscap
version=$(pkg-config --modversion vfscap)

if [ "${1:-}" = --update ]; then
	listing | grep -v ' usr/share/man/' >"$expected"
	exit
fi
same "the installed files" "$(cat "$expected")" "$(listing | grep -v ' usr/share/man/')"
same "the installed man pages" "$(find man -name '*.[1-8]' -printf '644 usr/share/%P\n' |
	sed -E 's|share/(.*\.)([1-8])$|share/man/man\2/\1\2|' | LC_ALL=C sort -k 2)" \
	"$(listing | grep ' usr/share/man/' || true)"
ok "the SONAME" grep -q 'SONAME.*\[libvfscap\.so\.0\]' <(readelf -d "$dest/usr/lib/libvfscap.so")
for tool in fcapinspect fcapset fcapconvert fcapdiff fcapexplain; do
	ok "$tool runs where it was installed" "$dest/usr/bin/$tool" --help
done

# A consumer, the same text in C and C++.
cat >"$scratch/consumer.c" <<'END'
#include <stdio.h>
#include <vfscap.h>

int main(void)
{
	struct vfscap cap = {1, 0, 0, 0, 2, true};
	unsigned char buf[VFSCAP_SIZE_MAX];
	size_t used = 0;
	int error = vfscap_encode(&cap, buf, sizeof(buf), &used);

	printf("%s %d %d\n", vfscap_name(0), error, (int)used);
	return 0;
}
END
cp "$scratch/consumer.c" "$scratch/consumer.cc"
read -ra cflags < <(pkg-config --cflags vfscap)
read -ra libs < <(pkg-config --libs vfscap)

needs_it() {
	readelf -d "$scratch/consumer" | grep -q 'NEEDED.*libvfscap\.so\.0'
}

consumer() {
	local what=$1 compiler=$2 source=$3
	shift 3
	rm -f "$scratch/consumer"
	ok "$what builds" "$compiler" -Wall -Wextra -Werror "${cflags[@]}" -o "$scratch/consumer" "$scratch/$source" "$@"
	same "$what runs" "cap_chown 0 20" "$(LD_LIBRARY_PATH=$dest/usr/lib "$scratch/consumer" || true)"
}

for language in "C $CC consumer.c" "C++ $CXX consumer.cc"; do
	read -r name compiler source <<<"$language"
	consumer "a $name consumer of the shared library" "$compiler" "$source" "${libs[@]}"
	ok "it needs the shared library" needs_it
	consumer "a $name consumer of the static library" "$compiler" "$source" -Wl,-Bstatic "${libs[@]}" -Wl,-Bdynamic
	ok "it does not need the shared library" eval '! needs_it'
done

"$MAKE" -s uninstall "${to[@]}" >"$scratch/log"
empty "no file after uninstall" "$(find "$dest" ! -type d)"
empty "no directory of ours after uninstall" "$(find "$dest" -name '*vfscap*')"

finish
