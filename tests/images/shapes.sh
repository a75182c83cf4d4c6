# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# Images of all shapes: what is in each layer, and the file system that they make together. Sourced by images.sh.

s=$room/shapes
mkdir "$s"

# --------------------------------- round by round --------------------------

first() {
	plant bin a=v2 b=v3:100000 c=v2 plain=- h1=v2 later=-
	ln bin/h1 bin/h2
	ln bin/plain bin/plain2
	plant d x=v2 y=v2
	plant deep/one/two file=v2 other=v3:100000
	plant gone file=v2
	plant opaque file=v2 other=v2
	plant dir.to.file file=v2
	plant "odd" "two words=v2" $'new\nline=v2' 'back\slash=v2' 'ümlaut=v2'
	mkdir capable && give capable v2
	ln -s bin link
	ln -s ../bin/a d/link
	chmod 4755 bin/c && give bin/c v2
}
changed() {
	rm bin/a
	echo changed >bin/b && give bin/b v2
	rm -r deep/one gone
	rm d/x && plant d/x inner=v2
	give bin/later v3:100000
	rm bin/h1
	setfattr -x "$attribute" bin/c
}
back() {
	plant bin a=-
	rm -r d/x && plant d x=v3:100000
	rm -r dir.to.file && plant . dir.to.file=v2
	ln bin/b bin/b2
	plant gone file=v3:100000
	rm link && plant link file=v2
	mv bin/later bin/moved
	chown 1:1 bin/h2 && give bin/h2 v2
}
last() {
	rm dir.to.file && plant dir.to.file/sub file=-
	ln bin/plain bin/plain3 && give bin/plain v2
	rm -r odd
	cp -a bin bin.copy
	give capable v3:100000
}

# added LAYOUT:REF FILE...: a layer with these files of the present directory, as tar packs them
added() {
	tar --format=pax --xattrs --xattrs-include='*' -cf "$room/layer.tar" "${@:2}"
	umoci raw add-layer --image "$1" "$room/layer.tar"
}

# opaque LAYOUT:REF: an opaque directory whose whiteout comes first, one whose comes last, and one of a file
opaque() {
	rm -rf "$room/opaque"
	plant "$room/opaque" opaque/only=v2 opaque/.wh..wh..opq=- d/first=v2 d/.wh..wh..opq=- bin/b/.wh..wh..opq=-
	(cd "$room/opaque" && added "$1" opaque/.wh..wh..opq opaque/only d/first d/.wh..wh..opq bin/b/.wh..wh..opq)
}

r=$s/rounds
image "$r:x"
for each in first changed back last; do
	round "$r:x" "$s/bundle" $each
	unpack "$r:x" "$s/fresh"
	alike "round '$each'" "$r:x" "$s/fresh/rootfs"
done
opaque "$r:x"
unpack "$r:x" "$s/fresh"
alike "opaque directories" "$r:x" "$s/fresh/rootfs"
same "five layers" 5 "$(manifest_of "$r:x" | jq '.layers | length')"
same "what there is to see" "bin/a=- bin/b=v2 bin/moved=v3:100000 d/first=v2 d/y=- opaque/only=v2 opaque/other=-" "$(
	for file in bin/a bin/b bin/moved d/first d/y opaque/only opaque/other; do
		echo "$file=$(value_of "$s/fresh/rootfs/$file")"
	done | xargs)"

# umoci insert leaves out the end of its layers: the marker, and the padding of the last file.
inserted() {
	rm -rf "$room/insert"
	plant "$room/insert" only=v3:100000
	umoci insert --image "$1" --opaque "$room/insert" /inserted
	umoci insert --image "$1" --whiteout /bin/h2
	umoci insert --image "$1" "$room/insert" /gone
}
n=$s/inserted
cp -a "$r" "$n"
inserted "$n:x"
unpack "$n:x" "$s/cut"
alike "umoci insert" "$n:x" "$s/cut/rootfs"
gives "umoci insert" 0 fcapinspect "oci:$n:x"
says "umoci insert: it is noticed" 'no end-of-archive marker'
gives "umoci insert, converted" 0 fcapconvert --map-from=0:100000:65536 --to=2 "oci:$n:x" -o "$n.new"
whole "umoci insert, converted" "oci:$n.new:x" "$n.new"
unpack "$n.new:x" "$s/cut"
alike "umoci insert, converted" "$n.new:x" "$s/cut/rootfs"
same "umoci insert, converted" v2 "$(value_of "$s/cut/rootfs/gone/only")"
for option in -q --rewrite; do
	rm -rf "$n.new"
	gives "umoci insert, fcapset $option" 0 fcapset $option --allow-widen "--in=oci:$n:x" -o "$n.new" \
		cap_net_raw=ep gone/only
	whole "umoci insert, fcapset $option" "oci:$n.new:x" "$n.new"
	unpack "$n.new:x" "$s/cut"
	alike "umoci insert, fcapset $option" "$n.new:x" "$s/cut/rootfs"
	same "umoci insert, fcapset $option" "v2 the file only" \
		"$(value_of "$s/cut/rootfs/gone/only") $(cat "$s/cut/rootfs/gone/only")"
