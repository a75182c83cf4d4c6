/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Predictions and what the kernel does, side by side. */
#include "userns_judge.h"

#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ------------------------------- complaints ------------------------------ */

/* How many predictions were tried, by what was to come of it. */
struct tally {
	unsigned long done; /* seen, stored, honoured */
	unsigned long ignored;
	unsigned long failed[EOVERFLOW + 1];
};

static struct tally gets, sets, execs;
static unsigned long on_disk, complaints;

static void tally(struct tally *t, int error, bool done)
{
	if (error)
		t->failed[-error]++;
	else if (done)
		t->done++;
	else
		t->ignored++;
}

static unsigned long count(const char *what, const struct tally *t)
{
	unsigned long all = t->done + t->ignored;

	printf("predict: %s: %lu done", what, t->done);
	if (t->ignored)
		printf(", %lu ignored", t->ignored);
	for (size_t i = 0; i < ROWS(t->failed); i++) {
		all += t->failed[i];
		if (t->failed[i])
			printf(", %lu %s", t->failed[i],
			       vfscap_error_name(-(int)i));
	}
	printf(", %lu in all\n", all);
	return all;
}

/* One wrong prediction must not hide the next, but a thousand tell no more. */
static void complain(const struct userns_value *v, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void complain(const struct userns_value *v, const char *format, ...)
{
	va_list args;

	if (complaints++ >= 20)
		return;
	fprintf(stderr, "value '%s': ", userns_hex(v));
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

struct userns_verdict userns_conclude(void)
{
	struct userns_verdict v = {.on_disk = on_disk,
				   .complaints = complaints};

	v.predictions = count("getxattr", &gets) + count("setxattr", &sets) +
			count("execve", &execs);
	return v;
}

/* ------------------------------- one by one ------------------------------ */

static const char *what(const struct userns_place *p,
			const struct userns_process *who)
{
	static char text[512];
	size_t used = 0;

	used += (size_t)sprintf(text, "%s at %s, by", p->name, p->dir);
	if (!who->ns)
		strcpy(text + used, " init");
	for (const struct vfscap_userns *ns = who->ns; ns; ns = ns->parent) {
		const struct vfscap_extent *e = &ns->map.extent[0];

		used += (size_t)sprintf(text + used, " %u:%u:%u+%u", e->inside,
					e->outside, e->count, ns->map.count);
	}
	return text;
}

static void judge_get(const struct userns_place *p,
		      const struct userns_process *reader, const char *path,
		      const struct userns_value *stored)
{
	struct userns_value predicted = {0}, got;
	struct vfscap seen = {0};
	int error = vfscap_predict_get(stored->bytes, stored->size, &p->mount,
				       reader->ns, &seen);
	int said = userns_ask_get(reader, path, &got);

	tally(&gets, error, true);
	if (!error)
		predicted = userns_encoded(&seen);
	if (said != -error)
		complain(stored, "%s: getxattr: %s, not %s", what(p, reader),
			 strerror(said), strerror(-error));
	else if (!userns_same(&got, &predicted))
		complain(stored, "%s: getxattr: %s, not %s", what(p, reader),
			 userns_hex(&got), userns_hex(&predicted));
}

static void judge_exec(const struct userns_place *p,
		       const struct userns_process *caller, const char *path,
		       const struct userns_value *stored)
{
	struct vfscap cap = {0};
	bool honoured = false;
	uint64_t granted;
	int error = vfscap_predict_exec(stored->bytes, stored->size, &p->mount,
					caller->ns, &honoured);
	int said = userns_ask_exec(caller, path, &granted);

	tally(&execs, error, honoured);
	if (!error && honoured)
		vfscap_decode_lenient(stored->bytes, stored->size, &cap);
	if (said != -error)
		complain(stored, "%s: execve: %s, not %s", what(p, caller),
			 strerror(said), strerror(-error));
	else if (granted != (cap.permitted & userns_bounding()))
		complain(stored,
			 "%s: execve: granted %" PRIx64 ", not %" PRIx64,
			 what(p, caller), granted,
			 cap.permitted & userns_bounding());
}

/* What is stored in the end, as far as it can be read; on ext4, debugfs says it
 * exactly. */
static struct raw {
	char path[64];
	struct userns_value value;
} raw[16384];
static size_t n_raw;

static void judge_stored(const struct userns_place *p, const char *path,
			 const struct userns_value *wanted)
{
	struct userns_place plain = {.name = "init", .mount.fs = p->store->fs};
	struct userns_value none;

	snprintf(plain.dir, sizeof(plain.dir), "%s", p->real);
	if (wanted->size)
		judge_get(&plain, &userns_init, path, wanted);
	else if (userns_ask_get(&userns_init, path, &none) != ENODATA)
		complain(wanted, "%s: something was stored", path);
	if (strncmp(path, "disk/", 5) != 0)
		return;
	if (n_raw == ROWS(raw))
		sandbox_die("too many files");
	raw[n_raw].value = *wanted;
	snprintf(raw[n_raw].path, sizeof(raw[0].path), "%s",
		 path + strlen("disk"));
	n_raw++;
}

static void judge_set(const struct userns_place *p,
		      const struct userns_trial *t, size_t file)
{
	struct vfscap_writer writer = {t->writer->ns, !t->bare,
				       t->owner_mapped};
	const struct userns_value *v = &t->value;
	struct userns_value stored = t->prior;
	struct vfscap cap;
	int error =
		vfscap_predict_set(v->bytes, v->size, &p->mount, &writer, &cap);
	int said = userns_ask_set(t->writer, userns_file_in(p->dir, file), v,
				  t->bare);

	tally(&sets, error, true);
	if (said != -error)
		complain(v, "%s: setxattr: %s, not %s", what(p, t->writer),
			 strerror(said), strerror(-error));
	if (!error)
		stored = userns_encoded(&cap);
	judge_stored(p, userns_file_in(p->real, file), &stored);
	if (stored.size)
		judge_get(p, t->writer, userns_file_in(p->dir, file), &stored);
}

/* Init stores a value, if the file system can hold it. */
static bool plant(struct userns_scene *s, const struct userns_place *p,
		  struct userns_value *stored)
{
	struct vfscap_mount plain = {.fs = p->store->fs};
	struct vfscap_writer writer = {NULL, true, true};
	const char *path = userns_program_in(p->real);
	struct userns_value v = userns_some_value(s);
	struct vfscap cap;
	int error = vfscap_predict_set(v.bytes, v.size, &plain, &writer, &cap);
	int said = setxattr(path, VFSCAP_XATTR, v.bytes, v.size, 0) ? errno : 0;

	tally(&sets, error, true);
	if (said != -error)
		complain(&v, "%s: setxattr by init: %s, not %s", path,
			 strerror(said), strerror(-error));
	if (!error)
		*stored = userns_encoded(&cap);
	return !error && !said;
}

void userns_judge_by_all(const struct userns_scene *s,
			 const struct userns_place *p, const char *path,
			 const struct userns_value *stored)
{
	for (size_t i = 0; i < s->whos; i++) {
		judge_get(p, s->who[i], path, stored);
		if (userns_one_in(2))
			judge_exec(p, s->who[i], path, stored);
	}
}

#define PLANTED 6 /* values that init stores, in each place */

void userns_judge(struct userns_scene *s, const struct userns_place *p)
{
	struct userns_value stored;

	for (size_t i = 0; i < PLANTED; i++)
		if (plant(s, p, &stored))
			userns_judge_by_all(s, p, userns_program_in(p->dir),
					    &stored);
	for (size_t i = 0; i < p->trials; i++)
		judge_set(p, &p->trial[i], i);
}

/* ------------------------- what lies on the disk ------------------------- */

#define BATCH 200 /* as much as a command's output may be long */

static void write_script(const struct raw *files, size_t n)
{
	FILE *f = fopen("script", "we");

	must(f, "script");
	for (size_t i = 0; i < n; i++)
		fprintf(f, "ea_get -x %s " VFSCAP_XATTR "\n", files[i].path);
	must(fclose(f) == 0, "script");
}

/* "security.capability (20) = 01 00 ..." */
static struct userns_value read_answer(const char *line)
{
	struct userns_value v = {0};
	const char *at = strchr(line, '=');
	char *end;

	while (at && v.size < sizeof(v.bytes)) {
		unsigned long byte = strtoul(at + 1, &end, 16);

		if (end == at + 1)
			break;
		v.bytes[v.size++] = (uint8_t)byte;
		at = end;
	}
	return v;
}

static void judge_disk(const char *image, const struct raw *files, size_t n)
{
	char *output, *line;

	write_script(files, n);
	output = strdup(sandbox_run("debugfs", "-f", "script", image, NULL));
	must(output, "memory");
	line = strtok(output, "\n");
	for (size_t i = 0; i < n; i++) {
		struct userns_value got;

		while (line && strncmp(line, "debugfs", 7) == 0)
			line = strtok(NULL, "\n");
		if (!line)
			sandbox_die("debugfs: too few answers");
		got = read_answer(line);
		line = strtok(NULL, "\n");
		on_disk++;
		if (!userns_same(&got, &files[i].value))
			complain(&files[i].value, "%s: %s on the disk",
				 files[i].path, userns_hex(&got));
	}
	free(output);
}

void userns_judge_disk(const char *image)
{
	int fd = open("disk", O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && syncfs(fd) == 0, "syncfs");
	close(fd);
	for (size_t i = 0; i < n_raw; i += BATCH)
		judge_disk(image, &raw[i],
			   n_raw - i < BATCH ? n_raw - i : BATCH);
}
