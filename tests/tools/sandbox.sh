# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who reads what is untrusted: --sandbox.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# one_of_each: an archive, a dump, a layout, an archive of an image
one_of_each() {
	need python3
	python3 "$repository/tests/maketar.py" /dev/stdin >some.tar <<-'END'
		x
		+ schily @A
		file ./two mode=0755 body=hello
		end
	END
	printf '# file: a\nsecurity.capability=%s\n' "$v2" >dump
	python3 "$repository/tests/oci.py" make stores
}

# Kernels have more or less of it; and compressors make other digests.
closed() {
	local filter="sed 's/ .layer .*//'" errors="sed 's/; but this kernel or build has .*//; s,: /.*/,: ,'"
	t "$@"
}

sandbox_reading() {
	one_of_each
	closed fcapinspect --sandbox=tell tar:some.tar getfattr:dump some.tar oci:stores/plain oci-archive:stores/oci.tar
	closed fcapinspect --sandbox=tell --quiet tar:some.tar
	closed fcapinspect --sandbox=auto tar:some.tar
	closed fcapinspect --sandbox=no tar:some.tar
	closed with_file some.tar fcapinspect --sandbox=tell -
	closed fcapdiff --sandbox=tell tar:some.tar getfattr:dump
	closed fcapinspect --sandbox=tell .
	closed fcapinspect --sandbox=maybe tar:some.tar
	closed fcapdiff --sandbox= tar:some.tar getfattr:dump
}

sandbox_required() {
	one_of_each
	[[ $(fcapinspect --sandbox=tell getfattr:dump 2>&1) != *'has no seccomp'* ]] || lacks "this kernel or build has no seccomp"
	[[ $(fcapinspect --sandbox=tell getfattr:dump 2>&1) != *'landlock'* ]] || lacks "this kernel has no landlock"
	t fcapinspect --sandbox=require tar:some.tar getfattr:dump
}

sandbox_writing() {
	one_of_each
	closed fcapconvert --sandbox=tell --to=3 --rootid=1000 tar:some.tar -o new.tar
	closed fcapconvert --sandbox=tell --to=3 --rootid=1000 -q oci:stores/plain -o new
	closed fcapconvert --sandbox=tell --to=3 --rootid=1000 --dry-run oci-archive:stores/oci.tar
	closed fcapset --sandbox=tell --in=oci:stores/plain -o other cap_chown=p a
	closed fcapset --sandbox=no --in=tar:some.tar -o other.tar cap_chown=p two
	t fcapinspect tar:new.tar tar:other.tar
	t fcapconvert --sandbox=require --to=3 --rootid=1000 file
	t fcapset --sandbox=require cap_chown=p file
	t fcapset --sandbox=maybe --in=tar:some.tar -o third cap_chown=p two
	t find . -maxdepth 1 -name '.vfscap*' -o -name third
}

# killed COMMAND...: the process that it has, killed while it waits for more of standard input
killed() {
	local status=0 tool child
	mkfifo rest
	"$@" <rest &
	tool=$!
	exec 5>rest
	head -c 700 some.tar >&5
	until child=$(pgrep -P "$tool"); do sleep 0.01; done
	kill -KILL "$child"
	wait "$tool" || status=$?
	exec 5>&-
	rm rest
	return "$status"
}

# What goes wrong inside: no output, nor what was to become one.
sandbox_killed() {
	need pgrep
	one_of_each
	t killed fcapinspect -
	t killed fcapconvert --to=3 --rootid=1000 - -o new.tar
	t killed fcapset --in=- -o new.tar cap_chown=p two
	t find . -maxdepth 1 -name '.vfscap*' -o -name 'new*'
	killed fcapconvert --to=3 --rootid=1000 - >broken.tar 2>/dev/null || true
	t fcapinspect tar:broken.tar
}

# Dumps, journals and configurations, which options name.
sandbox_options() {
	one_of_each
	need root mke2fs
	cp /bin/true a
	closed fcapset --sandbox=tell --restore=dump
	closed fcapset --sandbox=no --restore=dump
	closed fcapset --sandbox=tell --quiet --restore=dump
	closed fcapconvert --to=3 --rootid=1000 --journal=journal -q a
	closed fcapconvert --to=3 --rootid=1000 --journal=journal --sandbox=tell a
	closed fcapconvert --undo=journal --sandbox=tell
	mkdir rootfs
	echo text >rootfs/b
	truncate -s 4M image
	mke2fs -q -F -d rootfs image
	closed fcapset --sandbox=tell --in=ext4:image --in-place --journal=blocks cap_chown=p b
	closed fcapset --sandbox=tell --in=ext4:image --in-place --journal=blocks cap_chown=p b
	closed fcapconvert --undo=blocks --sandbox=tell
	echo '{"process":{},"root":{"path":"rootfs"}}' >config.json
	closed fcapexplain --oci-config=config.json --sandbox=tell
	closed fcapexplain --oci-config=config.json --sandbox=no
}

# little_memory COMMAND...: with less of it than a closed process may have
little_memory() (
	ulimit -v 400000
	"$@"
)

# unheard COMMAND...: begun by one who does not wait for his children
unheard() {
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}

# Limits and signals are handed on by whoever begins a tool.
sandbox_little_memory() {
	need plain
	one_of_each
	t little_memory fcapinspect tar:some.tar getfattr:dump
}

sandbox_unheard() {
	one_of_each
	t unheard fcapinspect tar:some.tar getfattr:dump
	t unheard fcapconvert --to=3 --rootid=1000 -q tar:some.tar -o new.tar
	need root
	cp /bin/true a && chown 100000:100000 a
	t unheard fcapset --userns=0:100000:65536 cap_chown=p a
}
