/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as hexadecimal, base64 or quoted text. */
#include "form/form.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

void form_hex(const uint8_t *bytes, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++) {
		*out++ = hex_digits[bytes[i] >> 4];
		*out++ = hex_digits[bytes[i] & 15];
	}
	*out = '\0';
}

void form_base64(const uint8_t *bytes, size_t size, char *out)
{
	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t word = (uint32_t)bytes[i] << 16;

		word |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		word |= left > 2 ? bytes[i + 2] : 0;
		*out++ = base64_digits[word >> 18];
		*out++ = base64_digits[word >> 12 & 63];
		*out++ = left > 1 ? base64_digits[word >> 6 & 63] : '=';
		*out++ = left > 2 ? base64_digits[word & 63] : '=';
	}
	*out = '\0';
}

static int hex_value(char c)
{
	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	for (int i = 0; i < 16; i++)
		if (hex_digits[i] == c)
			return i;
	return -1;
}

static ssize_t read_hex(const char *text, size_t len, uint8_t *out)
{
	if (len % 2)
		return -1;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		*out++ = (uint8_t)(high << 4 | low);
	}
	return (ssize_t)(len / 2);
}

static ssize_t read_base64(const char *text, size_t len, uint8_t *out)
{
	uint32_t word = 0;
	unsigned bits = 0;
	ssize_t size = 0;

	if (len % 4 == 0)
		for (int i = 0; i < 2 && len && text[len - 1] == '='; i++)
			len--;
	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const char *digit =
			text[i] ? strchr(base64_digits, text[i]) : NULL;

		if (!digit)
			return -1;
		word = word << 6 | (uint32_t)(digit - base64_digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[size++] = (uint8_t)(word >> bits);
		}
	}
	/* Bits that belong to no byte must be zero: one form a value. */
	return word & ((1u << bits) - 1) ? -1 : size;
}

/* In quotes, getfattr(1) writes \\\\ and \\" besides octal escapes. */
static ssize_t read_quoted(const char *text, size_t len, uint8_t *out)
{
	ssize_t size = 0;

	for (size_t i = 0; i < len; size++) {
		if (text[i] == '\\' && i + 1 < len &&
		    (text[i + 1] == '\\' || text[i + 1] == '"')) {
			out[size] = (uint8_t)text[i + 1];
			i += 2;
		} else {
			char c[4];
			size_t span = len - i < 4 ? len - i : 4;

			i += form_unescape(text + i, span, c) < span ? 4 : 1;
			out[size] = (uint8_t)c[0];
		}
	}
	return size;
}

ssize_t form_bytes(const char *text, size_t len, bool plain, bool quotes,
		   uint8_t *out)
{
	if (len >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return read_hex(text + 2, len - 2, out);
	if (len >= 2 && text[0] == '0' && (text[1] == 's' || text[1] == 'S'))
		return read_base64(text + 2, len - 2, out);
	if (quotes && len >= 2 && text[0] == '"' && text[len - 1] == '"')
		return read_quoted(text + 1, len - 2, out);
	return plain ? read_hex(text, len, out) : -1;
}

bool form_script(const void *bytes, size_t size)
{
	return size >= 2 && memcmp(bytes, "#!", 2) == 0;
}
