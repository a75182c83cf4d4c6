# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# What the table of scan/fs.c goes by: on each file system, listing against asking at once, with and without another
# attribute on every file. For whoever changes that table.

# The tree on a new file system of that kind, mounted below $at.
plant_on() {
	local kind=$1 label=$2 image=$scratch/kind

	tree=$at/tree
	case $kind in
	ext4 | xfs | btrfs)
		truncate -s 1G "$image"
		"mkfs.$kind" -q "$image" >/dev/null 2>&1
		mount -o loop "$image" "$at"
		;;
	*) mount -t tmpfs none "$at" ;;
	esac
	"$BUILD/bench/plant" "$tree" "$all" "$((capable / 6))" 0 "$label"
	case $kind in
	overlayfs)
		mkdir "$at/upper" "$at/work" "$at/over"
		mount -t overlay -o "lowerdir=$tree,upperdir=$at/upper,workdir=$at/work" none "$at/over"
		tree=$at/over
		;;
	squashfs) mksquashfs "$tree" "$image" -quiet -no-progress >/dev/null ;;
	erofs) mkfs.erofs "$image" "$tree" >/dev/null 2>&1 ;;
	esac
	case $kind in
	squashfs | erofs)
		umount "$at"
		mount -o loop "$image" "$at"
		tree=$at
		;;
	esac
}

bench_lists() {
	local kind label name all=$((COUNT / 6)) at=$scratch/at tree

	if ! is_root; then
		echo "bench: no file systems: it takes root to mount them" >&2
		return
	fi
	mkdir -p "$at"
	for kind in ${KINDS:-ext4 xfs btrfs tmpfs overlayfs squashfs erofs}; do
		for label in 0 1; do
			plant_on "$kind" "$label"
			sync
			name="$kind, $([ "$label" = 0 ] && echo bare || echo labelled)"
			rows "$name: list" "$BUILD/bench/floor $tree" "$name: get" "$BUILD/bench/floor --get $tree"
			umount -R "$at"
			rm -f "$scratch/kind"
		done
	done
	table lists "Listing, and asking at once: $all files"
}
