/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes as the C locale has them, whatever locale the caller has set. */
#ifndef ASCII_H
#define ASCII_H

#include <stdbool.h>

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_letter(char c)
{
	return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

/* What names are made of. */
static inline bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

#endif /* ASCII_H */
