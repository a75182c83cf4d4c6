# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole build of vfscap. `make help` lists what can be made.
#
# Honoured: CC AR CFLAGS CPPFLAGS LDFLAGS LDLIBS PKG_CONFIG, PREFIX DESTDIR
# BINDIR INCLUDEDIR LIBDIR MANDIR DATADIR, V=1 (show commands), WERROR=1,
# BUILD=DIR (another build beside the first, such as one with sanitizers),
# WITHOUT="lz4 rpm" (leave out what is optional: gzip isal bzip2 xz zstd lz4 rpm
# ext4 squashfs blkid seccomp).

# The version stands in the header alone.
version_part = $(shell sed -n 's/^\#define VFSCAP_VERSION_$(1) //p' include/vfscap.h)
VERSION := $(call version_part,MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)
# Raised with every change that a program linked before would not survive.
SOVERSION := 0

BUILD ?= build
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/vfscap
DESTDIR ?=

PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)

# `override`, so that what the code needs survives CFLAGS from the command line.
override CPPFLAGS := -Iinclude -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DVFSCAP_VERSION='"$(VERSION)"' $(CPPFLAGS)
override CFLAGS := -std=c11 $(WARNINGS) $(CFLAGS)

# What is optional: the word of WITHOUT and -DHAVE_, and its name for pkg-config.
# bzip2 has none in many distributions.
optional := gzip=zlib isal=libisal xz=liblzma zstd=libzstd lz4=liblz4 rpm=rpm ext4=ext2fs squashfs=libsquashfs1 blkid=blkid \
	seccomp=libseccomp
wanted = $(filter-out $(WITHOUT:%=%=%),$(optional))
there := $(foreach o,$(wanted),$(if $(call pkg,--modversion,$(lastword $(subst =, ,$(o)))),$(o)))
packages := libcap jansson nettle $(foreach o,$(there),$(lastword $(subst =, ,$(o))))
has_bzip2 := $(if $(filter bzip2,$(WITHOUT)),,$(shell $(CC) -E -include bzlib.h -x c /dev/null >/dev/null 2>&1 && echo yes))
features := $(foreach o,$(there),$(firstword $(subst =, ,$(o)))) $(if $(has_bzip2),bzip2)
left_out := $(filter-out $(features),bzip2 $(foreach o,$(optional),$(firstword $(subst =, ,$(o)))))
upper = $(shell printf '%s' '$(1)' | tr a-z A-Z)
TOOL_CFLAGS := -pthread $(call pkg,--cflags,$(packages)) $(foreach f,$(features),-DHAVE_$(call upper,$(f)))
TOOL_LIBS := -pthread $(or $(call pkg,--libs,$(packages)),-lcap -ljansson -lnettle) -lattr $(if $(has_bzip2),-lbz2)
CHECK_LIBS := $(or $(call pkg,--libs,check),-lcheck -lsubunit -lm -lrt -lpthread)

ifneq ($(V),1)
Q := @
say = @printf '  %-6s %s\n' $(1) $@;
endif

# --------------------------------- what there is ---------------------------

