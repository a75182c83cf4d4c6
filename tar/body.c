/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members written with their bodies, and what ends a stream. */
#include "tar/state.h"

#include <errno.h>
#include <string.h>

/*
 * What fills the body's last block. Where it is missing it is made, since some
 * readers do not miss it: the output must be broken in a way that all see.
 */
static int put_padding(struct tar *t, struct out *out, struct tar_where *where)
{
	uint64_t end = out_offset(out) + t->padding;
	int error = out_copy(out, t->in, tar_padding_there(t),
			     &where->source_failed);

	t->padding = 0;
	if (!error)
		error = tar_put_zeros(out, end - out_offset(out));
	if (error && where->source_failed) {
		tar_source_failed(t, error);
		where->boundary =
			tar_put_zeros(out, end - out_offset(out)) == 0;
		return error;
	}
	where->boundary = !error;
	return error;
}

static int put_body(struct tar *t, struct out *out, struct tar_where *where)
{
	int error = out_copy(out, t->in, t->body, &where->source_failed);

	if (error && where->source_failed)
		tar_source_failed(t, error);
	if (error)
		return error;
	t->body = 0;
	return put_padding(t, out, where);
}

/*
 * bsdtar believes the size of a hard link in an archive where it has met an
 * extended header. So the first one must not come by a change.
 */
static bool spoilt(struct tar *t, const struct tar_member *m,
		   const struct tar_change *change)
{
	const struct tar_part *last = &m->part[m->parts - 1];
	const uint8_t *block = m->head + last->at;
	int64_t size;

	t->inserted |= change && change->add && !t->extended;
	return t->inserted && m->type == '1' && m->body == 0 &&
	       tar_posix(block) &&
	       tar_number(block + AT_SIZE, SIZE_LONG, &size) == 0 && size != 0;
}

int tar_put(struct tar *t, const struct tar_member *m,
	    const struct tar_change *change, struct out *out,
	    struct tar_where *where)
{
	int error;

	*where = (struct tar_where){0};
	if (spoilt(t, m, change)) {
		*where = (struct tar_where){true, true};
		return tar_fail(t, -EBADMSG,
				"a hard link claims a size: with the archive's "
				"first extended header, which is new, readers "
				"would disagree whether a body follows");
	}
	error = tar_put_head(m, change, out);
	if (error == -E2BIG) {
		*where = (struct tar_where){true, true};
		return tar_fail(t, -EBADMSG,
				"an extended header would become longer than "
				"%d MiB",
				TAR_HEADER_MAX >> 20);
	}
	return error ? error : put_body(t, out, where);
}

int tar_put_rest(struct tar *t, struct out *out, struct tar_where *where)
{
	int error;

	*where = (struct tar_where){0};
	error = out_copy_all(out, t->in, &where->source_failed);
	return error && where->source_failed ? tar_source_failed(t, error)
					     : error;
}
