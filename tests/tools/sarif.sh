# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect --format=sarif: documents that are right, whatever they are about.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# sarif ARGUMENT...: what is wrong with the document, its results and its notifications
sarif() {
	need python3
	local status=0 what
	echo "\$ $(line fcapinspect --format=sarif "$@")"
	fcapinspect --format=sarif "$@" >"$top/sarif" 2>"$top/err" || status=$?
	for what in "" --issues --notes; do
		# shellcheck disable=SC2086 # no word, or one
		python3 "$repository/tests/sarif.py" $what "$top/sarif" | LC_ALL=C sort
	done
	mask <"$top/err" | LC_ALL=C sort | sed 's/^/! /'
	echo "[$status]"
}

sarif_document() {
	records . fcapinspect --format=sarif --value="0x${ghosts[v1]}"
	records . fcapinspect --format=sarif --check=empty --value="0x${ghosts[v1]}"
}

sarif_values() {
	local value
	for value in "$v2" "$v3" "0x${ghosts[v3_zero]}" "0x${ghosts[length]}" ''; do
		sarif --value="$value"
		sarif --check --value="$value"
		sarif --check=all --value="$value"
	done
	sarif --check=rootid-zero --value="0x${ghosts[v3_zero]}"
	sarif --ghosts --value="0x${ghosts[v1]}"
	sarif --ghosts --value="0x${ghosts[length]}"
}

# Whatever is in a name, it is one file.
sarif_names() {
	need root
	hostile tree
	plant "$v2" 'tree/[a](http:b)' 'tree/{0}' 'tree/a?b#c%41' 'a:b'
	chmod 777 tree/*
	sarif tree ./a:b
	sarif --check=writable ./tree/=ep
	chmod 777 a:b
	sarif --check a:b ././a:b "$PWD/a:b" | sed "s|$PWD|HERE|"
}

sarif_archive() {
	need python3
	cat >odd.recipe <<-'END'
		x
		+ schily @V3
		file "./[a](b) {0}\n" mode=0777 body="#!"
		x
		+ schily @V3
		file ../out mode=0755
		x
		+ schily hex:0100
		file "\351" mode=0755
		end
	END
	python3 "$repository/tests/maketar.py" odd.recipe >odd.tar
	sarif odd.tar
	sarif --check=all tar:odd.tar
	head -c 2000 odd.tar >'cut:1.tar'
	sarif --check './cut:1.tar'
	sarif 'tar:cut:1.tar'
	fcapinspect --format=getfattr odd.tar >dump 2>"$top/err"
	sarif getfattr:dump
	python3 "$repository/tests/oci.py" make stores
}

# Of an image it is the store that can be pointed at, whatever follows its path.
sarif_images() {
	need python3 zstd
	python3 "$repository/tests/oci.py" make stores
	local image
	for image in oci:stores/with:colon oci:stores/docker-types:x docker-archive:stores/docker-new.tar \
		oci:stores/flipped-layer oci:stores/missing:x; do
		sarif --check --userns=1:500000:10 "$image"
	done
}

# What could not be had, and notices, which --quiet leaves out.
sarif_troubles() {
	need ghosts
	mkdir tree
	plant "$v2" tree/good
	ghost v1 tree/hidden
	ghost v3_none tree/nobodys
	sarif tree missing '[x](y){0}' '' tar:
	sarif --check=all tree
	printf 'nothing' >plain
	sarif rpm:plain getfattr:plain tar:plain
	sarif ext4:plain
	tar -cf none.tar plain
	sarif tar:none.tar
	sarif --quiet tar:none.tar
}

# No place for a file without a name: then it is said that there were some.
sarif_no_room() {
	export TMPDIR=$PWD/missing
	sarif missing missing
	unset TMPDIR
	# A file that may not grow.
	prlimit --fsize=0 fcapinspect --format=sarif missing 2>/dev/null | cat >document
	echo "[${PIPESTATUS[0]}]"
	python3 "$repository/tests/sarif.py" document
	python3 "$repository/tests/sarif.py" --notes document
	t to_full fcapinspect --format=sarif missing
}

sarif_usage() {
	t fcapinspect --format=sarif --null --value="$v2"
	t fcapinspect --format=sarif --text==
	t fcapinspect --format=sarif --capabilities
	t fcapinspect --format=sarif --check=nothing --value="$v2"
	t fcapconvert --format=sarif --to=2 --value="$v2"
	t fcapdiff --format=sarif . .
}

sarif_output() {
	need root python3
	plant "$v2" loose
	chmod 757 loose
	t fcapinspect --format=sarif --check --output=out loose
	python3 "$repository/tests/sarif.py" --issues out
	t fcapinspect --format=sarif --output=out loose
	t fcapinspect --format=sarif --check --output=out --force loose
}
