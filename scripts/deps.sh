#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what building, testing and benches need, with apt; elsewhere it names the packages. With --all also what only
# `make check-all` needs: compilers for other machines, emulators, analysis.
set -eu

# The same two groups for every packager: what the build needs, then what the tests and benches need.
apt="gcc make pkg-config libc6-dev libcap-dev libattr1-dev libjansson-dev
	nettle-dev zlib1g-dev libisal-dev libbz2-dev liblzma-dev libzstd-dev liblz4-dev librpm-dev
	libext2fs-dev libsquashfs-dev libblkid-dev libseccomp-dev
	bash check clang clang-format libclang-rt-dev llvm afl++ g++ libcap2-bin attr libcap-ng-utils valgrind mandoc e2fsprogs mount
	util-linux bfs isal libdeflate-tools jq git strace xfsprogs btrfs-progs procps uidmap passwd
	debootstrap iproute2 libarchive-tools python3 golang-go umoci skopeo buildah zstd lz4 xz-utils bzip2
	cpio zip rpm casync squashfs-tools squashfs-tools-ng erofs-utils fdisk runc crun abigail-tools qemu-system-x86"
apt_all="clang-tidy cppcheck sparse gcovr musl-tools gcc-s390x-linux-gnu libc6-dev-s390x-cross gcc-i686-linux-gnu
	libc6-dev-i386-cross qemu-user frama-c-base why3 z3 cvc4"
dnf="gcc make pkgconf-pkg-config glibc-devel libcap-devel libattr-devel jansson-devel
	nettle-devel zlib-devel isa-l-devel bzip2-devel xz-devel libzstd-devel lz4-devel rpm-devel e2fsprogs-devel squashfs-tools-ng-devel
	libblkid-devel libseccomp-devel
	bash check-devel glibc-static clang clang-tools-extra gcc-c++ libasan libubsan libcap attr
	libcap-ng-utils valgrind mandoc e2fsprogs util-linux bfs jq git strace xfsprogs btrfs-progs
	procps-ng shadow-utils iproute bsdtar python3 golang umoci skopeo buildah zstd lz4 xz bzip2 cpio zip
	rpm-build casync squashfs-tools erofs-utils runc crun"
apk="gcc make pkgconf musl-dev linux-headers libcap-dev attr-dev jansson-dev
	nettle-dev zlib-dev bzip2-dev xz-dev zstd-dev lz4-dev rpm-dev e2fsprogs-dev squashfs-tools-ng-dev
	util-linux-dev libseccomp-dev
	bash check-dev clang clang-extra-tools g++ libcap-utils attr libcap-ng-utils valgrind mandoc e2fsprogs
	e2fsprogs-extra util-linux bfs jq git strace xfsprogs btrfs-progs procps-ng coreutils
	shadow shadow-uidmap iproute2 libarchive-tools python3 go umoci skopeo buildah zstd lz4 xz bzip2 cpio
	zip rpm squashfs-tools squashfs-tools-ng erofs-utils sfdisk runc crun"
pacman="gcc make pkgconf libcap attr jansson nettle zlib bzip2 xz zstd lz4 rpm-tools
	e2fsprogs squashfs-tools-ng util-linux-libs libseccomp
	bash check clang libcap-ng valgrind mandoc e2fsprogs util-linux bfs jq git strace xfsprogs
	btrfs-progs procps-ng shadow iproute2 libarchive python go umoci skopeo buildah cpio zip casync
	squashfs-tools erofs-utils runc crun"
zypper="gcc make pkg-config glibc-devel libcap-devel libattr-devel libjansson-devel
	libnettle-devel zlib-devel libbz2-devel xz-devel libzstd-devel liblz4-devel rpm-devel libext2fs-devel
	squashfs-tools-ng-devel libblkid-devel libseccomp-devel
	bash check-devel glibc-devel-static clang gcc-c++ libcap-progs attr libcap-ng-utils valgrind mandoc
	e2fsprogs util-linux bfs jq git strace xfsprogs btrfsprogs procps shadow iproute2 erofs-utils runc crun"

case ${1:-} in
'') ;;
--all) apt="$apt $apt_all" ;;
*)
	echo "Usage: deps.sh [--all]" >&2
	exit 2
	;;
esac

has() {
	command -v "$1" >/dev/null 2>&1
}

one_line() {
	printf '%s' "$*" | tr -s '\n\t ' ' '
}

missing() {
	for package in $apt; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
			printf '%s ' "$package"
	done
}

# Package lists may be absent, or too old for what the archive holds by now.
apt_install() {
	set -- "$@" env DEBIAN_FRONTEND=noninteractive apt-get -q -y
	# shellcheck disable=SC2086 # a list of words
	"$@" install --no-install-recommends $packages >/dev/null 2>&1 && return
	"$@" update >/dev/null
	# shellcheck disable=SC2086
	"$@" install --no-install-recommends $packages >/dev/null
}

with_apt() {
	packages=$(missing)
	[ -n "$packages" ] || exit 0
	echo "installing $packages"
	if [ "$(id -u)" = 0 ]; then
		apt_install
	elif has sudo; then
		apt_install sudo
	else
		echo "deps: not root, and no sudo here; as root, run:" >&2
		echo "apt-get install --no-install-recommends $packages"
		exit 1
	fi
}

# Elsewhere nothing is installed; the build needs only what pkg-config can find.
by_hand() {
	echo "deps: this installs packages with apt only; as root, run:" >&2
	one_line "$@"
	echo
	if has cc && has pkg-config && pkg-config --exists libcap libattr jansson nettle; then
		echo "deps: what the build needs is there" >&2
	else
		echo "deps: the build needs some of these" >&2
		exit 1
	fi
}

if has apt-get && has dpkg-query; then
	with_apt
elif has dnf; then
	by_hand dnf install "$dnf"
elif has apk; then
	by_hand apk add "$apk"
elif has pacman; then
	by_hand pacman -S --needed "$pacman"
elif has zypper; then
	by_hand zypper install "$zypper"
else
	echo "deps: no packager that is known here (apt, dnf, apk, pacman, zypper); needed are:" >&2
	one_line "$apt"
	echo
	exit 1
fi
