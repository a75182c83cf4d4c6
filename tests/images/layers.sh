# shellcheck shell=bash disable=SC2154 # what images.sh and those before it set
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tools say of layers that are read at once is what they say of one after the other. Sourced by images.sh.

l=$room/layers
mkdir "$l"
"$python" tests/oci.py layers "$l"

# One byte of the layer in the middle, one that is cut off, one that is not there.
for damage in flipped cut missing; do
	cp -a "$l/hiding" "$l/$damage"
	layer=$l/$damage/blobs/$(manifest_of "$l/$damage:x" | jq -r '.layers[1].digest | sub(":"; "/")')
	case $damage in
	flipped) printf '\377\0' | dd of="$layer" bs=1 seek=100000 conv=notrunc status=none ;;
	cut) truncate -s 150000 "$layer" ;;
	missing) rm "$layer" ;;
	esac
done
for store in hiding flipped; do
	tar -C "$l/$store" -cf "$l/$store.tar" .
	gzip -k "$l/$store.tar"
done

# alike_at_once STATUS COMMAND...: with two and with eight jobs it says what it says with one, and exits so
alike_at_once() {
	local status=$1 jobs said complained
	shift
	gives "$* -j1" "$status" "$@" -j1
	said=$out complained=$err
	for jobs in 2 8; do
		gives "$* -j$jobs" "$status" "$@" "-j$jobs"
		same "$* -j$jobs: output" "$said" "$out"
		same "$* -j$jobs: messages" "$complained" "$err"
	done
}
for store in hiding flipped cut missing; do
	status=0
	[ $store = hiding ] || status=3
	alike_at_once $status fcapinspect "oci:$l/$store"
	alike_at_once $status fcapinspect --format=json --all "oci:$l/$store"
	alike_at_once $status fcapinspect --merged "oci:$l/$store"
	alike_at_once $status fcapdiff "oci:$l/$store" "oci:$l/$store"
done
alike_at_once 1 fcapexplain "oci:$l/hiding"
for store in hiding.tar hiding.tar.gz; do
	alike_at_once 0 fcapinspect --merged --format=json "oci-archive:$l/$store"
	alike_at_once 0 fcapinspect "$l/$store"
done
for store in flipped.tar flipped.tar.gz; do
	alike_at_once 3 fcapinspect --merged --format=json "oci-archive:$l/$store"
	alike_at_once 3 fcapinspect "$l/$store"
done
