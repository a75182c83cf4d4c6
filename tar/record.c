/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of pax extended headers: "LENGTH KEY=VALUE\n". Pure. */
#include "tar/parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The length counts its own digits, and says where the record ends. */
static int record_length(const uint8_t *body, size_t room, size_t *digits,
			 size_t *length)
{
	size_t n = 0, i = 0;

	while (i < room && body[i] >= '0' && body[i] <= '9' &&
	       n <= TAR_HEADER_MAX)
		n = 10 * n + (size_t)(body[i++] - '0');
	if (i == 0 || i == room || body[i] != ' ' || n > room || n < i + 3)
		return -1;
	*digits = i;
	*length = n;
	return 0;
}

/* Readers stop at a NUL, or stumble over it; behind it nothing may follow. */
static int only_zeros(const uint8_t *body, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (body[i])
			return -1;
	return 0;
}

int tar_record(const uint8_t *body, size_t size, size_t *at,
	       struct tar_record *r)
{
	const uint8_t *start = body + *at, *equals;
	size_t digits, length;

	if (*at == size)
		return 0;
	if (!*start)
		return only_zeros(start, size - *at);
	if (record_length(start, size - *at, &digits, &length) != 0 ||
	    start[length - 1] != '\n')
		return -1;
	*r = (struct tar_record){.at = *at, .size = length};
	r->key = (const char *)start + digits + 1;
	equals = memchr(r->key, '=', length - digits - 2);
	if (!equals)
		return -1;
	r->key_size = (size_t)((const char *)equals - r->key);
	/* Some readers pass over blanks before a key. */
	if (r->key_size == 0 || memchr(r->key, 0, r->key_size) ||
	    *r->key == ' ' || *r->key == '\t')
		return -1;
	r->value = equals + 1;
	r->value_size = (size_t)(start + length - 1 - r->value);
	*at += length;
	return 1;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* libarchive writes what comes after its prefix as in a URL. */
static bool url_is(const char *text, size_t size, const char *word)
{
	size_t i = 0;

	for (; i < size && *word; word++) {
		char c = text[i++];

		if (c == '%' && size - i >= 2 && hex_digit(text[i]) >= 0 &&
		    hex_digit(text[i + 1]) >= 0) {
			c = (char)(16 * hex_digit(text[i]) +
				   hex_digit(text[i + 1]));
			i += 2;
		}
		if (c != *word)
			return false;
	}
	return i == size && !*word;
}

const char *tar_record_of(const struct tar_record *r)
{
	static const char prefix[] = "LIBARCHIVE.xattr.";
	const size_t size = sizeof(prefix) - 1;

	if (tar_record_is(r, TAR_SCHILY))
		return TAR_SCHILY;
	if (r->key_size > size && memcmp(r->key, prefix, size) == 0 &&
	    url_is(r->key + size, r->key_size - size, "security.capability"))
		return TAR_LIBARCHIVE;
	return NULL;
}

static int base64_digit(uint8_t c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* It ends at '=' and, which is its own, at '_' and at a NUL. */
static size_t base64_end(const uint8_t *text, size_t size, bool *proper)
{
	size_t end = 0;

	while (end < size && text[end] && text[end] != '=' && text[end] != '_')
		end++;
	*proper = true;
	for (size_t i = end; i < size; i++)
		*proper &= text[i] == '=';
	*proper &= end == size || (size % 4 == 0 && size - end < 3);
	return end;
}

size_t tar_base64(const uint8_t *text, size_t size, uint8_t *out, bool *proper)
{
	size_t end = base64_end(text, size, proper), digits = 0, n = 0;
	uint32_t word = 0;

	for (size_t i = 0; i < end; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0) {
			*proper = false;
			continue;
		}
		word = word << 6 | (uint32_t)digit;
		/* The first digit of four has no byte of its own yet. */
		if (digits++ % 4)
			out[n++] =
				(uint8_t)(word >> (6 - 2 * ((digits - 1) % 4)));
	}
	*proper &= digits % 4 != 1;
	return n;
}

size_t tar_record_put(uint8_t *out, const char *key, size_t key_size,
		      const uint8_t *value, size_t value_size)
{
	size_t rest = 1 + key_size + 1 + value_size + 1, length = rest + 1;
	int digits;

	/* One digit more may make it one digit longer. */
	while ((size_t)(digits = snprintf(NULL, 0, "%zu", length)) + rest !=
	       length)
		length = (size_t)digits + rest;
	digits = sprintf((char *)out, "%zu ", length);
	out += digits;
	memcpy(out, key, key_size);
	out[key_size] = '=';
	memcpy(out + key_size + 1, value, value_size);
	out[key_size + 1 + value_size] = '\n';
	return length;
}
