# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --restore.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# What a directory holds, in an order of its own.
contents() {
	fcapinspect "$@" 2>&1 | sort
}

# round_trip FORMAT COMMAND...: dump, remove all, restore, compare
round_trip() {
	local format=$1
	shift
	fcapinspect "$format" names >dump
	contents names >before
	fcapset --remove -- names/*
	echo "between: $(contents names)"
	t "$@"
	contents names | cmp - before && wc -l <before
}

# from_dump COMMAND...: with the dump on standard input
from_dump() {
	"$@" <dump
}

restore_round_trips() {
	need root
	hostile names
	round_trip --format=getfattr fcapset --restore=dump
	round_trip --format=getfattr setfattr -h --restore=dump
	round_trip --format=json fcapset --restore=dump
	round_trip --null fcapset --restore=dump
	round_trip --format=getfattr from_dump fcapset --restore=-
}

restore_getfattr_dump() {
	need root
	hostile names
	local encoding
	for encoding in hex base64; do
		getfattr -h -R -d -m security.capability -e $encoding names >dump
		contents names >before
		fcapset --remove -- names/*
		t fcapset --restore=dump
		contents names | cmp - before && wc -l <before
	done
}

# As text, getfattr drops the last NUL of a value.
restore_getfattr_text() {
	need root
	plant "$v2" file
	getfattr -d -m security.capability -e text file >dump
	t fcapset --restore=dump
	t setfattr --restore=dump
	printf '# file: file\nsecurity.capability="\\000\\000\\000\\002 %s"\n' "$(printf '\\000%.0s' {1..15})" >dump
	t fcapset --restore=dump
	bytes file
}

# What was asked and has none is not restored, and is none of its business.
restore_json_of_all() {
	need root
	mkdir tree
	plant "$v2" tree/two
	program tree/none
	fcapinspect --all --format=json tree >dump
	fcapset --remove tree/two
	t fcapset --restore=dump
	bytes tree/two tree/none
}

restore_root() {
	need root
	mkdir -p here/usr/bin there/usr/bin
	plant "$v2" here/usr/bin/a
	plant "$v3" here/usr/bin/b
	program there/usr/bin/a there/usr/bin/b
	(cd here && fcapinspect --format=getfattr usr >../dump && fcapinspect --null . >../null)
	fcapinspect --format=json here >json
	t fcapset --restore=dump --root=there
	bytes there/usr/bin/*
	fcapset --remove there/usr/bin/*
	t fcapset --restore=null --root there
	bytes there/usr/bin/*
	fcapset --remove there/usr/bin/*
	t fcapset --restore=json --root=there
	bytes there/usr/bin/*
	sorted fcapset --restore=dump
	t fcapset --restore=dump --root=missing
	t fcapset --restore=dump --root=there/usr/bin/a
}

restore_below_a_linked_root() {
	need root
	mkdir real
	program real/a
	ln -s real root
	printf '# file: a\nsecurity.capability=%s\n' "$v2" >dump
	t fcapset --restore=dump --root=root
	bytes real/a
}

restore_getcap_lines() {
	need root
	plant "$v2" file
	fcapinspect file >dump
	t fcapset --restore=dump
	getcap -r . >dump
	t fcapset --restore=dump
	echo 'file cap_chown=ep' >>dump
	t fcapset --restore=dump
}

# refused LINE...: a dump of these lines
refused() {
	printf '%s\n' "$@" >dump
	t fcapset --restore=dump
}

restore_malformed_getfattr() {
	program a
	refused '# file: a' security.capability=0x01zz
	refused '# file: a' security.capability=0x010
	refused '# file: a' "security.capability=${v2#0x}"
	refused '# file: a' security.capability=0sA
	refused '# file: a' 'security.capability=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=='
	refused '# file: a' 'security.capability="x'
	refused '# file: a' security.capability
	refused "security.capability=$v2"
	refused '# comment' "security.capability=$v2"
	refused '# file: a' "security.capability=$v2" '' "security.capability=$v2"
	refused '# file: a\000b' "security.capability=$v2"
	refused '# file: ' "security.capability=$v2"
	refused '# file:a' "security.capability=$v2"
	bytes a
}

restore_malformed_json() {
	program a
	refused '{'
	refused '{}'
	refused '{"path":"a"}'
	refused '{"path":"a","rel":"a","value":"zz","error":null}'
	refused '{"path":"a","rel":"a","value":5,"error":null}'
	refused '{"path":5,"rel":"a","value":"00","error":null}'
	refused '{"path":"a","rel":"a","value":null,"error":null}' '' '[]'
	refused '{"path":"a","path":"b","rel":"a","value":"00","error":null}'
	refused '{"path":"a\u0000b","rel":"a","value":"00","error":null}'
	refused "{\"path\":\"a\",\"rel\":\"a\",\"value\":\"${v2#0x}\",\"error\":null}" '{"path":'
	bytes a
}

restore_malformed_null() {
	program a
	local record
	for record in 'a\0cap_chown=ep\0' 'a\0cap_chown=ep\0x\0' 'a\0cap_foo=ep\0\0' 'a\0cap_chown=e\0\0' \
		'a\0cap_chown=p\04294967295\0' 'a\0cap_chown=p\0-1\0' 'a\0cap_chown=p\0\0junk' \
		'a\0cap_chown=p\0\0\0cap_chown=p\0\0'; do
		printf '%b' "${record//\\0/\\0000}" >dump
		echo "record $record"
		t fcapset --restore=dump
	done
	bytes a
}

# Values that no kernel would write.
restore_unwritable_values() {
	local kind
	program good a
	for kind in v1 v2_flags empty length long v3_none; do
		refused '# file: good' "security.capability=$v2" '' '# file: a' "security.capability=0x${ghosts[$kind]}"
	done
	bytes good a
}

restore_unread() {
	need ghosts
	mkdir tree
	plant "$v2" tree/good
	ghost v1 tree/hidden
	fcapinspect --format=json tree 2>/dev/null | jq -sc 'sort_by(.path)[]' >dump
	fcapset --remove tree/good
	t fcapset --restore=dump
	bytes tree/good tree/hidden
}

# Nothing at all is written where one of them is not what it should be.
restore_hostile_paths() {
	need root
	mkdir -p root/directory outside
	program root/good outside/victim
	ln -s ../outside root/link
	ln -s ../outside/victim root/last
	mkfifo root/fifo
	local path
	for path in ../outside/victim directory/../../outside/victim link/victim last directory fifo missing good/victim \
		. .. directory/. directory/.. ''; do
		printf '# file: good\nsecurity.capability=%s\n\n# file: %s\nsecurity.capability=%s\n' "$v2" "$path" "$v2" >dump
		t timeout 5 fcapset --root=root --restore=dump
	done
	bytes root/good outside/victim
}

restore_harmless_paths() {
	need root
	mkdir -p root/directory
	program root/a root/b root/directory/c root/..d
	local path
	for path in ./a //b directory//c ./directory/./c ..d; do
		printf '# file: %s\nsecurity.capability=%s\n' "$path" "$v2" >dump
		t fcapset --root=root --restore=dump
	done
	bytes root/a root/b root/directory/c root/..d
}

restore_absolute() {
	need root
	mkdir real
	program real/file
	ln -s real link
	fcapinspect --null "$PWD/real" >dump
	printf '%s/real/file\0cap_chown=p\0\0' "$PWD" >dump
	t fcapset --restore=dump
	bytes real/file
	printf '%s/link/file\0cap_kill=p\0\0' "$PWD" >dump
	t fcapset --restore=dump 2>&1 | sed "s|$PWD|HERE|"
	bytes real/file
	printf '%s/real/../real/file\0cap_kill=p\0\0' "$PWD" >dump
	t fcapset --restore=dump 2>&1 | sed "s|$PWD|HERE|"
	bytes real/file
}

restore_other_attributes() {
	need root
	program a b
	cat >dump <<-END
		# file: a
		user.comment="security.capability=0x00"
		security.capability=$v2
		trusted.x=0x00

		# file: b
		user.only

	END
	t fcapset --restore=dump
	bytes a b
}

restore_nothing() {
	: >dump
	t fcapset --restore=dump
	echo '# a comment' >dump
	t fcapset --restore=dump
	t fcapset --restore=missing
	mkdir directory
	t fcapset --restore=directory
}

restore_widens() {
	need root
	plant "$v3" file
	printf '# file: file\nsecurity.capability=%s\n' "$v2" >dump
	t fcapset --restore=dump
	t fcapset --restore=dump --dry-run --allow-widen
	t fcapset --restore=dump --verify
	t fcapset --restore=dump --allow-widen
	t fcapset --restore=dump --verify
	bytes file
}

restore_same_file_twice() {
	need root
	program a
	printf '# file: a\nsecurity.capability=%s\n\n# file: ./a\nsecurity.capability=%s\n' "$v2" "$v3" >dump
	t fcapset --restore=dump
	bytes a
}

# endlessly TEXT COMMAND...: with lines of that on standard input, which never end
endlessly() {
	local text=$1
	shift
	yes "$text" | timeout 30 "$@"
}

# What never ends is told from a dump, an archive, a text.
restore_endless() {
	program a
	local device
	for device in zero full random urandom; do
		t timeout 10 fcapset --restore=/dev/$device
		t timeout 10 fcapinspect tar:/dev/$device getfattr:/dev/$device
		t timeout 10 fcapconvert --to=2 -o out tar:/dev/$device
		t timeout 10 fcapset --in=tar:/dev/$device -o out cap_chown=p a
	done
	t with_file /dev/zero timeout 10 fcapinspect -
	t with_file /dev/zero timeout 10 fcapset --restore=-
	t with_file /dev/zero timeout 10 fcapset - a
	t endlessly 'a cap_chown=p' fcapset --restore=-
	t endlessly 'cap_chown=p' fcapset - a
	ls
}
