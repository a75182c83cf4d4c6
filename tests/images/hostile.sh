# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# Stores that are damaged or lie: said, refused, and nothing is written. Sourced by images.sh.

h=$room/hostile
mkdir "$h"

# What is wrong with each, as it is said; the layouts and archives are those of oci.py.
bad=(
	"oci:flipped-manifest=digest" "oci:flipped-config=digest" "oci:flipped-layer=checksum|digest"
	"oci:longer-manifest=size|digest" "oci:longer-config=size|digest" "oci:longer-layer=corrupted: it has"
	"oci:missing-manifest=ENOENT|EBADMSG" "oci:missing-config=ENOENT|EBADMSG" "oci:missing-layer=ENOENT|EBADMSG"
	"oci:linked-manifest=link" "oci:linked-config=link" "oci:linked-layer=link"
	"oci:fifo-manifest=regular file" "oci:fifo-config=regular file" "oci:fifo-layer=regular file"
	"oci:linked-blobs=link"
	"oci:deep9=deep|nest" "oci:wide=many|more than" "oci:itself=no regular file" "oci:both-kinds=both|manifest"
	"oci:wrong-ids=diff_ids|layers" "oci:wrong-id=diff_id|digest" "oci:size=size" "oci:config-size=size"
	"oci:md5=md5" "oci:upper=digest" "oci:climbing=digest"
	"oci:depth100=no image index" "oci:depth5000=deep|nest|JSON" "oci:large=large|more than|bytes"
	"oci:duplicates=duplicate|twice|JSON" "oci:no-json=JSON" "oci:no-digest=digest"
	"oci-archive:flipped-layer.tar=checksum|digest" "oci-archive:cut.tar=cut off"
	"docker-archive:dotdot.tar=outside|\\.\\." "docker-archive:outside.tar=outside|link"
	"docker-archive:loop.tar=link" "docker-archive:fewer.tar=layers|diff_ids"
	"docker-archive:no-layer.tar=nowhere" "docker-archive:wrong-layer.tar=digest|diff_id"
)

# Where an archive by itself would end: before the marker, before the padding, before the next member.
size=$(stat -c %s "$stores"/plain/blobs/sha256/* | sort -n | tail -n 1)
for cut in 512 10240; do
	cp -a "$stores/plain" "$stores/cut-$cut"
	find "$stores/cut-$cut/blobs" -size "${size}c" -exec truncate -s "-$cut" {} +
	bad+=("oci:cut-$cut=corrupted: it has")
done

# outcome WHAT PATTERN COMMAND...: exit 3 in good time, and a line with the reason
outcome() {
	local what=$1 pattern=$2
	shift 2
	gives "$what" 3 timeout 20 "$@"
	says "$what: the reason" "$pattern"
	ok "$what: from the tool itself" matches "^${1##*/}: " "$err"
}
for each in "${bad[@]}"; do
	store=${each%%=*} pattern=${each#*=}
	kind=${store%%:*} path=$stores/${store#*:}
	[ "$kind" != docker-archive ] || path=$path:docker.io/library/x:latest
	outcome "fcapinspect $store" "$pattern" fcapinspect "$kind:$path"
	outcome "fcapinspect --merged $store" "$pattern" fcapinspect --merged "$kind:$path"
	outcome "fcapdiff $store" "$pattern" fcapdiff "$kind:$path" "oci:$stores/simple"
	outcome "fcapconvert $store" "$pattern" fcapconvert --map-to=0:1:1 --to=3 "$kind:$path" -o "$h/out"
	outcome "fcapset $store" "$pattern" fcapset "--in=$kind:$path" -o "$h/out" --allow-widen cap_chown=ep a
	outcome "fcapset --rewrite $store" "$pattern" fcapset --rewrite "--in=$kind:$path" -o "$h/out" cap_chown=ep a
	same "$store: nothing is left" "" "$(find "$h" -mindepth 1)"
done

# --------------------------------- what the output may be ------------------

convert=(fcapconvert --map-to=0:1:1 --to=3)
# left WHAT: of the attempts nothing, and the source as it was
before=$(cd "$stores/simple" && find . -type f -exec sha256sum {} + | sort)
cp -a "$stores/simple" "$h/store"
left() {
	same "$1: nothing is left" "$2" "$(cd "$h" && find . -mindepth 1 -maxdepth 1 | sort | xargs)"
	same "$1: the source is as it was" "$before" "$(cd "$h/store" && find . -type f -exec sha256sum {} + | sort)"
}
gives "standard output" 2 "${convert[@]}" "oci:$h/store" -o -
gives "standard output of fcapset" 2 fcapset "--in=oci:$h/store" -o - cap_chown=ep a
gives "standard output of an archive" 2 "${convert[@]}" "oci-archive:$stores/oci.tar" -o -
gives "no output" 2 "${convert[@]}" "oci:$h/store"
gives "a bomb" 3 "${convert[@]}" --max-size=1K "oci:$h/store" -o "$h/out"
says "a bomb" 'EFBIG: .*--max-size'
gives "no such directory" 3 "${convert[@]}" "oci:$h/store" -o "$h/nowhere/out"
left "outputs that cannot be" ./store
ln -s store "$h/link"
mkdir "$h/empty" && echo a file >"$h/file"
for out in link empty file; do
	gives "over a $out" 3 "${convert[@]}" "oci:$h/store" -o "$h/$out" --force
	left "over a $out" "./empty ./file ./link ./store"
done
gives "over a directory" 3 "${convert[@]}" "oci-archive:$stores/oci.tar" -o "$h/empty" --force
rm -r "$h"/{link,empty,file}

# An unreadable blob, as somebody without privileges sees it.
chmod 600 "$h/store/$(cd "$h/store" && find blobs -type f | sort | head -n 1)"
chmod 777 "$h"
gives "an unreadable blob" 3 setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all \
	--bounding-set=-all "${convert[@]}" "oci:$h/store" -o "$h/out"
says "an unreadable blob" 'EACCES'
left "an unreadable blob" ./store

# Into itself.
gives "over itself" 3 "${convert[@]}" "oci:$h/store" -o "$h/store"
gives "over itself, by force" 0 "${convert[@]}" "oci:$h/store" -o "$h/store" --force
ok "over itself, by force: it is whole" "$python" tests/oci.py verify "$h/store"
same "over itself, by force" "a=v3:1 b=v3:1 b2=v3:1" "$(stored "oci:$h/store" | sed 's/=0x[^ ]*/=v3:1/g')"
