#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# By the system calls of the tools: what they do not trust is read by a process that has closed itself, and by no other.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

PATH=$(realpath "$BUILD"):$PATH
repository=$PWD
cd "$scratch"

if ! command -v strace >/dev/null || ! strace -o trace true 2>/dev/null; then
	skip "all of it" "strace is not installed, or may not trace"
	finish
fi
if [[ $(fcapinspect --sandbox=tell getfattr:/dev/null 2>&1) == *' has '*seccomp* ]]; then
	skip "all of it" "this kernel or build has no seccomp"
	finish
	exit
fi

# traced INPUT COMMAND...: what it read of INPUT, it read closed.
traced() {
	local input=$1
	shift
	strace -f -y -o trace "$@" >out 2>err || [ $? -lt 2 ] || cat err
	empty "$*" "$(python3 "$repository/tests/closed.py" trace "$(realpath "$input")")"
	[ -s out ] || ok "$*: it has found something" false
}

# rewritten INPUT [layout] COMMAND...: likewise, and there is an output, which the command names "new".
rewritten() {
	local input=$1 layout=()
	shift
	[ "$1" != layout ] || { layout=(layout) && shift; }
	rm -rf new
	strace -f -y -o trace "$@" >out 2>err || [ $? -lt 2 ] || cat err
	empty "$*" "$(python3 "$repository/tests/closed.py" trace "$(realpath "$input")" "${layout[@]}")"
	ok "$*: there is an output" [ -e new ]
}

# ---------------------------------- inputs ---------------------------------

printf 'x\n+ schily @A\nfile ./two mode=0755 body=hello\nend\n' >recipe
python3 "$repository/tests/maketar.py" recipe >some.tar
gzip -k some.tar
zstd -q -k some.tar
xz -k some.tar
printf '# file: a\nsecurity.capability=0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=\n' >dump
python3 "$repository/tests/oci.py" make stores

traced some.tar fcapinspect tar:some.tar
traced some.tar.gz fcapinspect tar:some.tar.gz
traced some.tar.xz fcapinspect tar:some.tar.xz
traced some.tar.zst fcapinspect tar:some.tar.zst
traced some.tar sh -c 'fcapinspect - <some.tar'
traced dump fcapinspect getfattr:dump
traced stores/plain fcapinspect oci:stores/plain
traced stores/plain fcapinspect --merged --format=json oci:stores/plain
traced stores/oci.tar fcapinspect oci-archive:stores/oci.tar
traced stores/docker-old.tar.gz fcapinspect docker-archive:stores/docker-old.tar.gz
traced stores/plain fcapexplain oci:stores/plain
traced some.tar fcapdiff tar:some.tar getfattr:dump
traced dump fcapdiff tar:some.tar getfattr:dump

if PATH=$PATH:/usr/sbin:/sbin && command -v mke2fs >/dev/null; then
	truncate -s 4M disk
	mke2fs -q -F disk
	printf '\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >value
	printf 'write dump a\nea_set -f value a security.capability\n' >script
	debugfs -w -f script disk >/dev/null 2>&1
	traced disk fcapinspect ext4:disk
else
	skip ext4 "mke2fs is not installed"
fi

cat >p.spec <<-'END'
	Name: p
	Version: 1
	Release: 1
	Summary: a package
	License: none
	BuildArch: noarch
	%description
	%install
	mkdir -p %{buildroot}/bin
	echo >%{buildroot}/bin/a
	%files
	%caps(cap_chown=ep) /bin/a
END
if ! command -v rpmbuild >/dev/null || ! rpmbuild -bb --quiet --define "_topdir $PWD/top" --define "_rpmdir $PWD" \
	--define '_build_name_fmt p.rpm' p.spec >log 2>&1; then
	skip rpm "rpmbuild is not installed, or makes no package"
elif [[ $(fcapinspect rpm:p.rpm 2>&1) == *librpm* ]]; then
	skip rpm "the tools were built without librpm"
else
	traced p.rpm fcapinspect rpm:p.rpm
fi

convert=(fcapconvert -q --to=3 --rootid=1000 -o new)
rewritten some.tar "${convert[@]}" tar:some.tar
rewritten some.tar.gz "${convert[@]}" tar:some.tar.gz
rewritten some.tar sh -c "${convert[*]} - <some.tar"
rewritten some.tar sh -c 'fcapconvert -q --to=3 --rootid=1000 - <some.tar >new'
rewritten stores/oci.tar "${convert[@]}" oci-archive:stores/oci.tar
rewritten stores/docker-old.tar.gz "${convert[@]}" docker-archive:stores/docker-old.tar.gz
rewritten stores/plain layout "${convert[@]}" oci:stores/plain
rewritten some.tar fcapset -q --in=tar:some.tar -o new cap_chown=p two
rewritten stores/oci.tar fcapset -q --in=oci-archive:stores/oci.tar -o new cap_chown=p a
rewritten stores/plain layout fcapset -q --in=oci:stores/plain -o new cap_chown=p a
rewritten stores/plain layout fcapset -q --rewrite --in=oci:stores/plain -o new cap_chown=p a
traced stores/plain "${convert[@]:0:4}" --dry-run oci:stores/plain

# That the test can fail.
strace -f -y -o trace fcapinspect --sandbox=no tar:some.tar >out
python3 "$repository/tests/closed.py" trace "$PWD/some.tar" >said
ok "without a closed process it is noticed" grep -q 'not closed: pread64' said

finish
