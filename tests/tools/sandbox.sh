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
	local filter="sed 's/ .layer .*//'" errors="sed 's/; but this kernel or build has .*//'"
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
