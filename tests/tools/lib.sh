# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# What cases are made of: transcripts, files with values, other users and namespaces.

# For tools.sh to fill in: where all cases are, the tools, how to have mounts, whether that is an ext4 of our own.
top='' tools='' private='' file_system=''
repository=$PWD fixtures=$PWD/tests/fixtures/tools

# --------------------------------- transcripts -----------------------------

# The command line as it can be read and typed.
line() {
	local word words=()
	for word; do
		if [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]]; then
			words+=("$word")
		elif [[ $word =~ ^[\ -\&\(-~]*$ ]]; then
			words+=("'$word'")
		else
			words+=("$(printf %q "$word")")
		fi
	done
	echo "${words[*]}"
}

# What differs from run to run.
mask() {
	sed -E "s/user:\[[0-9]+\]/user:[NUMBER]/; s/ in user namespace this one//"
}

# t COMMAND...: the command, what it writes to standard output, to standard error after "! ", its exit status.
t() {
	local status=0
	echo "\$ $(line "$@")${filter:+ | $filter}"
	"$@" >"$top/out" 2>"$top/err" || status=$?
	eval "${filter:-cat}" <"$top/out" | awk 1
	mask <"$top/err" | eval "${errors:-cat}" | sed 's/^/! /'
	echo "[$status]"
}

# through FILTER COMMAND...: its standard output goes through a pipeline first.
through() {
	local filter=$1
	shift
	t "$@"
}

# sorted COMMAND...: where the order is that of a directory
sorted() {
	local filter=sort errors=sort
	t "$@"
}

# records FILTER COMMAND...: JSON records through jq
records() {
	local filter
	filter="jq -cS $(line "$1")"
	shift
	t "$@"
}

# The whole record but what no two machines have in common.
whole='.inode |= type'

# to_full COMMAND...: with standard output on a full disk
to_full() {
	"$@" >/dev/full
}

# with_input TEXT COMMAND...: with that and a newline on standard input
with_input() {
	local text=$1
	shift
	printf '%s\n' "$text" | "$@"
}

# with_files N COMMAND...: with no more descriptors than that
with_files() (
	ulimit -n "$1"
	shift
	"$@"
)

# ------------------------------ files and values ---------------------------

# cap_net_raw=ep, the last for a namespace whose root is uid 100000
v2=0x0100000200200000000000000000000000000000
v3=0x0100000300200000000000000000000000000000a0860100

# Values that no program can write to a live file. make_file_system() of tools.sh plants some of each.
declare -A ghosts=(
	[v1]=010000010020000000000000
	[v1_flags]=030000010020000000000000
	[v2_flags]=0300000200200000000000000000000000000000
	[v3_flags]=0300000300200000000000000000000000000000a0860100
	[v3_zero]=010000030020000000000000000000000000000000000000
	[v3_none]=0100000300200000000000000000000000000000ffffffff
	[empty]=''
	[short]=010000
	[length]=01000002002000000000000000000000000000
	[revision]=0100000400200000000000000000000000000000
	[long]=01000002002000000000000000000000000000000000000000000000
)

# raw HEX: the bytes
raw() {
	local i
	for ((i = 0; i < ${#1}; i += 2)); do
		printf '%b' "\\x${1:i:2}"
	done
}

# ghost KIND FILE: a file with such a value, mode 755
ghost() {
	local left=("$top/ghosts/$1".??)
	mv "${left[0]}" "$2"
	chmod 755 "$2"
}

# plant VALUE FILE...: programs with a value
plant() {
	local value=$1 file
	shift
	for file; do
		[ -e "$file" ] || program "$file"
		setfattr -h -n security.capability -v "$value" -- "$file"
	done
}

# program FILE...: something to set capabilities on
program() {
	touch -- "$@"
	chmod 755 -- "$@"
}

# bytes FILE...: what getxattr(2) shows, by another program
bytes() {
	local file value
	for file; do
		value=$(getfattr -h --only-values -n security.capability -- "$file" 2>"$top/err" | od -An -v -tx1 | tr -d ' \n')
		[ ! -s "$top/err" ] || value=$(sed 's/.*: //' "$top/err")
		printf '%s: %s\n' "$file" "$value"
	done
}

# hostile: a directory of names that break what is written line by line, or that look like something else
hostile() {
	local name
	mkdir "$1"
	for name in $'new\nline' 'back\slash' 'octal\101' $'esc\e[1m' $'latin\351' 'two  blanks ' '-dash' '=ep' '# file: x' \
		$'\xc2\x9bcsi' $'\xe2\x82\xac' '"quoted"' $'tab\t' 'x cap_chown=ep'; do
		plant "$v2" "$1/$name"
	done
	plant "$v3" "$1/third"
}

# ---------------------------- users and namespaces -------------------------

# as_user COMMAND...: as somebody without privilege
as_user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
}

# in_ns MAP COMMAND...: as root of a new user namespace with this uid_map and gid_map
in_ns() {
	local map=$1 holder status=0
	shift
	unshare -U sleep 60 &
	holder=$!
	while [ "$(readlink "/proc/$holder/ns/user")" = "$(readlink /proc/self/ns/user)" ]; do :; done
	# In one write: echo makes one of each line.
	cat <<<"$map" >"/proc/$holder/uid_map"
	cat <<<"$map" >"/proc/$holder/gid_map"
	nsenter -U -t "$holder" "$@" || status=$?
	kill "$holder"
	wait "$holder" 2>/dev/null || true
	return "$status"
}

# ------------------------------ what a case needs --------------------------

# need WHAT...: root, mounts, ghosts, user, userns, or a program; else the case is skipped
need() {
	local what
	for what; do
		case $what in
		root) [ "$(id -u)" = 0 ] || lacks "it needs root" ;;
		mounts) [ -n "$private" ] || lacks "it needs root and a mount namespace" ;;
		ghosts) [ -n "$file_system" ] || lacks "it needs a loop-mounted ext4 image" ;;
		user) as_user test -x "$tools/fcapset" 2>/dev/null || lacks "another user cannot be had" ;;
		plain) [ -z "${ASAN_OPTIONS:-}" ] || lacks "a sanitizer's runtime wants /proc and memory" ;;
		userns) in_ns '0 100000 65536' true 2>/dev/null || lacks "user namespaces cannot be made" ;;
		*) command -v "$what" >/dev/null || lacks "$what is not installed" ;;
		esac
	done
}

lacks() {
	echo "$1"
	exit 77
}
