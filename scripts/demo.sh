#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools at work: on a scratch tree, which is removed at the end, then on /usr, which is only read. BUILD says where the
# tools are. Ends with 0 where each command that could be tried here had the exit status that it should have.
set -eu -o pipefail
cd "$(dirname "$0")/.."

PATH=$(realpath "${BUILD:-build}"):$PATH
export LC_ALL=C
umask 022
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
surprises=0

say() {
	printf '\n-- %s\n' "$*"
}

left_out() {
	say "Left out: $1: $2."
}

# try PROMPT "STATUS..." LINE SHELL...: shows the line, runs it, and wants one of these exit statuses.
try() {
	local prompt=$1 want=$2 line=$3 got=0
	shift 3
	printf '%s %s\n' "$prompt" "$line"
	"$@" -c "$line" 2>&1 || got=$?
	[ "$got" = 0 ] || echo "(exit status $got)"
	[[ " $want " == *" $got "* ]] && return
	echo "demo: this is not what was expected: exit status $got instead of $want"
	surprises=$((surprises + 1))
}

# As you are, and with CAP_SETFCAP: as root, or in a user namespace of your own.
plain() {
	try '$' "$1" "$2" bash
}
with_privilege() {
	try '#' "$1" "$2" "${privileged[@]}"
}

# ------------------------------ what can be done here -----------------------

privileged=() any_rootid='' runs=''
cp /bin/true probe
! ./probe 2>/dev/null || runs=1
for shell in bash 'unshare -r bash'; do
	read -ra words <<<"$shell"
	if why=$("${words[@]}" -c 'fcapset cap_net_raw=ep probe' 2>&1); then
		privileged=("${words[@]}")
		"${words[@]}" -c 'fcapset --rootid=100000 cap_net_raw=ep probe' 2>/dev/null && any_rootid=1
		break
	fi
done
rm probe

# ----------------------------------- values ---------------------------------

say "A value of the attribute, and what a text means."
plain 0 'fcapinspect --value=0x0100000200200000000000000000000000000000'
plain 0 'fcapinspect --text=cap_net_raw,cap_net_admin=ep'

say "A ghost: programs that hold this value have the capability, and getcap does not show it."
plain 0 'fcapinspect --value=010000010020000000000000'

say "The same capability for a container whose ids begin at 100000: revision 3."
plain 0 'fcapconvert --to=3 --rootid=100000 --value=010000010020000000000000'

# ----------------------------------- files ----------------------------------

set_capabilities() {
	plain 0 'cp /bin/true ping && cp /bin/true web'
	if [ "${privileged[0]}" = unshare ]; then
		say "You are not root: what follows '#' runs in a user namespace of your own, by unshare -r."
	fi
	with_privilege 0 'fcapset cap_net_raw=ep ping'
	if [ -n "$any_rootid" ]; then
		with_privilege 0 'fcapset --rootid=100000 cap_net_bind_service=ep web'
	else
		with_privilege 0 'fcapset cap_net_bind_service=ep web'
	fi
	with_privilege 0 'fcapinspect .'
	if [ "${privileged[0]}" = unshare ]; then
		say "Seen from outside, they have a rootid, which the kernel added: they count in such namespaces only."
		plain 0 'fcapinspect .'
	fi
}

# Anyone can store an empty value; setxattr(2) asks nobody. A mount with nosuid ignores it.
show_malformed() {
	say "An empty value: nobody can execute the file, unless it is on a mount with nosuid."
	cp /bin/true broken
	if ! why=$(setfattr -n security.capability -v '' broken 2>&1); then
		left_out "a malformed value" "$(tail -n 1 <<<"$why")"
		return
	fi
	plain 0 "setfattr -n security.capability -v '' broken"
	[ -z "$runs" ] || plain '126 0' './broken'
	say "It cannot be read, so the answer is not complete: exit status 3."
	with_privilege 3 'fcapinspect .'
	with_privilege 3 'fcapinspect --check .'
	say "The repair."
	with_privilege 0 'fcapset --remove broken && fcapinspect broken'
	[ -z "$runs" ] || plain 0 './broken'
}

check() {
	say "What is odd: exit status 1."
	plain 0 'chmod g+w ping'
	with_privilege 1 'fcapinspect --check .'
	plain 0 'chmod g-w ping'
}

convert() {
	say "From revision 2 to 3."
	with_privilege 0 'fcapconvert --to=3 --rootid=100000 --dry-run ping'
	if [ -z "$any_rootid" ]; then
		left_out "converting for real" "uid 100000 is not mapped in the user namespace that there is"
		say "What is there is what was set, and not something else."
		with_privilege 0 'fcapset -v cap_net_raw=ep ping'
		with_privilege 1 'fcapset -v cap_net_admin=ep ping'
		return
	fi
	with_privilege 0 'fcapconvert --to=3 --rootid=100000 .'
	with_privilege 0 'fcapinspect .'
	say "The rootid counts when values are compared: exit status 1 without it."
	with_privilege 0 'fcapset -n 100000 -v cap_net_raw=ep ping'
	with_privilege 1 'fcapset -v cap_net_raw=ep ping'
	say "The way back would give the capability to everyone, and is refused: exit status 3."
	with_privilege 3 'fcapset cap_net_raw=ep ping'
	with_privilege 0 'fcapset --allow-widen cap_net_raw=ep ping'
}

if [ ${#privileged[@]} -gt 0 ]; then
	say "Files with capabilities."
	set_capabilities
	show_malformed
	check
	convert
else
	left_out "setting, checking and converting files" "$(tail -n 1 <<<"$why")"
fi

# --------------------------------- an archive -------------------------------

archive() {
	say "A member of an archive gets a capability: nobody needs a privilege for that."
	plain 0 'mkdir -p root/bin && cp /bin/true root/bin/probe && tar -C root -czf plain.tar.gz .'
	plain 0 'fcapset --in=tar:plain.tar.gz -o capable.tar.gz cap_net_raw=ep bin/probe'
	plain 1 'fcapdiff plain.tar.gz capable.tar.gz'
	say "As a container with ids from 100000 on would have recorded it: a leak that --check finds, and its repair."
	plain 0 'fcapconvert --map-to=0:100000:65536 tar:capable.tar.gz -o leaked.tar.gz'
	plain 1 'fcapinspect --check=rootid-set tar:leaked.tar.gz'
	plain 0 'fcapconvert --map-from=0:100000:65536 - <leaked.tar.gz | fcapinspect -'
}

if command -v tar >/dev/null && command -v gzip >/dev/null; then
	archive
else
	left_out "an archive" "tar or gzip is not there"
fi

# ---------------------------------- the system ------------------------------

# What this machine holds is not for the demo to judge, nor what may not be read.
say "The capabilities in /usr of this machine."
plain '0 3' 'fcapinspect --local /usr'

echo
if [ "$surprises" != 0 ]; then
	echo "demo: $surprises commands did not do what they should"
	exit 1
fi
echo "demo: all that was tried went as it should"
