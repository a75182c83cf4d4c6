# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect: lines, what it is pointed at, what it cannot read.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

inspect_lines() {
	need root
	plant "$v2" two
	plant "$v3" three
	plant 0x0000000200000000ffffffff0000000000000000 upper
	plant 0x0000000200000000000000000000000000000000 nothing
	plant 0x01000002ffffffffffffffffff010000ff010000 all
	program none
	sorted fcapinspect --kernel=5.10 .
	sorted fcapinspect --kernel=5.10 -r -n all none two three
}

inspect_rootids() {
	need root
	plant 0x010000030020000000000000000000000000000001000000 lowest
	plant 0x0100000300200000000000000000000000000000feffffff highest
	plant 0x010000030020000000000000000000000000000000000000 zero
	sorted fcapinspect .
}

inspect_values() {
	t fcapinspect --value="$v2"
	t fcapinspect --value="$v3"
	t fcapinspect --value=0100000200200000000000000000000000000000
	t fcapinspect --value=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=
	t fcapinspect --value=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA
	t fcapinspect --value="0x${ghosts[v3_zero]}"
	t fcapinspect --value="0x${ghosts[v3_none]}"
	t fcapinspect --value=0x000000020100000002000000000000800000000000
	t fcapinspect --value=0x0000000201000000020000000000008000000000
}

inspect_ghost_values() {
	local kind
	for kind in v1 v1_flags v2_flags v3_flags; do
		t fcapinspect --value="0x${ghosts[$kind]}"
	done
	t fcapinspect --value=0x000000010000000000000000
}

inspect_malformed_values() {
	local kind
	for kind in empty short length revision long; do
		t fcapinspect --value="0x${ghosts[$kind]}"
		t fcapinspect --all --value="0x${ghosts[$kind]}"
	done
}

inspect_hidden() {
	need ghosts
	local kind
	for kind in "${!ghosts[@]}"; do
		ghost "$kind" "$kind"
	done
	plant "$v2" two
	sorted fcapinspect .
	sorted fcapinspect --all .
	t fcapinspect v1
	t fcapinspect v3_none
}

inspect_all() {
	need root
	mkdir d
	plant "$v2" d/two
	program d/none
	ln -s two d/link
	mkfifo d/fifo
	sorted fcapinspect --all d
	t fcapinspect -a d/none
}

inspect_null() {
	need root
	hostile names
	through "tr '\\0\\n\\033' '|%^' | sed 's/|\\([0-9]*\\)|names/|\\1|\\nnames/g' | LC_ALL=C sort | cat -v" \
		fcapinspect --null names
	through "tr '\\0' '|'" fcapinspect -0 --value="$v3"
}

inspect_null_hidden() {
	need ghosts
	ghost v1 ghost
	plant "$v2" two
	through "tr '\\0' '|'" fcapinspect -0a two ghost
}

inspect_hostile_names() {
	need root
	hostile names
	sorted fcapinspect names
	t fcapinspect $'names/new\nline' $'names/esc\e[1m' $'names/latin\351' $'no\nsuch'
}

inspect_getfattr_format() {
	need root
	hostile names
	through 'paste - - - | sort' fcapinspect --format=getfattr names
	t fcapinspect --format=getfattr --value="0x${ghosts[v1]}"
	t fcapinspect --format=getfattr --value=
	t fcapinspect --format=getfattr "$PWD/names/third" | sed "s|${PWD#/}|HERE|; s|$PWD|/HERE|"
}

inspect_getfattr_input() {
	cat >dump <<-END
		# file: usr/bin/ping
		security.capability=$v2

		# file: odd\\012name
		user.other="x"
		security.capability=0sAQAAAwAgAAAAAAAAAAAAAAAAAACghgEA

		# file: ghost
		security.capability=0x${ghosts[v1]}

		# file: broken
		security.capability=0x00
	END
	t fcapinspect getfattr:dump
	records '{path, rel, view, value, raw, type, userns, visible, honoured}' fcapinspect --format=json getfattr:dump
	echo nonsense >>dump
	t fcapinspect getfattr:dump
	t fcapinspect getfattr:missing
}

