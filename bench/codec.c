/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decoding and encoding one value costs, in nanoseconds. */
#include "vfscap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* More than a branch predictor learns by heart, less than a second-level cache
 * holds. */
#define VALUES 8192
#define ROUNDS 64
#define RUNS 21

struct value {
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t size;
};

/* What one kind of work makes of one value. */
typedef unsigned work_fn(const struct value *value, struct vfscap *cap);

static struct value valid[VALUES], mixed[VALUES];
static struct vfscap decoded[VALUES];

/* The floor: a call that moves as many bytes. */
static unsigned copy(const struct value *value, struct vfscap *cap)
{
	memcpy(cap, value->bytes, VFSCAP_SIZE_MAX);
	return 0;
}

static unsigned strict(const struct value *value, struct vfscap *cap)
{
	return (unsigned)vfscap_decode_strict(value->bytes, value->size, cap);
}

static unsigned lenient(const struct value *value, struct vfscap *cap)
{
	return (unsigned)vfscap_decode_lenient(value->bytes, value->size, cap);
}

static unsigned encode(const struct value *value, struct vfscap *cap)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	size_t used;

	(void)value;
	return (unsigned)vfscap_encode(cap, bytes, sizeof(bytes), &used);
}

/* xorshift32: the same values on every run. */
static uint32_t next(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static void make_valid(struct value *value, struct vfscap *cap)
{
	*cap = (struct vfscap){
		.permitted = (uint64_t)next() << 32 | next(),
		.inheritable = next(),
		.revision = next() % 4 ? 2 : 3,
		.effective = next() % 2,
	};
	if (cap->revision == 3)
		cap->rootid = next();
	if (vfscap_encode(cap, value->bytes, sizeof(value->bytes),
			  &value->size)) {
		fprintf(stderr, "codec: a valid value does not encode\n");
		exit(1);
	}
}

/* Half of them as they were, half with a wrong length, revision or flag. */
static void make_mixed(struct value *value)
{
	switch (next() % 6) {
	case 0:
		value->size = next() % (VFSCAP_SIZE_MAX + 1);
		break;
	case 1:
		value->bytes[3] = (uint8_t)(next() % 5);
		break;
	case 2:
		value->bytes[1] |= 2;
		break;
	default:
		break;
	}
}

/* Of the processor, which other processes take turns with. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(work_fn *work, const struct value *values)
{
	/* Read anew for each call, so that the compiler cannot look into it. */
	work_fn *volatile opaque = work;
	volatile unsigned sink = 0;
	double start = now();

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < VALUES; i++)
			sink = sink + opaque(&values[i], &decoded[i]);
	return (now() - start) / ROUNDS / VALUES;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *name, work_fn *work, const struct value *values)
{
	double ns[RUNS];

	run(work, values);
	for (int i = 0; i < RUNS; i++)
		ns[i] = run(work, values);
	qsort(ns, RUNS, sizeof(ns[0]), by_size);
	printf("%s %.2f\n", name, ns[RUNS / 2]);
}

int main(void)
{
	for (int i = 0; i < VALUES; i++) {
		make_valid(&valid[i], &decoded[i]);
		mixed[i] = valid[i];
		make_mixed(&mixed[i]);
	}
	/* First, while all that is decoded encodes. */
	report("encode", encode, valid);
	report("copy-24-bytes", copy, valid);
	report("strict-valid", strict, valid);
	report("lenient-valid", lenient, valid);
	report("strict-mixed", strict, mixed);
	report("lenient-mixed", lenient, mixed);
	return 0;
}
