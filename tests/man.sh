#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Man pages: mandoc finds no fault, options are those of --help, every public function has its page.
# shellcheck source=tests/script.sh
. "$(dirname "$0")/script.sh"

"$MAKE" -s tools BUILD="$BUILD"

# A page as plain text, a paragraph a line.
plain() {
	mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g'
}

long_options() {
	grep -oE -e '--[a-z][a-z0-9-]*' | sort -u
}

# The options that a page explains: those that begin a line; what follows two blanks is the explanation.
explained() {
	plain "$1" | sed -nE 's/^ +(-.*)/\1/p' | sed 's/  .*//' | long_options
}

for page in man/*; do
	ok "mandoc -T lint $page" mandoc -T lint -W warning "$page"
done

for tool in fcapinspect fcapset fcapconvert fcapdiff fcapexplain; do
	same "options of $tool: --help and its page" \
		"$("$BUILD/$tool" --help | long_options)" "$(explained "man/$tool.1")"
done

mapfile -t rules < <(sed -n 's/^\t\[VFSCAP_RULE_.*= "\(.*\)",$/\1/p' lib/exec.c)
for rule in "${rules[@]}"; do
	ok "the rule $rule stands in vfscap-exec.7" grep -qE "^\.It (.* , )?$rule( ,|\$)" man/vfscap-exec.7
done
mapfile -t changes < <(sed -n 's/^\t{"\([a-z0-9-]*\)", .*/\1/p' explain/trial.c)
for change in "${changes[@]}"; do
	ok "the change $change stands in fcapexplain.1" grep -qE "^\.It Li (.* , )?$change( ,|\$)" man/fcapexplain.1
done

cat man/*.3 >"$scratch/section3" || true
for function in $(public_functions); do
	ok "$function stands in a page of section 3" grep -qw "$function" "$scratch/section3"
done

finish
