# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect, fcapconvert and fcapset on tar archives.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# recipe NAME: the archive NAME.tar, from a recipe of tests/fixtures/tar on standard input
recipe() {
	need python3
	cat >"$1.recipe"
	python3 "$repository/tests/maketar.py" "$1.recipe" >"$1.tar"
	rm "$1.recipe"
}

# fixture NAME: that of readers.sh
fixture() {
	need python3
	python3 "$repository/tests/maketar.py" "$repository/tests/fixtures/tar/$1.recipe" >"$1.tar"
}

# One of each: a value, another namespace's, none, a directory, a link, a hard link, an odd name, a malformed value.
some_archive() {
	recipe some <<-'END'
		dir ./
		x
		+ schily @A
		file ./two mode=0755 body=hello
		x
		+ schily @V3
		file ./three mode=0755 uid=1000 gid=1000
		file ./none mode=0755
		hardlink ./again link=./two mode=0755
		symlink ./link link=two
		x
		+ schily @V1
		file "./new\nline" mode=0755
		x
		+ schily hex:01000002
		file ./short mode=0755
		end
	END
}

archive_text() {
	some_archive
	t fcapinspect tar:some.tar
	t fcapinspect -r tar:some.tar
	t fcapinspect --all tar:some.tar
	t fcapinspect --format=getfattr tar:some.tar
	through "tr '\\0' '|'" fcapinspect --null tar:some.tar
	t fcapinspect --quiet tar:some.tar
}

archive_json() {
	some_archive
	records . fcapinspect --format=json --all tar:some.tar
}

archive_check() {
	some_archive
	t fcapinspect --check tar:some.tar
	t fcapinspect --check=malformed tar:some.tar
	t fcapinspect --check=unextractable tar:some.tar
	t fcapinspect --check=setuid tar:some.tar
	t fcapinspect --ghosts tar:some.tar
	t fcapinspect --ghosts --all tar:some.tar
}

# What begins as a script; other names of it; what is too short, no file, or has no value.
archive_scripts() {
	recipe scripts <<-'END'
		x
		+ schily @A
		file script mode=0755 body="#!/bin/sh\n"
		x
		+ schily @A
		file short mode=0755 body="#"
		x
		+ schily @A
		file two mode=0755 body="#!"
		x
		+ schily @A
		file nothing mode=0755
		x
		+ schily @A
		file other mode=0755 body=" #!/bin/sh\n"
		file none mode=0755 body="#!/bin/sh\n"
		hardlink again link=script mode=0755
		x
		+ schily @B
		hardlink otherwise link=./script mode=0755
		x
		+ schily @A
		hardlink late link=none mode=0755
		x
		+ schily @A
		dir directory/
		end
	END
	t fcapinspect --check=script tar:scripts.tar
	t with_file scripts.tar fcapinspect --check=script -
	gzip -n scripts.tar
	t fcapinspect --check=script scripts.tar.gz
	t fcapinspect --check=setuid scripts.tar.gz
}

archive_named() {
	recipe good <<-'END'
		x
		+ schily @A
		file ping mode=0755
		end
	END
	t fcapinspect good.tar
	t fcapinspect ./good.tar
	t fcapinspect file:good.tar
	t fcapinspect tar:good.tar
	t fcapinspect tar:./good.tar
	t with_file good.tar fcapinspect -
	t with_file good.tar fcapinspect tar:-
	cp good.tar tar:good.tar
	t fcapinspect ./tar:good.tar
	gzip -n good.tar
	t fcapinspect good.tar.gz
	t fcapinspect tar:good.tar.gz
	t fcapinspect --max-size=1K tar:good.tar.gz
	t fcapinspect --max-size=10M tar:good.tar.gz
	t fcapinspect tar:missing
	t fcapinspect tar:
	t fcapinspect tar:.
	mkdir tree
	mv good.tar.gz tree
	t fcapinspect tree
}

