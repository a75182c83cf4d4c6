# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools and their peers on one tree.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

mixed_tree() {
	local i
	mkdir -p tree/bin tree/lib/deep/er tree/empty
	plant "$v2" tree/bin/ping tree/lib/deep/er/file 'tree/with blank'
	plant 0x0000000200000000ffffffff0000000000000000 tree/bin/many
	plant 0x01000002ffffffffffffffffff010000ff010000 tree/bin/all
	plant 0x0000000200000000000000000000000000000000 tree/bin/nothing
	plant 0x0000000201000000200000008000000000010000 tree/bin/mixed
	plant 0x0000000200000000000000000002000000000080 tree/bin/beyond
	for i in {0..40}; do
		plant "0x00000002$(printf '%08x%08x%08x%08x' 0 0 0 0)" "tree/bin/cap$i"
		setcap "$i=ep" "tree/bin/cap$i"
	done
	ln tree/bin/ping tree/lib/ping
	ln -s ../bin/ping tree/lib/link
	ln -s ../bin tree/lib/directory
	program tree/bin/none
	mkfifo tree/fifo
}

# What getcap shows looks the same, but for a rootid and for names that are not what they seem on one line. It does not
# look at directories. With -n it shows the rootid as a signed number.
peers_getcap() {
	need root getcap
	mixed_tree
	plant "$v3" tree/third
	hostile tree/names
	rm tree/names/$'new\nline'
	mkdir tree/directory
	plant "$v2" tree/directory
	getcap -r tree 2>&1 | sort >theirs
	fcapinspect tree 2>&1 | sort >ours
	wc -l <theirs
	diff theirs ours | grep '^[<>]' | cat -v
}

# getfattr escapes backslash, newline and carriage return, fcapinspect all that does not belong on one line.
peers_getfattr() {
	need root
	mixed_tree
	plant "$v3" tree/third
	hostile tree/names
	mkdir tree/directory
	plant "$v2" tree/directory
	getfattr -h -R -d -m '^security.capability$' tree | paste - - - | sort >theirs
	fcapinspect --format=getfattr tree | paste - - - | sort >ours
	wc -l <theirs
	diff theirs ours | grep '^[<>]' | cat -v
}

# Both leave out what cannot be read.
peers_getfattr_hidden() {
	need ghosts
	local kind
	mkdir tree
	for kind in v1 empty v3_none v3_zero; do ghost $kind tree/$kind; done
	plant "$v2" tree/two
	getfattr -h -R -d -m '^security.capability$' tree 2>errors | paste - - - | sort >theirs
	fcapinspect --format=getfattr tree 2>/dev/null | paste - - - | sort >ours
	cmp theirs ours && cat ours
	sort errors
}
