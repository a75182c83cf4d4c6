/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a scan is, in one line of a terminal's standard error. */
#include "bin/progress.h"
#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 1000 /* before the first line */
#define PERIOD_MS 200	 /* between lines */
#define PATH_SHOWN 48	 /* bytes of a path, so that the line stays one */

int progress_find(const char *word, enum progress_when *when)
{
	static const char *const words[] = {
		[PROGRESS_AUTO] = "auto",
		[PROGRESS_ALWAYS] = "always",
		[PROGRESS_NEVER] = "never",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*when = (enum progress_when)i;
			return 0;
		}
	return -1;
}

static int64_t since_ms(const struct timespec *then, const struct timespec *now)
{
	return (now->tv_sec - then->tv_sec) * 1000 +
	       (now->tv_nsec - then->tv_nsec) / 1000000;
}

static void clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

/* The end of a path says more than its beginning. */
static void show_path(const char *path)
{
	size_t len = strlen(path);

	if (len > PATH_SHOWN) {
		fputs("...", stderr);
		path += len - PATH_SHOWN;
	}
	report_path(stderr, path);
}

static void show(struct progress *p, const char *path,
		 const struct timespec *now)
{
	int64_t ms = since_ms(&p->begun, now);

	clear(p);
	fflush(stdout);
	fprintf(stderr,
		"%s: %" PRIu64 " entries, %" PRIu64 " found, %" PRIu64
		" a second: ",
		p->name, p->totals->entries, p->hits,
		ms > 0 ? p->totals->entries * 1000 / (uint64_t)ms : 0);
	show_path(path);
	fflush(stderr);
	p->shown = true;
	p->last = *now;
}

/* Called for each directory: the coarse clock costs some nanoseconds. */
static void step(void *ctx, const char *path)
{
	struct progress *p = ctx;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (since_ms(&p->begun, &now) >= PATIENCE_MS &&
	    since_ms(&p->last, &now) >= PERIOD_MS)
		show(p, path, &now);
}

static int take(void *ctx, const struct scan_record *record)
{
	struct progress *p = ctx;

	clear(p);
	if (record->what == SCAN_ENTRY && record->value)
		p->hits++;
	return p->fn(p->ctx, record);
}

static void begin(struct progress *p, const struct scan_totals *totals)
{
	p->totals = totals;
	p->on = p->when == PROGRESS_ALWAYS ||
		(p->when == PROGRESS_AUTO && isatty(STDERR_FILENO));
	if (!p->begun.tv_sec)
		clock_gettime(CLOCK_MONOTONIC_COARSE, &p->begun);
}

int progress_scan(struct progress *p, const struct scan_input *input,
		  const struct scan_options *options,
		  struct scan_totals *totals, scan_fn *fn, void *ctx)
{
	struct scan_options with = *options;
	int error;

	begin(p, totals);
	if (!p->on)
		return scan_run(input, options, totals, fn, ctx);
	p->fn = fn;
	p->ctx = ctx;
	with.progress = step;
	with.progress_ctx = p;
	error = scan_run(input, &with, totals, take, p);
	clear(p);
	return error;
}
