# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk images, against getcap where they are mounted, and reading the inode tables of ext4; cached, and cold.

make_images() {
	truncate -s 1G "$images/ext4"
	mke2fs -q -F -b 4096 -N $((COUNT + COUNT / 30 + 50)) "$images/ext4"
	mount -o loop "$images/ext4" "$at"
	"$BUILD/bench/plant" "$at/tree" "$COUNT" 2
	sync
	mksquashfs "$at" "$images/squashfs" -quiet -no-progress >/dev/null
	mkfs.erofs "$images/erofs" "$at" >/dev/null 2>&1
	umount "$at"
	inode_tables >"$images/tables"
}

# Read in pieces of a megabyte.
inode_tables() {
	dumpe2fs "$images/ext4" 2>/dev/null | sed -n 's/.*Inode table at \([0-9]*\)-\([0-9]*\).*/\1 \2/p' |
		awk -v image="$images/ext4" '{
			printf "dd if=%s of=/dev/null bs=1M iflag=skip_bytes,count_bytes skip=%d count=%d status=none\n",
				image, $1 * 4096, ($2 - $1 + 1) * 4096 }'
}

bench_image() {
	local kind=$1 image=$images/$1 whole
	local of=() cold=()

	if [ "$kind" = ext4 ]; then
		of=("ext4: its inode tables, with dd" "sh $images/tables")
		cold=("ext4, cold: its inode tables, with dd" "sh $images/tables")
	fi
	whole="mount -o loop,ro $image $at && getcap -r $at && umount $at"
	rows "$kind: fcapinspect" "$inspect $kind:$image" "$kind: mount and getcap -r" "$whole" "${of[@]}"
	mount -o loop,ro "$image" "$at"
	rows "$kind: getcap -r in a mount" "getcap -r $at"
	umount "$at"
	rows --warmup=0 "$drop" "$kind, cold: fcapinspect" "$inspect $kind:$image" \
		"$kind, cold: mount and getcap -r" "$whole" "${cold[@]}"
}

bench_disks() {
	local images=$scratch/images at=$scratch/at kind

	if ! is_root; then
		echo "bench: no disk images: it takes root to mount them" >&2
		return
	fi
	echo "making disk images of $COUNT files" >&2
	mkdir -p "$images" "$at"
	make_images
	for kind in ext4 squashfs erofs; do
		bench_image "$kind"
	done
	table disks "Disk images of $COUNT files"
	goal disks faster 7 "ext4: fcapinspect" "ext4: getcap -r in a mount"
	goal disks faster 20 "ext4: fcapinspect" "ext4: mount and getcap -r"
	goal disks faster 12 "ext4, cold: fcapinspect" "ext4, cold: mount and getcap -r"
	goal disks slower 8 "ext4: fcapinspect" "ext4: its inode tables, with dd"
	goal disks slower 3 "ext4, cold: fcapinspect" "ext4, cold: its inode tables, with dd"
	for kind in squashfs erofs; do
		goal disks faster 5 "$kind: fcapinspect" "$kind: mount and getcap -r"
	done
	rm -rf "$images"
}
