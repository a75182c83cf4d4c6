#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tests that run examples share: finding the displays, running transcripts. Sourced, not run.
#
# A display that begins with a comment "NAME.c: ..." is a program. One that begins with "$ " or "# " is a transcript:
# its commands are the lines that begin as the first one does, and must print what stands below them. All transcripts of
# a page go in order, in one directory. "# " asks for CAP_SETFCAP, that of root or else that of a user namespace of
# one's own, and what comes after such a transcript runs there too.
# shellcheck source=tests/script.sh
. "$(dirname "${BASH_SOURCE[0]}")/script.sh"

PATH=$PATH:/sbin:/usr/sbin

# Lines of displays on standard input, those of one display between two lines "\f", become files in folder $1: NAME.c for
# a program, NN.user and NN.root for transcripts, NN.unknown for neither.
sort_displays() {
	awk -v dir="$1" '
	function file_for(first) {
		n++
		if (match(first, /^\/\* [a-z0-9_]+\.c:/))
			return substr(first, 4, RLENGTH - 4)
		return sprintf("%02d%s", n, first ~ /^\$ / ? ".user" : first ~ /^# / ? ".root" : ".unknown")
	}
	/^\f/ { file = ""; next }
	{
		if (file == "")
			file = dir "/" file_for($0)
		print >file
	}'
}

# The displays in EXAMPLES of man page $1 into folder $2.
extract_page() {
	awk '
	function plain(s) {
		gsub(/\\&/, "", s)
		gsub(/\\-/, "-", s)
		gsub(/\\\(aq/, "\047", s)
		gsub(/\\\(ga/, "`", s)
		gsub(/\\\(ha/, "^", s)
		gsub(/\\\(ti/, "~", s)
		gsub(/\\e/, "\\", s)
		return s
	}
	/^\.Sh / { examples = $2 == "EXAMPLES" }
	/^\.Ed/ { shown = 0 }
	shown { print plain($0) }
	examples && /^\.Bd -literal/ { shown = 1; print "\f" }' "$1" | sort_displays "$2"
}

# The blocks ```console of Markdown file $1 into folder $2, but for those of its Quick start.
extract_markdown() {
	awk '
	/^## / { quick = /^## Quick start/ }
	/^```/ { shown = !shown && /^```console/ && !quick; if (shown) print "\f"; next }
	shown' "$1" | sort_displays "$2"
}

# replay PROMPT SHELL... <TRANSCRIPT: the transcript as it goes here and now.
replay() {
	local line prompt=$1
	shift
	while IFS= read -r line; do
		[[ $line == "$prompt"* ]] || continue
		printf '%s\n' "$line"
		"$@" -c "${line#"$prompt"}" </dev/null 2>&1 || true
	done
}

# Does COMMAND, with setcap's arguments, do its work in SHELL...?
privileged() (
	cd "$scratch"
	touch probe
	command=$1
	shift
	"$@" -c "$command probe && getcap probe" 2>&1 | grep -q '^probe cap_chown=p'
)

root_shell=() any_rootid=
for try in sh 'unshare -r sh'; do
	read -ra words <<<"$try"
	if privileged 'setcap cap_chown=p' "${words[@]}"; then
		root_shell=("${words[@]}")
		privileged 'setcap -n 100000 cap_chown=p' "${words[@]}" && any_rootid=1
		break
	fi
done

# What transcript $1 asks for and this machine lacks; empty where there is nothing.
lacking() {
	if [[ $1 == *.root ]] && [ ${#root_shell[@]} = 0 ]; then
		echo "no way to CAP_SETFCAP"
	elif [ -z "$any_rootid" ] && grep -Eq '^# .*(-n |rootid=|=0:)[1-9]' "$1"; then
		echo "no rootid but 0 is mapped in the user namespace that there is"
	elif grep -q '^\$ .*--userns=' "$1" && ! unshare -r true 2>/dev/null; then
		echo "no user namespace can be made"
	elif grep -qw jq "$1" && ! command -v jq >/dev/null; then
		echo "jq is not installed"
	elif grep -q '^[#$] .*\btar -' "$1" && ! tar --version 2>/dev/null | grep -q 'GNU tar'; then
		echo "tar is not that of GNU"
	elif grep -qw umoci "$1" && { ! command -v umoci >/dev/null || [ "${root_shell[*]}" != sh ]; }; then
		echo "umoci is not installed, or not run by root"
	fi
}

# Transcripts in folder $1, in order. Where one cannot run, neither can those after it.
check_transcripts() {
	local dir=$1 file prompt said why what shell=(sh)
	for file in "$dir"/[0-9][0-9].*; do
		what="${dir##*/}: $(head -n 1 "$file")"
		why=$(lacking "$file")
		if [ -n "$why" ]; then
			skip "$what, and what follows" "$why"
			return
		fi
		case $file in
		*.unknown)
			ok "$what is a program or a transcript" false
			continue
			;;
		*.root) shell=("${root_shell[@]}") ;;
		esac
		prompt=$(head -c 2 "$file")
		said=$(cd "$dir" && replay "$prompt" "${shell[@]}" <"$file")
		same "$what" "$(cat "$file")" "$said"
	done
}
