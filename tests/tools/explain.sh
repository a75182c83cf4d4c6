# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapexplain: what is told of whom, in what form. That it is true, tests/explain.sh asks the kernel.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# cap_net_raw,cap_net_admin=ep and cap_net_raw=ei, =p, cap_sys_admin=ep, nothing
admin=0x0100000200300000000000000000000000000000
inherit=0x0100000200000000002000000000000000000000
given=0x0000000200200000000000000000000000000000
mighty=0x0100000200002000000000000000000000000000
nothing=0x0000000200000000000000000000000000000000

# Nothing of the machine: its kernel, its mounts, who runs the test.
user() {
	t fcapexplain --kernel=builtin --profile=user "$@"
}

some_programs() {
	need root
	plant "$v2" ping
	plant "$admin" two
	plant "$inherit" inherit
	plant "$given" given
	plant "$mighty" mighty
	plant "$nothing" nothing
	plant "$v3" foreign
	program plain setuid
	chmod 4755 setuid
}

explain_named() {
	some_programs
	user ping
	user inherit
	user given
	user nothing
	user foreign
	user plain
	user setuid
}

explain_denied() {
	some_programs
	t fcapexplain --kernel=builtin --profile=docker two
	t fcapexplain --kernel=builtin --profile=docker --cap-add=NET_ADMIN two
	t fcapexplain --kernel=builtin --profile=docker --cap-drop=ALL ping
	t fcapexplain --kernel=builtin --profile=k8s-baseline --uid=1000 two
	t fcapexplain --kernel=builtin --profile=k8s-restricted ping
	t fcapexplain --kernel=builtin --profile=podman --uid=1000 --cap-add=net_raw plain
	user --bounding=~cap_net_raw ping
}

explain_restrained() {
	some_programs
	user --no-new-privs ping
	user --traced ping
	user --traced=privileged ping
	user --shared-fs ping
	user --nosuid ping
	user --nosuid --no-new-privs --bounding=none ping
	user --no-new-privs setuid
	t fcapexplain --kernel=builtin --profile=root --securebits=noroot plain
}

explain_trees() {
	some_programs
	mkdir tree
	mv ping two inherit mighty plain setuid tree
	sorted fcapexplain --kernel=builtin --profile=docker tree
	sorted fcapexplain --kernel=builtin --profile=user tree
	sorted fcapexplain --kernel=builtin --profile=user --all tree
	mkdir one
	mv tree/inherit one
	t fcapexplain --kernel=builtin --profile=user -v one
}

explain_namespaces() {
	some_programs
	user --userns=0:100000:65536 foreign
	user --userns=0:200000:65536 foreign
	user --userns=0:100000:65536 --userns=0:1000:10 --uid=5 foreign
	user --userns=0:100000:65536 setuid
}

explain_ambient() {
	some_programs
	local ambient=(--inheritable=cap_net_raw --permitted=cap_net_raw --ambient=cap_net_raw)
	user "${ambient[@]}" plain
	user "${ambient[@]}" nothing
	user "${ambient[@]}" setuid
	user --kernel=4.2 --permitted=cap_net_raw plain
}

# Masks as old kernels printed them, and what they made of sets.
explain_masks() {
	some_programs
	local masks='[.inheritable_mask, .permitted_mask, .effective_mask]'
	local root=(fcapexplain --format=json --profile=root --kernel=2.6.25)
	records "$masks" "${root[@]}" --bounding=128 --inheritable=cap_sys_chroot plain
	records "$masks" "${root[@]}" --bounding=128 --inheritable=cap_setuid plain
	records "$masks" "${root[@]}" --bounding=-257 --inheritable=cap_setuid plain
	records "$masks" "${root[@]}" --kernel=2.6.24 --bounding=-257 --inheritable=cap_setuid plain
}

explain_kernels() {
	some_programs
	user --kernel=2.6.23 ping
	user --kernel=4.13 foreign
	t fcapexplain --profile=user --kernel=5.7 --as-stored=0x0100000200000000000000008000000000000000 ping
	printf '0\tCAP_CHOWN\n' >kernel
	user --kernel=@kernel ping
}

