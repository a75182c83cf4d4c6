# shellcheck shell=bash disable=SC2034,SC2154 # variables are shared with bench/run
# SPDX-License-Identifier: GPL-2.0-or-later
# Encoding and decoding, a value at a time. What the others are compared with is the copy of as many bytes.

bench_codec() {
	"$BUILD/bench/codec" | awk '{ printf "%s\t%g\n", $1, $2 / 1e9 }' >"$scratch/codec"
	grep '^copy' "$scratch/codec" >"$scratch/rows"
	grep -v '^copy' "$scratch/codec" >>"$scratch/rows"
	table codec "The codec: a value"
}
