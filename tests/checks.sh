#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapinspect --check: each issue code with each kind of input, what it finds there and what it passes over.
# checks.py makes the inputs from tests/fixtures/checks.tsv, and has from there what is to be found.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

reason=
for tool in python3 jq zstd; do
	command -v $tool >/dev/null || reason="$tool is not installed"
done
if [ -n "$reason" ]; then
	skip "issues of all kinds" "$reason"
	finish
	exit
fi
room=$scratch/room
mkdir "$room"

# The codes there are, those that are notes, and those that plain --check looks for.
rules=$(fcapinspect --format=sarif --value="$(bytes v2)" |
	jq -r '.runs[0].tool.driver.rules[] | "\(.id) \(.defaultConfiguration.level)"')
mapfile -t codes < <(cut -d ' ' -f 1 <<<"$rules")
notes=$(sed -n 's/ note$//p' <<<"$rules" | sort)
risks=$(sed -n '/ note$/!s/ .*//p' <<<"$rules" | sort)

# found: "NAME CODE", a line each, of what the last command says; names without what leads to them.
found() {
	sed -nE 's/^fcapinspect: ([^:]*): (layer [^ ]*: |partition [0-9]+: )?([a-z]+(-[a-z]+)*): .*/\1 \3/p' <<<"$err" |
		sed 's|^[^ ]*/||' | sort
}

# choose "CODE...": of such lines those of these codes
choose() {
	awk -v codes="$1" 'BEGIN { n = split(codes, c, "[ \n]"); for (i = 1; i <= n; i++) wanted[c[i]] }
		$2 in wanted'
}

# checked WHAT OPTION CODES ARGUMENT...: finds what of $all has these codes, and exits accordingly. Where something
# cannot be read, $error, it is 3.
checked() {
	local what=$1 option=$2 wanted status=0
	wanted=$(choose "$3" <<<"$all")
	shift 3
	[ -z "$wanted" ] || status=1
	[ -z "$error" ] || status=3
	gives "$what" "$status" fcapinspect --quiet "$option" "$@"
	same "$what: what is found" "$wanted" "$(found)"
}

# check KIND COLUMN ARGUMENT...: every code by itself; all of them; the default; in JSON and SARIF
check() {
	local kind=$1 code
	all=$(python3 tests/checks.py codes "$2" | grep -v -E "${without:-^$}")
	error=$(grep ' error$' <<<"$all" || true)
	all=$(grep -v ' error$' <<<"$all")
	shift 2
	for code in "${codes[@]}"; do
		checked "$kind: $code" --check="$code" "$code" "$@"
	done
	checked "$kind: all" --check=all "${codes[*]}" "$@"
	checked "$kind: --check" --check "$risks" "$@"
	checked "$kind: default and one" --check=default,empty "$risks empty" "$@"
	same "$kind: in JSON" "$all" "$(fcapinspect -q --format=json "$@" 2>/dev/null |
		jq -r '(.path // "--value") as $p | .issues[] | "\($p) \(.code)"' | sed 's|^[^ ]*/||' | sort)"
	fcapinspect -q --format=sarif --check=all "$@" >"$room/sarif" 2>/dev/null || true
	empty "$kind: SARIF" "$(python3 tests/sarif.py "$room/sarif")"
	same "$kind: in SARIF" "$all" "$(jq -r '.runs[0].results[] | "\(.properties.path) \(.ruleId)"' "$room/sarif" |
		sed 's|^[^ ]*/||' | sort)"
	error=''
}

# ------------------------------ archives, dumps ----------------------------

for kind in tar oci oci-archive docker-archive getfattr; do
	python3 tests/checks.py make $kind "$room/$kind"
	column=archive
	[ $kind != getfattr ] || column=dump
	check $kind $column "$kind:$room/$kind"
done
zstd -q "$room/tar" -o "$room/bare"
check "a compressed archive without a kind" archive "$room/bare"
# What was replaced is not there any more.
without='^conflicting-entries '
check "oci, merged" archive --merged "oci:$room/oci"
without=

while read -r name value; do
	all=$(python3 tests/checks.py codes dump | sed -n "/^conflicting-entries /d; s/^$name /--value /p")
	for code in "${codes[@]}"; do
		checked "--value: $name: $code" --check="$code" "$code" --value="$value"
	done
	checked "--value: $name: --check" --check "$risks" --value="$value"