explain_as_stored() {
	some_programs
	user --as-stored=cap_chown=ep ping
	user --as-stored="0x${ghosts[v1]}" ping
	user --as-stored= ping
	user --as-stored="0x${ghosts[long]}" ping
	user --as-stored=0x01 ping
	user --as-stored=cap_foo=ep ping
	user --as-stored=xyz ping
	user --as-stored=cap_chown=ep,cap_kill=p ping
}

explain_hidden() {
	need ghosts
	local kind
	for kind in v1 v2_flags v3_none empty; do
		ghost "$kind" "$kind"
		user "$kind"
	done
	user --stored v1 empty
}

explain_obstacles() {
	need root
	program script bare alone
	printf '#!/absent/sh\n' >script
	printf '#!\n' >bare
	plant "$v2" nox
	chmod 644 nox
	mkdir directory
	plant "$v2" directory
	user script bare nox file:directory missing
	mkdir -p root/bin
	program root/bin/sh
	printf '#!/bin/sh\n' >alone
	user --root=root alone
	ln -s ../../../../../../../../bin/sh root/bin/outside
	printf '#!/bin/outside\n' >alone
	plant "$v2" root/bin/sh
	user --root=root alone
}

explain_json() {
	some_programs
	records . fcapexplain --format=json --kernel=builtin --profile=docker ping
	records . fcapexplain --format=json --kernel=builtin --profile=docker two
	records . fcapexplain --format=json --kernel=builtin --profile=user inherit
	records '[.outcome, .errno, .value, .silent, [.reasons[].code]]' \
		fcapexplain --format=json --kernel=builtin --profile=user plain foreign setuid
	hostile names
	records '[.path, .path_bytes]' fcapexplain --format=json --kernel=builtin --profile=user names/latin*
	sorted fcapexplain --kernel=builtin --profile=user names
}

explain_schema() {
	some_programs
	local schema=$repository/explain/explain.schema.json
	hostile names
	program script
	printf '#!/absent\n' >script
	{
		fcapexplain --format=json --all .
		fcapexplain --format=json --all --profile=k8s-restricted .
		fcapexplain --format=json --profile=user --as-stored= ping
	} >records 2>errors
	wc -l <records
	jq -r --slurpfile schema "$schema" -f "$repository/tests/tools/schema.jq" records
	head -n 1 records | jq 'del(.silent), .outcome = "perhaps", .euid = -1, .more = 1, .gained = ["x", "x"],
		.permitted_mask = "0x1", .reasons = [{code: "A", message: "x"}]' >wrong
	jq -r --slurpfile schema "$schema" -f "$repository/tests/tools/schema.jq" wrong
}

explain_archive() {
	some_archive
	sorted fcapexplain --profile=user tar:some.tar
	records '[.path, .value, .outcome, .errno, .silent, [.reasons[].code]]' \
		fcapexplain --format=json --profile=user --userns=0:100000:65536 tar:some.tar
}

explain_archived_script() {
	recipe script <<-'END'
		x
		+ schily @A
		file script mode=0755 body=#!/bin/sh
		end
	END
	t fcapexplain --profile=user -v tar:script.tar
	t fcapexplain --profile=docker tar:script.tar
}

# image LAYOUT USER: an image with a passwd and two programs; above it the layer that top.tar is, if there is one
image() {
	local config manifest size sum layers='[]' ids='[]' dir=$1/blobs/sha256
	recipe layer <<-'END'
		dir etc/
		file etc/passwd mode=0644 body=web:x:33:34::/:/bin/sh
		file etc/group mode=0644 body=work:x:77:
		dir bin/
		x
		+ schily @A
		file bin/ping mode=0755
		x
		+ schily @V3
		file bin/other mode=0755
		end
	END
	mkdir -p "$dir"
	put() { size=$(stat -c %s "$1") && sum=$(sha256sum <"$1" | cut -d ' ' -f 1) && mv "$1" "$dir/$sum"; }
	for layer in layer.tar top.tar; do
		[ -e "$layer" ] || continue
		put "$layer"
		layers=$(jq -nc --argjson all "$layers" --arg d "sha256:$sum" --argjson s "$size" \
			'$all + [{mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $d, size: $s}]')
		ids=$(jq -nc --argjson all "$ids" --arg d "sha256:$sum" '$all + [$d]')
	done
	jq -nc --arg user "$2" --argjson ids "$ids" '{architecture: "amd64", os: "linux", config: {User: $user},
		rootfs: {type: "layers", diff_ids: $ids}}' >config
	put config
	config=$sum
	jq -nc --arg c "sha256:$config" --argjson cs "$size" --argjson layers "$layers" '{schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: {mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: $cs}, layers: $layers}' >manifest
	put manifest
	manifest=$sum
	jq -nc --arg m "sha256:$manifest" --argjson s "$size" '{schemaVersion: 2, manifests: [{
		mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $m, size: $s}]}' >"$1/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
}

