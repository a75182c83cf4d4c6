/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process says that was taken over by what it reads: a message is refused,
 * or it is the one that would be packed of what comes of it: a record or an entry
 * that can be shown, a block that can be written.
 */
#include "disk/inside.h"
#include "fuzz.h"
#include "report/report.h"
#include "scan/closed.h"
#include "scan/disk.h"

#include <errno.h>
#include <stdlib.h>

/* struct said - a message, and what it was handed over as */
struct said {
	const uint8_t *data;
	size_t size;
	unsigned calls;
};

static void must_be(struct pack *p, const struct said *said)
{
	must(!p->failed && p->used == said->size);
	must(memcmp(p->bytes, said->data, said->size) == 0);
	free(p->bytes);
}

/* --------------------------------- records -------------------------------- */

static FILE *nowhere;
static struct userns caller = {.name = "caller", .initial = true};

/* In each format that there is, with what it means. */
static void show(const struct scan_record *r)
{
	static struct vfscap_listing listing;
	const struct view_context context = {.listing = &listing,
					     .caller = &caller};
	static const char *const formats[] = {"text", "json", "getfattr"};
	struct report report = {
		.out = nowhere, .listing = &listing, .all = true};
	struct view view;

	if (r->what != SCAN_ENTRY) {
		report_trouble(nowhere, "said", r, NULL);
		return;
	}
	view_of(r, &context, &view);
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		const struct report_format *format =
			report_format_find(formats[i]);

		must(format && format->write(&report, &view) == 0);
	}
	if (r->error || view.decode > 0)
		report_trouble(nowhere, "said", r, &view);
}

static void check_possible(const struct scan_record *r)
{
	must(r->path && r->rel && r->dirfd == -1 && r->fd == -1);
	must(r->what == SCAN_ENTRY ? !r->value == (r->error != 0)
				   : !r->value && !r->member);
	must(r->what != SCAN_NOTICE || r->reason);
	must(!r->copy || (r->copy >= r->member->copy &&
			  r->copy < r->member->copy + r->member->copies));
}

static void check_record(const struct said *said)
{
	static struct scan_unpacked to; /* as whoever hears keeps it */
	struct unpack u = {.at = said->data, .left = said->size};
	int error = scan_record_unpack(&u, &to);
	struct pack again = {0};

	must(error == 0 || error == -EPROTO);
	if (error)
		return;
	check_possible(&to.record);
	scan_record_pack(&again, &to.record);
	must_be(&again, said);
	show(&to.record);
}

/* ---------------------------- entries and blocks -------------------------- */

#define STOP 33

static int take_entry(void *ctx, const struct disk_entry *e)
{
	static const struct scan_input input = {.source = "ext4:i",
						.location = "i"};
	static char room[SCAN_DISK_PATH];
	struct said *said = ctx;
	struct pack again = {0};
	struct scan_record r;

	said->calls++;
	must(e->what <= DISK_NOTICE && e->error >= 0);
	must(e->size <= DISK_VALUE_MAX);
	inside_pack_entry(&again, e);
	must_be(&again, said);
	r = scan_disk_record(&input, e, room);
	check_possible(&r);
	show(&r);
	return STOP;
}

static int take_block(void *ctx, uint64_t at, const uint8_t *old,
		      const uint8_t *new, size_t size)
{
	struct said *said = ctx;
	struct pack again = {0};

	said->calls++;
	must(size > 0 && old && new);
	inside_pack_block(&again, at, old, new, size);
	must_be(&again, said);
	return STOP;
}

/* Whoever wants nothing of a kind gets none. */
static void check_inside(struct said *said, unsigned kind, bool wanted)
{
	struct unpack u = {.at = said->data, .left = said->size};
	const struct inside inside = {
		.entry = wanted ? take_entry : NULL,
		.block = wanted ? take_block : NULL,
		.ctx = said,
	};
	int result;

	said->calls = 0;
	result = inside_take(&inside, kind, &u);
	must(result == (said->calls ? STOP : -EPROTO));
	must(said->calls <= (wanted && kind <= INSIDE_BLOCK));
}

/* The first byte says of which kind the message is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct said said;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	must(nowhere);
	if (!size)
		return 0;
	said = (struct said){.data = data + 1, .size = size - 1};
	if (*data == 'r')
		check_record(&said);
	check_inside(&said, *data - (unsigned)'a', true);
	check_inside(&said, *data & 1, false);
	return 0;
}
