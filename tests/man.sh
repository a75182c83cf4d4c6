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

# "FUNCTION ERROR" for each error that the header says a function returns: VFSCAP_ERR_SHORT, also as _SHORT, all of
# VFSCAP_ERR_LIST_*, -ENODATA.
returned() {
	awk '
	FNR == NR { if (/^\tVFSCAP_ERR_/) known[$1]; next }
	/^\/\*\*/ { comment = ""; within = 1 }
	within { comment = comment " " $0; if (/\*\/$/) within = 0; next }
	/^$/ { comment = "" }
	comment ~ /Return: / && match($0, /vfscap_[a-z_]+\(/) {
		name = substr($0, RSTART, RLENGTH - 1)
		n = split(substr(comment, index(comment, "Return: ")), word, /[^A-Z0-9_*-]+/)
		for (i = 1; i <= n; i++) {
			error = word[i]
			sub(/^_/, "VFSCAP_ERR_", error)
			if (error ~ /^VFSCAP_ERR_.*\*$/) {
				for (k in known)
					if (index(k, substr(error, 1, length(error) - 1)) == 1)
						print name, k
			} else if (error ~ /^(VFSCAP_ERR_|-E)[A-Z0-9]/) {
				print name, error
			}
		}
	}' include/vfscap.h include/vfscap.h | sort -u
}

# As the page of the function has it: "Dv VFSCAP_ERR_SHORT", "Er ENODATA".
has_error() {
	grep -E "(Dv|Er) ${2#-}( |\$)" "$(grep -lE "^\.Nm $1( |\$)" man/*.3)"
}

for function in $(public_functions); do
	same "$function has one page of section 3" 1 "$(cat man/*.3 | grep -cE "^\.Nm $function( |\$)" || true)"
done
mapfile -t errors < <(returned)
ok "the header says which errors there are" [ "${#errors[@]}" -gt 50 ]
for error in "${errors[@]}"; do
	read -r function name <<<"$error"
	ok "the page of $function has $name" has_error "$function" "$name"
done

finish
