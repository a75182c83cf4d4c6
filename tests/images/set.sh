# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --in: members of images get capabilities, in a new layer or in their own. Sourced by images.sh.

e=$room/set
mkdir "$e"

# --------------------------------- the image -------------------------------

below() {
	plant opt/private tool=- other=- capable=v2 suid=- gone=-
	head -c 70000 /dev/urandom >opt/private/tool
	plant opt/gone file=-
	plant bin replaced=- capable=v2 leak=v3:100000 $'new\nline=-' one=-
	ln bin/one bin/another
	ln -s private/tool opt/link
	mkdir -p opt/private/deep/er && plant opt/private/deep/er file=-
	chown -R 7:8 opt/private
	give opt/private/capable v2
	chmod 750 opt/private opt/private/deep
	chmod 4711 opt/private/suid
	chown 3:4 opt/private/tool && chmod 755 opt/private/tool
	find . -exec touch -h -d '2001-02-03 04:05:06.123456789' {} +
}
above() {
	rm -r opt/private/gone opt/gone
	echo "the new one" >bin/replaced
	touch -d '2002-02-03 04:05:06' bin/replaced
}

# all_of ROOTFS: everything but the attribute
all_of() {
	(cd "$1" && times . && find . -type f -exec sha256sum {} + | sort)
}

i=$e/image
image "$i:x"
round "$i:x" "$e/bundle" below
round "$i:x" "$e/bundle" above
unpack "$i:x" "$e/before"
all=$(all_of "$e/before/rootfs")
capnet=cap_net_raw=ep
files=(bin/capable=v2 bin/leak=v3:100000 opt/private/capable=v2)

# sets WHAT REF-AND-OPTIONS "FILE=VALUE ..." ARGUMENT...: what the unpacked image has then; nothing else is different
sets() {
	local what=$1 image=$2 expected=$3
	shift 3
	rm -rf "$e/new"
	gives "$what" 0 fcapset "--in=oci:$image" -o "$e/new" "$@"
	told=$err
	whole "$what" "oci:$e/new:x" "$e/new"
	unpack "$e/new:x" "$e/after"
	same "$what: unpacked" "$(xargs -n 1 <<<"$expected" | sort | xargs)" "$(tree "$e/after/rootfs")"
	same "$what: contents, modes, owners and times stay, those of directories too" \
		"$all" "$(all_of "$e/after/rootfs")"
	alike "$what" "$e/new:x" "$e/after/rootfs"
}

# refused WHAT PATTERN IMAGE ARGUMENT...
refused() {
	local what=$1 pattern=$2 image=$3
	shift 3
	gives "$what" 3 fcapset "--in=oci:$image" -o "$e/refused" "$@"
	says "$what: why" "$pattern"
	same "$what: nothing is made" "" "$(find "$e" -maxdepth 1 -name '*refused*')"
}

layers_of() {
	manifest_of "$1" | jq -r '.layers[].digest'
}

# --------------------------------- a new layer -----------------------------

before=$(find "$i" -type f -exec sha256sum {} + | sort)
sets "a new layer" "$i:x" "${files[*]} opt/private/tool=v2" $capnet opt/private/tool
same "a new layer: those below stay" "$(layers_of "$i:x")" "$(layers_of "$e/new:x" | head -n 2)"
same "a new layer: one more" 3 "$(layers_of "$e/new:x" | wc -l)"
layer=$e/new/blobs/$(layers_of "$e/new:x" | tail -n 1 | tr : /)
same "a new layer: it has the file, and the directories above" "opt/ opt/private/ opt/private/tool" \
	"$(tar -tf "$layer" | sort | xargs)"
same "a new layer: the history tells" 3 "$(skopeo inspect --config "oci:$e/new:x" |
	jq '[.history[] | select(.empty_layer | not)] | length')"
cp -a "$e/new" "$e/first"
sets "the same again" "$i:x" "${files[*]} opt/private/tool=v2" $capnet opt/private/tool
ok "the same again: the same bytes" diff -r "$e/first" "$e/new"

sets "several files" "$i:x" "${files[*]} opt/private/tool=v2 opt/private/deep/er/file=v3:100000" \
	$capnet /opt/private/tool -n 100000 $capnet ./opt/private/deep/er/file
