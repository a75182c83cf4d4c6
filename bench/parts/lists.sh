# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# What the table of scan/fs.c goes by: on each file system, listing against asking at once, with and without another
# attribute on every file. For whoever changes that table.

# Mounted on $at: an empty file system, or what is below an overlay.
mount_kind() {
	case $1 in
	tmpfs) mount -t tmpfs none "$at" ;;
	overlayfs) mount -t tmpfs none "$at" ;;
	*)
		truncate -s 1G "$scratch/kind"
		"mkfs.$1" -q "$scratch/kind"
		mount -o loop "$scratch/kind" "$at"
		;;
	esac
}

bench_lists() {
	local kind label name all=$((COUNT / 6)) at=$scratch/at tree

	if ! is_root; then
		echo "bench: no file systems: it takes root to mount them" >&2
		return
	fi
	mkdir "$at"
	for kind in ext4 xfs btrfs tmpfs overlayfs; do
		has "mkfs.$kind" || [[ $kind == *fs && $kind != xfs && $kind != btrfs ]] || continue
		for label in 0 1; do
			mount_kind "$kind"
			tree=$at/tree
			"$BUILD/bench/plant" "$tree" "$all" "$((capable / 6))" 0 "$label"
			if [ "$kind" = overlayfs ]; then
				mkdir "$at/upper" "$at/work" "$at/over"
				mount -t overlay -o "lowerdir=$tree,upperdir=$at/upper,workdir=$at/work" none "$at/over"
				tree=$at/over
			fi
			sync
			name="$kind, $([ "$label" = 0 ] && echo bare || echo labelled)"
			rows "$name: list" "$BUILD/bench/floor $tree" "$name: get" "$BUILD/bench/floor --get $tree"
			umount -R "$at"
			rm -f "$scratch/kind"
		done
	done
	table lists "Listing, and asking at once: $all files"
}
