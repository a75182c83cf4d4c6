# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fcapset: pairs, many files, what is refused.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

set_pairs() {
	need root
	program a b c
	t fcapset cap_chown=ep a -n 100000 cap_kill=p b cap_net_raw+ei c
	bytes a b c
	t fcapset -r a
	t fcapset -r b cap_chown=i c
	bytes a b c
}

set_rootids() {
	need root
	program file
	local id
	for id in 1 4294967294 0x10 010; do
		t fcapset -q --allow-widen -n $id cap_net_raw=ep file
		bytes file
	done
	t fcapset --allow-widen -n 0 cap_net_raw=ep file
	bytes file
	t fcapset --rootid=7 cap_net_raw=ep file
	t fcapset --rootid 8 cap_net_raw=ep file
	bytes file
}

set_wrong_rootids() {
	program file
	local id
	for id in -1 4294967295 4294967296 18446744073709551616 ' 5' '' 1x x +1; do
		t fcapset -n "$id" cap_net_raw=ep file
	done
}

set_standard_input() {
	need root
	program a b
	t with_input 'cap_chown=ep' fcapset - a
	bytes a
	t with_input $'cap_chown=p\n cap_kill=i\n\ncap_bpf=ep' fcapset -q - a
	bytes a
	t with_input $'cap_chown=p\n\ncap_kill=i\n' fcapset - a - b
	bytes a b
	t fcapset - a
	t with_input '' fcapset - a
}

set_many() {
	need root
	program a b c
	t fcapset --caps=cap_chown=ep a b c
	bytes a b c
	t fcapset --caps cap_chown=i -n 5 a b
	bytes a b c
	t fcapset --remove a b c
	bytes a b c
	t fcapset --remove a
	t fcapset --remove --force a b
}

set_odd_names() {
	need root
	program ./-r = ./- cap_chown=p
	t fcapset --caps=cap_chown=p -- -r = - cap_chown=p
	bytes ./-r ./= ./- ./cap_chown=p
	t fcapset cap_kill=p ./-r cap_kill=p cap_chown=p
	bytes ./-r ./cap_chown=p
}

set_values_without_capabilities() {
	need root
	program file
	t fcapset = file
	bytes file
	t fcapset cap_chown-p file
	bytes file
	t fcapset '' file
	t fcapset ' ' file
}

set_impossible() {
	need root
	program file
	local text
	for text in cap_chown=e 'cap_chown=p cap_kill=e' 'cap_chown=ep cap_kill=p' cap_foo=p 'cap_chown, cap_kill=p'; do
		t fcapset "$text" file
	done
	bytes file
}

# Wrong calls are seen before anything is done.
set_usage() {
	program a b
	t fcapset
	t fcapset cap_chown=p
	t fcapset cap_chown=p a cap_kill=p
	t fcapset cap_chown=p a cap_foo=p b
	t fcapset cap_chown=p a -n
	t fcapset cap_chown=p a -n x cap_kill=p b
	t fcapset cap_chown=p a -n 5
	t fcapset cap_chown=p a --rootid=5
	t fcapset -n 4 cap_chown=p a -n 5 -q
	t fcapset cap_chown=p a -v
	t fcapset --caps=cap_chown=p
	t fcapset --caps=cap_foo=p a
	t fcapset --caps
	t fcapset --remove
	t fcapset --caps=cap_chown=p --remove a
	t fcapset --restore=x --remove
	t fcapset --restore=missing a
	t fcapset --root=. --caps=cap_chown=p a
	t fcapset --no-such-option a
	t fcapset --caps=cap_chown=p -r a
	t fcapset --merge --restore=x
	t fcapset --kernel=1 cap_chown=p a
	t fcapset --userns=0:1:1 cap_chown=p a
	bytes a b
	t fcapset --merge --remove a
	t fcapset --merge -r a
	t fcapset --merge -r a -r b
	t fcapset --replace -r a
	t fcapset --replace --remove a
	t fcapset --allow-widen -r a
	t fcapset --allow-widen --remove a
	t fcapset --allow-widen -v cap_chown=p a
	t fcapset --replace -v cap_chown=p a
	t fcapset --dry-run -v cap_chown=p a
	t fcapset --replace --in=tar:a -o out cap_chown=p b
	t fcapset --rootid=5 --remove a
	t fcapset --restore=- --in=- -o out
	t fcapset --caps=cap_chown=p a --userns=0:1:1
	t fcapset -o
	t fcapset --in=tar:a --level=x
	t fcapset --in=tar:a --max-size=x
	t fcapset --in=tar:a --partition=1 -o out cap_chown=p b
	t fcapset --in=tar:a --offset=x
	t fcapset --in=tar:a --rewrite -o out cap_chown=p b
	# shellcheck disable=SC2046
	t fcapset $(printf -- "--userns=0:1:1 %.0s" {1..33}) cap_chown=p a
}

set_not_regular() {
	need root
	mkdir directory
	mkfifo fifo
	mknod character c 1 3
	mknod block b 7 250
	program target
	ln -s target link
	ln -s nowhere dangling
	local name
	for name in directory fifo character block link dangling missing target/ '' directory/missing; do
		t timeout 5 fcapset cap_chown=ep "$name"
		t timeout 5 fcapset -r "$name"
	done
	bytes target directory
}

set_socket() {
	need root python3
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	t timeout 5 fcapset cap_chown=ep socket
}