# What a layer above makes of passwd.
explain_image_layers() {
	need sha256sum
	recipe top <<<$'file etc/passwd mode=0644 body=web:x:5:6::/:/bin/sh\nend'
	image replaced web
	recipe top <<<$'file etc/.wh.passwd mode=0644\nend'
	image hidden web
	recipe top <<<$'file .wh.etc mode=0644\nend'
	image all web
	recipe top <<<$'file etc/passwd mode=0644 body=web:x:7:8::/:/bin/sh\nfile etc/.wh..wh..opq mode=0644\nend'
	image opaque web
	recipe top <<<$'symlink etc/passwd link=/tmp/passwd\nend'
	image link web
	recipe top <<<$'symlink etc/passwd link=/tmp/passwd\nend'
	image number 12
	recipe top <<<$'symlink etc/passwd link=/tmp/passwd\nend'
	image numbers 12:13
	recipe top <<<$'symlink etc link=/tmp\nend'
	image linked web
	recipe top <<<$'file etc/passwd mode=0644 body="a:x:1:2\\000\\012web:x:5:6::/:"\nend'
	image nul 5
	recipe top <<<$'file etc/.wh.group mode=0644\nend'
	image group web:work
	for name in replaced hidden all opaque link number numbers linked nul group; do
		t fcapexplain --profile=docker "oci:$name"
	done
}

explain_image() {
	need sha256sum
	image named web:work
	t fcapexplain --profile=docker oci:named
	t fcapexplain --profile=docker --cap-drop=net_raw -q oci:named
	t fcapexplain --profile=docker --uid=5 -v oci:named
	# Who cannot be, there, keeps no other input from being answered for.
	program other
	t fcapexplain --profile=docker --userns=0:100000:5 oci:named other
	t fcapexplain --profile=docker --effective=chown other oci:named other
	rm other
	records '[.path, .euid, .egid, .outcome]' fcapexplain -q --format=json --profile=docker oci:named
	image number 12
	t fcapexplain --profile=docker oci:number
	image none ''
	t fcapexplain --profile=docker oci:none
	image unknown nobody
	t fcapexplain --profile=docker oci:unknown
	t fcapexplain --profile=docker --uid=1 --gid=1 oci:unknown
	t fcapexplain --profile=docker oci:absent
}

explain_bundle() {
	some_programs
	mkdir -p bundle/rootfs/bin
	mv ping two bundle/rootfs/bin
	program bundle/rootfs/bin/sh
	jq -n '{process: {user: {uid: 1000, gid: 1000}, noNewPrivileges: true,
		capabilities: {bounding: ["CAP_NET_RAW"], permitted: [], effective: []}},
		root: {path: "rootfs"}}' >bundle/config.json
	sorted fcapexplain --kernel=builtin --oci-config=bundle/config.json
	t fcapexplain --kernel=builtin --oci-config=bundle/config.json bundle/rootfs/bin/ping
	# A name is escaped once.
	cp bundle/config.json $'bundle/a\\b\n.json'
	t fcapexplain --kernel=builtin --oci-config=$'bundle/a\\b\n.json' bundle/rootfs/bin/two
	t fcapexplain --kernel=builtin --oci-config=bundle/config.json --partition=1
	t fcapexplain --kernel=builtin --oci-config=absent.json
}

