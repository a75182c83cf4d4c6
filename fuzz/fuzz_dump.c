/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps: whatever is read as one form has paths and values as that form can have
 * them, reading twice is the same, a refusal says where and leaves nothing, and
 * what getfattr would write for what was read is read as the same.
 */
#include "form/form.h"
#include "fuzz.h"
#include "scan/dump.h"

#include <stdlib.h>
#include <unistd.h>

/* What it says is checked likewise, if it is only this process. */
static const struct closed_how here = {.sandbox = SANDBOX_NO};

static int read_bytes(const void *data, size_t size, enum dump_form form,
		      struct dump *dump, struct dump_fault *fault)
{
	static struct vfscap_listing listing;
	int fd = memory_file(data, size), error;
	char path[FD_PATH_SIZE];

	vfscap_listing_builtin(&listing);
	fd_path(fd, path);
	error = dump_read(path, &here, form, &listing, dump, fault);
	close(fd);
	return error;
}

static void check_entry(const struct dump_entry *e, enum dump_form form)
{
	struct vfscap cap;
	char *rel = malloc(strlen(e->rel) + 2);

	must(rel && e->path && e->line);
	tar_rel(e->rel, rel);
	must(strcmp(rel, e->rel) == 0);
	free(rel);
	must(e->value || (form == DUMP_JSON && !e->size));
	if (form == DUMP_NULL)
		must(vfscap_decode_strict(e->value, e->size, &cap) == 0);
}

static void check_same(const struct dump *a, const struct dump *b)
{
	must(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct dump_entry *x = &a->entry[i], *y = &b->entry[i];

		must(strcmp(x->path, y->path) == 0);
		must(x->size == y->size && !x->value == !y->value);
		must(!x->size || memcmp(x->value, y->value, x->size) == 0);
	}
}

/* What cannot be had has no line in such a dump. */
static bool write_entry(struct text *t, const struct dump_entry *e)
{
	char *path = malloc(FORM_PATH_SIZE(strlen(e->path)));
	char *hex = malloc(FORM_HEX_SIZE(e->size));

	must(path && hex);
	form_path(e->path, path);
	form_hex(e->value, e->value ? e->size : 0, hex);
	text_add(t, "# file: ", 8);
	text_add(t, path, strlen(path));
	text_add(t, "\n" VFSCAP_XATTR "=0x", 4 + sizeof(VFSCAP_XATTR) - 1);
	text_add(t, hex, strlen(hex));
	text_add(t, "\n\n", 2);
	free(path);
	free(hex);
	return e->value != NULL;
}

static void check_written(const struct dump *dump)
{
	struct text t = {0};
	struct dump_fault fault;
	struct dump back;
	bool all = true;

	for (size_t i = 0; i < dump->count; i++)
		all &= write_entry(&t, &dump->entry[i]);
	if (all && dump->count) {
		must(read_bytes(t.bytes, t.size, DUMP_GETFATTR, &back,
				&fault) == 0);
		check_same(dump, &back);
		dump_free(&back);
	}
	free(t.bytes);
}

static int check(const uint8_t *data, size_t size, enum dump_form form)
{
	struct dump dump, again;
	struct dump_fault fault, other;
	int error = read_bytes(data, size, form, &dump, &fault);

	must(read_bytes(data, size, form, &again, &other) == error);
	check_same(&dump, &again);
	dump_free(&again);
	if (error) {
		must(error == -1 && !dump.count && !dump.entry);
		must(*fault.why && !fault.error && fault.line == other.line);
		return error;
	}
	for (size_t i = 0; i < dump.count && form != DUMP_ANY; i++)
		check_entry(&dump.entry[i], form);
	check_written(&dump);
	dump_free(&dump);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int readable = 0;

	for (enum dump_form form = DUMP_GETFATTR; form <= DUMP_NULL; form++)
		readable += check(data, size, form) == 0;
	/* Whichever it is, it is one of them. */
	if (check(data, size, DUMP_ANY) == 0)
		must(readable);
	return 0;
}
