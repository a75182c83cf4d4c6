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

# changing INPUT [magic] COMMAND...: likewise, of what says nothing on standard output.
changing() {
	local input=$1 magic=()
	shift
	[ "$1" != magic ] || { magic=(magic) && shift; }
	ok "$*" strace -f -y -o trace "$@"
	empty "$*: what was read" "$(python3 "$repository/tests/closed.py" trace "$(realpath "$input")" "${magic[@]}")"
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

# Layers that are read at once: by several closed processes, and as many as there are layers of that size.
python3 "$repository/tests/oci.py" layers stores
tar -C stores/hiding -cf hiding.tar .
gzip -k hiding.tar
readers() {
	python3 "$repository/tests/closed.py" trace
}
for kind in oci:stores/hiding oci-archive:hiding.tar oci-archive:hiding.tar.gz; do
	for merged in "" --merged; do
		# shellcheck disable=SC2086 # an option or none
		traced "${kind#*:}" fcapinspect -j4 $merged "$kind"
		same "$kind $merged: processes" 4 "$(readers)"
	done
done
traced stores/hiding fcapinspect -j1 oci:stores/hiding
same "one at a time: processes" 1 "$(readers)"
traced stores/hiding fcapdiff -j2 oci:stores/hiding oci:stores/plain
traced stores/hiding fcapexplain -j2 oci:stores/hiding
traced dump fcapdiff tar:some.tar getfattr:dump

if PATH=$PATH:/usr/sbin:/sbin && command -v mke2fs >/dev/null; then
	truncate -s 4M image
	mke2fs -q -F image
	printf '\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >value
	printf 'write dump a\nea_set -f value a security.capability\n' >script
	debugfs -w -f script image >/dev/null 2>&1
	traced image fcapinspect ext4:image
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

# ------------------------ dumps, journals, configurations ------------------

mkdir -p bundle/rootfs
cp /bin/true bundle/rootfs/a
cat >bundle/config.json <<-'END'
	{"process": {"user": {"uid": 0}, "capabilities": {"bounding": ["CAP_CHOWN", "cap_x"], "permitted": ["CAP_CHOWN"]}},
	 "root": {"path": "rootfs"}, "linux": {"namespaces": [{"type": "user"}],
	 "uidMappings": [{"containerID": 0, "hostID": 0, "size": 9}], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 9}]}}
END
traced bundle/config.json fcapexplain --oci-config=bundle/config.json bundle/rootfs/a
traced bundle/config.json sh -c 'fcapexplain --oci-config=- bundle/rootfs/a <bundle/config.json'

# Each form of a dump is restored; the last is one of standard input.
printf '{"path":"a","rel":"a","value":"0100000201000000000000000000000000000000","error":null}\n' >dump.json
printf 'a\0cap_chown=p\0\0' >dump.null
cp /bin/true a
if fcapset -q cap_chown=p a 2>/dev/null; then
	for form in dump dump.json dump.null; do
		changing "$form" fcapset -q --restore="$form"
		ok "$form is restored" grep -q cap_ <(fcapinspect a)
	done
	changing dump sh -c 'fcapset -q --restore=- <dump'
	changing dump fcapset -q --restore=dump --sandbox=require
	strace -f -y -o trace fcapset -q --restore=dump --sandbox=no
	python3 "$repository/tests/closed.py" trace "$PWD/dump" >said
	ok "without a closed process it is noticed of a dump" grep -q 'not closed: read' said

	fcapset -q cap_chown=p a
	fcapconvert -q --to=3 --rootid=1000 --journal=journal a
	changing journal magic fcapconvert -q --undo=journal
	same "it is undone" "a cap_chown=p" "$(fcapinspect a)"
	rm journal
	fcapconvert -q --map-from=0:100000:9 --map-to=0:100005:9 --journal=journal a
	changing journal magic fcapconvert -q --sandbox=require --undo=journal
else
	for form in dump dump.json dump.null; do
		changing "$form" fcapset -q --dry-run --restore="$form"
	done
	skip "journals of files" "the attribute cannot be set here"
fi
if [ -e image ]; then
	fcapconvert -q --to=3 --rootid=1000 --in-place --journal=blocks ext4:image
	changing blocks fcapconvert -q --to=3 --rootid=1000 --in-place --journal=blocks ext4:image
	changing blocks magic fcapconvert -q --undo=blocks
	ok "the image is as it was" grep -q '/a cap_[a-z_]*=[a-z]*$' <(fcapinspect ext4:image)
fi

# That the test can fail.
strace -f -y -o trace fcapinspect --sandbox=no tar:some.tar >out
python3 "$repository/tests/closed.py" trace "$PWD/some.tar" >said
ok "without a closed process it is noticed" grep -q 'not closed: pread64' said

finish
