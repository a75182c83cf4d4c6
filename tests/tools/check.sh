# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect --check and --ghosts.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

check_values() {
	t fcapinspect --check --value="$v2"
	t fcapinspect --check --value="$v3"
	t fcapinspect --check --value="0x${ghosts[v1]}"
	t fcapinspect --check --value="0x${ghosts[v2_flags]}"
	t fcapinspect --check --value="0x${ghosts[v3_zero]}"
	t fcapinspect --check --value="0x${ghosts[v3_none]}"
	t fcapinspect --check --value="0x${ghosts[length]}"
	t fcapinspect --check --value=
	t fcapinspect --check --value=0x0000000200000000000000000002000000000080
	t fcapinspect --check --kernel=5.8 --value=0x0000000200000000000000000001000000000000
	t fcapinspect --check --value=0x0000000200000000000000000000000000000000
	t fcapinspect --check --value=0x0100000200000000000000000000000000000000
	t fcapinspect --check --value=0x0000000200200000000000000000000000000000
}

check_files() {
	need root
	plant "$v2" good
	t fcapinspect --check good
	plant "$v2" plain
	chmod 644 plain
	t fcapinspect --check plain
	plant "$v2" suid
	chmod 4755 suid
	t fcapinspect --check suid
	plant "$v2" loose
	chmod 757 loose
	t fcapinspect --check loose
	plant "$v2" shared
	chmod 775 shared
	t fcapinspect --check shared
	echo '#!/bin/sh' >script
	chmod 755 script
	plant "$v2" script
	t fcapinspect --check script
	mkdir directory
	plant "$v2" directory
	t fcapinspect --check file:directory
	plant "$v3" third
	t fcapinspect --check third
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
	t fcapinspect --check bad
	t fcapinspect --check --quiet bad
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
	t fcapinspect --check=Ghost --value="$value"
	records '[.issues[].code]' fcapinspect --format=json --check=empty --value="$value"
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
	sorted fcapinspect --check tree
	ghost v1 tree/hidden
	sorted fcapinspect --check=effective-unset tree
	sorted fcapinspect --check=script tree
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
