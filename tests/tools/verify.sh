# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --verify.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

verify_answers() {
	need root
	plant "$v2" two
	plant "$v3" three
	plant 0x0000000200000000000000000000000000000000 empty_set
	program none
	t fcapset -v cap_net_raw=ep two
	t fcapset -v cap_net_raw=p two
	t fcapset -v cap_net_raw=eip two
	t fcapset -v cap_chown,cap_net_raw=ei two
	t fcapset -v = two
	t fcapset -v = empty_set
	t fcapset -v = none
	t fcapset -v -r none
	t fcapset -v -r two
	t fcapset -v -r empty_set
	t fcapset -v cap_net_raw=ep none
	t fcapset -v cap_net_raw=ep missing
}

verify_rootid() {
	need root
	plant "$v2" two
	plant "$v3" three
	t fcapset -v cap_net_raw=ep three
	t fcapset -v -n 100000 cap_net_raw=ep three
	t fcapset -v -n 100001 cap_net_raw=ep three
	t fcapset -v -n 100000 cap_net_raw=ep two
	t fcapset -v -n 0 cap_net_raw=ep two
	t fcapset -v -n 5 cap_net_raw=p three
}

verify_hidden() {
	need ghosts
	local kind
	for kind in v1 empty v3_none; do
		ghost $kind $kind
		t fcapset -v cap_net_raw=ep $kind
		t fcapset -v -r $kind
	done
}

verify_quiet() {
	need root
	plant "$v2" two
	t fcapset -q -v cap_net_raw=ep two
	t fcapset -q -v cap_net_raw=p two
	t fcapset -q -v cap_net_raw=p missing
}

verify_many() {
	need root
	plant "$v2" a b
	plant "$v3" c
	t fcapset --verify --caps=cap_net_raw=ep a b
	t fcapset --verify --caps=cap_net_raw=ep a b c
	t fcapset --verify --caps=cap_net_raw=ep a missing c
	t fcapset --verify --remove a
}

# -v holds from where it stands, as setcap's.
verify_after_set() {
	need root
	program a b
	t fcapset cap_chown=ep a -v cap_chown=ep a cap_chown=p a
	bytes a
	t fcapset cap_kill=ep a -v cap_chown=ep missing
	bytes a
}

verify_not_regular() {
	need root
	mkdir directory
	plant "$v2" target directory
	ln -s target link
	t fcapset -v cap_net_raw=ep directory
	t fcapset -v cap_net_raw=ep link
}

verify_hostile_name() {
	need root
	plant "$v2" $'new\nline'
	t fcapset -v cap_net_raw=ep $'new\nline'
	t fcapset -v cap_net_raw=p $'new\nline'
	t fcapset -v cap_net_raw=p $'no\esuch'
	t fcapset --dry-run cap_net_raw=p $'new\nline'
}