done

# --------------------------------- each layer ------------------------------

# layers_alike WHAT KIND:LOCATION PATH [REF]: what each layer has, by us and by Python
layers_alike() {
	same "$1: each layer" "$("$python" tests/images/layers.py "${@:3}" | sort)" "$(
		fcapinspect -q --format=json "$2" | jq -r 'select(.value) | "\(.layer) \(.rel) \(.value)"' | sort)"
}
layers_alike "gzip" "oci:$r:x" "$r" x
ok "a layer that has nothing is no gap" fcapinspect -q "oci:$r"
gives "the text has the layer" 0 fcapinspect "oci:$r:x"
digest=$(manifest_of "$r:x" | jq -r '.layers[0].digest')
ok "the text has the layer" matches "^bin/h1 cap_net_raw=ep \\[layer ${digest:0:19}\\]$" "$out"

# --------------------------------- how they are kept -----------------------

map=0:100000:65536
# magic_of LAYOUT:REF: how its first layer begins
magic_of() {
	local digest
	digest=$(manifest_of "$1" | jq -r '.layers[0].digest')
	od -An -tx1 -N4 "${1%:*}/blobs/${digest/:/\/}" | tr -d ' '
}

# shape WHAT KIND:LOCATION PATH OUT: the same image in another form, and without rootids
shape() {
	local what=$1 image=$2 path=$3 new=$4 kind=${2%%:*}
	same "$what: the merged image" "$(stored --merged "oci:$r:x")" "$(stored --merged "$image")"
	layers_alike "$what" "$image" "$path"
	gives "$what: compared" 0 fcapdiff "oci:$r:x" "$image"
	gives "$what: converted" 0 fcapconvert --map-from=$map --to=2 "$image" -o "$new"
	same "$what: converted" "$(stored --merged "oci:$r:x" | sed 's/v3:100000/v2/g')" "$(stored --merged "$kind:$new")"
	if [ "$kind" = docker-archive ]; then
		whole "$what, converted" "$kind:$new" "$new"
	else
		whole "$what, converted" "$kind:$new:x" "$new"
	fi
	layers_alike "$what, converted" "$kind:$new" "$new"
	gives "$what: once more" 0 fcapconvert --map-from=$map --to=2 "$kind:$new" -o "$new.2"
	ok "$what: nothing changes any more" diff -r "$new" "$new.2"
}
copy --dest-compress-format zstd "oci:$r:x" "oci:$s/zstd:x"
same "zstd" 28b52ffd "$(magic_of "$s/zstd:x")"
shape zstd "oci:$s/zstd" "$s/zstd" "$s/zstd.new"
same "it stays zstd" 28b52ffd "$(magic_of "$s/zstd.new:x")"
copy "oci:$r:x" "docker-archive:$s/docker.tar:name:tag"
copy --dest-oci-accept-uncompressed-layers "docker-archive:$s/docker.tar" "oci:$s/plain:x"
same "plain" 00000000 "$(magic_of "$s/plain:x" | sed 's/^2e000000/00000000/;s/^2e2f.*/00000000/')"
shape plain "oci:$s/plain" "$s/plain" "$s/plain.new"
shape gzip "oci:$r:x" "$r" "$s/gzip.new"
same "it stays gzip" 1f8b "$(magic_of "$s/gzip.new:x" | cut -c 1-4)"
copy "oci:$r:x" "oci-archive:$s/oci.tar:x"
shape oci-archive "oci-archive:$s/oci.tar" "$s/oci.tar" "$s/oci.new"
shape docker-archive "docker-archive:$s/docker.tar" "$s/docker.tar" "$s/docker.new"
gzip -k "$s/docker.tar" "$s/oci.tar"
shape "docker-archive, compressed" "docker-archive:$s/docker.tar.gz" "$s/docker.tar.gz" "$s/docker.new.gz"
shape "oci-archive, compressed" "oci-archive:$s/oci.tar.gz" "$s/oci.tar.gz" "$s/oci.new.gz"
same "they stay compressed" "1f8b 1f8b" "$(od -An -tx1 -N2 "$s/docker.new.gz" | tr -d ' ') $(
	od -An -tx1 -N2 "$s/oci.new.gz" | tr -d ' ')"

# Converted first or unpacked first: the same tree.
unpack "$s/gzip.new:x" "$s/converted"
setfattr -x "$attribute" "$s/fresh/rootfs/capable" # of a directory only the image has it
setfattr -x "$attribute" "$s/converted/rootfs/capable"
gives "the unpacked image, converted in place" 0 fcapconvert -q --map-from=$map --to=2 --allow-widen \
	"$s/fresh/rootfs"
