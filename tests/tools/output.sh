# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where output goes: -o, a full disk, a closed descriptor.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

output_file() {
	t fcapinspect --value="$v2" -o out
	cat out
	t fcapinspect --value="$v3" --output=out
	cat out
	t fcapinspect --value="$v3" --output=out --force
	cat out
	stat -c %a out
	ls -A
}

output_keeps_attributes() {
	need root
	echo old >out
	chmod 640 out
	chown 1000:1001 out
	setfattr -n user.comment -v kept out
	plant "$v2" out
	t fcapinspect --value="$v3" -o out --force
	cat out
	stat -c '%a %u:%g' out
	getfattr -d -m - out
}

output_refused() {
	mkdir directory
	mkfifo fifo
	ln -s elsewhere link
	ln -s nowhere dangling
	echo old >elsewhere
	local name
	for name in link dangling directory fifo directory/ missing/out elsewhere/out ''; do
		t timeout 5 fcapinspect --value="$v2" --force -o "$name"
	done
	cat elsewhere
	ls -A . directory
}

output_unwritable_directory() {
	need root user
	mkdir closed
	t as_user fcapinspect --value="$v2" -o closed/out
	ls -A closed
}

# What is incomplete is written all the same, and says so by its exit status.
output_incomplete() {
	t fcapinspect -o out missing
	ls -s out
	t fcapinspect -o other --value=nonsense
	ls -A
}

output_full() {
	[ -c /dev/full ] || lacks "there is no /dev/full"
	t to_full fcapinspect --value="$v2"
	t to_full fcapinspect --format=json --value="$v2"
	t to_full fcapinspect --capabilities
	t to_full fcapinspect --help
	t to_full fcapconvert --to=2 --value="$v2"
	t to_full fcapset --help
	t to_full fcapset --version
}

output_full_verify() {
	need root
	[ -c /dev/full ] || lacks "there is no /dev/full"
	plant "$v2" file
	t to_full fcapset -v cap_net_raw=ep file
}

output_full_disk() {
	need mounts
	mkdir small
	mount -t tmpfs -o size=4k none small
	echo old >small/out
	t fcapinspect --force -o small/out --capabilities --format=json
	cat small/out
	ls -A small
	umount small
}

output_help() {
	local tool
	for tool in fcapinspect fcapset fcapconvert fcapdiff fcapexplain; do
		t $tool --help
		t $tool --version
	done
	t fcapset -h
}
