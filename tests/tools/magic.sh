# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that cannot have the attribute in them, or are not read: told where they are named, and nowhere else.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

forms() {
	{
		echo 07070100000001000081a400000000000000000000000100000000000000020000000000000000000000000000000000000002
		printf %08d 0
	} | tr -d '\n' >x.cpio
	printf 'PK\005\006%018d' 0 | tr 0 '\000' >x.zip
	printf '!<arch>\n' >x.a
	printf '#mtree\n./a type=file\n' >x.mtree
	printf '#mtree\n./a type=file xattr.security.capability=AQ==\n' >x.gomtree
	printf 'QFI\373\000\000\000\003%0504d' 0 | tr 0 '\000' >x.qcow2
	printf '/ 4096 40755 4 0 0 0 1.0 - - -\n' >x.dump
}

magic_named() {
	forms
	t fcapinspect x.cpio x.zip x.a x.mtree
	t fcapinspect x.gomtree x.qcow2 x.dump
	t fcapinspect --quiet file:x.zip
	t fcapinspect --all x.zip
	records '[.path, .type, .error]' fcapinspect --format=json x.cpio
}

magic_own_attribute() {
	need root
	forms
	plant "$v2" x.zip
	t fcapinspect x.zip
}

magic_in_a_tree() {
	forms
	t fcapinspect .
}

magic_not_by_writers() {
	need root
	forms
	plant "$v2" x.zip
	t fcapconvert --to=3 --rootid=100000 x.zip
	t fcapset -n 100000 cap_chown=p x.zip
	t getfattr -n security.capability -e hex x.zip
}

magic_ordinary() {
	mkfifo fifo
	seq 99999 >text
	echo '#!/bin/sh' >script
	head -c 100000 /dev/zero | tr '\0' x >long
	: >empty
	t fcapinspect fifo text script long empty /dev/zero /dev/null /proc/version
}