gives "the converted image, unpacked" 0 fcapdiff "tree:$s/fresh/rootfs" "tree:$s/converted/rootfs"
same "but for that they are the same" "$(times "$s/fresh/rootfs")" "$(times "$s/converted/rootfs")"

# --------------------------------- several images --------------------------

m=$s/many
image "$m:base"
round "$m:base" "$s/bundle" plant bin shared=v3:100000
umoci tag --image "$m:base" one
umoci tag --image "$m:base" two
umoci tag --image "$m:base" same
round "$m:one" "$s/bundle" plant bin one=v3:100000
round "$m:two" "$s/bundle" plant bin two=v3:200000
same "all images: a shared layer is read once" "bin/one=v3:100000 bin/shared=v3:100000 bin/two=v3:200000" \
	"$(stored "oci:$m")"
same "one image" "bin/one=v3:100000 bin/shared=v3:100000" "$(stored "oci:$m:one")"
digest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "two").digest' "$m/index.json")
same "by its digest" "bin/shared=v3:100000 bin/two=v3:200000" "$(stored "oci:$m:$digest")"
gives "--merged of several" 3 fcapinspect --merged "oci:$m"
says "--merged of several: which there are" 'EINVAL: .*several images are there.*: base linux/amd64, .*one linux/amd64, .*two linux/amd64'
gives "an image that is not there" 3 fcapinspect "oci:$m:three"
says "an image that is not there" 'ENOENT: .*three'
gives "two images compared" 1 fcapdiff "oci:$m:one" "oci:$m:two"
same "two images compared" "- bin/one cap_net_raw=ep [rootid=100000]
+ bin/two cap_net_raw=ep [rootid=200000]" "$out"

gives "one of them cannot be converted" 3 fcapconvert --map-from=$map --to=2 "oci:$m" -o "$m.new"
ok "one of them cannot be converted: nothing is made" test ! -e "$m.new"
gives "only one of them" 0 fcapconvert --map-from=$map --to=2 "oci:$m:one" -o "$m.new"
same "only one of them: it" "bin/one=v2 bin/shared=v2" "$(stored "oci:$m.new:one")"
whole "only one of them" "oci:$m.new:one" "$m.new"

# Indexes with platforms; of an archive made by docker over the years, links between layers.
for name in nested shared lazy docker-types sha512; do
	layers_alike "$name" "oci:$stores/$name" "$stores/$name"
	gives "$name: converted" 0 fcapconvert --map-to=$map --to=3 "oci:$stores/$name" -o "$s/$name.new"
	ok "$name: digests" "$python" tests/oci.py verify "$s/$name.new"
	layers_alike "$name, converted" "oci:$s/$name.new" "$s/$name.new"
	same "$name: all of it" "$(stored "oci:$stores/$name" | sed 's/=v2/=v3:100000/g')" "$(stored "oci:$s/$name.new")"
done

# What cannot be read may hold anything: that is not all done, unless it is known.
gives "foreign layers" 3 fcapinspect "oci:$stores/foreign"
says "foreign layers: encrypted" 'EOPNOTSUPP: it is encrypted'
gives "foreign layers: converted" 3 fcapconvert --map-to=$map --to=3 "oci:$stores/foreign" -o "$s/foreign.new"
says "foreign layers: why not" 'it is encrypted; --undecodable=keep keeps it'
ok "foreign layers: nothing is made" test ! -e "$s/foreign.new"
gives "foreign layers: kept" 0 fcapconvert --map-to=$map --to=3 --undecodable=keep "oci:$stores/foreign" -o "$s/foreign.new"
says "foreign layers: kept, and said so" 'kept as it is: it is encrypted'
ok "foreign layers: digests" "$python" tests/oci.py verify "$s/foreign.new"
same "foreign layers: the one that is none" "$(stored "oci:$stores/foreign" | sed 's/=v2/=v3:100000/g')" \
	"$(stored "oci:$s/foreign.new")"

for name in docker-old.tar docker-old.tar.gz docker-new.tar; do
	layers_alike "$name" "docker-archive:$stores/$name" "$stores/$name"
	gives "$name: converted" 0 fcapconvert --map-to=$map --to=3 "docker-archive:$stores/$name" -o "$s/$name.new"
	ok "$name: digests" "$python" tests/oci.py verify "$s/$name.new"
	layers_alike "$name, converted" "docker-archive:$s/$name.new" "$s/$name.new"
done
for platform in amd64 arm64; do
	digest=$(jq -r --arg p $platform '.manifests[] | select(.platform.architecture == $p).digest' \
		"$s/nested.new/blobs/$(jq -r '.manifests[0].digest' "$s/nested.new/index.json" | tr : /)")
	gives "the $platform image of an index" 0 fcapinspect --merged --format=json "oci:$s/nested.new:$digest"
	ok "the $platform image of an index: skopeo" skopeo --insecure-policy --override-arch $platform \
		--override-os linux copy -q "oci:$s/nested.new:multi" "dir:$s/$platform"
done
