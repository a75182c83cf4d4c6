# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The build of the fuzz targets. Sourced; what else is tested with sanitizers is made of the same objects.
export BUILD=build/fuzz CC=clang
export CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined'
