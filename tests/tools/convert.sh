# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapconvert, on values and in place.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

convert_values_to_2() {
	t fcapconvert --to=2 --value="$v2"
	t fcapconvert --to=2 --value="0x${ghosts[v1]}"
	t fcapconvert --to=2 --value=0sAQAAAQAgAAAAAAAA
	t fcapconvert --to=2 --value="${ghosts[v1]}"
	t fcapconvert --to=2 --value="0x${ghosts[v1_flags]}"
	t fcapconvert --to=2 --value="0x${ghosts[v2_flags]}"
	t fcapconvert --quiet --to=2 --value="0x${ghosts[v2_flags]}"
	t fcapconvert --to=2 --value="0x${ghosts[v3_zero]}"
	t fcapconvert --to=2 --value="$v3"
	t fcapconvert --to=2 --allow-widen --value="$v3"
	t fcapconvert --to=2 --value=0xfeffff02ffffffffffffffffffffffffffffffff
	t fcapconvert --to=2 --value=0x000000020000000000000000000000800000ff00
}

convert_values_to_3() {
	t fcapconvert --to=3 --rootid=100000 --value="$v2"
	t fcapconvert --to=3 -n 100000 --value="0x${ghosts[v1]}"
	t fcapconvert --to=3 --rootid=100000 --value="$v3"
	t fcapconvert --to=3 --rootid=200000 --value="$v3"
	t fcapconvert --to=3 --rootid=200000 --replace-rootid --value="$v3"
	t fcapconvert --to=3 --rootid=4294967294 --value="0x${ghosts[v3_zero]}"
	t fcapconvert --to=3 --rootid=1 --value="0x${ghosts[v3_flags]}"
	t fcapconvert --to=3 --rootid=100000 --value="0x${ghosts[v3_flags]}"
}

convert_values_to_1() {
	t fcapconvert --to=1 --value="$v2"
	t fcapconvert --to=1 --value="0x${ghosts[v1]}"
	t fcapconvert --to=1 --value="0x${ghosts[v1_flags]}"
	t fcapconvert --to=1 --value=0x01000002ffffffffffffffff0000000000000000
	t fcapconvert --to=1 --value=0x0000000200200000000000000400000000000000
	t fcapconvert --to=1 --value=0x0000000200200000000000000000000001000080
	t fcapconvert --to=1 --value="$v3"
	t fcapconvert --to=1 --allow-widen --value="$v3"
}

convert_broken_values() {
	local kind
	for kind in empty short length revision long; do
		t fcapconvert --to=2 --value="0x${ghosts[$kind]}"
	done
}

convert_formats() {
	t fcapconvert --to=3 --rootid=5 --format=text --value="$v2"
	t fcapconvert --to=3 --rootid=5 --format=getfattr --value="$v2"
	records '[.value, .revision, .rootid, .text, .view, .source]' fcapconvert --to=3 --rootid=5 --format=json --value="$v2"
}

convert_usage() {
	program file
	t fcapconvert
	t fcapconvert file
	t fcapconvert --to=2
	t fcapconvert --to=4 file
	t fcapconvert --to= file
	t fcapconvert --to=2x file
	t fcapconvert --to=1 file
	t fcapconvert --to=3 file
	t fcapconvert --to=3 --rootid=0 file
	t fcapconvert --to=3 --rootid=4294967295 file
	t fcapconvert --to=3 --rootid=-1 file
	t fcapconvert --to=2 --rootid=5 file
	t fcapconvert --to=2 --rootid=0 file
	t fcapconvert --to=2 --replace-rootid file
	t fcapconvert --to=2 --value="$v2" file
	t fcapconvert --to=2 --value=xyz
	t fcapconvert --to=2 --dry-run --value="$v2"
	t fcapconvert --to=2 --format=json file
	t fcapconvert --to=2 --format=xml --value="$v2"
	t fcapconvert --map-to=0:1:1 file
	local a=0:1:1
	t fcapconvert --to=3 --rootid=5 --map-to=$a file
	t fcapconvert --to=2 --claim file
	t fcapconvert --map-from=$a --map-from=$a file
	t fcapconvert --map-to=$a --map-to=$a file
	t fcapconvert --map-from=x file
	t fcapconvert --map-to=x file
	t fcapconvert --map-from=$a --unmapped=x file
	t fcapconvert --to=2 --partition=1 file
	t fcapconvert --to=2 --partition=x file
	t fcapconvert --to=2 --offset=512 file
	t fcapconvert --to=2 --in-place file
	t fcapconvert --to=2 --undo=j
	t fcapconvert --to=2 --dry-run --journal=j file
	t fcapconvert --to=2 -j0 file
	t fcapconvert --to=2 --unmapped=keep file
	t fcapconvert --to=2 --unmapped=error file
	t fcapconvert --to=2 --irreversible --value="$v2"
	t fcapconvert --undo=j --unmapped=error
	t fcapconvert --to=2 --force --dry-run tar:file
	t fcapconvert --to=2 --force -
	t fcapconvert --to=2 --in-place --journal=j --force ext4:file
	t fcapconvert --no-such-option
}

