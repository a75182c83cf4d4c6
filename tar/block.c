/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Header blocks of tar: numbers, checksums, padding. Pure. */
#include "tar/parts.h"

#include <stdio.h>
#include <string.h>

/* Two's complement, the first bit aside, most significant byte first. */
static int base256(const uint8_t *field, size_t size, int64_t *number)
{
	bool negative = field[0] & 0x40;
	uint8_t fill = negative ? 0xff : 0;
	uint64_t n = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte = field[i];

		if (i == 0)
			byte = negative ? byte | 0x80 : byte & 0x7f;
		if (size - i > 8 && byte != fill)
			return -1;
		n = n << 8 | byte;
	}
	if ((n >> 63 != 0) != negative)
		return -1;
	*number = (int64_t)n;
	return 0;
}

/* Behind a field's first NUL or blanks some readers look for digits, others do
 * not: what they make of that is as different as can be. */
static bool blank(const uint8_t *field, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (field[i] && field[i] != ' ')
			return false;
	return true;
}

int tar_number(const uint8_t *field, size_t size, int64_t *number)
{
	const uint8_t *end = field + size, *digits;
	uint64_t n = 0;

	if (field[0] & 0x80)
		return base256(field, size, number);
	while (field < end && *field == ' ')
		field++;
	for (digits = field; field < end && (*field ^ '0') < 8; field++)
		n = n << 3 | (*field & 7);
	if (field < end && *field != ' ' && *field != '\0')
		return -1;
	if (field == digits && !blank(field, (size_t)(end - field)))
		return -1;
	*number = (int64_t)n;
	return 0;
}

void tar_put_number(uint8_t field[SIZE_LONG], uint64_t number)
{
	char digits[32], last = (char)field[SIZE_LONG - 1];

	if (field[0] & 0x80) {
		for (size_t i = SIZE_LONG; i-- > 0; number >>= 8)
			field[i] = (uint8_t)number;
		field[0] |= 0x80;
		return;
	}
	/* Some fill all of the field with digits. */
	if (last >= '0' && last <= '7') {
		snprintf(digits, sizeof(digits), "%012llo",
			 (unsigned long long)number);
		memcpy(field, digits, SIZE_LONG);
		return;
	}
	snprintf(digits, sizeof(digits), "%011llo", (unsigned long long)number);
	memcpy(field, digits, SIZE_LONG - 1);
	if (last != ' ')
		field[SIZE_LONG - 1] = '\0';
}

bool tar_zero(const uint8_t *block)
{
	static const uint8_t zero[TAR_BLOCK];

	return memcmp(block, zero, TAR_BLOCK) == 0;
}

/* Half of a block sums up to what 16 bits hold, so that many can be added at
 * once. */
static int half_sum(const uint8_t *half)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < TAR_BLOCK / 2; i++)
		sum = (uint16_t)(sum + half[i]);
	return sum;
}

/* The field itself counts as blanks. */
static int sum_of(const uint8_t *block)
{
	int sum = half_sum(block) + half_sum(block + TAR_BLOCK / 2) + 8 * ' ';

	for (size_t i = AT_CHECKSUM; i < AT_CHECKSUM + 8; i++)
		sum -= block[i];
	return sum;
}

/* The sum of bytes that have a sign, as some old writers have it. */
static int signed_sum_of(const uint8_t *block)
{
	int sum = sum_of(block);

	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (i < AT_CHECKSUM || i >= AT_CHECKSUM + 8)
			sum -= 256 * (block[i] >> 7);
	return sum;
}

bool tar_sum_right(const uint8_t *block)
{
	int64_t said;

	if (tar_number(block + AT_CHECKSUM, 8, &said) != 0)
		return false;
	return said == sum_of(block) || said == signed_sum_of(block);
}

void tar_put_sum(uint8_t *block)
{
	unsigned sum = (unsigned)sum_of(block);

	snprintf((char *)block + AT_CHECKSUM, 7, "%06o", sum & 0777777);
	block[AT_CHECKSUM + 7] = ' ';
}

uint64_t tar_padded(uint64_t size)
{
	if (size > UINT64_MAX - TAR_BLOCK)
		return UINT64_MAX;
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

bool tar_posix(const uint8_t *block)
{
	return memcmp(block + AT_MAGIC, "ustar", 6) == 0;
}