inspect_every_type() {
	need root
	mkdir tree tree/directory
	mkfifo tree/fifo
	mknod tree/character c 1 3
	mknod tree/block b 7 250
	ln -s nowhere tree/link
	program tree/file
	plant "$v2" tree/directory tree/fifo tree/character tree/block tree/file
	# Programs follow links, and lsetxattr(2) takes trusted and security attributes of links.
	setfattr -h -n security.capability -v "$v2" tree/link
	sorted timeout 5 fcapinspect tree
	records '[.path, .type, .text, .honoured, [.issues[].code]]' fcapinspect --format=json tree/file
	local filter
	filter="jq -cS '[.path, .type, .text, .honoured, [.issues[].code]]' | sort"
	t fcapinspect --format=json tree
}

inspect_sockets() {
	need root python3
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	plant "$v2" socket
	t fcapinspect socket
}

inspect_links() {
	need root
	mkdir real
	plant "$v2" real/program
	ln -s real link
	ln -s real/program to_program
	ln -s missing dangling
	mkdir tree
	ln -s ../real tree/link
	t fcapinspect link
	t fcapinspect link/
	t fcapinspect to_program
	t fcapinspect dangling
	t fcapinspect tree
	t fcapinspect missing link
}

inspect_hard_links() {
	need root
	mkdir tree
	plant "$v2" tree/one
	ln tree/one tree/two
	sorted fcapinspect tree
	t fcapinspect tree/one tree/one
}

inspect_arguments() {
	need root
	mkdir -p d/e
	plant "$v2" d/e/f d/g
	sorted fcapinspect d/
	sorted fcapinspect ./d
	sorted fcapinspect .//d//
	sorted fcapinspect d/e/..
	sorted fcapinspect file:d/g tree:d/e
	t fcapinspect file:d
	t fcapinspect tree:d/g
	(cd d/e && sorted fcapinspect ..)
	plant "$v2" a:b tar:x -dash
	t fcapinspect a:b
	t fcapinspect tar:x
	t fcapinspect ./tar:x
	t fcapinspect file:tar:x
	t fcapinspect -- -dash
	t fcapinspect ''
	t fcapinspect -
	t fcapinspect ext4:x oci:y disk:z
}

inspect_unreadable() {
	need root user
	mkdir -p tree/locked tree/open
	plant "$v2" tree/locked/hidden tree/open/seen
	chmod 700 tree/locked
	sorted as_user fcapinspect tree
	sorted as_user fcapinspect --quiet tree
	sorted as_user fcapinspect tree/locked
	sorted as_user fcapinspect tree/locked/hidden tree/open/seen
	sorted as_user fcapinspect --all tree
	local filter='jq -c "[.path, .error.errno]" | sort'
	t as_user fcapinspect --format=json tree
}

inspect_unsearchable() {
	need root user
	mkdir -p tree/locked
	plant "$v2" tree/locked/hidden tree/seen
	mkdir tree/locked/directory
	chmod 744 tree/locked
	sorted as_user fcapinspect tree
}

# What another process has as its root directory: by its path, and from there.
inspect_process() {
	need root mounts
	local holder errors="sed 's,/proc/[0-9]*/,/proc/PID/,'"
	mkdir tree
	plant "$v2" tree/seen
	unshare -m sh -c 'mount --bind tree /mnt && exec sleep 60' &
	holder=$!
	until [ -e "/proc/$holder/root/mnt/seen" ]; do sleep 0.05; done
	through "sed 's,/proc/[0-9]*/,/proc/PID/,'" fcapinspect "/proc/$holder/root/mnt" | sed "s,/proc/$holder/,/proc/PID/,"
	cd "/proc/$holder/root/mnt" || return
	t fcapinspect .
	kill "$holder"
}

inspect_modes_do_not_matter() {
	need root user
	plant "$v2" secret
	chmod 0 secret
	t as_user fcapinspect secret
}

inspect_loop() {
	ln -s loop loop
	t fcapinspect loop
}

inspect_proc() {
	t fcapinspect /proc
	t fcapinspect --quiet /proc
}

inspect_left_out() {
	need mounts
	mkdir -p tree/proc tree/run
	mount -t proc none tree/proc
	mount -t tmpfs none tree/run
	plant "$v2" tree/run/program
	sorted fcapinspect tree
	t fcapinspect --quiet tree
	t fcapinspect tree/proc/version
	umount tree/proc tree/run
}