lib_src := $(sort $(wildcard lib/*.c))
part_src := $(sort $(wildcard form/*.c ns/*.c explain/*.c stream/*.c tar/*.c oci/*.c disk/*.c jail/*.c scan/*.c report/*.c change/*.c))
# What is optional is files of its own.
optional_src = $(wildcard stream/$(1).c scan/$(1).c scan/stored_$(1).c disk/$(1).c disk/$(1)_*.c jail/$(1).c)
part_src := $(filter-out $(foreach o,$(left_out),$(call optional_src,$(o))),$(part_src))
tools := fcapinspect fcapset fcapconvert fcapdiff fcapexplain
shared_src := $(filter-out $(tools:%=bin/%.c),$(sort $(wildcard bin/*.c)))
test_src := $(sort $(wildcard tests/test_*.c))
test_shared_src := $(filter-out $(test_src) $(wildcard tests/helper_*.c),$(sort $(wildcard tests/*.c)))
helper_src := $(sort $(wildcard tests/helper_*.c))
helper_shared_src := tests/faults/trace.c tests/faults/calls.c tests/faults/state.c tests/faults/judge.c
bench_src := $(sort $(wildcard bench/*.c))
fuzz_src := $(sort $(wildcard fuzz/fuzz_*.c))
fuzz_shared_src := $(filter-out $(fuzz_src),$(sort $(wildcard fuzz/*.c)))
schemas := report/record.schema.json explain/explain.schema.json
man_pages := $(sort $(wildcard man/*.[1-8]))

obj = $(patsubst %.c,$(BUILD)/%.o,$(1))
static_lib := $(BUILD)/libvfscap.a
shared_lib := $(BUILD)/libvfscap.so.$(VERSION)
parts_lib := $(BUILD)/parts.a
tool_bins := $(tools:%=$(BUILD)/%)
test_bins := $(patsubst tests/%.c,$(BUILD)/tests/%,$(test_src))
helper_bins := $(patsubst tests/%.c,$(BUILD)/tests/%,$(helper_src))
# Tests that a small runner of our own runs where there is no Check, and what these share of the others' files.
nocheck := codec names text idmap idmap_parse idmap_rebase exec exec_rows predict_rows form xattr xattr_system
nocheck_shared := suite tsv values sandbox ways userns_maps userns_child userns_values userns_measured
nocheck_bins := $(nocheck:%=$(BUILD)/nocheck/test_%) $(BUILD)/nocheck/selftest
failing_lib := $(BUILD)/tests/failing.so
bench_bins := $(patsubst bench/%.c,$(BUILD)/bench/%,$(bench_src))
fuzz_bins := $(patsubst fuzz/%.c,$(BUILD)/fuzz/%,$(fuzz_src))

.PHONY: all lib tools help deps deps-all demo check check-all check-kernel coverage nocheck tests benches bench fuzzers fuzz proof install install-lib \
	uninstall format format-check clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: lib tools ## the library and the tools (the default)
lib: $(static_lib) $(shared_lib) $(BUILD)/vfscap.pc ## the library alone
tools: $(tool_bins) ## the tools alone

# --------------------------------- how it is made --------------------------

# What was built with other flags is built again.
settings := $(CC) $(AR) $(TOOL_CFLAGS) $(CHECK_LIBS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LDLIBS) $(TOOL_LIBS)
$(BUILD)/settings: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(settings))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(settings))' >$@

$(BUILD)/lib/%.o: lib/%.c $(BUILD)/settings
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/settings
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) $(TOOL_CFLAGS) -MMD -MP -c -o $@ $<

$(static_lib): $(call obj,$(lib_src))
$(parts_lib): $(call obj,$(part_src) $(shared_src))
$(static_lib) $(parts_lib):
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# A sanitizer's runtime is found by the program, not by the library.
no_undefined = $(if $(findstring -fsanitize,$(CFLAGS)),,-Wl,-z,defs)
$(shared_lib): $(call obj,$(lib_src)) lib/libvfscap.map
	$(call say,LD)$(CC) $(CFLAGS) -shared -Wl,-soname,libvfscap.so.$(SOVERSION) \
		-Wl,--version-script=lib/libvfscap.map $(no_undefined) $(LDFLAGS) \
		-o $@ $(filter %.o,$^) $(LDLIBS)
	$(Q)ln -sf $(@F) $(BUILD)/libvfscap.so.$(SOVERSION)
	$(Q)ln -sf $(@F) $(BUILD)/libvfscap.so

$(tool_bins): $(BUILD)/%: $(BUILD)/bin/%.o $(parts_lib) $(static_lib)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS) $(LDLIBS)

$(test_bins): $(BUILD)/tests/%: $(BUILD)/tests/%.o $(call obj,$(test_shared_src)) \
		$(parts_lib) $(static_lib)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(TOOL_LIBS) $(LDLIBS)

# What is counted for coverage is shared by all processes of a program: closed ones could not write it. It must stand in
# sections of its own for that.
ifneq ($(and $(findstring --coverage,$(CFLAGS)),$(findstring -fdata-sections,$(CFLAGS))),)
$(tool_bins) $(test_bins): $(BUILD)/tests/coverage/counters.o
$(tool_bins) $(test_bins): LDFLAGS += -Wl,-T,tests/coverage/counters.ld -Wl,--wrap=_exit
endif

# Compiled and linked without anything but libc: what of form/ needs more is left out.
compile_nocheck = $(call say,CC)mkdir -p $(@D) && $(CC) -Itests/nocheck $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/nocheck/%.o: tests/%.c $(BUILD)/settings
	$(compile_nocheck)
$(BUILD)/nocheck/%.o: tests/nocheck/%.c $(BUILD)/settings
	$(compile_nocheck)
$(BUILD)/nocheck/shared.a: $(nocheck_shared:%=$(BUILD)/nocheck/%.o) $(call obj,$(filter-out form/json.c,$(wildcard form/*.c)) $(lib_src))
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^
$(nocheck_bins): %: %.o $(BUILD)/nocheck/shared.a
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -pthread $(LDLIBS)

# With clang and the flags of fuzz/run alone.
$(fuzz_bins): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o $(call obj,$(fuzz_shared_src)) \
		$(parts_lib) $(static_lib)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(TOOL_LIBS) $(LDLIBS)

# Helpers run where nothing but their own file can be read.
$(helper_bins): $(BUILD)/tests/%: $(BUILD)/tests/%.o
	$(call say,LD)$(CC) -static $(LDFLAGS) -o $@ $^

$(bench_bins): $(BUILD)/bench/%: $(BUILD)/bench/%.o $(parts_lib) $(static_lib)
	$(call say,LD)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS) $(LDLIBS)

$(BUILD)/tests/helper_killed $(BUILD)/tests/helper_faults: $(call obj,$(helper_shared_src))

# Programs that helpers are made of must not want a sanitizer's runtime.
$(call obj,$(helper_src) $(helper_shared_src)): $(BUILD)/%.o: %.c $(BUILD)/settings
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) -std=c11 -O2 $(WARNINGS) -MMD -MP -c -o $@ $<

# Preloaded, it stands before a sanitizer's.
$(failing_lib): tests/faults/preload.c tests/faults/failing.h $(BUILD)/settings
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(CPPFLAGS) -std=c11 -O2 $(WARNINGS) -fPIC -shared -o $@ $<

$(BUILD)/vfscap.pc: lib/vfscap.pc.in $(BUILD)/settings FORCE
	@sed -e 's|@PREFIX@|$(PREFIX)|' \
		-e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|' \
		-e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' $< >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

# --------------------------------- what it is for --------------------------

deps: ## install what building, testing and the benches need
	$(Q)scripts/deps.sh
deps-all: ## and what make check-all needs
	$(Q)scripts/deps.sh --all

# After deps, what is there is found out anew.
demo: ## make a scratch tree, inspect, convert and verify it, look at /usr
	$(Q)$(MAKE) --no-print-directory all
	$(Q)BUILD=$(BUILD) scripts/demo.sh

tests: all $(test_bins) $(helper_bins) $(failing_lib) ## build the test programs
nocheck: $(nocheck_bins) # the library's tests, for where there is no Check
check: ## the tests that CI runs (SUITE=NAME for one part of them)
	$(Q)MAKE='$(MAKE)' scripts/run-tests.sh $(SUITE)
check-all: ## these and the heavy ones
	$(Q)MAKE='$(MAKE)' scripts/run-tests.sh all

check-kernel: all tests ## execve by this kernel, at length, and an older one in qemu (KERNEL=FILE for another)
	$(Q)VFSCAP_TRIALS=$${VFSCAP_TRIALS:-100000} CK_DEFAULT_TIMEOUT=900 $(BUILD)/tests/test_exec_kernel
	$(Q)MAKE='$(MAKE)' BUILD=$(BUILD) KERNEL='$(KERNEL)' scripts/check-kernel.sh

coverage: ## what the tests do not reach
	$(Q)MAKE='$(MAKE)' scripts/run-tests.sh coverage
	$(Q)cat build/logs/coverage.log

benches: all $(bench_bins)
bench: benches ## measure against the peers
	$(Q)BUILD=$(BUILD) bench/run

fuzzers: $(fuzz_bins)
proof: ## prove the codec, id maps and predictions (needs Frama-C)
	$(Q)proof/run
fuzz: ## fuzz all that reads what others wrote, for a minute each
	$(Q)MAKE='$(MAKE)' fuzz/run

install_pages = for page in $(1); do \
		dir=$(DESTDIR)$(MANDIR)/man$${page\#\#*.}; \
		$(INSTALL) -d $$dir && $(INSTALL) -m 644 $$page $$dir || exit 1; \
	done

install: install-lib tools ## install below PREFIX (and DESTDIR)
	$(Q)$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)
	$(Q)$(INSTALL) -m 755 $(tool_bins) $(DESTDIR)$(BINDIR)
	$(Q)$(INSTALL) -m 644 $(schemas) $(DESTDIR)$(DATADIR)
	$(Q)$(call install_pages,$(filter-out %.3,$(man_pages)))

install-lib: lib ## install the library alone, which needs nothing but libc
	$(Q)$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(LIBDIR)/pkgconfig
	$(Q)$(INSTALL) -m 644 include/vfscap.h $(DESTDIR)$(INCLUDEDIR)
	$(Q)$(INSTALL) -m 644 $(static_lib) $(DESTDIR)$(LIBDIR)
	$(Q)$(INSTALL) -m 755 $(shared_lib) $(DESTDIR)$(LIBDIR)
	$(Q)ln -sf libvfscap.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libvfscap.so.$(SOVERSION)
	$(Q)ln -sf libvfscap.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libvfscap.so
	$(Q)$(INSTALL) -m 644 $(BUILD)/vfscap.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	$(Q)$(call install_pages,$(filter %.3,$(man_pages)))

uninstall: ## remove what install put there
	$(Q)rm -f $(tools:%=$(DESTDIR)$(BINDIR)/%) $(DESTDIR)$(INCLUDEDIR)/vfscap.h \
		$(DESTDIR)$(LIBDIR)/libvfscap.a $(DESTDIR)$(LIBDIR)/libvfscap.so \
		$(DESTDIR)$(LIBDIR)/libvfscap.so.$(SOVERSION) \
		$(DESTDIR)$(LIBDIR)/libvfscap.so.$(VERSION) \
		$(DESTDIR)$(LIBDIR)/pkgconfig/vfscap.pc \
		$(patsubst %,$(DESTDIR)$(DATADIR)/%,$(notdir $(schemas)))
	$(Q)for page in $(man_pages); do \
		rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; \
	done
	$(Q)rmdir $(DESTDIR)$(DATADIR) 2>/dev/null || true

sources = $(wildcard include/*.h lib/*.[ch] form/*.[ch] ns/*.[ch] explain/*.[ch] stream/*.[ch] tar/*.[ch] oci/*.[ch] disk/*.[ch] jail/*.[ch] scan/*.[ch] \
	report/*.[ch] change/*.[ch] bin/*.[ch] tests/*.[ch] tests/*/*.[ch] tests/nocheck/sys/*.h \
	bench/*.[ch] fuzz/*.[ch] proof/*.[ch])
format: ## lay out all sources as .clang-format has it
	$(Q)clang-format -i $(sources)
format-check: ## fail where a source is laid out otherwise
	$(Q)clang-format --dry-run -Werror $(sources)

clean: ## remove what was built
	$(Q)rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'
	@sed -n '4,7s/^# \{0,1\}//p' $(MAKEFILE_LIST)
