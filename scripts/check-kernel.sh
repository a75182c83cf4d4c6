#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Tests under another kernel than the running one, in qemu without acceleration: check-kernel.sh [COMMAND...].
#
# KERNEL=FILE is a kernel, with its modules in ../lib/modules/RELEASE as packages have them. Without it, that of this
# release of Debian is downloaded into $BUILD/linux, and never installed. Where there is none, it is skipped.
#
# To run another program there, add a line to `programs`: a shell command, in a copy of this repository's tests/. What is
# built for it, static and without optional libraries, stands in `built`; what it calls, in `called`. All that a Debian
# program needs goes with it. Of programs of Check and of scripts with a closing line, failures are counted one by one.
# APPEND adds to the kernel's parameters, and TIME_LIMIT says how many seconds the machine may run.
#
# What an emulated processor takes too long for is judged in part. The whole of it, such as tests/convert.sh, can be named.

BUILD=${BUILD:-build}/kernel
# shellcheck source=tests/script.sh
. "$(dirname "$0")/../tests/script.sh"

cases=(convert_hard_links inspect_every_type set_immutable set_pairs system_overlay_hard_links userns_convert)
programs=(
	build/tests/test_xattr
	build/tests/test_xattr_system
	build/tests/test_idmap_kernel
	"VFSCAP_PART=32 build/tests/test_judge"
	"VFSCAP_PART=16 build/tests/test_predict_kernel"
	"VFSCAP_TRIALS=300 build/tests/test_exec_kernel"
	build/tests/test_change
	build/tests/test_scan
	build/tests/test_write
	tests/older.sh
	"tests/tools.sh ${cases[*]}"
)
built=(fcapinspect fcapset fcapconvert fcapdiff fcapexplain tests/helper_creds)
called=(
	awk basename bash cat chattr chmod chown cmp cp cut debugfs diff dirname echo env find flock fold getcap getfattr grep head
	id jq ln ls mkdir mke2fs mkfifo mknod mktemp mount mountpoint mv nsenter od pgrep readlink realpath rm sed setfattr setpriv sh
	sleep sort stat tac tail test timeout touch tr true truncate umount uname uniq unshare wc xargs
)
modules=(loop overlay squashfs erofs)
time_limit=${TIME_LIMIT:-600}

[ $# = 0 ] || programs=("$@")

# ---------------------------------- what is needed -------------------------

no_machine() {
	skip "tests under another kernel" "$1"
	finish
	exit
}

# A package's name has the release in it: this one is what stands for the newest.
download_kernel() {
	local package
	package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9]\)/\1/p')
	[ -n "$package" ] || {
		echo "apt knows no linux-image-cloud-amd64; apt-get update may help"
		return 1
	}
	(cd "$BUILD" && apt-get -q -o APT::Sandbox::User=root download "$package") &&
		mkdir -p "$BUILD/linux.new" && dpkg-deb -x "$BUILD/$package"_*.deb "$BUILD/linux.new" &&
		rm "$BUILD/$package"_*.deb && mv "$BUILD/linux.new" "$BUILD/linux"
}

find_kernel() {
	[ -z "${KERNEL:-}" ] || return 0
	if [ ! -d "$BUILD/linux" ]; then
		type -P dpkg-deb >/dev/null ||
			no_machine "a kernel is downloaded from Debian alone; KERNEL=FILE names one"
		download_kernel >"$scratch/download" 2>&1 ||
			no_machine "Debian's kernel could not be downloaded: $(tail -n 1 "$scratch/download"); KERNEL=FILE names one"
	fi
	KERNEL=$(echo "$BUILD"/linux/boot/vmlinuz-*)
}

[ "$(uname -m)" = x86_64 ] || no_machine "the machine is one of x86_64, as this one is not"
for tool in qemu-system-x86_64 cpio; do
	command -v $tool >/dev/null || no_machine "$tool is not installed"
