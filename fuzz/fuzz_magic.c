/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the beginning of a file says: of any bytes it is an answer that has the
 * name and the reason of its kind, and nothing behind the bytes is looked at. An
 * input is pieces: three bytes say where it is, one how long it is; the file ends
 * with the last of them.
 */
#include "fuzz.h"
#include "scan/magic.h"

#include <stdlib.h>

static void check_kind(const struct magic_kind *k)
{
	bool reason = k->magic == MAGIC_CANNOT || k->magic == MAGIC_NOT_READ;

	must(k && k->magic <= MAGIC_NOT_READ);
	must(!k->name == (k->magic == MAGIC_NONE));
	must(!k->reason == !reason);
	must(!reason || strncmp(k->reason, k->name, strlen(k->name)) == 0);
	must(!k->kind == !(k->magic == MAGIC_RPM || k->magic == MAGIC_DISK));
}

/* At the end of its memory, so that reading beyond is seen. */
static void look(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);

	must(copy);
	memcpy(copy, data, size);
	check_kind(magic_of(copy, size));
	free(copy);
}

/* Returns where the last piece ends; @most: where any does. */
static size_t put_pieces(struct take *take, uint8_t window[MAGIC_WINDOW],
			 size_t *most)
{
	size_t end = 0;

	while (take->size) {
		size_t at = (size_t)take_number(take, 3) % MAGIC_WINDOW;
		size_t size = (size_t)take_number(take, 1);

		if (size > take->size)
			size = take->size;
		if (size > MAGIC_WINDOW - at)
			size = MAGIC_WINDOW - at;
		memcpy(window + at, take->data, size);
		take->data += size;
		take->size -= size;
		end = at + size;
		*most = end > *most ? end : *most;
	}
	return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t window[MAGIC_WINDOW];
	struct take take = {data, size};
	size_t most = 0;

	look(data, size);
	look(window, put_pieces(&take, window, &most));
	check_kind(magic_of(window, sizeof(window)));
	memset(window, 0, most);
	return 0;
}