done < <(python3 tests/checks.py values)

# ------------------------------- disk images -------------------------------

lacks() {
	for tool; do
		command -v "$tool" >/dev/null || echo "$tool is not installed"
	done
}

make_ext4() {
	python3 tests/checks.py make debugfs "$room/commands"
	truncate -s 8M "$1"
	mke2fs -q -F -t ext4 -I 256 "$1"
	debugfs -w -f "$room/commands" "$1" >/dev/null 2>&1
}

make_disk() {
	truncate -s 10M "$1"
	printf 'label: gpt\nsize=8MiB\n' | sfdisk -q "$1"
	dd if="$room/ext4" of="$1" bs=1M seek=1 conv=notrunc status=none
}

make_squashfs() {
	python3 tests/checks.py make plain-tar "$room/plain-tar"
	tar2sqfs -q "$1" <"$room/plain-tar" >/dev/null
}

make_erofs() {
	mkdir "$room/tree"
	python3 tests/checks.py make tree "$room/tree" && mkfs.erofs "$1" "$room/tree" >/dev/null 2>&1 &&
		python3 tests/checks.py patch "$1"
}

# disk_image KIND TOOL...: an image of that kind, checked
disk_image() {
	local kind=$1 missing
	missing=$(lacks "${@:2}")
	if [ -n "$missing" ]; then
		skip "$kind" "$missing"
		return
	fi
	ok "$kind: made" "make_$kind" "$room/$kind"
	check "$kind" disk "$kind:$room/$kind"
	check "$kind, by its magic" disk "$room/$kind"
}

disk_image ext4 mke2fs debugfs
[ ! -e "$room/ext4" ] || disk_image disk sfdisk
# Nothing reads into its files, and an archive has no empty value.
without='^script script$|^much script$|^empty-value '
disk_image squashfs tar2sqfs
without='^too-long '
if can_give; then
	disk_image erofs mkfs.erofs
else
	skip erofs "the attribute cannot be set here"
fi
without=

# ---------------------------------- packages -------------------------------

spec() {
	cat <<-'END'
		Name: p
		Version: 1
		Release: 1
		Summary: a package
		License: none
		BuildArch: noarch
		%description
		A package.
		%install
		for f in good empty unset plain suid loose script; do echo '#!' >%{buildroot}/$f; done
		mkdir %{buildroot}/dir
		%files
		%caps(cap_net_raw=ep) %attr(755,root,root) /good
		%caps(=) %attr(755,root,root) /empty
		%caps(cap_net_raw=p) %attr(755,root,root) /unset
		%caps(cap_net_raw=ep) %attr(644,root,root) /plain
		%caps(cap_net_raw=ep) %attr(4755,root,root) /suid
		%caps(cap_net_raw=ep) %attr(775,root,root) /loose
		%caps(cap_net_raw=ep) %attr(755,root,root) /script
		%dir %caps(cap_net_raw=ep) %attr(755,root,root) /dir
	END
}

# The payload is not unpacked, so that scripts are not told of.
check_package() {
	local code
	all=$(printf '%s\n' 'dir not-regular' 'empty empty' 'loose writable' 'plain not-executable' 'suid setuid' \
		'unset effective-unset')
	for code in "${codes[@]}"; do
		checked "rpm: $code" --check="$code" "$code" "rpm:$room/p.rpm"
	done
	checked "rpm: --check" --check "$risks" "rpm:$room/p.rpm"
	all=$(for name in dir empty good loose plain script suid unset; do echo "$name unextractable"; done)
	checked "rpm: extracted where there is no root" --check=unextractable unextractable --userns=1:500000:10 "rpm:$room/p.rpm"
}

spec >"$room/p.spec"
if ! command -v rpmbuild >/dev/null; then
	skip rpm "rpmbuild is not installed"
elif ! rpmbuild -bb --quiet --define "_topdir $room/top" --define "_rpmdir $room" --define '_build_name_fmt p.rpm' \
	"$room/p.spec" >"$room/log" 2>&1; then
	skip rpm "rpmbuild does not make a package: $(tail -n 1 "$room/log")"
elif [[ $(fcapinspect "rpm:$room/p.rpm" 2>&1) == *librpm* ]]; then
	skip rpm "the tools were built without librpm"