sets "a rootid" "$i:x" "${files[*]} bin/replaced=v3:5" -n 5 $capnet bin/replaced
same "a rootid: the new content is what it has" "the new one" "$(cat "$e/after/rootfs/bin/replaced")"
sets "a set-user-ID file" "$i:x" "${files[*]} opt/private/suid=v2" $capnet opt/private/suid
sets "an odd name" "$i:x" "${files[*]}
bin/new\\012line=v2" $capnet $'bin/new\nline'
sets "removed" "$i:x" "bin/leak=v3:100000 opt/private/capable=v2" -r bin/capable
sets "all removed" "$i:x" "" --remove bin/capable bin/leak opt/private/capable
sets "replaced" "$i:x" "bin/capable=v2 bin/leak=v2 opt/private/capable=v2" --allow-widen $capnet bin/leak
sets "--merge" "$i:x" "bin/capable=v2 bin/leak=0x0100000301200000000000000000000000000000a0860100 opt/private/capable=v2" \
	--merge cap_chown=ep bin/leak
sets "--restore" "$i:x" "bin/capable=v2 bin/leak=v3:100000 bin/replaced=v3:7 opt/private/capable=v2" \
	--restore=<(printf '# file: bin/replaced\n%s=%s\n' "$attribute" "$(bytes v3:7)")
sets "it is so already" "$i:x" "${files[*]}" $capnet bin/capable
ok "it is so already: the same layers" diff <(layers_of "$i:x") <(layers_of "$e/new:x")

# Of a hard link the file itself has to be named; in a new layer it is another file than its other names.
sets "a file with hard links" "$i:x" "${files[*]} bin/another=v2" $capnet bin/another
ok "a file with hard links: that is told" matches "bin/one: .*a hard link to 'bin/another'.*another file" "$told"
refused "a hard link" 'bin/one: .*a hard link to .bin/another.' "$i:x" $capnet bin/one

gives "--dry-run" 0 fcapset --dry-run "--in=oci:$i:x" $capnet opt/private/tool
same "--dry-run" "opt/private/tool: no attribute -> cap_net_raw=ep" "$out"
gives "without -o" 2 fcapset "--in=oci:$i:x" $capnet opt/private/tool
refused "widening" 'bin/leak: .*widens.*--allow-widen' "$i:x" $capnet bin/leak
refused "nothing to remove" 'opt/private/tool: .*no attribute' "$i:x" -r opt/private/tool
refused "a missing member" 'bin/nothing: .*ENOENT' "$i:x" $capnet bin/nothing
refused "one of two is missing" 'bin/nothing: .*ENOENT' "$i:x" $capnet bin/capable $capnet bin/nothing
refused "a file below that is whited out" 'opt/private/gone: .*ENOENT' "$i:x" $capnet opt/private/gone
refused "a file in a directory that is whited out" 'opt/gone/file: .*ENOENT' "$i:x" $capnet opt/gone/file
refused "a directory" 'opt/private: .*regular file' "$i:x" $capnet opt/private
refused "a symbolic link" 'opt/link: .*regular file' "$i:x" $capnet opt/link
refused "an image that is not there" 'ENOENT.*nothing|nothing.*ENOENT' "$i:nothing" $capnet bin/capable
cp -a "$i" "$e/several"
umoci tag --image "$e/several:x" y
sets "one of two names" "$e/several:x" "${files[*]} bin/replaced=v2" $capnet bin/replaced
same "one of two names: the other stays" "$(manifest_of "$i:x")" "$(manifest_of "$e/new:y")"
round "$e/several:y" "$e/bundle" plant . new=-
refused "several images" 'EINVAL: .*choose one by :REF' "$e/several" $capnet bin/capable

# Made again in a lower layer than the newest: the whiteout is below the file then.
cp -a "$i" "$e/again"
round "$e/again:x" "$e/bundle" plant opt/private gone=-
unpack "$e/again:x" "$e/before"
once=$all all=$(all_of "$e/before/rootfs")
sets "a file that came again" "$e/again:x" "${files[*]} opt/private/gone=v2" $capnet opt/private/gone
all=$once
unpack "$i:x" "$e/before"

# --------------------------------- in its own layer ------------------------

sets "--rewrite" "$i:x" "${files[*]} opt/private/tool=v2" --rewrite $capnet opt/private/tool
same "--rewrite: no more layers" 2 "$(layers_of "$e/new:x" | wc -l)"
same "--rewrite: the other layer stays" "$(layers_of "$i:x" | tail -n 1)" "$(layers_of "$e/new:x" | tail -n 1)"
cp -a "$e/new" "$e/second"
sets "--rewrite again" "$i:x" "${files[*]} opt/private/tool=v2" --rewrite $capnet opt/private/tool
ok "--rewrite again: the same bytes" diff -r "$e/second" "$e/new"
sets "--rewrite of the upper layer" "$i:x" "${files[*]} bin/replaced=v2" --rewrite $capnet bin/replaced
same "--rewrite of the upper layer: the lower one stays" "$(layers_of "$i:x" | head -n 1)" \
	"$(layers_of "$e/new:x" | head -n 1)"