# Only the last component may not be a link: the rest is as the user wrote it.
set_through_linked_directory() {
	need root
	mkdir real
	program real/file
	ln -s real link
	t fcapset cap_chown=ep link/file
	bytes real/file
}

set_all_or_nothing() {
	need root
	program a b
	mkdir directory
	t fcapset cap_chown=ep a cap_kill=ep directory cap_chown=p b cap_kill=p missing
	bytes a b
	t fcapset --caps=cap_chown=ep a missing b
	bytes a b
	plant "$v2" a
	t fcapset --remove a b
	bytes a
}

set_twice() {
	need root
	program a
	t fcapset cap_chown=ep a cap_kill=ep a
	bytes a
	t fcapset cap_bpf=ep a -r a
	bytes a
	t fcapset --caps=cap_bpf=p a a
	bytes a
}

set_hard_links() {
	need root
	program a
	ln a b
	t fcapset --caps=cap_chown=ep a b
	bytes a b
}

set_dry_run() {
	need root
	program a
	plant "$v2" b
	plant "$v3" c
	t fcapset --dry-run cap_chown=ep a cap_kill=p b -n 5 cap_kill=p c
	t fcapset --dry-run -r b
	t fcapset --dry-run --remove b c
	# One of them is set, so that there is something to unite.
	t fcapset --dry-run -f --merge -r a cap_chown=ep b
	t fcapset --dry-run --merge cap_kill=ep b
	t fcapset --dry-run cap_chown=ep c
	t fcapset --dry-run -r a
	t fcapset cap_chown=ep a --dry-run
	t fcapset --caps=cap_chown=ep a -n 5 --dry-run
	bytes a b c
}

set_same_again() {
	need root
	plant "$v2" a
	t fcapset cap_net_raw=ep a
	t fcapset --dry-run cap_net_raw=ep a
	bytes a
}

set_read_only() {
	need mounts
	mkdir disk
	mount -t tmpfs none disk
	program disk/a
	plant "$v2" disk/b
	mount -o remount,ro disk
	t fcapset cap_chown=ep disk/a
	t fcapset -r disk/b
	t fcapset -v cap_net_raw=ep disk/b
	umount disk
}

set_no_privilege() {
	need root user
	program a
	plant "$v2" b
	chown 1000 a b
	setfattr -n security.capability -v "$v2" b
	t as_user fcapset cap_chown=ep a
	t as_user fcapset -r b
	t as_user fcapset -v cap_net_raw=ep b
	t as_user fcapset --dry-run cap_chown=ep a
	bytes a b
}

# One capability is all it takes, wherever the file is.
set_least_privilege() {
	need root user
	program a
	chmod 600 a
	t setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+setfcap --ambient-caps=-all,+setfcap \
		fcapset cap_chown=ep a
	bytes a
	t setpriv --bounding-set=-setfcap --inh-caps=-all fcapset cap_chown=ep a
}

set_unsearchable() {
	need root user
	mkdir closed
	program closed/file
	chmod 700 closed
	t as_user fcapset cap_chown=ep closed/file
}

set_immutable() {
	need ghosts chattr
	program a b
	chattr +i a
	chattr +a b
	t fcapset cap_chown=ep a
	t fcapset cap_chown=ep b
	t fcapset cap_chown=ep a cap_chown=ep missing
	chattr -i a
	chattr -a b
	bytes a b
}

set_no_attributes() {
	need mounts
	mkdir disk
	mount -t ramfs none disk
	program disk/file
	t fcapset cap_chown=ep disk/file
	t fcapset -r disk/file
	t fcapset -v cap_chown=ep disk/file
	t fcapset -v -r disk/file
	umount disk
	t fcapset cap_chown=ep /proc/version
}

set_owner_warning() {
	need root
	program a
	chown 1000 a
	t fcapset cap_chown=ep a
	t fcapset --quiet cap_chown=p a
	t fcapset -r a
}

set_hidden() {
	need ghosts
	local kind
	for kind in v1 v2_flags empty length v3_none; do
		ghost $kind $kind
		t fcapset cap_chown=ep $kind
		t fcapset --replace cap_chown=ep $kind
		t fcapset --replace --allow-widen cap_chown=ep $kind
		bytes $kind
	done
	for kind in v1 v2_flags empty length v3_none; do
		ghost $kind $kind.remove
		t fcapset --remove $kind.remove
		bytes $kind.remove
	done
}

set_widen() {
	need root
	plant "$v3" file
	t fcapset cap_net_raw=ep file
	bytes file
	t fcapset -n 0 cap_net_raw=ep file
	bytes file
	t fcapset cap_chown=p file
	t fcapset --allow-widen cap_net_raw=ep file
	bytes file
	t fcapset -n 100000 cap_net_raw=ep file
	t fcapset -n 200000 cap_net_raw=ep file
	bytes file
	t fcapset -r file
	t fcapset cap_net_raw=ep file
	bytes file
}

# One that would widen holds the others back.
set_widen_among_many() {
	need root
	plant "$v3" third
	program none
	t fcapset --caps=cap_chown=p none third
	bytes none third
}

# from_directory COMMAND...: with a standard input that cannot be read
from_directory() {
	"$@" <.
}

# zero_input COMMAND...
zero_input() {
	printf 'cap_chown\0=p\n' | "$@"
}

set_unreadable_text() {
	program a
	t from_directory fcapset - a
	t zero_input fcapset - a
	t with_input '' fcapset - a
	bytes a
}
