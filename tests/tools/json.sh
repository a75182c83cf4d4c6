# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect --format=json: every field of a record.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

json_live() {
	need root
	plant "$v2" two
	records "$whole" fcapinspect --format=json two
	plant "$v3" three
	records "$whole" fcapinspect --format=json three
}

json_upper_bits() {
	need root
	plant 0x0000000200000000000000000002000000000080 bits
	records '[.permitted, .inheritable, .permitted_mask, .inheritable_mask, .text]' \
		fcapinspect --kernel=5.10 --format=json bits
	records '[.permitted, .inheritable, .permitted_mask, .inheritable_mask, .text]' \
		fcapinspect --kernel=5.8 --format=json bits
}

json_hidden() {
	need ghosts
	ghost v1 hidden
	records "$whole" fcapinspect --format=json hidden
	ghost v3_none nobodys
	records '[.path, .visible, .honoured, .ghost, [.issues[].code], .error]' fcapinspect --format=json nobodys
}

json_not_regular() {
	need root
	mkdir directory
	plant "$v2" directory
	ln -s directory/nowhere link
	setfattr -h -n security.capability -v "$v3" link
	records "$whole" fcapinspect --format=json file:directory
	mkdir tree
	mv link tree
	records "$whole" fcapinspect --format=json tree
}

json_none() {
	need root
	program none
	records "$whole" fcapinspect --format=json --all none
	t fcapinspect --format=json none
}

json_values() {
	records . fcapinspect --format=json --value="$v2"
	records . fcapinspect --format=json --value="0x${ghosts[v1]}"
	records . fcapinspect --format=json --value="0x${ghosts[v3_flags]}"
	records . fcapinspect --format=json --value="0x${ghosts[v3_none]}"
	records . fcapinspect --format=json --value="0x${ghosts[long]}"
	records . fcapinspect --format=json --value=
}

json_views() {
	local kind fields='[.value, .view, .raw == .value, .revision, .flags, .rootid, .visible, .honoured, .ghost]'
	for kind in v1 v1_flags v2_flags v3_flags v3_zero v3_none empty short length revision long; do
		records "$fields" fcapinspect --format=json --value="0x${ghosts[$kind]}"
	done
}

json_paths() {
	need root
	local filter
	hostile names
	filter='jq -cS "[.source, .path, .rel, .path_bytes]" | sort'
	t fcapinspect --format=json names
	records '[.source, .path, .rel, .path_bytes]' fcapinspect --format=json $'names/latin\351'
	records '[.source, .path, .rel]' fcapinspect --format=json ./names//third file:names/third
	records '[.source, .path, .rel]' fcapinspect --format=json $'no\nsuch'
	mkdir -p a/b
	plant "$v2" a/b/c
	records '[.source, .path, .rel]' fcapinspect --format=json a a/ ./a tree:a a/b/.. a/b/c "$PWD/a" |
		sed "s|$PWD|HERE|g"
	(cd a/b && records '[.source, .path, .rel]' fcapinspect --format=json . .. ../b/c)
}

json_unread() {
	need root user
	mkdir locked
	chmod 700 locked
	records "$whole" as_user fcapinspect --format=json locked
	records "$whole" fcapinspect --format=json missing
}

json_modes() {
	need root
	plant "$v2" file
	chown 1000:1001 file
	chmod 4751 file
	setfattr -n security.capability -v "$v2" file
	records '[.mode, .uid, .gid]' fcapinspect --format=json file
	through "jq -r .inode | grep -cx \"\$(stat -c %i file)\"" fcapinspect --format=json file
}

# All kinds of records against the schema, and the check itself against records that are wrong.
json_schema() {
	need ghosts
	local schema=$repository/report/record.schema.json kind
	mkdir tree
	hostile tree/names
	plant "$v2" tree/two tree/script
	echo '#!/bin/sh' >tree/script
	plant 0x0000000200000000000000000002000000000080 tree/upper
	mkfifo tree/fifo
	ln -s two tree/link
	plant "$v3" tree/fifo tree/link
	for kind in "${!ghosts[@]}"; do ghost "$kind" "tree/$kind"; done
	{
		fcapinspect --format=json --all tree missing getfattr:missing
		for kind in "$v2" "$v3" "${ghosts[@]}"; do
			fcapinspect --format=json --value="$kind"
		done
	} >records 2>/dev/null
	wc -l <records
	jq -r --slurpfile schema "$schema" -f "$repository/tests/tools/schema.jq" records
	head -n 1 records | jq 'del(.uid), .more = 1, .mode = "99", .inode = 5, .gid = -1, .visible.status = "no",
		.visible = {status: "error"}, .honoured = {}, .issues = [{code: "A", message: 5}], .permitted = ["x", "x"],
		.error.errno = null, .size = 1.5, .flags = 16777216' >wrong
	jq -r --slurpfile schema "$schema" -f "$repository/tests/tools/schema.jq" wrong
}