# A file that an option names is named, with the option, the error and why.
convert_option_files() {
	need root
	program file
	mkdir directory
	ln -s journal link
	touch open
	chmod 666 open
	local journal
	for journal in absent/journal directory link open /dev/null; do
		t fcapconvert --to=2 --journal=$journal file
		t fcapconvert --undo=$journal
	done
	t fcapconvert --undo=absent
	# It is made, and cannot be made sure of.
	mkdir -m 300 unreadable
	t setpriv --bounding-set=-dac_override,-dac_read_search fcapconvert --to=2 --journal=unreadable/journal file
	t fcapconvert --map-from=@absent file
	t fcapconvert --map-from=@directory file
	t fcapset --userns=@absent cap_chown=p file
	t fcapset --userns=0:0:1 --gid-map=@directory cap_chown=p file
	t fcapinspect --userns=pid:4194304 file
	t fcapexplain --userns=@absent file
	t fcapexplain --oci-config=directory file
}

# v2, v3, v3 of another namespace, none
some_tree() {
	mkdir tree tree/sub
	plant "$v2" tree/two tree/sub/two
	plant "$v3" tree/three
	plant 0x010000030020000000000000000000000000000005000000 tree/other
	program tree/none
}

show_tree() {
	bytes tree/two tree/sub/two tree/three tree/other tree/none
}

convert_tree_to_3() {
	need root
	some_tree
	sorted fcapconvert --to=3 --rootid=100000 --dry-run tree
	show_tree
	sorted fcapconvert --to=3 --rootid=100000 tree
	show_tree
	sorted fcapconvert --to=3 --rootid=100000 tree
	sorted fcapconvert --to=3 --rootid=100000 --replace-rootid tree
	show_tree
	sorted fcapconvert --to=3 --rootid=100000 tree
}

convert_tree_to_2() {
	need root
	some_tree
	sorted fcapconvert --to=2 tree
	show_tree
	sorted fcapconvert --to=2 --dry-run --allow-widen tree
	sorted fcapconvert --to=2 --allow-widen tree
	show_tree
	sorted fcapconvert --to=2 tree
}

convert_quiet() {
	need root
	plant "$v2" file
	chown 1000 file
	setfattr -n security.capability -v "$v2" file
	t fcapconvert --quiet --to=3 --rootid=5 file
	t fcapconvert --to=3 --rootid=6 --replace-rootid file
}

convert_hidden() {
	need ghosts
	mkdir tree
	plant "$v2" tree/two
	local kind
	for kind in v1 empty v3_none; do ghost $kind tree/$kind; done
	sorted fcapconvert --to=3 --rootid=5 tree
	bytes tree/*
	t fcapconvert --to=2 --allow-widen tree/v1
}

convert_files() {
	need root
	plant "$v2" a b
	ln -s a link
	mkdir directory
	mkfifo fifo
	t fcapconvert --to=3 --rootid=5 a file:b missing
	bytes a b
	t fcapconvert --to=3 --rootid=6 --replace-rootid link
	bytes a
	t timeout 5 fcapconvert --to=2 directory fifo
}

convert_not_regular() {
	need root
	mkdir -p tree/directory
	mkfifo tree/fifo
	ln -s nowhere tree/link
	plant "$v2" tree/directory tree/fifo tree/link tree/program
	sorted timeout 5 fcapconvert --to=3 --rootid=5 tree
	bytes tree/*
}

convert_links_not_followed() {
	need root
	mkdir tree outside
	plant "$v2" outside/program
	ln -s ../outside tree/link
	ln -s ../outside/program tree/last
	t fcapconvert --to=3 --rootid=5 tree
	bytes outside/program
}

convert_hard_links() {
	need root
	mkdir tree
	plant "$v2" tree/a
	ln tree/a tree/b
	ln tree/a tree/c
	t fcapconvert --to=3 --rootid=5 tree
	bytes tree/a tree/b tree/c
}

convert_kinds() {
	t fcapconvert --to=2 tar:x
	t fcapconvert --to=2 getfattr:dump
	t fcapconvert --to=2 - -o out
	t fcapconvert --to=2 a -o out
	t fcapconvert --to=2 tar:x tar:y -o out
	t fcapconvert --to=2 - -o out --journal=j
}

convert_read_only() {
	need mounts
	mkdir disk
	mount -t tmpfs none disk
	plant "$v2" disk/a
	mount -o remount,ro disk
	t fcapconvert --to=3 --rootid=5 disk
	t fcapconvert --to=2 disk
	umount disk
}

convert_no_privilege() {
	need root user
	mkdir -p tree/closed
	plant "$v2" tree/a
	chmod 700 tree/closed
	sorted as_user fcapconvert --to=3 --rootid=5 tree
	bytes tree/a
}

convert_one_file_system() {
	need mounts
	mkdir -p tree/below
	mount -t tmpfs none tree/below
	plant "$v2" tree/a tree/below/b
	t fcapconvert -x --to=3 --rootid=5 tree
	bytes tree/a tree/below/b
	umount tree/below
}

convert_hostile_names() {
	need root
	hostile names
	sorted fcapconvert --to=3 --rootid=5 --dry-run names
	sorted fcapconvert --to=3 --rootid=5 names
}

convert_undecodable_value() {
	local what
	for what in error keep drop; do
		t fcapconvert --to=2 --undecodable=$what --value=0x01000002
	done
}
