#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Odd archives as the tools see them: what is said of them is what readers do (readers.tsv), what need not change stays
# as it is, and what is refused ends in a way that every reader rejects.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

export PATH=$PATH:/usr/sbin:/sbin
fixtures=tests/fixtures/tar
archives=$scratch/archives
codecs=(gzip bzip2 xz zstd lz4)
# No value has a rootid that this map has, so nothing is to change.
same=(--quiet --map-from=0:4000000000:1 --unmapped=keep --undecodable=keep)

names() {
	basename -s .recipe "$fixtures"/*.recipe
}

# --------------------------- what is said of them --------------------------

inspect_all() {
	local name status
	mkdir "$scratch/said"
	for name in $(names); do
		status=0
		"$BUILD/fcapinspect" --all --quiet --format=json "tar:$archives/$name.tar" \
			>"$scratch/said/$name.json" 2>/dev/null || status=$?
		echo "$status" >"$scratch/said/$name.status"
	done
}

# found WORD: the fixtures of which archives.py says so. What has another name also is not there by ours.
found() {
	awk -v word="$1" '$1 == "renamed" { other[$2] = 1 }
		$1 == word && (word == "renamed" || !($2 in other)) { print $2 }' \
		<(grep '^renamed' "$scratch/found") <(grep -v '^renamed' "$scratch/found") | sort -u
}

# listed FILE: the fixtures in a list, each of which needs a reason.
listed() {
	awk -F '\t' '/^#/ { next } { print $2 != "" ? $1 : $1 ": no reason" }' "$fixtures/$1" | sort
}

# list_is FILE WORD: the list has what is found, no more and no less.
list_is() {
	diff -u --label "$1" --label found <(listed "$1") <(found "$2") && return
	grep "^$2 .* " "$scratch/found"
	return 1
}

check_said() {
	inspect_all
	python3 tests/archives.py "$fixtures/readers.tsv" "$scratch/said" >"$scratch/found"
	empty "no other exit status" "$(grep '^status' "$scratch/found")"
	empty "no value is hidden" "$(grep '^hidden' "$scratch/found")"
	ok "what is refused though a reader takes it" list_is refused.tsv refused
	ok "where a reader has another name" list_is renamed.tsv renamed
	ok "where a reader does something else" list_is differences.tsv differs
	passed=$((passed + $(names | wc -l) - $(sort -u -k 2,2 "$scratch/found" | wc -l)))
}

# ------------------------- what stays as it is -----------------------------

convert() {
	"$BUILD/fcapconvert" "${same[@]}" "$@"
}

# stays ARCHIVE: it is the same bytes when it is written anew, as a file and as a filter.
stays() {
	rm -f "$scratch/out"
	convert -o "$scratch/out" "tar:$1" && cmp "$1" "$scratch/out" || return
	convert - <"$1" >"$scratch/out" && cmp "$1" "$scratch/out" || return
	dd status=none bs=7001 if="$1" | convert -o - - >"$scratch/out" && cmp "$1" "$scratch/out"
}

# stays_packed ARCHIVE: also within any compression.
stays_packed() {
	local codec
	for codec in "${codecs[@]}"; do
		command -v "$codec" >/dev/null || continue
		"$codec" -c <"$1" >"$scratch/packed.$codec"
		stays "$scratch/packed.$codec" || return
	done
}

was_read() {
	[ "$(cat "$scratch/said/$1.status")" = 0 ]
}

check_identity() {
	local name
	for name in $(names); do
		was_read "$name" || continue
		ok "$name stays as it is" stays "$archives/$name.tar"
		ok "$name stays as it is, compressed" stays_packed "$archives/$name.tar"
	done
}

# ------------------------- what is refused ---------------------------------

# rejected FILE...: which of these some reader takes.
rejected() {
	local file
	for file; do
		! tar -xOf "$file" >/dev/null 2>&1 || echo "GNU tar takes $(basename "$file")"
		command -v bsdtar >/dev/null || continue
		! bsdtar -xOf "$file" >/dev/null 2>&1 || echo "bsdtar takes $(basename "$file")"
	done
	python3 tests/readtar.py "$@" | awk -F '\t' '$2 == "=" && $3 == "0" { print "Python takes " $1 }'
	command -v go >/dev/null || return 0
	"$scratch/readtar" "$@" | awk -F '\t' '$2 == "=" && $3 == "0" { print "Go takes " $1 }'
}

build_readtar() {
	GOCACHE=$scratch/cache GO111MODULE=off GOFLAGS=-mod=mod go build -o "$scratch/readtar" tests/readtar.go
}

# gives_up NAME FILE: a filter exits with 3 and what it has written is kept.
gives_up() {
	local status=0
	convert - <"$2" >"$scratch/refused/$1.tar" 2>/dev/null || status=$?
	[ "$status" = 3 ] || { echo "exit status $status" && return 1; }
	rm -f "$scratch/out"
	! convert -o "$scratch/out" "tar:$2" 2>/dev/null && [ ! -e "$scratch/out" ]
}

gives_up_packed() {
	local codec
	for codec in "${codecs[@]}"; do
		command -v "$codec" >/dev/null || continue
		"$codec" -c <"$archives/$1.tar" >"$scratch/packed.$codec"
		gives_up "$1.$codec" "$scratch/packed.$codec" || return
		"$codec" -dc <"$scratch/refused/$1.$codec.tar" >"$scratch/refused/plain" || return
		mv "$scratch/refused/plain" "$scratch/refused/$1.$codec.tar"
	done
}

check_refused() {
	local name
	mkdir "$scratch/refused"
	if command -v go >/dev/null; then build_readtar; else skip "Go" "it is not installed"; fi
	command -v bsdtar >/dev/null || skip "bsdtar" "it is not installed"
	for name in $(names); do
		was_read "$name" && continue
		ok "$name is given up" gives_up "$name" "$archives/$name.tar"
		ok "$name is given up, compressed" gives_up_packed "$name"
		empty "$name is rejected by all" "$(rejected "$scratch/refused/$name."*)"
	done
}

# ------------------------- what writers make -------------------------------

# A tree with what archives have: long names, links, holes, capabilities, other ids.
make_tree() {
	local tree=$1 long
	long=$(printf 'long%.0s' {1..40})
	mkdir -p "$tree/dir/$long" "$tree/empty"
	echo text >"$tree/dir/$long/$long"
	ln "$tree/dir/$long/$long" "$tree/hard"
	ln -s "dir/$long/$long" "$tree/soft"
	mkfifo "$tree/fifo"
	truncate -s 3M "$tree/dir/holes-$long"
	echo end >>"$tree/dir/holes-$long"
	head -c 100000 /dev/urandom >"$tree/dir/noise"
	cp /bin/true "$tree/capable"
	printf 'n\303\244me' >"$tree/dir/$(printf 'n\303\244\377me')"
	[ "$(id -u)" = 0 ] || return 0
	chown 3000000:3000000 "$tree/hard"
	"$BUILD/fcapset" cap_net_raw=ep "$tree/capable"
	ln "$tree/capable" "$tree/capable-too"
}

# made NAME COMMAND...: an archive of the tree, by a writer that is here.
made() {
	local name=$1
	shift
	if command -v "$1" >/dev/null; then
		"$@" 2>/dev/null || true
		[ -s "$scratch/made/$name" ] || echo "not made: $name"
	else
		skip "$name" "$1 is not installed"
	fi
}

make_archives() {
	local to=$scratch/made tree=$scratch/tree format
	mkdir "$to"
	make_tree "$tree"
	for format in gnu oldgnu pax posix ustar v7; do
		made "tar-$format" tar --format=$format -cf "$to/tar-$format" -C "$tree" .
	done
	made tar-xattrs tar --xattrs '--xattrs-include=*' -cSf "$to/tar-xattrs" -C "$tree" .
	for format in 0.0 0.1 1.0; do
		made "tar-sparse-$format" tar --format=pax -S --sparse-version=$format -cf "$to/tar-sparse-$format" \
			-C "$tree" .
	done
	made tar-sparse-gnu tar --format=gnu -cSf "$to/tar-sparse-gnu" -C "$tree" .
	made tar-incremental tar --format=gnu -g "$scratch/snapshot" -cf "$to/tar-incremental" -C "$tree" .
	made tar-label tar --format=gnu -V Label -cf "$to/tar-label" -C "$tree" .
	made tar-label-pax tar --format=pax -V Label -cf "$to/tar-label-pax" -C "$tree" .
	made tar-files tar --xattrs -b 1 -cf "$to/tar-files" -C "$tree" capable hard dir/noise
	for format in pax gnutar ustar v7tar; do
		made "bsdtar-$format" bsdtar --format=$format -cf "$to/bsdtar-$format" -C "$tree" .
	done
	made python python3 -c 'import sys, tarfile
for kind, name in (tarfile.PAX_FORMAT, "pax"), (tarfile.GNU_FORMAT, "gnu"):
    with tarfile.open(sys.argv[1] + ("" if name == "pax" else "-" + name), "w", format=kind) as archive:
        archive.add(sys.argv[2], ".")' "$to/python" "$tree"
	make_git_archive
	made usr tar -C /usr -cf "$to/usr" --exclude='*.a' lib/git-core share/zoneinfo share/perl5 sbin
}

make_git_archive() {
	made git git archive -o "$scratch/made/git" --format=tar HEAD
}

# Archives that happen to be here.
host_archives() {
	find /usr/share /usr/lib /var/cache/apt \( -name '*.tar' -o -name '*.tar.gz' -o -name '*.tgz' -o \
		-name '*.tar.xz' -o -name '*.tar.bz2' -o -name '*.tar.zst' \) -type f -size -30M 2>/dev/null | head -n 20
}

check_made() {
	local archive
	make_archives
	for archive in "$scratch"/made/*; do
		ok "$archive stays as it is" stays "$archive"
	done
	for archive in $(host_archives); do
		"$BUILD/fcapinspect" -q "tar:$archive" >/dev/null 2>&1 || continue
		ok "$archive stays as it is" stays "$archive"
	done
	for archive in "$scratch"/made/{tar-xattrs,bsdtar-pax}; do
		[ ! -e "$archive" ] || ok "$archive stays as it is, compressed" stays_packed "$archive"
	done
}

if ! command -v python3 >/dev/null; then
	skip "all archives" "python3 is not installed"
	finish
	exit
fi
mkdir "$archives"
python3 tests/maketar.py -d "$archives" "$fixtures"/*.recipe
check_said
check_identity
check_refused
check_made
finish
