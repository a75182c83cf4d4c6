#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations and system calls that fail, and kills at system calls: each tool, each kind of input. What is said stays
# true, what is written is whole or as it was, what was not done is an error. Counts faults, not checks.
#
# VFSCAP_FAULTS=all: more errnos, and at every place instead of one in thirty; VFSCAP_FAULTS=N: at one in N.
# FAULTS_ONLY=PATTERN: those whose names match, so that all of it, which takes hours, can be had in parts.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

here=$PWD
faults=$(realpath "$BUILD")/tests/helper_faults failing=$(realpath "$BUILD")/tests/failing.so
# A sanitizer wants to be first; what hangs on to its memory until the end is no leak.
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0:exitcode=99
all=${VFSCAP_FAULTS:-} total=0

# --------------------------------- running ---------------------------------

# fault STEP FAULT WHAT OPTION... -- COMMAND...: one kind of fault at one in STEP places; 0: at each, however much is asked
fault() {
	local step=$1 fault=$2 what=$3 status=0 options=() runs=0 wrong=0
	shift 3
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	[[ "$what $fault" =~ ${FAULTS_ONLY:-.} ]] || return 0
	case $step:$all in
	0:* | *:all) step=1 ;;
	*:) step=$((step * 30)) ;;
	*) step=$((step * all)) ;;
	esac
	"$faults" "${options[@]}" -s "$step" -p "$failing" "$fault" "$@" >"$scratch/.said" 2>&1 || status=$?
	if [ "$status" = 4 ]; then
		skip "$what, $fault" "calls can be made to fail on x86-64 alone"
		return
	fi
	read -r runs wrong < <(tail -n 1 "$scratch/.said" | awk '/ wrong$/ { print $1, $(NF - 1) }') || true
	echo "$what: $(tail -n 1 "$scratch/.said")"
	passed=$((passed + ${runs:-0} - ${wrong:-0})) total=$((total + ${runs:-0}))
	[ "$status" = 0 ] && [ "${runs:-0}" -gt 0 ] && return
	failed=$((failed + (${wrong:-0} > 0 ? ${wrong:-0} : 1)))
	sed 's/^/    /' "$scratch/.said"
}

# reads WHAT COMMAND...: what changes nothing
reads() {
	local what=$1
	shift
	fault 1 malloc "$what" -- "$@"
	fault 1 EIO "$what" -- "$@"
	fault 1 short "$what" -- "$@"
	[ "$all" = "" ] && return
	fault 1 EINTR:read,pread64,write,openat,wait4 "$what" -- "$@"
	fault 1 ENOMEM "$what" -- "$@"
	fault 1 EPERM "$what" -- "$@"
	fault 1 ENOSYS:openat2,statx,close_range,clone3,getrandom,fadvise64,seccomp "$what" -- "$@"
}

# device WHAT COMMAND...: reads a file system in an image. Of a device that cannot be read, the kernel says ENODATA.
device() {
	reads "$@"
	fault 0 ENODATA:pread64 "$1" -- "${@:2}"
}

# writes WHAT OPTION... -- COMMAND...: what changes a directory
writes() {
	fault 1 malloc "$@"
	fault 1 EIO "$@"
	fault 1 ENOSPC:write,pwrite64,fsync,fdatasync,ftruncate,renameat2,renameat,copy_file_range,setxattr,fsetxattr,mkdirat,linkat "$@"
	fault 1 short "$@"
	fault 1 entry "$@"
	fault 1 exit "$@"
	[ "$all" = "" ] && return
	fault 1 EINTR:read,pread64,write,pwrite64,openat,wait4,copy_file_range,fsync "$@"
	fault 1 ENOMEM "$@"
	fault 1 EPERM "$@"
	fault 1 EROFS:openat,renameat2,unlinkat,setxattr,ftruncate "$@"
	fault 1 ENOSYS:openat2,statx,close_range,clone3,renameat2,copy_file_range "$@"
}

has() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || { skip "$part" "$tool is not installed" && return 1; }
	done
}

# can KIND: the tools were built with it
can() {
	[[ $(fcapinspect --format=json --capabilities) == *"\"$1\""* ]] || {
		skip "$1" "the tools were built without it"
		return 1
	}
}

# --------------------------------- inputs ----------------------------------

if ! can_give; then
	skip "faults" "the attribute cannot be set here"
	finish
	exit
fi
cd "$scratch"
t=tree
plant $t v2=v2 base=v3:100000 none=-
plant $t/sub nested=v3:101000
ln $t/base $t/sub/also

