/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths on one line, whatever bytes they are made of. */
#include "form/form.h"

#include <string.h>

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * The length of the UTF-8 sequence at @s, 0 where there is none: no overlong
 * form, no surrogate, nothing above U+10FFFF.
 */
static size_t sequence(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;

	if (b[0] < 0x80)
		return 1;
	if (b[0] >= 0xc2 && b[0] <= 0xdf)
		return is_continuation(b[1]) ? 2 : 0;
	if (b[0] >= 0xe0 && b[0] <= 0xef) {
		if (!is_continuation(b[1]) || !is_continuation(b[2]) ||
		    (b[0] == 0xe0 && b[1] < 0xa0) ||
		    (b[0] == 0xed && b[1] > 0x9f))
			return 0;
		return 3;
	}
	if (b[0] >= 0xf0 && b[0] <= 0xf4) {
		if (!is_continuation(b[1]) || !is_continuation(b[2]) ||
		    !is_continuation(b[3]) || (b[0] == 0xf0 && b[1] < 0x90) ||
		    (b[0] == 0xf4 && b[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

/* C0, DEL, and U+0080 to U+009F: a terminal may act on them. */
static bool is_control(const char *s, size_t len)
{
	const unsigned char *b = (const unsigned char *)s;

	return len == 1 ? b[0] < 0x20 || b[0] == 0x7f
			: len == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

static char *escape(char *out, unsigned char c)
{
	*out++ = '\\';
	*out++ = (char)('0' + (c >> 6));
	*out++ = (char)('0' + (c >> 3 & 7));
	*out++ = (char)('0' + (c & 7));
	return out;
}

void form_path(const char *path, char *out)
{
	while (*path) {
		size_t len = sequence(path);
		bool plain = len && !is_control(path, len) && *path != '\\';

		for (len = len ? len : 1; len; len--, path++) {
			if (plain)
				*out++ = *path;
			else
				out = escape(out, (unsigned char)*path);
		}
	}
	*out = '\0';
}

static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

void form_uri(const char *path, char *out)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (is_unreserved(*path)) {
			*out++ = *path;
			continue;
		}
		*out++ = '%';
		*out++ = digits[c >> 4];
		*out++ = digits[c & 15];
	}
	*out = '\0';
}

bool form_utf8(const char *text)
{
	while (*text) {
		size_t len = sequence(text);

		if (!len)
			return false;
		text += len;
	}
	return true;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

size_t form_unescape(const char *text, size_t len, char *out)
{
	char *start = out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 3 < len && text[i + 1] <= '3' &&
		    is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
		    is_octal(text[i + 3])) {
			*out++ = (char)((text[i + 1] - '0') << 6 |
					(text[i + 2] - '0') << 3 |
					(text[i + 3] - '0'));
			i += 3;
		} else {
			*out++ = text[i];
		}
	}
	return (size_t)(out - start);
}