# with_file FILE COMMAND...
with_file() {
	local file=$1
	shift
	"$@" <"$file"
}

archive_userns() {
	some_archive
	t fcapinspect --userns=0:1000:65536 tar:some.tar
	records '[.rel, .userns, .visible, .honoured, .extract]' fcapinspect --format=json --userns=0:1000:65536 tar:some.tar
	records '[.rel, .userns, .visible, .honoured, .extract]' fcapinspect --format=json --userns=0:500000:65536 tar:some.tar
	records '[.rel, .userns, .visible, .honoured, .extract]' fcapinspect --format=json --userns=1:500000:10 tar:some.tar
	t fcapinspect --check --userns=0:500000:65536 tar:some.tar
}

archive_kernel() {
	recipe high <<-'END'
		x
		+ schily hex:0100000200000000000000000001000000000000
		file restore mode=0755
		end
	END
	t fcapinspect tar:high.tar
	t fcapinspect --kernel=5.8 tar:high.tar
	t fcapinspect --check --kernel=5.8 tar:high.tar
	t fcapinspect --check --kernel=5.9 tar:high.tar
}

archive_hard_links() {
	recipe links <<-'END'
		x
		+ schily @A
		file first mode=0755
		hardlink second link=first
		x
		+ schily @A
		hardlink third link=first
		x
		+ schily @B
		hardlink fourth link=first
		x
		+ schily @A
		hardlink lost link=nowhere
		end
	END
	t fcapinspect --check tar:links.tar
	records '[.rel, .text, .copies, .issues]' fcapinspect --format=json tar:links.tar
}

archive_conflicts() {
	recipe copies <<-'END'
		x
		+ schily @A
		+ libarchive lib64:@B
		file ping mode=0755
		x
		+ libarchive lib64:@A
		file pong mode=0755
		g
		+ schily @C
		file pang mode=0755
		x
		+ schily @A
		file twice mode=0755
		x
		+ schily @B
		file ./twice mode=0755
		end
	END
	t fcapinspect tar:copies.tar
	t fcapinspect --check tar:copies.tar
	records '[.rel, .value, .copies]' fcapinspect --format=json tar:copies.tar
}

archive_names() {
	recipe names <<-'END'
		x
		+ schily @A
		file ../up mode=0755
		x
		+ schily @A
		file /absolute//path/./x mode=0755
		x
		+ schily @A
		file "esc\033[1m" mode=0755
		x
		+ schily @A
		+ path "latin\351"
		file short mode=0755
		end
	END
	t fcapinspect tar:names.tar
	t fcapinspect --check tar:names.tar
	records '[.path, .rel, .path_bytes]' fcapinspect --format=json tar:names.tar
	t fcapset --in=tar:names.tar --dry-run cap_chown=ep absolute/path/x
	t fcapset --in=tar:names.tar --dry-run cap_chown=ep ../up
	t fcapset --in=tar:names.tar --dry-run cap_chown=ep $'latin\351'
}

archive_broken() {
	local name
	for name in good-empty-archive bad-cut-body bad-cut-head bad-chksum-later bad-text bad-record-too-long bad-size-huge \
		odd-cut-boundary good-trailing-text good-end-then-entry; do
		fixture $name
		t fcapinspect tar:$name.tar
		t fcapconvert --to=3 --rootid=5 --dry-run tar:$name.tar
	done
	: >empty
	t fcapinspect tar:empty
	t fcapinspect empty
	t with_file empty fcapinspect -
	printf 'no archive at all' >garbage
	t fcapinspect tar:garbage
	t fcapinspect garbage
	t with_file garbage fcapinspect -
	printf '\037\213garbage' >garbage.gz
	t fcapinspect tar:garbage.gz
}