inspect_one_file_system() {
	need mounts
	mkdir -p tree/below tree/sub
	mount -t tmpfs none tree/below
	plant "$v2" tree/below/inside tree/outside tree/sub/outside
	plant "$v2" tree/below
	sorted fcapinspect tree
	sorted fcapinspect -x tree
	sorted fcapinspect --one-file-system tree tree/below
	umount tree/below
}

# Nobody answers for this file system: what asks it anything waits for ever.
inspect_local() {
	need mounts
	mkdir -p tree/network
	plant "$v2" tree/here
	{ exec 9<>/dev/fuse; } 2>/dev/null || lacks "/dev/fuse cannot be opened"
	mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none tree/network || lacks "no fuse"
	t timeout 5 fcapinspect --local tree
	t timeout 5 fcapinspect --local --quiet tree
	t timeout 5 fcapinspect --local tree:tree/network
	umount -l tree/network
	exec 9>&-
}

# Wrong calls are seen before anything is done.
inspect_usage() {
	t fcapinspect
	t fcapinspect --bogus
	t fcapinspect -z
	t fcapinspect --format=xml .
	t fcapinspect --format
	t fcapinspect --value=xyz
	t fcapinspect --value=0x0
	t fcapinspect --value=0s=
	t fcapinspect --value="$v2" .
	t fcapinspect --value="$v2" --text==
	t fcapinspect --capabilities .
	t fcapinspect --capabilities --format=getfattr
	t fcapinspect --text== --check
	t fcapinspect --text== --null
	t fcapinspect --null --format=json .
	t fcapinspect --force .
	t fcapinspect -o
	t fcapinspect --userns=0:1:1 .
	t fcapinspect --jobs=0 .
	t fcapinspect -j 257 .
	t fcapinspect -j2x .
	t fcapinspect --progress=x .
	t fcapinspect --partition=0 .
	t fcapinspect --partition=1 .
	t fcapinspect - . getfattr:-
}

# What would do nothing, for want of what it refines.
inspect_needs() {
	local option
	for option in -x --local --stored --partition=1 --offset=512 --orphans --merged --unordered; do
		t fcapinspect $option --value="$v2"
		t fcapinspect $option --capabilities
	done
	t fcapinspect --userns=0:1:1 --text==
	t fcapinspect --userns=0:1:1 --capabilities
	for option in -x --local --stored; do
		t fcapinspect $option tar:a getfattr:b
	done
	t fcapinspect --merged . tar:a
	# These may have something to do.
	t fcapinspect --userns=0:1:1 --value="$v2"
	t fcapinspect -x --local tar:absent .
	t fcapinspect --merged . oci:absent
}

# The order is the same with any number of threads, unless none is asked for.
inspect_jobs() {
	need root
	mkdir -p tree/{a,b,c}/sub
	plant "$v2" tree/{a,b,c}/one tree/{a,b,c}/sub/two
	fcapinspect -j 1 tree >one
	fcapinspect --jobs=4 tree >four
	t cmp one four
	sorted fcapinspect -j 4 --unordered tree
}

# slowly COMMAND...: with an archive on standard input that takes more than a second to come
slowly() {
	{ sleep 1.3 && head -c 1024 /dev/zero; } | "$@"
}

# What has taken a second is shown, on a terminal or where it is asked for; it is gone before anything else is written.
inspect_progress() {
	need root
	local sub=sub-abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz
	local errors="sed -E 's/\r\x1b\[K/<clear>\n/g; s/[0-9]+ a second/N a second/'"
	mkdir -p "tree/$sub"
	plant "$v2" "tree/$sub/file"
	t slowly fcapinspect --progress=always - "tree/$sub"
	t slowly fcapinspect --progress=never - "tree/$sub"
	t slowly fcapinspect - "tree/$sub"
	t fcapinspect --progress=always "tree/$sub"
}

# What a pattern of the shell made of names is told as text.
inspect_usage_escaped() {
	t fcapinspect $'--\e[2J\n' $'-\a' .
	t fcapinspect $'-\a' .
	t fcapinspect $'-q\377q' .
	t fcapinspect --quiet -Zq .
	t fcapinspect --quiet=$'\e' .
	t fcapinspect --for$'\e'=json .
	t fcapinspect --o=x .
	t fcapinspect -: .
	t fcapinspect -qo
	t fcapinspect --output
	t fcapconvert $'--\e' .
	t fcapdiff $'--\e' . .
	t fcapexplain $'--\e' .
}