part=archives
has tar gzip zstd && {
	tar --format=pax --sort=name --xattrs --xattrs-include=$attribute -cf a.tar -C $t .
	gzip -c a.tar >a.tar.gz
	zstd -qc a.tar >a.tar.zst
}
part=images
mkdir stores
has python3 zstd && python3 "$here/tests/oci.py" make stores >/dev/null
fcapinspect --format=getfattr $t >dump
fcapinspect --format=json $t >dump.json
fcapconvert -q --map-from=0:100000:65536 --map-to=0:150000:65536 --journal=journal $t
fcapconvert -q --undo=journal

# Without further names: which one of them is told depends on what could be read.
plant live/tree v2=v2 base=v3:100000 none=-
plant live/tree/sub nested=v3:101000

tree_=(-m -d "$t")
convert=(fcapconvert --map-from=0:100000:65536 --map-to=0:150000:65536)

# --------------------------------- live files ------------------------------

reads "fcapinspect FILE" fcapinspect $t/base
reads "fcapinspect TREE" fcapinspect -j1 --all $t
reads "fcapinspect TREE, threads" fcapinspect -j2 --format=json $t
reads "fcapinspect --stored" fcapinspect -j1 --stored --format=json $t
reads "fcapinspect dump" fcapinspect --format=json getfattr:dump
reads "fcapinspect journal" fcapinspect --format=json journal
reads "fcapinspect --userns" fcapinspect --userns=0:100000:65536 --userns=0:1000:1 --format=json getfattr:dump
reads "fcapinspect --value" fcapinspect --format=json --value=0x0100000200200000000000000000000000000000
reads "fcapinspect --text" fcapinspect --format=json --text=cap_net_raw=ep
# Whom the kernel does not tell its list asks it about each.
fault 1 malloc "fcapinspect --capabilities" -- fcapinspect --format=json --capabilities
reads "fcapset --verify" fcapset -v cap_net_raw=ep $t/v2
reads "fcapset --dry-run" fcapset --dry-run cap_chown=ep $t/v2 cap_kill=ep $t/none
reads "fcapinspect --check" fcapinspect --check=all getfattr:dump
fault 1 malloc "fcapinspect --format=sarif" -l -- fcapinspect --check=all --format=sarif getfattr:dump
fault 1 EIO "fcapinspect --format=sarif" -l -- fcapinspect --check=all --format=sarif getfattr:dump
reads "fcapdiff" fcapdiff --format=json $t getfattr:dump
reads "fcapdiff, different" fcapdiff --format=json $t/sub tar:a.tar
reads "fcapconvert --value" fcapconvert --to=3 --rootid=7 --value=0x0100000200200000000000000000000000000000
reads "fcapconvert --dry-run" "${convert[@]}" --dry-run live/tree

reads "fcapexplain" fcapexplain --profile=docker --format=json $t/v2 $t/base
reads "fcapexplain --pid" fcapexplain --pid=$$ $t/v2

mkdir out
writes "fcapset" -a "${tree_[@]}" -- fcapset -f cap_chown=ep $t/none cap_kill=ep $t/v2 -r $t/sub/nested
printf 'cap_chown=\n cap_kill+ep\n\ncap_fowner=ep\n\n' >caps
writes "fcapset -" -a "${tree_[@]}" -i caps -- fcapset --allow-widen - $t/none - $t/v2
mkdir restored
for file in v2 base none; do echo x >restored/$file; done
mkdir restored/sub
echo x >restored/sub/nested
ln restored/base restored/sub/also
sed 's,^# file: tree,# file: restored,' dump >dump.restored
sed 's,"tree/,"restored/,g' dump.json >dump.json.restored
writes "fcapset --restore" -a -m -d restored -- fcapset --restore=dump.restored
writes "fcapset --restore, JSON" -a -m -d restored -- fcapset --restore=dump.json.restored
mkdir inside
echo x >inside/file
chown 100000:100000 inside/file
writes "fcapset --userns" -a -m -d inside -- fcapset --userns=0:100000:65536 cap_chown=ep inside/file
writes "fcapconvert TREE" -a "${tree_[@]}" -- fcapconvert -q --to=3 --rootid=7 --replace-rootid $t
writes "fcapconvert --journal" -a -m -d live -x journal -u 'fcapconvert -q --undo=live/journal || ! grep -q ^file live/journal' -- \
	"${convert[@]}" -q --journal=live/journal live/tree
writes "fcapinspect -o" -a -d out -r report -- fcapinspect -j1 --format=json -o out/report $t
echo old >out/report
writes "fcapinspect -o, over an old one" -a -d out -r report -- fcapinspect -j1 --format=json --force -o out/report $t
rm out/report
writes "fcapdiff -o" -a -d out -r report -- fcapdiff -o out/report $t/sub getfattr:dump

# --------------------------------- archives --------------------------------

