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

# make_image LAYOUT: six gzip layers, each with a sixth of the files of the layer above.
make_image() {
	local blobs=$1/blobs/sha256 layers='[]' ids='[]' i digest id size config manifest

	mkdir -p "$blobs"
	for i in 0 1 2 3 4 5; do
		awk -v i="$i" 'NR % 6 == i' "$scratch/chosen" >"$scratch/part"
		tar -C /usr --xattrs --xattrs-include=security.capability --verbatim-files-from -T "$scratch/part" -cf "$scratch/part.tar"
		id=$(sha256sum <"$scratch/part.tar") && gzip "$scratch/part.tar"
		digest=$(sha256sum <"$scratch/part.tar.gz") size=$(stat -c %s "$scratch/part.tar.gz")
		mv "$scratch/part.tar.gz" "$blobs/${digest%% *}"
		layers=$(jq --arg d "sha256:${digest%% *}" --argjson s "$size" '. + [{digest: $d, size: $s,
			mediaType: "application/vnd.oci.image.layer.v1.tar+gzip"}]' <<<"$layers")
		ids=$(jq --arg d "sha256:${id%% *}" '. + [$d]' <<<"$ids")
	done
	config=$(blob "$blobs" '{architecture: "amd64", os: "linux", rootfs: {type: "layers", diff_ids: .}}' <<<"$ids")
	manifest=$(jq -n --argjson layers "$layers" --argjson config "$config" '{$config, $layers}' |
		blob "$blobs" '.config.mediaType = "application/vnd.oci.image.config.v1+json" | .schemaVersion = 2 |
			.mediaType = "application/vnd.oci.image.manifest.v1+json"')
	jq '{schemaVersion: 2, manifests: [. + {mediaType: "application/vnd.oci.image.manifest.v1+json"}]}' \
		<<<"$manifest" >"$1/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
	rm "$scratch/part"
}

# blob BLOBS FILTER: what jq makes of its input, kept by its digest; its descriptor.
blob() {
	local digest

	jq -c "$2" >"$scratch/blob"
	digest=$(sha256sum <"$scratch/blob")
	jq -n --arg d "sha256:${digest%% *}" --argjson s "$(stat -c %s "$scratch/blob")" '{digest: $d, size: $s}'
	mv "$scratch/blob" "$1/${digest%% *}"
}

# What two processors give where a program can use both, whatever else they do, is what two programs take.
bench_image() {
	local all=("$image"/blobs/sha256/*)

	rows "image: fcapinspect -j2" "$inspect -j2 oci:$image" "image: fcapinspect -j1" "$inspect -j1 oci:$image" \
		"merged: fcapinspect -j2" "$inspect -j2 --merged oci:$image" "merged: fcapinspect -j1" "$inspect -j1 --merged oci:$image" \
		"zcat: two at once" "ls -S ${all[*]} | head -n 6 | xargs -n 1 -P 2 zcat" "zcat: one" "ls -S ${all[*]} | head -n 6 | xargs -n 1 zcat"
	table image "An image of six layers"
	goal image slower 0.6 "image: fcapinspect -j2" "image: fcapinspect -j1"
	goal image slower 0.6 "merged: fcapinspect -j2" "merged: fcapinspect -j1"
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
	local plain=$scratch/plain.tar bare=$scratch/bare.tar layer=$scratch/layer.tar image=$scratch/layout members=$((COUNT * 2 / 15))

	echo "making archives of $members members" >&2
	make_plain
	make_layer $((COUNT * 4000 / 3))
	bench_lists_of_tar
	bench_layers
	make_image "$image"
	bench_image
	rm -r "$image"
	bench_filters
	rm -f "$plain" "$bare" "$layer"*
}