explain_usage() {
	program plain
	t fcapexplain
	t fcapexplain --profile=nobody plain
	t fcapexplain --profile=user --pid=1 plain
	t fcapexplain --pid=x plain
	t fcapexplain --uid=x plain
	t fcapexplain --profile=user --ambient=cap_net_raw plain
	t fcapexplain --bounding=cap_foo plain
	t fcapexplain --format=getfattr plain
	t fcapexplain --kernel=1.0 plain
	t fcapexplain --profile=user --partition=1 tree:.
	t fcapexplain --profile=user --partition=1 plain tree:.
	t fcapexplain --profile=user --kernel=builtin tar:absent
	t to_full fcapexplain --profile=user --kernel=builtin plain
	t fcapexplain --no-such-option plain
	t fcapexplain --profile=user -j x plain
	t fcapexplain --profile=user --sandbox=x plain
	t fcapexplain --profile=user --max-size=x plain
	t fcapexplain --profile=user --offset=512 tree:.
	t fcapexplain --profile=user --kernel=builtin --as-stored=cap_foo=ep plain
	t fcapexplain --profile=user --kernel=builtin --as-stored=cap_chown=e plain
	t fcapexplain --userns=0:1000:10 --pid=1 plain
	t fcapexplain --pid=4194304 --userns=0:1000:10 plain
	t fcapexplain --profile=user --stored --as-stored=cap_chown=ep plain
	t fcapexplain --oci-config=- -
	t fcapexplain --profile=user -x tar:a
	t fcapexplain --profile=user --local tar:a
	t fcapexplain --profile=user --stored tar:a
	t fcapexplain --profile=user tar:- plain -
}

explain_tree_options() {
	need root
	mkdir tree
	plant "$v2" tree/file
	t fcapexplain --profile=user --kernel=builtin --local -x -j2 tree
}

# Of a bundle without a root directory there is nothing to look at, of a process nobody knows there is no answer.
explain_nothing_to_ask() {
	program plain
	echo '{"ociVersion": "1.0.2", "process": {"user": {"uid": 0, "gid": 0}, "args": ["x"], "cwd": "/"}}' >config.json
	t fcapexplain --oci-config=config.json
	t fcapexplain --oci-config=absent plain
	t fcapexplain --pid=4194304 plain
}

# Containers start as their image says, by number or by name.
explain_user_of_archive() {
	need root tar
	local user
	mkdir rootfs rootfs/etc
	plant "$v2" rootfs/ping
	echo 'someone:x:1234:1235::/:' >rootfs/etc/passwd
	tar --format=pax --xattrs --xattrs-include=security.capability -cf layer -C rootfs ping etc
	for user in 1000 someone nobody; do
		printf '{"config": {"User": "%s"}, "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
			"$user" "$(sha256sum <layer | cut -d ' ' -f 1)" >config
		printf '[{"Config": "config", "Layers": ["layer"]}]' >manifest.json
		tar cf docker.tar layer config manifest.json
		t fcapexplain --profile=docker --kernel=builtin docker-archive:docker.tar
	done
	t fcapexplain --profile=docker --kernel=builtin oci-archive:layer
}

# Nor does it write these images.
explain_squashfs() {
	need root mksquashfs
	mkdir tree
	plant "$v2" tree/a
	mksquashfs tree image -quiet -no-progress >/dev/null
	[[ $(fcapinspect squashfs:image 2>&1) != *libsquashfs* ]] || lacks "the tools were built without libsquashfs"
	t fcapexplain --profile=docker --bounding=none -v squashfs:image
}

# A number for the user would be taken for no user, and so for root; no program that runs images takes it.
explain_user_of_another_type() {
	need root tar
	local user
	plant "$v2" ping
	tar --format=pax --xattrs --xattrs-include=security.capability -cf layer ping
	for user in 1000 '["1000"]' null; do
		printf '{"config": {"User": %s}, "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
			"$user" "$(sha256sum <layer | cut -d ' ' -f 1)" >config
		printf '[{"Config": "config", "Layers": ["layer"]}]' >manifest.json
		tar cf docker.tar layer config manifest.json
		t fcapexplain --profile=docker --kernel=builtin docker-archive:docker.tar
		[ "$user" = null ] || t fcapinspect docker-archive:docker.tar
	done
}
