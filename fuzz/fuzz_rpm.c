/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RPM packages: whatever librpm makes of one, records are whole, and reading
 * twice shows the same. A build that lacks librpm reads none.
 */
#include "fuzz.h"
#include "scan/scan.h"
#include "vfscap.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#include <stdlib.h>
#include <unistd.h>

/* librpm loses a few bytes where a list of files is refused; the process that
 * reads a package ends with it. Its frames have no pointers to the next. */
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:rpmfilesNew\n";
}

static int take(void *ctx, const struct scan_record *r)
{
	struct vfscap cap;

	must(r->path && r->rel && *r->rel != '/');
	must(!r->value || !r->error);
	must(r->what != SCAN_UNREAD || r->reason);
	if (r->value)
		must(vfscap_decode_strict(r->value, r->size, &cap) == 0);
	else
		must(r->error);
	text_add(ctx, r->path, strlen(r->path) + 1);
	text_add(ctx, r->value, r->value ? r->size : 0);
	text_add(ctx, &r->error, sizeof(r->error));
	return 0;
}

static void read_package(int fd, struct text *said)
{
	const struct scan_backend *backend = scan_kind("rpm", 3);
	struct scan_input input = {backend, "rpm:x", "x"};
	/* What another process does, the fuzzer does not see. */
	struct scan_options options = {.all = true, .sandbox = SANDBOX_NO};
	struct scan_totals totals = {0};
	struct scan scan = {&input, &options, &totals, take, said};

	must(lseek(fd, 0, SEEK_SET) == 0);
	must(!backend->contents || backend->contents(&scan, fd) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text first = {0}, second = {0};
	int fd = memory_file(data, size);

	read_package(fd, &first);
	read_package(fd, &second);
	must(text_equal(&first, &second));
	free(first.bytes);
	free(second.bytes);
	close(fd);
	return 0;
}
