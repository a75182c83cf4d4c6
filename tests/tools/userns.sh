# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools as root of other user namespaces.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

userns_a='0 100000 65536'

userns_set() {
	need userns
	program file
	chown 100000:100000 file
	t in_ns "$userns_a" fcapset cap_net_raw=ep file
	t in_ns "$userns_a" fcapinspect file
	bytes file
	t fcapinspect file
	t in_ns "$userns_a" fcapset -v cap_net_raw=ep file
	t in_ns "$userns_a" fcapset -n 1000 cap_net_raw=ep file
	t in_ns "$userns_a" fcapinspect file
	bytes file
	t in_ns "$userns_a" fcapset -n 65536 cap_net_raw=ep file
	t in_ns "$userns_a" fcapset -r file
	bytes file
}

userns_json() {
	need userns
	plant "$v2" two
	plant "$v3" three
	plant 0x0100000300200000000000000000000000000000a1860100 child
	plant 0x0100000300200000000000000000000000000000400d0300 foreign
	local fields='[.path, .value, .userns, .revision, .rootid, .visible, .honoured, .ghost, [.issues[].code]]'
	records "$fields" in_ns "$userns_a" fcapinspect --format=json two three child foreign
	records "$fields" fcapinspect --format=json two three child foreign
}

# A map that gives the parent's root another id here: a value for that id counts.
userns_ancestor() {
	need userns
	plant 0x010000030020000000000000000000000000000000000000 zero
	plant 0x010000030020000000000000000000000000000007000000 seven
	records '[.path, .revision, .rootid, .visible, .honoured]' \
		in_ns $'0 100000 5\n5 0 1\n6 7 1' fcapinspect --format=json zero seven
}

userns_not_mapped() {
	need userns
	program roots
	program group
	chown 100000:0 group
	t in_ns "$userns_a" fcapset cap_net_raw=ep roots
	t in_ns "$userns_a" fcapset cap_net_raw=ep group
	t in_ns '1 100000 1000' true
}

# By unshare -r, root of the parent stays root.
userns_own_id() {
	need userns
	program file
	t unshare -r fcapset cap_net_raw=ep file
	bytes file
	t unshare -r fcapinspect file
	t unshare -r fcapset -v cap_net_raw=ep file
	t fcapset -v cap_net_raw=ep file
}

userns_own_id_of_a_user() {
	need userns user
	program file
	chown 1000:1000 file
	t as_user unshare -r fcapset cap_net_raw=ep file
	bytes file
	t as_user unshare -r fcapinspect file
	t as_user fcapinspect file
}

userns_foreign() {
	need userns
	plant 0x0100000300200000000000000000000000000000400d0300 file
	chown 100000:100000 file
	setfattr -n security.capability -v 0x0100000300200000000000000000000000000000400d0300 file
	t in_ns "$userns_a" fcapinspect file
	t in_ns "$userns_a" fcapset cap_net_raw=ep file
	t in_ns "$userns_a" fcapset --replace -n 7 cap_net_raw=ep file
	bytes file
}

# There, the value of the host is a plain one, and its loss is not noticed.
userns_over_the_hosts() {
	need userns
	program file
	chown 100000:100000 file
	setfattr -n security.capability -v "$v2" file
	t in_ns "$userns_a" fcapset --merge cap_chown=ep file
	bytes file
}

userns_convert() {
	need userns
	mkdir tree
	program tree/a
	chown 100000:100000 tree/a
	setfattr -n security.capability -v "$v3" tree/a
	t in_ns "$userns_a" fcapconvert --to=3 --rootid=1000 tree
	bytes tree/a
	t in_ns "$userns_a" fcapconvert --to=2 tree
	t in_ns "$userns_a" fcapconvert --to=2 --allow-widen tree
	bytes tree/a
}

userns_restore() {
	need userns
	program file
	chown 100000:100000 file
	printf '# file: file\nsecurity.capability=%s\n' "$v2" >dump
	t in_ns "$userns_a" fcapset --restore=dump
	bytes file
	printf '# file: file\nsecurity.capability=%s\n' "$v3" >dump
	t in_ns "$userns_a" fcapset --restore=dump
	bytes file
}
