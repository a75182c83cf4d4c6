# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --kernel, --capabilities, --text.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# A kernel from the future: one name that nobody knows yet, one number that has none.
future() {
	cp "$fixtures/../good-securityfs-capabilities" future
	printf '41\tCAP_WALK_DOGS\n44\tCAP_FEED_CATS\n' >>future
}

listing_release() {
	t fcapinspect --kernel=2.2 --capabilities
	through 'tail -n 2' fcapinspect --kernel=5.4 --capabilities
	through 'tail -n 2' fcapinspect --kernel=5.15.167.4-microsoft --capabilities
	through 'tail -n 2' fcapinspect --kernel=99.0 --capabilities
	t fcapinspect --kernel=2.1 --capabilities
	t fcapinspect --kernel=5 --capabilities
	t fcapinspect --kernel=five --capabilities
	t fcapinspect --kernel= --capabilities
}

listing_builtin() {
	t fcapinspect --kernel=builtin --capabilities | sed 's/not supported/supported/'
}

listing_running() {
	fcapinspect --capabilities >default
	fcapinspect --kernel=running --capabilities >running
	cmp default running && tail -n 1 running | cut -f 1 | cmp - /proc/sys/kernel/cap_last_cap && echo "as the kernel says"
}

listing_file() {
	future
	through 'tail -n 3' fcapinspect --kernel=@future --capabilities
	t fcapinspect --kernel=@future --value=0x0100000200000000000000000013000000000000
	t fcapinspect --kernel=builtin --value=0x0100000200000000000000000013000000000000
	t fcapinspect --kernel=@future --text=cap_walk_dogs,cap_feed_cats=ep
	t fcapinspect --kernel=@future --text=all=p
	records '[.permitted, [.issues[].code]]' fcapinspect --kernel=@future --format=json \
		--value=0x0100000200000000000000000017000000000000
	through "jq -cS '.listing, .capabilities[-2:][]'" fcapinspect --kernel=@future --capabilities --format=json
}

listing_bad_files() {
	printf '0\tCAP_CHOWN\n1 CAP_DAC_OVERRIDE\n' >blank
	printf '0\tCAP_CHOWN\n2\tCAP_X\n1\tCAP_Y\n' >order
	printf '0\tCAP_CHOWN\n1\tCAP_CHOWN\n' >twice
	printf '0\tCAP_CHOWN\n64\tCAP_X\n' >number
	printf '0\tCHOWN\n' >name
	printf '0\tCAP_CHOWN\n\n' >gap
	printf '0\tCAP_CHOWN\n1\tCAP_X\0\n' >nul
	: >empty
	mkdir directory
	local file
	for file in blank order twice number name gap nul empty directory missing; do
		t fcapinspect --kernel=@$file --value="$v2"
	done
	t fcapset --kernel=@order cap_chown=p nothing
	t fcapconvert --kernel=@order --to=2 --value="$v2"
}

listing_text() {
	t fcapinspect --text='cap_net_raw,cap_chown+ep'
	t fcapinspect --text='=p cap_chown-p cap_kill+i' --kernel=builtin
	t fcapinspect --text=ALL_CAPS=ep --kernel=2.2
	t fcapinspect --text=
	t fcapinspect --text='cap_chown=p cap_kill=e'
	t fcapinspect --text=cap_chown=e
	t fcapinspect --text=63,cap_chown=ep
	t fcapinspect --text=cap_chown=e --quiet
	records . fcapinspect --text=cap_chown=eip --format=json
	records . fcapinspect --text='cap_chown=p cap_kill=e' --format=json
}

listing_bad_text() {
	local text
	for text in cap_foo=ep net_raw=ep 64=p cap_chown cap_chown=x +p 'cap_chown=p cap_foo+e' 'cap_chown, cap_kill=p' all; do
		t fcapinspect --text="$text"
	done
	t fcapinspect --kernel=5.4 --text=cap_bpf=ep
}

listing_json() {
	through "jq -cS 'keys, .version, .inputs, .formats, .listing, (.kernel | keys), .capabilities[39]'" \
		fcapinspect --kernel=builtin --capabilities --format=json
	through "jq -r .kernel.release | cmp - /proc/sys/kernel/osrelease" fcapinspect --capabilities --format=json
}

listing_newer_name_is_set() {
	need root
	future
	program file
	t fcapset --kernel=5.10 cap_chown,41=ep file
	t fcapset --kernel=5.10 cap_walk_dogs=ep file
	bytes file
	t fcapset --kernel=@future cap_walk_dogs=ep file
	bytes file
	t fcapset --kernel=5.10 -f cap_chown,41=ep file
	bytes file
	t fcapset --kernel=5.4 cap_chown,cap_bpf=ep file
	t fcapset --kernel=5.4 39=p file
	t fcapset --kernel=5.4 -f 39=p file
	t fcapinspect --kernel=5.4 file
	bytes file
}
