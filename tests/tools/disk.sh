# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Images of ext4 that are changed: calls that are refused, and what is said.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# An image with files of all kinds, one with two names and one with a malformed value.
some_image() {
	need mke2fs debugfs
	[[ $(fcapinspect --capabilities --format=json) == *'"ext4"'* ]] || lacks "built without libext2fs"
	local name
	truncate -s 1M image
	mke2fs -q -F -t ext4 -b 1024 -O ^has_journal image
	raw "${v2#0x}" >.two
	raw "${v3#0x}" >.three
	raw 01000002 >.short
	{
		for name in two three none short; do
			printf 'write /dev/null %s\nsif %s mode 0100755\n' $name $name
		done
		for name in two three short; do
			echo "ea_set -f .$name $name security.capability"
		done
		printf '%s\n' "ln two again" "sif two links_count 2" "mkdir dir" "symlink link two" "mknod fifo p"
	} | debugfs -w -f - image >.log 2>&1
}

# A journal is named with its option.
disk_journal_files() {
	need root
	some_image
	local journal
	mkdir directory
	ln -s journal link
	for journal in absent/journal directory link /dev/null; do
		t fcapset --in=ext4:image --in-place --journal=$journal cap_chown=ep none
	done
	t fcapset -q --in=ext4:image --in-place --journal=journal cap_chown=ep none
	t fcapset -q --in=ext4:image --in-place --journal=journal cap_kill=ep none
	chmod 666 journal
	t fcapconvert --undo=journal
}

disk_usage() {
	some_image
	t fcapset --in=ext4:image cap_chown=ep none
	t fcapset --in=ext4:image -o out --level=1 cap_chown=ep none
	t fcapset --in=ext4:image -o out --rewrite cap_chown=ep none
	t fcapset --in=ext4:image -o - cap_chown=ep none
	t fcapset --in=ext4:image -o out --in-place cap_chown=ep none
	t fcapset --in=ext4:image -o out --journal=j cap_chown=ep none
	t fcapset --in=erofs:image -o out cap_chown=ep none
	t fcapset --in=squashfs:image -o out cap_chown=ep none
	t fcapconvert --to=2 -o out --irreversible ext4:image
	t fcapconvert --to=2 -o out --max-size=1M ext4:image
	t fcapconvert --to=2 -o out erofs:image
	ls
}

# No image, or none that can be read.
disk_no_image() {
	some_image
	mkdir directory
	mkfifo fifo
	head -c 4096 /dev/zero >zeros
	for name in absent directory fifo zeros; do
		t timeout 5 fcapset --in=ext4:$name -o out cap_chown=ep none
		t timeout 5 fcapconvert --to=2 -o out ext4:$name
	done
	ls
}

disk_set() {
	some_image
	t fcapset --in=ext4:image --dry-run cap_chown=ep none cap_kill=ep /two -r three -r none
	t fcapset --in=ext4:image --dry-run cap_kill=ep short
	local name
	for name in dir link fifo absent; do
		t fcapset --in=ext4:image -o out cap_chown=ep none cap_kill=ep $name
	done
	t fcapset --in=ext4:image -o out cap_chown=ep two cap_kill=ep again
	t fcapset --in=ext4:image -o out cap_chown=ep three
	ls
	t fcapset --in=ext4:image -o out cap_chown=ep two cap_chown=ep again cap_kill=ep none -f -r short
	t fcapinspect ext4:out
	t fcapset --in=ext4:image -o out cap_chown=ep none
}

disk_convert() {
	some_image
	local what
	t fcapconvert --to=3 --rootid=5 --dry-run ext4:image
	t fcapconvert --to=3 --rootid=5 -o out ext4:image
	for what in keep drop; do
		t fcapconvert --to=3 --rootid=5 --undecodable=$what -o $what ext4:image
		t fcapinspect ext4:$what
		t fcapconvert --map-from=0:200000:1 --undecodable=drop --unmapped=$what -o $what.map ext4:image
		t fcapinspect ext4:$what.map
	done
	t fcapconvert --map-from=0:200000:1 --undecodable=keep -o out ext4:image
	ls
}

# From one file system to another, which have no common way to copy.
disk_other_file_system() {
	need mounts
	some_image
	mkdir other full
	mount -t tmpfs none other
	mount -t tmpfs -o size=64k none full
	t fcapset -q --in=ext4:image -o other/out cap_chown=ep none
	t fcapinspect ext4:other/out
	t fcapset -q --in=ext4:image -o full/out cap_chown=ep none
	ls other full
	umount other full
}

# A disk is recognised by its table; what its partitions hold is said of each that is not read.
disk_partitions() {
	need sfdisk mkswap
	some_image
	local n
	truncate -s 8M disk
	truncate -s 1M swap
	mkswap swap >/dev/null 2>&1
	printf 'label: dos\n' >table
	for n in 1 2 3 4; do echo "start=$((n * 2048)),size=2048"; done >>table
	sfdisk -q disk <table
	dd if=image of=disk bs=1M seek=1 conv=notrunc status=none
	dd if=swap of=disk bs=1M seek=2 conv=notrunc status=none
	t fcapinspect disk
	for n in 1 4 5; do
		t fcapinspect --partition=$n disk
	done
	t fcapinspect --offset=1M disk
	t fcapinspect --offset=9M disk
	t fcapinspect disk:image
}
