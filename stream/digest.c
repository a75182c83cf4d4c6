/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages that digest what passes, and digests as text. */
#include "stream/stage.h"

#include "form/form.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <string.h>

/* Since nettle 4 the size of a digest is not asked for. */
#if NETTLE_VERSION_MAJOR >= 4
#define FINISH(name, context, to) name##_digest(context, to)
#else
#define FINISH(name, context, to) name##_digest(context, sizeof(to), to)
#endif

struct digest {
	bool is_512;
	union {
		struct sha256_ctx sha256;
		struct sha512_ctx sha512;
	};
};

static int digest_init(struct digest *d, const char *algorithm)
{
	size_t len = strcspn(algorithm, ":");

	if (len != 6 || (memcmp(algorithm, "sha256", len) != 0 &&
			 memcmp(algorithm, "sha512", len) != 0))
		return -EINVAL;
	d->is_512 = algorithm[3] == '5';
	if (d->is_512)
		sha512_init(&d->sha512);
	else
		sha256_init(&d->sha256);
	return 0;
}

static void digest_update(struct digest *d, const uint8_t *data, size_t size)
{
	if (d->is_512)
		sha512_update(&d->sha512, size, data);
	else
		sha256_update(&d->sha256, size, data);
}

/* Of a copy, so that more can follow. */
static void digest_text(struct digest d, char text[DIGEST_SIZE])
{
	uint8_t bytes_256[SHA256_DIGEST_SIZE], bytes_512[SHA512_DIGEST_SIZE];

	if (d.is_512) {
		FINISH(sha512, &d.sha512, bytes_512);
		memcpy(text, "sha512:", 7);
		form_hex(bytes_512, sizeof(bytes_512), text + 7);
	} else {
		FINISH(sha256, &d.sha256, bytes_256);
		memcpy(text, "sha256:", 7);
		form_hex(bytes_256, sizeof(bytes_256), text + 7);
	}
}

bool digest_known(const char *digest)
{
	size_t digits = strncmp(digest, "sha256:", 7) == 0   ? 64
			: strncmp(digest, "sha512:", 7) == 0 ? 128
							     : 0;

	return digits && strspn(digest + 7, "0123456789abcdef") == digits &&
	       !digest[7 + digits];
}

void digest_bytes(const char *algorithm, const void *data, size_t size,
		  char digest[DIGEST_SIZE])
{
	struct digest d;

	*digest = '\0';
	if (digest_init(&d, algorithm) != 0)
		return;
	digest_update(&d, data, size);
	digest_text(d, digest);
}

/* --------------------------------- sources -------------------------------- */

struct digest_in {
	struct in in;
	struct digest digest;
};

static ssize_t digest_peek(struct in *in, size_t want, const uint8_t **data)
{
	ssize_t n = in_peek(in->from, want, data);

	return n < 0 ? in_fail_from(in, (int)n) : n;
}

static void digest_consume(struct in *in, size_t size)
{
	struct digest_in *d = (struct digest_in *)in;
	const uint8_t *data;

	in_peek(in->from, size, &data);
	digest_update(&d->digest, data, size);
	in_consume(in->from, size);
}

static const struct in_ops digest_in_ops = {
	.peek = digest_peek,
	.consume = digest_consume,
};

int in_digested(struct in **in, struct in *from, const char *algorithm)
{
	struct digest_in *d = in_new(sizeof(*d), &digest_in_ops, from);

	if (!d)
		return -ENOMEM;
	*in = &d->in;
	if (digest_init(&d->digest, algorithm) == 0)
		return 0;
	in_close(*in);
	return -EINVAL;
}

void in_digest(struct in *in, char digest[DIGEST_SIZE])
{
	digest_text(((struct digest_in *)in)->digest, digest);
}

/* ---------------------------------- sinks --------------------------------- */

struct digest_out {
	struct out out;
	struct digest digest;
};

static int digest_write(struct out *out, const uint8_t *data, size_t size)
{
	struct digest_out *d = (struct digest_out *)out;
	int error = out_write(out->to, data, size);

	if (error)
		return out_fail_to(out, error);
	digest_update(&d->digest, data, size);
	return 0;
}

static const struct out_ops digest_out_ops = {.write = digest_write};

int out_digested(struct out **out, struct out *to, const char *algorithm)
{
	struct digest_out *d = out_new(sizeof(*d), &digest_out_ops, to);

	if (!d)
		return -ENOMEM;
	*out = &d->out;
	if (digest_init(&d->digest, algorithm) == 0)
		return 0;
	out_close(*out);
	return -EINVAL;
}

void out_digest(struct out *out, char digest[DIGEST_SIZE])
{
	digest_text(((struct digest_out *)out)->digest, digest);
}