if [ -e a.tar.zst ]; then
	for a in a.tar a.tar.gz a.tar.zst; do
		reads "fcapinspect $a" fcapinspect --format=json tar:$a
		writes "fcapconvert $a" -a -d out -- "${convert[@]}" -q tar:$a -o out/a
		writes "fcapset $a" -a -d out -- fcapset -q --in=tar:$a -o out/a --caps=cap_chown=ep ./none
	done
fi

# --------------------------------- images ----------------------------------

if [ -e stores/simple ]; then
	reads "fcapinspect oci" fcapinspect --format=json oci:stores/simple
	reads "fcapinspect oci --merged" fcapinspect --merged oci:stores/simple
	reads "fcapinspect oci-archive" fcapinspect oci-archive:stores/nested.tar
	writes "fcapconvert oci" -a -d out -- fcapconvert -q --map-to=0:1:1 --to=3 oci:stores/simple -o out/new
	mkdir there
	cp -r stores/simple there/store
	writes "fcapset oci, over it" -a -d there -- fcapset -q -f --in=oci:there/store -o there/store cap_chown=ep a
	writes "fcapset oci" -a -d out -- fcapset -q --in=oci:stores/simple -o out/new cap_chown=ep a
	writes "fcapset oci --rewrite" -a -d out -- fcapset -q --rewrite --in=oci:stores/simple -o out/new cap_chown=ep a
	reads "fcapinspect docker-archive" fcapinspect --format=json docker-archive:stores/docker-old.tar
	writes "fcapconvert docker-archive" -a -d out -- fcapconvert -q --map-to=0:1:1 --to=3 docker-archive:stores/docker-old.tar -o out/new
	writes "fcapset docker-archive" -a -d out -- fcapset -q --in=docker-archive:stores/docker-old.tar:docker.io/library/x:latest -o out/new cap_chown=ep a
	writes "fcapconvert oci-archive" -a -d out -- fcapconvert -q --map-to=0:1:1 --to=3 oci-archive:stores/nested.tar -o out/new
fi

# --------------------------------- disks and packages ----------------------

# time of a change, and checksums over it: what is written varies
part="disk images"
if can ext4 && has mke2fs; then
	truncate -s 1M ext4.img
	mke2fs -q -F -t ext4 -b 1024 -O ^has_journal -d live/tree ext4.img 2>.err || cat .err
	device "fcapinspect ext4" fcapinspect -a --format=json ext4:ext4.img
	reads "fcapdiff ext4" fcapdiff ext4:ext4.img tar:a.tar
	fault 0 ENODATA:pread64 "fcapconvert ext4" -t -a -d out -- "${convert[@]}" -q ext4:ext4.img -o out/new.img
	writes "fcapconvert ext4" -t -a -d out -- "${convert[@]}" -q ext4:ext4.img -o out/new.img
	writes "fcapset ext4" -t -a -d out -- fcapset -q --in=ext4:ext4.img -o out/new.img cap_chown=ep none -r v2
	mkdir placed
	cp ext4.img placed/img
	writes "fcapconvert --in-place" -b -t -a -m -d placed -x journal \
		-u 'test ! -e placed/journal || fcapconvert -q --undo=placed/journal || ! grep -q ^end placed/journal' -- \
		"${convert[@]}" -q --in-place --journal=placed/journal ext4:placed/img
fi
if can squashfs && has mksquashfs; then
	mksquashfs live/tree squashfs.img -quiet -no-progress >/dev/null
	device "fcapinspect squashfs" fcapinspect -a --format=json squashfs.img
fi
if can erofs && has mkfs.erofs; then
	mkfs.erofs erofs.img live/tree >/dev/null 2>&1
	device "fcapinspect erofs" fcapinspect -a --format=json erofs:erofs.img
fi
if can disk && [ -e erofs.img ] && has sfdisk; then
	truncate -s 4M disk.img
	printf '2048,2048\n4096,2048\n' | sfdisk -q disk.img
	dd if=ext4.img of=disk.img bs=512 seek=2048 conv=notrunc status=none
	dd if=erofs.img of=disk.img bs=512 seek=4096 conv=notrunc status=none
	device "fcapinspect disk" fcapinspect --format=json disk:disk.img
fi
part=packages
if can rpm && has rpmbuild; then
	printf '%s\n' "Name: p" "Version: 1" "Release: 1" "Summary: a package" "License: none" "BuildArch: noarch" \
		"%description" "A package." "%install" "mkdir -p %{buildroot}/bin" "echo x >%{buildroot}/bin/ping" "%files" \
		"%caps(cap_net_raw=ep) %attr(755,root,root) /bin/ping" >p.spec
	rpmbuild -bb --quiet --define "_topdir $PWD/top" --define "_rpmdir $PWD" --define '_build_name_fmt p.rpm' p.spec \
		>/dev/null 2>&1
	[ -e p.rpm ] && reads "fcapinspect rpm" fcapinspect --format=json rpm:p.rpm
fi

echo "$total faults"
finish
