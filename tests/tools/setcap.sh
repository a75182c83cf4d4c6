# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Command lines of setcap(8), run by it and by fcapset on two sets of the same files.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# Of the files, a, b and c have nothing, two and three a value each.
setcap_command_lines=(
	'cap_chown=ep a'
	'cap_chown+ep a'
	'CAP_CHOWN=ep a'
	'cap_chown,cap_kill=eip a'
	'"cap_chown=p cap_kill=i" a'
	'"cap_chown=p cap_kill+i cap_chown-p" a'
	'13,cap_chown=p a'
	'=p\ cap_chown-p a'
	'all=ep a'
	'=ep a'
	'= a'
	'cap_chown-p a'
	'cap_chown=i two'
	'cap_chown=ep a cap_kill=p b =i c'
	'-r two'
	'-r two -r three'
	'-r two cap_chown=p a -r three'
	'-n 100000 cap_net_raw=ep a'
	'-n 0x10 cap_net_raw=ep a'
	'-n 0 cap_net_raw=ep a'
	'-n 5 cap_chown=p a -n 6 cap_chown=p b cap_chown=p c'
	'cap_chown=p a -n 6 cap_chown=p b -n 0 cap_chown=p c'
	'-n 7 cap_chown=p three'
	'-n 7 cap_chown=p two'
	'-q cap_chown=ep a'
	'-q -r two'
	'-f cap_chown=ep a'
	'-f 63=ep a'
	'-q -f 41,63=ep a'
	'63=ep a'
	'-v cap_net_raw=ep two'
	'-v cap_net_raw=p two'
	'-v cap_chown=ep two'
	'-v cap_net_raw=ep a'
	'-v cap_net_raw=ep three'
	'-v -n 100000 cap_net_raw=ep three'
	'-v -n 5 cap_net_raw=ep three'
	'-n 100000 -v cap_net_raw=ep three'
	'-q -v cap_net_raw=ep two'
	'-q -v cap_net_raw=p two'
	'-v = a'
	'-v cap_net_raw=ep missing'
	'-v = missing'
	'-v -r a'
	'-v -r two'
	'cap_chown=ep a -v cap_chown=ep a'
	'cap_chown=ep a -v cap_kill=ep a cap_kill=p b'
	'- a <<<cap_chown=ep'
	'-q - a <<<cap_chown=ep'
	'-q - a <<<$'\''cap_chown=p\ncap_kill=i\n\ncap_bpf=p'\'
	'-q - a -n 5 - b <<<$'\''cap_chown=p\n\ncap_kill=i\n'\'
	'cap_net_raw=ep two'
	'cap_chown=p three'
	'cap_chown=e a'
	'"cap_chown=p cap_kill=e" a'
	'"cap_chown=ep cap_kill=i" a'
	'-n -1 cap_chown=p a'
	'-n 4294967295 cap_chown=p a'
	'-n 4294967296 cap_chown=p a'
	'-n "" cap_chown=p a'
	'-n x cap_chown=p a'
	'-n " 5" cap_chown=p a'
	'-r a'
	'-f -r a'
	'cap_foo=p a'
	'cap_chown a'
	'cap_chown=p'
	'-r'
	'-n'
	'""  a'
	'cap_chown=p missing'
	'cap_chown=p directory'
	'cap_chown=p link'
	'cap_chown=p a cap_foo=p b'
	'cap_chown=p a cap_kill=p missing'
	'cap_chown=p a -r b'
	'cap_chown=p a cap_kill=p directory cap_kill=p c'
	'-x cap_chown=p a'
	'-- cap_chown=p a'
	'-h'
	''
)

template() {
	mkdir template template/directory
	program template/a template/b template/c
	plant "$v2" template/two
	plant "$v3" template/three
	ln -s a template/link
}

values() {
	getfattr -d -e hex -m '^security.capability$' a b c two three | awk '
		/^# file/ { file = $3 }
		/=/ { sub(/.*=/, ""); print file "=" $0 }'
}

# run_as PROGRAM LINE: whether it was content, and what it changed
run_as() {
	local content=fails
	cp -a template files
	cd files || return
	if eval "timeout 5 $1 $2" >/dev/null 2>&1; then content=succeeds; fi
	{
		echo "$content"
		values | diff ../before - | grep '^[<>]'
	} | paste -s -d ' '
	cd ..
	rm -r files
}

setcap_lines() {
	need root setcap pkg-config
	[ "$(pkg-config --modversion libcap)" = 2.66 ] || lacks "the differences are those of libcap 2.66"
	local line theirs ours known=$fixtures/setcap-differences.txt
	template
	(cd template && values) >before
	for line in "${setcap_command_lines[@]}"; do
		theirs=$(run_as setcap "$line")
		ours=$(run_as fcapset "$line")
		if [ "$theirs" = "$ours" ]; then
			echo "both: $line"
			! listed "$line" "$known" || echo "    but a difference is listed"
		else
			printf 'setcap, fcapset: %s\n    %s\n    %s\n' "$line" "$theirs" "$ours"
			listed "$line" "$known" || echo "    and that difference is not listed"
		fi
	done
}

# A list of accepted differences has lines of what differs, a tab, the reason.
listed() {
	cut -f 1 "$2" | grep -qFx -e "$1"
}
