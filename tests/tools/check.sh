# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect --check and --ghosts.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

check_values() {
	t fcapinspect --check=all --value="$v2"
	t fcapinspect --check=all --value="$v3"
	t fcapinspect --check=all --value="0x${ghosts[v1]}"
	t fcapinspect --check=all --value="0x${ghosts[v2_flags]}"
	t fcapinspect --check=all --value="0x${ghosts[v3_zero]}"
	t fcapinspect --check=all --value="0x${ghosts[v3_none]}"
	t fcapinspect --check=all --value="0x${ghosts[length]}"
	t fcapinspect --check=all --value=
	t fcapinspect --check=all --value=0x0000000200000000000000000002000000000080
	t fcapinspect --check=all --kernel=5.8 --value=0x0000000200000000000000000001000000000000
	t fcapinspect --check=all --value=0x0000000200000000000000000000000000000000
	t fcapinspect --check=all --value=0x0100000200000000000000000000000000000000
	t fcapinspect --check=all --value=0x0000000200200000000000000000000000000000
}

check_files() {
	need root
	plant "$v2" good
	t fcapinspect --check=all good
	plant "$v2" plain
	chmod 644 plain
	t fcapinspect --check=all plain
	plant "$v2" suid
	chmod 4755 suid
	t fcapinspect --check=all suid
	plant "$v2" loose
	chmod 757 loose
	t fcapinspect --check=all loose
	plant "$v2" shared
	chmod 775 shared
	t fcapinspect --check=all shared
	echo '#!/bin/sh' >script
	chmod 755 script
	plant "$v2" script
	t fcapinspect --check=all script
	mkdir directory
	plant "$v2" directory
	t fcapinspect --check=all file:directory
	plant "$v3" third
	t fcapinspect --check=all third
}

check_hidden() {
	need ghosts
	ghost v1 ghost
	ghost empty empty
	ghost v3_none nobodys
	ghost v3_zero zero
	t fcapinspect --check ghost
	t fcapinspect --check empty
	t fcapinspect --check nobodys
	t fcapinspect --check zero
}

check_unmapped() {
	need root userns
	plant "$v3" third
	t in_ns '0 200000 65536' fcapinspect --check third
}

check_everything_at_once() {
	need root
	plant 0x0000000200000000000000000000000000000000 bad
	chmod 4622 bad
	t fcapinspect --check=all bad
	t fcapinspect --check=all --quiet bad
	t fcapinspect --check bad
	records '[.issues[].code]' fcapinspect --check --format=json bad
}

check_codes() {
	local value="0x${ghosts[v1]}"
	t fcapinspect --check=ghost --value="$value"
	t fcapinspect --check=malformed,empty-value --value="$value"
	t fcapinspect --check=malformed,legacy-revision,ghost --value="$value"
	t fcapinspect --check=all --value="$value"
	t fcapinspect --check=ghosts --value="$value"
	t fcapinspect --check=ghost,,empty --value="$value"
	t fcapinspect --check=ghost, --value="$value"
	t fcapinspect --check= --value="$value"
	t fcapinspect --check=Ghost --value="$value"
	t fcapinspect --check=$'\e[1m' --value="$value"
	records '[.issues[].code]' fcapinspect --format=json --check=empty --value="$value"
}

# What may well be intended is not looked for unless it is asked for.
check_default() {
	local value
	for value in "${ghosts[v3_zero]}" 0000000200000000000000000000000000000000 0000000200200000000000000000000000000000; do
		t fcapinspect --check --value="$value"
		t fcapinspect --check=default --value="$value"
		t fcapinspect --check=default,all --value="$value"
	done
	t fcapinspect --check=rootid-zero,default --value="${ghosts[v3_zero]}"
	t fcapinspect --check=rootid-zero,default --value="${ghosts[v1]}"
	t fcapinspect --check=rootid-zero --check --value="${ghosts[v1]}"
	t fcapinspect --check=rootid-zero --check=ghost --value="${ghosts[v1]}"
}

# Each code by itself, with what it finds in values and files that have much wrong with them
check_each_code() {
	need root
	local code file
	plant 0x0000000200000000000000000000000000000000 empty
	chmod 4622 empty
	plant 0x0000000200000000000000000002000000000080 upper
	printf '#!/bin/sh\n' >script
	plant "$v2" script
	mkdir directory
	plant "$v2" directory
	for code in malformed empty-value unknown-flags legacy-revision ghost unknown-capability rootid-set rootid-zero \
		rootid-unmapped empty effective-unset effective-empty not-regular not-executable script setuid writable; do
		for file in empty upper script directory; do
			fcapinspect --check="$code" file:$file >out 2>&1 || echo "$code: $file [$?]"
		done
		for file in "${ghosts[@]}" 0100000200000000000000000000000000000000; do
			fcapinspect --check="$code" --value="$file" >out 2>&1 || echo "$code: 0x$file [$?]"
		done | sort
	done
}

check_tree() {
	need ghosts
	mkdir tree
	plant "$v2" tree/good
	plant 0x0000000200200000000000000000000000000000 tree/unset
	sorted fcapinspect --check=all tree
	sorted fcapinspect --check tree
	ghost v1 tree/hidden
	sorted fcapinspect --check=effective-unset tree
	sorted fcapinspect --check=script tree
}

# A path that a dump has again, with the same value and with another one.
check_dump() {
	local value
	for value in "a $v2" "b $v2" "a $v2" "./b $v3" "a $v3" "c $v3"; do
		printf '# file: %s\nsecurity.capability=%s\n\n' "${value% *}" "${value#* }"
	done >dump
	t fcapinspect --check=conflicting-entries getfattr:dump
	t fcapdiff getfattr:dump getfattr:dump
}

check_ghosts() {
	t fcapinspect --ghosts --value="0x${ghosts[v1]}"
	t fcapinspect --ghosts --value="0x${ghosts[v3_flags]}"
	t fcapinspect --ghosts --value="$v2"
	t fcapinspect --ghosts --value="0x${ghosts[length]}"
	cat >dump <<-END
		# file: a
		security.capability=$v2

		# file: b
		security.capability=0x${ghosts[v2_flags]}
	END
	t fcapinspect --ghosts getfattr:dump
	records '[.path, .ghost]' fcapinspect --ghosts --format=json getfattr:dump
}