archive_cannot_carry() {
	printf '070701%0104d' 0 >cpio
	printf 'PK\003\004\024\000%060d' 0 >zip
	printf '!<arch>\ndebian-binary   1342943816  0     0     100644  4         `\n2.0\n' >deb
	printf '!<arch>\nlib.o/          1342943816  0     0     100644  4         `\n2.0\n' >library
	local file
	for file in cpio zip deb library; do
		t fcapinspect $file
		t fcapinspect tar:$file
		t with_file $file fcapinspect -
		t fcapconvert --to=2 tar:$file -o out
	done
}

archive_convert_dry_run() {
	some_archive
	t fcapconvert --dry-run --to=3 --rootid=5 tar:some.tar
	t fcapconvert --dry-run --to=2 --undecodable=keep tar:some.tar
	t fcapconvert --dry-run --map-from=0:1000:5 --undecodable=drop tar:some.tar
	t fcapconvert --dry-run --map-from=0:1000:5 --map-to=0:5000:5 --unmapped=drop --undecodable=keep tar:some.tar
	t fcapconvert --quiet --dry-run --map-from=0:1000:5 --undecodable=keep tar:some.tar
	records . fcapconvert --dry-run --format=json --map-from=0:1000:5 --undecodable=drop tar:some.tar
	t with_file some.tar fcapconvert --dry-run --map-from=0:1000:5 --undecodable=drop -
	ls
}

archive_convert_copies() {
	recipe copies <<-'END'
		g
		+ schily @V3
		x
		+ schily @V3
		+ libarchive lib64:@A
		file ping mode=0755
		end
	END
	t fcapconvert --dry-run --map-from=0:1000:5 tar:copies.tar
	t fcapconvert --dry-run --to=3 --rootid=7 tar:copies.tar
	t fcapconvert --map-from=0:1000:5 tar:copies.tar -o out.tar
	records '[.rel, .copies]' fcapinspect --format=json tar:out.tar
}

archive_convert_usage() {
	some_archive
	t fcapconvert --to=2 tar:some.tar
	t fcapconvert --to=2 -o out some.tar
	t fcapconvert --to=2 -o out tree:.
	t fcapconvert --to=2 -o out tar:some.tar tar:some.tar
	t fcapconvert --to=2 --force tree:.
	t fcapconvert --to=2 -o out --journal=j tar:some.tar
	t fcapconvert --to=2 -o out --irreversible tar:some.tar
	t fcapconvert --to=2 -o out -x tar:some.tar
	t fcapconvert --to=2 -o out --level=x tar:some.tar
	t fcapconvert --to=2 -o out --level=23 tar:some.tar
	t fcapconvert --to=2 -o out --max-size=0 tar:some.tar
	t fcapconvert --to=2 -o out --max-size=1X tar:some.tar
	t fcapconvert --to=2 -o out --format=json tar:some.tar
	t fcapconvert --to=2 -o out --value="$v2"
	t fcapconvert --to=2 -o out getfattr:some.tar
	t fcapconvert --to=2 -o some.tar tar:some.tar
	t fcapconvert --to=2 -o out tar:missing
	ls
}

archive_set() {
	some_archive
	t fcapset --in=tar:some.tar -o out.tar cap_chown=ep none cap_chown=ep two
	t fcapinspect tar:out.tar
	t fcapset --in=tar:some.tar -o out.tar cap_chown=ep none
	t fcapset --in=tar:some.tar -o out.tar -f -r two
	t fcapinspect tar:out.tar
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep none
	t fcapset --in=tar:some.tar --dry-run cap_net_raw=ep two
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep short
	t fcapset --in=tar:some.tar --dry-run --merge cap_chown=ep short
	t fcapset --in=tar:some.tar --dry-run --merge cap_chown=ep three
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep three
	t fcapset --in=tar:some.tar --dry-run --allow-widen cap_chown=ep three
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep again
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep link
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep .
	t fcapset --in=tar:some.tar --dry-run cap_chown=ep absent
	t fcapset --in=tar:some.tar --dry-run -r none
	t fcapset --in=tar:some.tar --dry-run -f -r none
	t fcapset --in=tar:some.tar --dry-run --caps=63=ep none
	t fcapset --in=tar:some.tar --dry-run -f --caps=63=ep none
}

