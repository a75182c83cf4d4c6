# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# Lists of tar archives, compressed layers, and fcapconvert as a filter.

# 40,000 files from 240 bytes to 120 KiB, 1 GB; one in 60 has a capability. The second one is as builders of images
# write layers: only the capable files have extended headers.
make_plain() {
	local files=$scratch/mnt/files with=(--xattrs --xattrs-include=security.capability)

	"$BUILD/bench/plant" "$files" "$members" "$((capable ? members / 60 : 0))" 240
	tar -C "$files" "${with[@]}" -cf "$plain" .
	tar -C "$files" "${with[@]}" --mtime=@0 --pax-option=delete=atime,delete=ctime -cf "$bare" .
	rm -rf "$files"
}

# Every so many files of /usr, as many as make 400 MB, without the large ones that no layer has many of.
make_layer() {
	find /usr -xdev -type f ! -path $'*\n*' -size -4096k -printf '%s %P\n' | sort -k 2 >"$scratch/files"
	awk -v bytes="$1" 'NR == FNR { all += $1; next }
		FNR % (int(all / bytes) + 1) == 0 { sub(/^[0-9]+ /, ""); print }' \
		"$scratch/files" "$scratch/files" >"$scratch/chosen"
	tar -C /usr --xattrs --xattrs-include=security.capability --verbatim-files-from -T "$scratch/chosen" -cf "$layer"
	gzip -k "$layer"
	zstd -q "$layer"
}

bench_lists_of_tar() {
	local name archive

	for name in plain bare; do
		archive=${!name}
		rows "--runs=$((3 * RUNS))" "$name: fcapinspect" "$inspect $archive" "$name: bsdtar -tf" "bsdtar -tf $archive" \
			"$name: tar -tf" "tar -tf $archive"
	done
	table tar "Archives of $members members"
	goal tar faster 2 "plain: fcapinspect" "plain: bsdtar -tf" "plain: tar -tf"
	goal tar faster 2 "bare: fcapinspect" "bare: bsdtar -tf" "bare: tar -tf"
}

# The same program without ISA-L tells what the library gives. igzip and libdeflate only decompress, as zcat does.
bench_layers() {
	local gzip=("gzip: fcapinspect" "$inspect $layer.gz" "gzip: zcat" "zcat $layer.gz" "gzip: bsdtar -tf" "bsdtar -tf $layer.gz")
	local with_zlib=$BUILD/bench/with-zlib

	${MAKE:-make} -s "$with_zlib/fcapinspect" BUILD="$with_zlib" WITHOUT=isal
	gzip+=("gzip: fcapinspect without ISA-L" "$with_zlib/fcapinspect $layer.gz")
	! has igzip || gzip+=("gzip: igzip" "igzip -dc $layer.gz")
	! has libdeflate-gunzip || gzip+=("gzip: libdeflate-gunzip" "libdeflate-gunzip -c $layer.gz")
	rows "${gzip[@]}"
	rows "zstd: fcapinspect" "$inspect $layer.zst" "zstd: zstdcat" "zstdcat $layer.zst" "zstd: bsdtar -tf" "bsdtar -tf $layer.zst"
	table layers "Compressed layers"
	goal layers faster 2.5 "gzip: fcapinspect" "gzip: zcat"
	goal layers faster 1.6 "gzip: fcapinspect" "gzip: bsdtar -tf"
	goal layers slower 1 "zstd: fcapinspect" "zstd: zstdcat"
}

bench_filters() {
	local convert="$BUILD/fcapconvert --quiet -o -"

	rows "cat" "cat $plain | cat | cat" "fcapconvert --to=2" "cat $plain | $convert --to=2 - | cat" \
		"fcapconvert --to=3" "cat $plain | $convert --to=3 --rootid=100000 - | cat"
	table filters "fcapconvert between two pipes, and cat in its place"
	goal filters slower 1.5 "fcapconvert --to=2" cat
	goal filters slower 1.5 "fcapconvert --to=3" cat
}

bench_archives() {
	local plain=$scratch/plain.tar bare=$scratch/bare.tar layer=$scratch/layer.tar members=$((COUNT * 2 / 15))

	echo "making archives of $members members" >&2
	make_plain
	make_layer $((COUNT * 4000 / 3))
	bench_lists_of_tar
	bench_layers
	bench_filters
	rm -f "$plain" "$bare" "$layer"*
}