done
find_kernel
[ -r "$KERNEL" ] || no_machine "$KERNEL: cannot be read"

# --------------------------------- what is built ---------------------------

without="gzip bzip2 xz zstd lz4 rpm ext4 squashfs blkid seccomp"
for command in "${programs[@]}"; do
	for word in $command; do
		[[ $word != build/* ]] || built+=("${word#build/}")
	done
done
"$MAKE" -j"$(nproc)" BUILD="$BUILD" CFLAGS=-O2 LDFLAGS='-static -Wl,--no-warnings' WITHOUT="$without" \
	"$BUILD/tests/helper_init" "${built[@]/#/$BUILD/}"

# --------------------------------- the initramfs ---------------------------

root=$scratch/root

# put FILE...: with the libraries that it is linked with, all under their own paths
put() {
	local file library
	for file; do
		[ ! -e "$root$file" ] || continue
		mkdir -p "$root$(dirname "$file")"
		cp -L "$file" "$root$file"
		for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
			put "$library"
		done
	done
}

release=${KERNEL##*/vmlinuz-}
module_dir=$(dirname "$KERNEL")/../lib/modules/$release

# put_module NAME: after those that it depends on; what is no module is built in, or is missed by a test
put_module() {
	local file name
	file=$(find "$module_dir" -name "${1//_/[-_]}.ko" 2>/dev/null)
	[ -n "$file" ] && [ ! -e "$root/$1.ko" ] || return 0
	for name in $(grep -az '^depends=' "$file" | tr -d '\0' | sed 's/^depends=//; s/,/ /g'); do
		put_module "$name"
	done
	cp "$file" "$root/$1.ko"
	echo "/$1.ko" >>"$root/modules"
}

mkdir -p "$root/vfscap/build/tests" "$root/etc"
for dir in bin sbin lib lib64; do
	mkdir -p "$root/usr/$dir"
	ln -s "usr/$dir" "$root/$dir"
done
cp "$BUILD/tests/helper_init" "$root/init"
cp -r tests "$root/vfscap"
for file in "${built[@]}"; do
	cp "$BUILD/$file" "$root/vfscap/build/$file"
done
strip "$root"/vfscap/build/tests/* 2>/dev/null || true
PATH=$PATH:/usr/sbin:/sbin
for tool in "${called[@]}"; do
	put "$(type -P "$tool")"
done
: >"$root/modules"
for name in "${modules[@]}"; do
	put_module "$name"
done
printf '%s\n' "${programs[@]}" >"$root/programs"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) >"$scratch/initramfs"

# ---------------------------------- the machine ----------------------------

report=$scratch/report console=$scratch/console status=0
timeout "$time_limit" qemu-system-x86_64 -M pc -accel tcg -cpu max -m 768 -nodefaults -display none -no-reboot -net none \
	-kernel "$KERNEL" -initrd "$scratch/initramfs" \
	-append "console=ttyS0 loglevel=1 panic=-1 mitigations=off ${APPEND:-}" \
	-device isa-debug-exit,iobase=0xf4,iosize=1 \
	-serial "file:$console" -serial "file:$report" </dev/null || status=$?
cat "$report"

# What helper_init ends with is the status of the device, and 0 or 1 there is 1 or 3 here.
finished() {
	[ "$status" = 1 ] || [ "$status" = 3 ] || {
		echo "qemu ended with status $status; 124 is the limit of $time_limit s. The console's last lines:"
		tail -n 20 "$console"
		false
	}
}

# ended COMMAND: its line is followed by that of its end, with what it printed between them
ended() {
	awk -v wanted="== $1" '
		$0 == wanted { running = 1 }
		running && /^-- / { print; found = 1; exit $3 != "0," || $2 != "status" }
		END { if (!found) exit 1 }' "$report"
}

ok "the machine ran to its end" finished
for command in "${programs[@]}"; do
	ok "$command" ended "$command"
done
finish