archive_set_usage() {
	some_archive
	t fcapset --in=tar:some.tar cap_chown=ep none
	t fcapset --in=some.tar -o out cap_chown=ep none
	t fcapset --in=tree:. -o out cap_chown=ep none
	t fcapset -o out cap_chown=ep none
	t fcapset --in=tar:some.tar -o out -v cap_chown=ep none
	t fcapset --in=tar:some.tar -o out --userns=0:1:1 cap_chown=ep none
	t fcapset --in=tar:some.tar -o out cap_chown=ep none cap_chown=ep ./none
	t fcapset --in=tar:some.tar -o out
	t fcapset --in=tar:some.tar --in=tar:some.tar -o out cap_chown=ep none
	t with_file some.tar fcapset --in=- -o out - none
	ls
}

# All names of a file follow the one that is set, what they state themselves included.
archive_set_links() {
	recipe links <<-'END'
		x
		+ schily @A
		file two mode=0755 body=hello
		x
		+ schily @A
		hardlink stating link=two mode=0755
		hardlink again link=two mode=0755
		hardlink further link=again mode=0755
		end
	END
	t fcapset --in=tar:links.tar --dry-run cap_chown=ep two cap_chown=ep again
	t fcapset --in=tar:links.tar --dry-run cap_chown=ep two cap_kill=ep again
	t fcapset --in=tar:links.tar -o out.tar cap_chown=ep two
	t fcapinspect -a tar:out.tar
	t fcapset --in=tar:links.tar -o removed.tar -r two
	t fcapinspect -a tar:removed.tar
}

archive_diff() {
	some_archive
	fcapset -q --in=tar:some.tar -o other.tar cap_chown=ep none
	t fcapdiff tar:some.tar tar:other.tar
	t fcapdiff tar:some.tar tar:some.tar
}

archive_odd_layers() {
	head -c 1024 /dev/zero >layer
	printf '{"rootfs": {"type": "layers", "diff_ids": ["sha256:\\u001b[31mred"]}}' >config
	printf '[{"Config": "config", "Layers": ["layer"]}]' >manifest.json
	tar cf docker.tar layer config manifest.json
	t fcapinspect docker-archive:docker.tar
}

# A header of tar has a checksum: whatever its name begins with, no compression is undone.
archive_named_as_compressed() {
	need python3
	local magic n=0
	for magic in '\037\213\010' 'BZh91AY&SY' '\3757zXZ' '(\265/\375' '\004"M\030'; do
		n=$((n + 1))
		python3 - "$(printf %b "$magic")x" "$n.tar" <<-'END'
			import os, sys, tarfile
			name, out = os.fsencode(sys.argv[1]), sys.argv[2]
			info = tarfile.TarInfo('n' * len(name))
			head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
			head[:len(name)] = name
			head[148:156] = b' ' * 8
			head[148:156] = b'%06o\0 ' % sum(head)
			last = tarfile.TarInfo('a')
			last.pax_headers = {'SCHILY.xattr.security.capability': '\1\0\0\2' + '\0' * 16}
			open(out, 'wb').write(head + last.tobuf(tarfile.PAX_FORMAT, 'utf-8', 'surrogateescape') + bytes(1024))
		END
		t fcapinspect "tar:$n.tar"
		t fcapconvert -q --to=3 --rootid=5 -o "new$n.tar" "tar:$n.tar"
		t with_file "new$n.tar" fcapinspect -
		t fcapset -q --in="tar:$n.tar" -o "set$n.tar" cap_chown=p a
		t cmp -n 512 "$n.tar" "set$n.tar"
	done
	# Compressed data stays what it is.
	gzip -k new1.tar
	t fcapinspect tar:new1.tar.gz
}

