/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes and paths written out: reading gives them back, what is escaped is valid
 * UTF-8 on one line, and any text is read within the room that is promised.
 */
#include "form/form.h"
#include "fuzz.h"

#include <stdlib.h>

static void *room(size_t size)
{
	void *bytes = malloc(size);

	must(bytes);
	return bytes;
}

static void check_back(const char *text, const uint8_t *data, size_t size)
{
	uint8_t *back = room(strlen(text) + 1);

	must(form_bytes(text, strlen(text), false, false, back) ==
	     (ssize_t)size);
	must(!size || memcmp(back, data, size) == 0);
	free(back);
}

static void check_bytes(const uint8_t *data, size_t size)
{
	char *hex = room(2 + FORM_HEX_SIZE(size));
	char *base64 = room(2 + FORM_BASE64_SIZE(size));

	memcpy(hex, "0x", 2);
	form_hex(data, size, hex + 2);
	must(strlen(hex) == 2 + 2 * size);
	check_back(hex, data, size);
	memcpy(base64, "0s", 2);
	form_base64(data, size, base64 + 2);
	must(strlen(base64) + 1 == 2 + FORM_BASE64_SIZE(size));
	check_back(base64, data, size);
	free(hex);
	free(base64);
}

static void check_path(const char *path)
{
	size_t size = strlen(path);
	char *out = room(FORM_PATH_SIZE(size)),
	     *uri = room(FORM_URI_SIZE(size));
	char *back;

	form_path(path, out);
	must(strlen(out) < FORM_PATH_SIZE(size) && form_utf8(out));
	for (const char *c = out; *c; c++)
		must((uint8_t)*c >= ' ' && *c != 0x7f);
	back = room(strlen(out) + 1);
	must(form_unescape(out, strlen(out), back) == size);
	must(memcmp(back, path, size) == 0);
	form_uri(path, uri);
	must(strlen(uri) < FORM_URI_SIZE(size));
	must(strspn(uri, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789-._~/%") == strlen(uri));
	free(out);
	free(uri);
	free(back);
}

/* Any text, in each way; what is there is as long as what it says. */
static void check_text(const char *text, size_t size)
{
	for (int how = 0; how < 4; how++) {
		uint8_t *out = room(size + !size);
		ssize_t n = form_bytes(text, size, how & 1, how & 2, out);

		must(n >= -1 && n <= (ssize_t)size);
		if (n > 0)
			check_bytes(out, (size_t)n);
		free(out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	char *text = take_text(&take), *out = room(size + !size);

	check_bytes(data, size);
	check_text((const char *)data, size);
	check_path(text);
	must(form_unescape((const char *)data, size, out) <= size);
	form_script(data, size);
	free(out);
	free(text);
	return 0;
}