sets "--rewrite of both" "$i:x" "bin/leak=v3:100000 bin/replaced=v2 opt/private/capable=v2" \
	--rewrite $capnet bin/replaced -r bin/capable
sets "--rewrite of hard links" "$i:x" "${files[*]} bin/another=v2 bin/one=v2" --rewrite $capnet bin/another
same "no other link is broken" "$(stat -c %h "$e/before/rootfs/bin/one")" "$(stat -c %h "$e/after/rootfs/bin/one")"
refused "--rewrite of a missing member" 'bin/nothing: .*ENOENT' "$i:x" --rewrite $capnet bin/nothing
refused "--rewrite of a whited out one" 'opt/private/gone: .*ENOENT' "$i:x" --rewrite $capnet opt/private/gone
same "the source is as it was" "$before" "$(find "$i" -type f -exec sha256sum {} + | sort)"

# --------------------------------- other forms -----------------------------

# umoci does not read zstd.
copy --dest-compress-format zstd "oci:$i:x" "oci:$e/zstd:x"
for option in -q --rewrite; do
	rm -rf "$e/new" "$e/copied"
	gives "zstd $option" 0 fcapset $option "--in=oci:$e/zstd" -o "$e/new" $capnet opt/private/tool
	whole "zstd $option" "oci:$e/new:x" "$e/new"
	same "zstd $option: all layers" "28b52ffd" "$(for layer in $(layers_of "$e/new:x"); do
		od -An -tx1 -N4 "$e/new/blobs/${layer/:/\/}" | tr -d ' '
	done | sort -u)"
	same "zstd $option: the image" "${files[*]} opt/private/tool=v2" "$(stored --merged "oci:$e/new")"
done
copy "oci:$i:x" "oci-archive:$e/oci.tar:x"
copy "oci:$i:x" "docker-archive:$e/docker.tar:name:tag"
for kind in oci-archive docker-archive; do
	file=$e/${kind%-archive}.tar
	for option in -q --rewrite; do
		rm -f "$file.new"
		gives "$kind $option" 0 fcapset $option "--in=$kind:$file" -o "$file.new" $capnet opt/private/tool
		whole "$kind $option" "$kind:$file.new" "$file.new"
		rm -rf "$e/copied"
		copy "$kind:$file.new" "oci:$e/copied:x"
		unpack "$e/copied:x" "$e/after"
		same "$kind $option: unpacked" "${files[*]} opt/private/tool=v2" "$(tree "$e/after/rootfs")"
		same "$kind $option: nothing else" "$all" "$(all_of "$e/after/rootfs")"
	done
done

# --------------------------------- without root ----------------------------

# As a user who holds nothing and can get nothing; the program works where root unpacks the image.
ordinary() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}
install -d -m 777 "$e/public"
cp "$BUILD/fcapset" "$BUILD/fcapinspect" "$BUILD/fcapconvert" "$e/public"
image "$e/programs:x"
round "$e/programs:x" "$e/bundle" install -D "$(realpath "$BUILD")/tests/helper_creds" bin/creds
chmod -R a+rX "$e/programs"
for option in -q --rewrite; do
	rm -rf "$e/public/new"
	gives "without root $option" 0 ordinary "$e/public/fcapset" $option "--in=oci:$e/programs:x" -o "$e/public/new" \
		$capnet bin/creds
	same "without root $option: whose it is" "65534:65534" "$(stat -c %u:%g "$e/public/new/index.json")"
	whole "without root $option" "oci:$e/public/new:x" "$e/public/new"
	unpack "$e/public/new:x" "$e/after"
	chmod 755 "$e/after" "$e/after/rootfs"
	same "without root $option: the program holds it" CapPrm=0000000000002000 \
		"$(setpriv --reuid 1000 --regid 1000 --clear-groups "$e/after/rootfs/bin/creds" | grep -o 'CapPrm=[0-9a-f]*')"
done
gives "converted without root" 0 ordinary "$e/public/fcapconvert" --map-to=0:100000:65536 --to=3 \
	"oci:$e/public/new" -o "$e/public/converted"
same "converted without root" bin/creds=v3:100000 "$(stored "oci:$e/public/converted")"
