# shellcheck shell=bash disable=SC2154 # what live.sh sets, and $t
# SPDX-License-Identifier: GPL-2.0-or-later
# A tree of Debian's packages. Sourced, after live.sh.
# It is made once, and kept as build/packages.tar; PACKAGES=quick takes three packages instead of a system.
packages=(iputils-ping mtr-tiny fping)
tar=build/packages.tar
mkdir -p build

# Below $room.
mounted() {
	awk -v below="$room/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac
}
leave() {
	mounted | while read -r at; do umount -l "$at"; done
	remove_dir "$room"
	clean_up
}

system() {
	local uri suite
	# shellcheck disable=SC2016 # apt's own variables
	read -r uri suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages')
	debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" "$suite" "$t" "$uri" \
		>"$scratch/log" 2>&1
}

# The packages alone, with their own setcap calls made here.
quick() {
	local package
	mkdir -p "$t" "$scratch/debs"
	chmod 777 "$scratch/debs"
	(cd "$scratch/debs" && apt-get download "${packages[@]}") >"$scratch/log" 2>&1 || return
	for package in "$scratch"/debs/*.deb; do dpkg-deb -x "$package" "$t"; done
	setcap cap_net_raw+ep "$t"/bin/ping cap_net_raw+ep "$t"/usr/bin/mtr-packet cap_net_raw+ep "$t"/usr/bin/fping
}

all=(--xattrs --xattrs-include=\*)
# packages_tree: into $t; what is there instead of a system, and why, is said and in $why
packages_tree() {
	why=
	if [ "${PACKAGES:-}" = quick ]; then
		why="it was asked for"
	elif [ -f "$tar" ]; then
		mkdir "$t"
		tar "${all[@]}" --numeric-owner -xpf "$tar" -C "$t" || return
	elif ! command -v debootstrap >/dev/null; then
		why="debootstrap is not installed"
	elif ! system; then
		why="debootstrap failed: $(tail -n 1 "$scratch/log")"
		mounted | while read -r at; do umount -l "$at"; done
		rm -rf --one-file-system "$t"
	else
		mounted | while read -r at; do umount -l "$at"; done
		tar "${all[@]}" --numeric-owner -cf "$tar.new" -C "$t" . && mv "$tar.new" "$tar"
	fi
	[ -n "$why" ] || return 0
	echo "three packages instead of a system: $why"
	quick
}