else
	check_package
fi

# ----------------------------------- live files ----------------------------

check_live() {
	local file files=()
	rmdir "$room/mount/lost+found"
	check tree live "tree:$room/mount"
	for file in "$room/mount"/*; do
		files+=("file:$file")
	done
	check file live "${files[@]}"
	checked_stored
	umount "$room/mount"
}

# With the stored bytes they are as in an image, but for a rootid that is no leak there.
checked_stored() {
	local code stored
	all=$(python3 tests/checks.py codes disk | grep -v ' rootid-set$')
	stored=$(fcapinspect -q --stored "$room/mount/legacy-revision" 2>&1) || true
	if [[ $stored != *v1* ]]; then
		skip "--stored" "${stored:-nothing is stored}"
		return
	fi
	for code in "${codes[@]}"; do
		checked "--stored: $code" --check="$code" "$code" --stored "tree:$room/mount"
	done
}

mkdir "$room/mount"
error=''
if [ ! -e "$room/ext4" ]; then
	skip "live files" "there is no image of ext4"
elif can_mount -o loop "$room/ext4" "$room/mount"; then
	check_live
fi

# Nothing but regular files is opened: a FIFO and a socket are asked, and wait for nobody.
check_kinds() {
	local dir=$room/kinds name
	mkdir "$dir"
	mkfifo "$dir/fifo"
	ln -s /dev/tty "$dir/link"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$dir/socket"
	for name in fifo link socket; do
		setfattr -h -n $attribute -v "$(bytes v2)" "$dir/$name"
	done
	gives "what is no file" 1 timeout 10 fcapinspect --check=all "$dir"
	same "what is no file" "$(printf '%s not-regular\n' fifo link socket)" "$(found)"
	gives "a FIFO by its name" 1 timeout 10 fcapinspect --check=all "$dir/fifo"
	same "a FIFO by its name" "fifo not-regular" "$(found)"
}

# Whether it is a script is not known then; what else is looked for does not need to open it.
check_unreadable() {
	local file=$room/unreadable some=(setpriv "--bounding-set=-dac_override,-dac_read_search" fcapinspect)
	echo '#!/bin/sh' >"$file"
	chmod 711 "$file"
	give "$file" v2
	chown 1000:1000 "$file"
	give "$file" v2
	gives "a file that may not be read" 3 "${some[@]}" --check "$file"
	says "a file that may not be read" 'whether it is a script cannot be read: Permission denied'
	gives "a file that may not be read, in SARIF" 3 "${some[@]}" --format=sarif "$file"
	ok "a file that may not be read, in SARIF" jq -e '.runs[0].invocations[0] | .executionSuccessful == false and
		.toolExecutionNotifications[0].message.text == "whether it is a script cannot be read: Permission denied"' <<<"$out"
	gives "a file that need not be read" 0 "${some[@]}" --check=writable "$file"
	gives "a file that is not looked into" 0 "${some[@]}" "$file"
}
if can_give && ln -s x "$scratch/link" && setfattr -h -n $attribute -v "$(bytes v2)" "$scratch/link" 2>/dev/null; then
	check_kinds
	if command -v setpriv >/dev/null; then check_unreadable; else skip "what may not be read" "setpriv is not installed"; fi
else
	skip "what is no file" "the attribute cannot be set here"
fi

# ----------------------------------- the page ------------------------------

# marked yes|no: codes that have a paragraph in ISSUES and are marked as notes, or are not
page=$(sed -n '/^\.Sh ISSUES/,/^\.Sh/p' man/fcapinspect.1)
same "codes that the page explains" "$(printf '%s\n' "${codes[@]}" | sort)" \
	"$(sed -n 's/^\.It Cm \([a-z-]*\).*/\1/p' <<<"$page" | sort)"
same "codes that the page calls notes" "$notes" "$(sed -n 's/^\.It Cm \([a-z-]*\) Pq note$/\1/p' <<<"$page" | sort)"
same "codes in the schema" "$(printf '%s\n' "${codes[@]}" | sort)" \
	"$(jq -r '.properties.issues.items.properties.code.description' report/record.schema.json |
		sed 's/.*Those there are: //; s/\.$//; s/ and /, /g' | sed 's/, /\n/g' | sort)"
finish