# A layout that is replaced, and cannot be removed since something is mounted in it.
archive_old_layout() {
	need mounts python3
	python3 "$repository/tests/oci.py" make stores
	t fcapset -q --in=oci:stores/plain -o out cap_chown=p a
	mkdir out/mnt
	mount -t tmpfs none out/mnt
	local errors='sed "s/is [.]vfscap.*/is .../"'
	t fcapset -q --force --in=oci:stores/plain -o out cap_fowner=p a
	t fcapconvert -q --force --to=3 --rootid=5 -o other oci:out
	umount .vfscap*/mnt
	local filter='sed "s/ .layer .*//"'
	t fcapinspect --merged oci:out
}

# blob TYPE FILE: into the layout; its descriptor
blob() {
	local digest
	digest=$(sha256sum <"$2" | cut -d ' ' -f 1)
	cp "$2" "layout/blobs/sha256/$digest"
	printf '{"mediaType": "application/vnd.oci.image.%s", "digest": "sha256:%s", "size": %d}' "$1" "$digest" "$(stat -c %s "$2")"
}

# An archive of an image is recognised by its members where it is a file, and named where it is not.
archive_image_by_content() {
	need root tar
	local layer
	mkdir rootfs layout layout/blobs layout/blobs/sha256
	plant "$v2" rootfs/ping
	tar --format=pax --xattrs --xattrs-include=security.capability -cf layer -C rootfs ping
	printf '{"rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' "$(sha256sum <layer | cut -d ' ' -f 1)" >config
	printf '[{"Config": "config", "Layers": ["layer"]}]' >manifest.json
	tar cf docker.tar layer config manifest.json

	layer=$(blob layer.v1.tar layer)
	printf '{"schemaVersion": 2, "config": %s, "layers": [%s]}' "$(blob config.v1+json config)" "$layer" >manifest
	printf '{"schemaVersion": 2, "manifests": [%s]}' "$(blob manifest.v1+json manifest)" >layout/index.json
	printf '{"imageLayoutVersion": "1.0.0"}' >layout/oci-layout
	tar cf oci.tar -C layout oci-layout index.json blobs

	local name filter="sed 's/sha256:[0-9a-f]*/DIGEST/'"
	for name in docker oci; do
		t fcapinspect $name.tar
		t fcapinspect tar:$name.tar
		t with_file $name.tar fcapinspect -
	done
}

# verified FILE...: every digest and size in it
verified() {
	python3 "$repository/tests/oci.py" verify "$@"
}

# Who loads an archive with both goes by manifest.json, or by index.json.
archive_two_faced() {
	need python3
	python3 "$repository/tests/oci.py" make stores
	cp stores/{two-faced,half-gone,unlisted}.tar .
	local filter="sed 's/sha256:[0-9a-f]*/DIGEST/'"
	t fcapinspect two-faced.tar
	t fcapinspect docker-archive:two-faced.tar
	t fcapinspect docker-archive:two-faced.tar:one
	t fcapinspect docker-archive:two-faced.tar:x:two
	t fcapinspect half-gone.tar
	t fcapinspect unlisted.tar
	t fcapinspect oci-archive:unlisted.tar
	t fcapinspect --merged two-faced.tar
	t fcapconvert --to=3 --rootid=1000 -o new.tar docker-archive:two-faced.tar
	t fcapinspect oci-archive:new.tar:other
	t verified new.tar
	t fcapconvert --to=3 --rootid=1000 -o half.tar oci-archive:unlisted.tar
	t fcapset -q --in=docker-archive:two-faced.tar -o set.tar cap_kill=p a
	t fcapinspect --merged docker-archive:set.tar
}

# What an index names and nothing here reads is not passed over without a word.
archive_other_kinds() {
	need python3
	python3 "$repository/tests/oci.py" make stores
	local filter="sed 's/sha256:[0-9a-f]*/DIGEST/'"
	t fcapinspect oci:stores/other-kinds oci:stores/other-kinds:x
	t fcapinspect -q oci:stores/other-kinds
}
