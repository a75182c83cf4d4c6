# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapdiff: what is compared, what differs, what cannot be told.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# dump FILE [PATH VALUE]...: a dump as getfattr(1) writes it
dump() {
	local to=$1
	shift
	: >"$to"
	while [ $# -gt 0 ]; do
		printf '# file: %s\nsecurity.capability=%s\n\n' "$1" "$2" >>"$to"
		shift 2
	done
}

# from FILE COMMAND...: with FILE as standard input
from() {
	local file=$1
	shift
	"$@" <"$file"
}

# two A B: values in dumps of one file each
two() {
	dump a file "$1"
	dump b file "$2"
	t fcapdiff getfattr:a getfattr:b
	t fcapdiff --bytes getfattr:a getfattr:b
}

diff_trees() {
	need root
	mkdir -p a/bin b/bin
	plant "$v2" a/bin/same a/bin/removed a/bin/changed
	plant "$v2" b/bin/same b/bin/added
	plant 0x0100000201000000000000000000000000000000 b/bin/changed
	program a/bin/none b/bin/none a/bin/added b/bin/removed
	t fcapdiff a b
	t fcapdiff b/ ./a
	t fcapdiff a a
	t fcapdiff tree:a tree:b/../a
	t fcapdiff --quiet a/bin b/bin
}

# The order is that of the paths' bytes.
diff_order() {
	need root
	mkdir -p a/x b
	plant "$v2" a/x-y a/x/y a/x a/X a/x.y
	t fcapdiff a b
	t fcapdiff b a
}

diff_getfattr_dump() {
	need root setcap
	mkdir -p a/bin
	program a/bin/ping a/bin/web a/bin/none
	setcap cap_net_raw=ep a/bin/ping
	setcap cap_net_bind_service,cap_net_admin=ep a/bin/web
	(cd a && getfattr -R -d -m security.capability . >../dump)
	t fcapdiff a getfattr:dump
	setcap cap_net_raw=p a/bin/ping
	setcap -r a/bin/web
	setcap cap_chown=i a/bin/none
	t fcapdiff getfattr:dump a
	t from dump fcapdiff a getfattr:-
}

diff_meaning() {
	two "$v2" "$v2"
	two "$v2" 0x010000010020000000000000
	two "$v2" "0x${ghosts[v3_zero]}"
	two "$v2" "0x${ghosts[v2_flags]}"
	two "$v3" "0x${ghosts[v3_flags]}"
	two 0x030000010020000000000000 0x050000010020000000000000
	two 0x0100000200000000000000000000000000000000 0x0000000200000000000000000000000000000000
}

diff_rootids() {
	two "$v2" "$v3"
	two "$v3" 0x0100000300200000000000000000000000000000a1860100
	two "$v3" 0x0100000300200000000000000000000000000000feffffff
	two "0x${ghosts[v3_zero]}" 0x0100000301000000000000000000000000000000feffffff
}

# Values without a meaning are compared by their bytes.
diff_malformed() {
	two 0x 0x
	two 0x 0x00
	two "0x${ghosts[short]}" "0x${ghosts[length]}"
	two "0x${ghosts[revision]}" "$v2"
	two "$v2" "0x${ghosts[long]}"
	dump a
	t fcapdiff getfattr:a getfattr:b
	t fcapdiff getfattr:b getfattr:a
}

diff_rootid_live() {
	need root
	mkdir a b
	plant "$v2" a/x a/y
	plant "$v3" b/x
	plant 0x010000030020000000000000000000000000000000000000 b/y
	t fcapdiff a b
}

diff_bytes_live() {
	need root
	mkdir a b
	plant "$v2" a/x a/y
	plant "$v2" b/x b/z
	t fcapdiff --bytes a b
	dump dump x "$v2"
	t fcapdiff --bytes getfattr:dump b
	dump dump z2 "$v2"
	t fcapdiff --bytes getfattr:dump b
}

# Of a path that an archive or dump has several times the last entry counts.
diff_again() {
	dump a x "$v3" x "$v2" y "$v2" x "$v3"
	dump b y "$v3" y "$v2" x "$v3"
	t fcapdiff getfattr:a getfattr:b
}

diff_hidden() {
	need ghosts
	mkdir a b
	ghost v1 a/x
	ghost v3_none a/y
	plant "$v2" a/z b/x b/z
	sorted fcapdiff a b
	sorted fcapdiff b a
	rm b/z
	sorted fcapdiff a b
}

diff_unreadable() {
	need root user
	mkdir -p a/locked/deeper a/open b/locked/deeper b/locked2 b/open
	plant "$v2" a/locked/x a/locked/deeper/y a/open/z b/locked/x b/locked/w b/locked/deeper/q b/locked2/v
	plant "$v3" b/open/z
	t fcapdiff a b
	chmod 700 a/locked
	t as_user fcapdiff a b
	t as_user fcapdiff b a
	t as_user fcapdiff -q a a/open
	chmod 700 a
	t as_user fcapdiff a b
}

diff_missing() {
	need root
	mkdir a
	plant "$v2" a/x
	t fcapdiff a missing
	t fcapdiff missing a
	t fcapdiff a tree:missing
	t fcapdiff getfattr:missing a
	echo nonsense >dump
	t fcapdiff a getfattr:dump
	t fcapdiff missing missing
	t fcapdiff a/x missing
}

# What is left out on one side is not known to be gone.
diff_left_out() {
	need mounts
	mkdir -p a/proc b/proc
	mount -t proc none b/proc
	plant "$v2" a/proc/x a/x b/x
	t fcapdiff a b
	t fcapdiff --quiet a b
	umount b/proc
	t fcapdiff a b
}

diff_one_file_system() {
	need mounts
	mkdir -p a/below b/below
	mount -t tmpfs none b/below
	plant "$v2" b/below/x
	t fcapdiff a b
	t fcapdiff -x a b
	umount b/below
}

# Two single files are compared whatever their names are.
diff_files() {
	need root
	mkdir d
	plant "$v2" one two d/one
	plant "$v3" three
	program none
	t fcapdiff one two
	t fcapdiff one three
	t fcapdiff one none
	t fcapdiff none file:three
	t fcapdiff none none
	t fcapdiff file:d one
	t fcapdiff one d
	t fcapdiff three d
	ln -s three link
	t fcapdiff one link
	records '[.rel, .change, .a.path, .b.path]' fcapdiff --format=json none three
	t fcapdiff --bytes one two
}

# A journal is compared by what is in it, besides its own attribute.
diff_journals() {
	need root
	mkdir tree
	plant "$v2" tree/x
	fcapconvert --quiet --to=3 --rootid=5 --journal=log tree
	t fcapdiff log log
	t fcapdiff log tree | sed "s|${PWD#/}|HERE|"
	plant "$v2" other
	t fcapdiff other log | sed "s|${PWD#/}|HERE|"
}

diff_hostile_names() {
	need root
	hostile names
	mkdir empty
	t fcapdiff names empty
	t fcapdiff names/$'new\nline' names/third
	records '[.rel, .rel_bytes, .change, .a.path, .b]' fcapdiff --format=json names empty
}

diff_json() {
	need root
	mkdir a b
	plant "$v2" a/x a/y
	plant "$v3" b/x b/z
	records '(.a, .b | values | .inode) |= type' fcapdiff --format=json a b
	t fcapdiff --format=json a a
	fcapdiff --format=json a b >out || true
	local which
	for which in a b; do
		jq -c ".$which | values" out >records
		t jq -r --slurpfile schema "$repository/report/record.schema.json" \
			-f "$repository/tests/tools/schema.jq" records | sed "s|$repository/||g"
	done
	dump dump x "0x${ghosts[length]}"
	records '[.rel, .change, .a.value, .b.value, .b.error.message]' fcapdiff --format=json a getfattr:dump
}

diff_kernel() {
	need root
	dump a x 0x0000000200000000000000000002000000000080
	dump b
	t fcapdiff getfattr:a getfattr:b
	t fcapdiff --kernel=5.8 getfattr:a getfattr:b
	t fcapdiff --kernel=1.0 getfattr:a getfattr:b
}

diff_output() {
	need root
	plant "$v2" one
	plant "$v3" two
	t fcapdiff -o out one two
	cat out
	t fcapdiff --output=out one one
	t fcapdiff --output=out --force one one
	cat out
	t to_full fcapdiff one two
	ls -A
}

diff_usage() {
	t fcapdiff
	t fcapdiff a
	t fcapdiff a b c
	t fcapdiff --bogus a b
	t fcapdiff --format=getfattr a b
	t fcapdiff --force a b
	t fcapdiff - -
	t fcapdiff getfattr:- -
	t fcapdiff getfattr:- getfattr:-
	t fcapdiff tar:a -
	t fcapdiff '' ''
	t fcapdiff -j0 a b
	t fcapdiff --offset=512 . .
	t fcapdiff --offset=x a b
	t fcapdiff --max-size=0 a b
	t fcapdiff --sandbox=x a b
	t fcapdiff -x tar:a getfattr:b
	t fcapdiff --local tar:a getfattr:b
	t fcapdiff --stored tar:a getfattr:b
}

diff_options() {
	need root gzip
	mkdir a b
	plant "$v2" a/x b/x b/y
	t fcapdiff --local -j2 a b
	head -c 20480 /dev/zero | gzip -n >zeros.tar.gz
	t fcapdiff --max-size=8K tar:zeros.tar.gz a
	t fcapdiff --max-size=20K tar:zeros.tar.gz a
}
