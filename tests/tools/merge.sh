# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset --merge.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

merge_unites() {
	need root
	plant "$v2" two
	t fcapset --merge cap_chown=ep two
	t fcapinspect two
	t fcapset --merge cap_kill=ei two
	t fcapinspect two
	program none
	t fcapset --merge cap_kill=p none
	t fcapinspect none
	t fcapset --merge cap_kill=p none
	t fcapinspect none
}

merge_keeps_rootid() {
	need root
	plant "$v3" three
	t fcapset --merge cap_chown=ep three
	bytes three
	t fcapset --merge -n 100000 cap_kill=ep three
	bytes three
	t fcapset --merge -n 5 cap_kill=ep three
	bytes three
	plant "$v2" two
	t fcapset --merge -n 5 cap_kill=ep two
	bytes two
}

merge_flag_differs() {
	need root
	plant "$v2" two
	t fcapset --merge cap_chown=p two
	plant "$v3" three
	t fcapset --merge cap_chown=p three
	plant 0x0000000200200000000000000000000000000000 unset
	t fcapset --merge cap_chown=ep unset
	bytes two three unset
}

# Where there is no capability the flag means nothing.
merge_with_nothing() {
	need root
	plant 0x0000000200000000000000000000000000000000 empty
	t fcapset --merge cap_chown=p empty
	bytes empty
	plant "$v2" two
	t fcapset --merge = two
	bytes two
}

merge_hidden() {
	need ghosts
	ghost v1 ghost
	ghost empty empty
	t fcapset --merge cap_chown=ep ghost
	t fcapset --merge cap_chown=ep empty
	t fcapset --merge --replace cap_chown=ep empty
	bytes ghost empty
}

merge_many() {
	need root
	plant "$v2" a
	program b
	plant 0x0000000200200000000000000000000000000000 c
	t fcapset --merge --caps=cap_chown=ep a b
	t fcapset --merge --caps=cap_bpf=ep a b c
	t fcapinspect a b c
}
