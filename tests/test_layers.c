/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layers of images read at once: the same as one after the other, whatever is
 * wrong with them or with the processes that read them. */
#include "scan/image.h"
#include "scratch.h"
#include "suite.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------ all of a record --------------------------- */

/* struct told - what a scan hands over, in bytes */
struct told {
	struct pack pack;
	unsigned records, errors;
	char reason[400]; /* the last one */
	int stop;
};

static int take(void *ctx, const struct scan_record *r)
{
	struct told *told = ctx;

	scan_record_pack(&told->pack, r);
	told->records++;
	told->errors += r->what == SCAN_UNREAD;
	if (r->reason)
		snprintf(told->reason, sizeof(told->reason), "%s", r->reason);
	return told->stop;
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Whatever comes of it, nothing is left: no process, no descriptor. */
static int scan(const char *arg, const struct scan_options *options,
		struct told *told)
{
	int before = descriptors(), result;
	struct scan_totals totals = {0};
	struct scan_input input;
	const char *why;

	ck_assert_int_eq(scan_input(arg, &input, &why), 0);
	result = scan_run(&input, options, &totals, take, told);
	pack_number(&told->pack, totals.entries);
	pack_number(&told->pack, (uint64_t)(int64_t)result);
	ck_assert_int_eq(descriptors(), before);
	ck_assert_msg(waitpid(-1, NULL, 0) < 0 && errno == ECHILD,
		      "%s: a process is left", arg);
	return result;
}

static const struct {
	const char *name;
	bool merged, all;
	enum sandbox sandbox;
} ways[] = {
	{"each layer", .all = true},
	{"merged", .merged = true},
	{"each layer, not closed", .sandbox = SANDBOX_NO},
	{"merged, not closed", .merged = true, .sandbox = SANDBOX_NO},
	{"closed is told", .sandbox = SANDBOX_TELL},
};

static struct scan_options options_of(size_t way, unsigned jobs)
{
	return (struct scan_options){
		.merged = ways[way].merged,
		.all = ways[way].all,
		.sandbox = ways[way].sandbox,
		.contents = true,
		.jobs = jobs,
		.layer_least = 1,
	};
}

static void compare(const char *arg, size_t way)
{
	static const unsigned many[] = {2, 8};
	const struct scan_options one = options_of(way, 1);
	struct told alone = {0};

	scan(arg, &one, &alone);
	for (size_t i = 0; i < ROWS(many); i++) {
		const struct scan_options options = options_of(way, many[i]);
		struct told told = {0};

		scan(arg, &options, &told);
		ck_assert_msg(told.records == alone.records &&
				      told.pack.used == alone.pack.used &&
				      memcmp(told.pack.bytes, alone.pack.bytes,
					     told.pack.used) == 0,
			      "%s, %s: %u records with %u jobs, %u with one; "
			      "%s; %s",
			      arg, ways[way].name, told.records, many[i],
			      alone.records, told.reason, alone.reason);
		free(told.pack.bytes);
	}
	free(alone.pack.bytes);
}

/* ------------------------------- all the images --------------------------- */

static void compare_all(const char *arg)
{
	for (size_t way = 0; way < ROWS(ways); way++)
		compare(arg, way);
}

/* An archive is read as each kind, and as a file of no kind. */
static void compare_store(const char *name)
{
	char arg[600];

	if (!strstr(name, ".tar")) {
		snprintf(arg, sizeof(arg), "oci:stores/%s", name);
		compare_all(arg);
		return;
	}
	snprintf(arg, sizeof(arg), "oci-archive:stores/%s", name);
	compare_all(arg);
	snprintf(arg, sizeof(arg), "docker-archive:stores/%s", name);
	compare_all(arg);
	snprintf(arg, sizeof(arg), "stores/%s", name);
	compare_all(arg);
}

START_TEST(every_store)
{
	unsigned stores = 0, part = suite_part();
	DIR *dir = opendir("stores");
	const struct dirent *e;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)))
		if (*e->d_name != '.' && stores++ % part == 0)
			compare_store(e->d_name);
	closedir(dir);
	ck_assert_uint_gt(stores, 60);
}
END_TEST

/* ----------------------------------- damage ------------------------------- */

/* Both layers of a copy, at places all over them. */
START_TEST(damaged)
{
	static const char *const how[] = {
		("printf '\\377' | dd of=$f bs=1 seek=$((size * i / 9)) "
		 "conv=notrunc"),
		"truncate -s $((size * i / 9)) $f",
		"truncate -s $((size + i)) $f",
	};

	for (int i = 0; i < 9; i++) {
		shell("rm -rf stores/copy; cp -a stores/simple stores/copy; "
		      "i=%d; for f in $(ls -S stores/copy/blobs/sha256/* | "
		      "head -n %d); do size=$(stat -c %%s $f); %s; done",
		      i, 1 + i % 2, how[_i]);
		compare_store("copy");
	}
	shell("rm -rf stores/copy");
}
END_TEST

/* -------------------------- processes that go wrong ----------------------- */

static int is_killed(struct scan *scan, struct say *say, struct oci *oci)
{
	(void)scan;
	(void)say;
	(void)oci;
	return raise(SIGKILL);
}

static int exits(struct scan *scan, struct say *say, struct oci *oci)
{
	(void)scan;
	(void)say;
	(void)oci;
	_exit(1);
}

static int says_nonsense(struct scan *scan, struct say *say, struct oci *oci)
{
	(void)scan;
	(void)oci;
	pack_number(say_begin(say), 1);
	return say_send(say, SCAN_OWN_KIND + 1);
}

/* More than is held and than any socket takes. */
static int says_too_much(struct scan *scan, struct say *say, struct oci *oci)
{
	static const uint8_t zero[1 << 20];
	int error = 0;

	(void)scan;
	(void)oci;
	for (int i = 0; !error && i < 64; i++) {
		pack_bytes(say_begin(say), zero, sizeof(zero));
		error = say_send(say, SCAN_OWN_KIND);
	}
	return error;
}

static int has_no_memory(struct scan *scan, struct say *say, struct oci *oci)
{
	(void)scan;
	(void)say;
	(void)oci;
	return -ENOMEM;
}

static const struct {
	const char *reason;
	int (*read)(struct scan *scan, struct say *say, struct oci *oci);
	int stop;
} wrong[] = {
	{"the process that reads it was ended by signal 9 (Killed)", is_killed,
	 0},
	{"the process that reads it did not get to its end", exits, 0},
	{"the process that reads it does not say what it should", says_nonsense,
	 0},
	{"the process that reads it does not say what it should", says_too_much,
	 0},
	{"", has_no_memory, -ENOMEM},
};

/* What hear_all() has to do with. */
struct images {
	struct told told;
	struct scan_options options;
	struct scan_input input;
	struct scan_totals totals;
	struct scan scan;
	struct scan_image image;
	struct oci *oci;
};

static void images_open(struct images *m, const char *arg,
			int (*read)(struct scan *scan, struct say *say,
				    struct oci *oci))
{
	char why[OCI_WHY_SIZE];
	struct oci_place place;

	*m = (struct images){.options = options_of(2, 2)};
	ck_assert_int_eq(scan_input(arg, &m->input, (const char *[]){NULL}), 0);
	m->scan = (struct scan){
		.input = &m->input,
		.options = &m->options,
		.totals = &m->totals,
		.fn = take,
		.ctx = &m->told,
	};
	ck_assert_int_eq(oci_find(&m->image.place, OCI_LAYOUT,
				  m->input.location, why),
			 0);
	m->image.outside = (struct layers_outside){
		.scan = &m->scan,
		.place = &m->image.place,
		.read = read,
	};
	ck_assert_int_eq(oci_found_again(&place, &m->image.place), 0);
	ck_assert_int_eq(oci_read(&m->oci, &place, 1 << 20, why), 0);
}

static void images_close(struct images *m)
{
	scan_image_end(&m->image);
	oci_close(m->oci);
	free(m->told.pack.bytes);
}

/* Hears as many of the layers; what was not heard ends with it. */
static int hear(struct images *m, size_t count, bool *heard)
{
	const struct layers_reader reader = {
		.scan = &m->scan,
		.oci = m->oci,
		.outside = &m->image.outside,
	};
	struct layers *layers = layers_new(&reader);
	int stop = 0;

	for (size_t i = 0; i < m->oci->image->layers; i++)
		ck_assert_int_eq(layers_add(layers, &m->oci->image->layer[i]),
				 0);
	*heard = true;
	for (size_t i = 0; i < count && !stop && *heard; i++)
		*heard = layers_hear(layers, &stop);
	layers_free(layers);
	return stop;
}

START_TEST(goes_wrong)
{
	struct images m;
	bool heard;

	images_open(&m, "oci:stores/many", wrong[_i].read);
	ck_assert_int_eq(hear(&m, 20, &heard), wrong[_i].stop);
	ck_assert(heard);
	ck_assert_str_eq(m.told.reason, wrong[_i].reason);
	ck_assert_uint_eq(m.told.errors, wrong[_i].stop ? 0 : 20);
	images_close(&m);
	ck_assert(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}
END_TEST

/* Who stops early leaves none behind. */
START_TEST(stopped)
{
	struct images m;
	bool heard;

	images_open(&m, "oci:stores/many", is_killed);
	m.told.stop = 77;
	ck_assert_int_eq(hear(&m, 20, &heard), 77);
	ck_assert_uint_eq(m.told.records, 1);
	images_close(&m);
	ck_assert(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}
END_TEST

/* What cannot be begun is for the reader itself. */
START_TEST(none_begun)
{
	struct images m;
	bool heard;

	images_open(&m, "oci:stores/many", is_killed);
	m.image.outside.all = OCI_ALL_LAYERS_MAX;
	ck_assert_int_eq(hear(&m, 1, &heard), 0);
	ck_assert(!heard);
	images_close(&m);
}
END_TEST

/* ---------------------------------- bounds -------------------------------- */

/* Questions of one that was taken over. */
START_TEST(refused)
{
	struct oci_apart apart;
	struct images m;
	size_t begun = 0;

	images_open(&m, "oci:stores/many", is_killed);
	ck_assert(oci_apart(m.oci, m.oci->image->layer, &apart));
	for (int i = 0; i < 100; i++) {
		struct closed_answer answer = {0};
		struct pack p = {0};
		struct unpack u;
		int fd = -1;

		pack_number(&p, 1);
		pack_text(&p, i % 2 ? "../../../etc/passwd" : apart.name);
		pack_text(&p, apart.digest);
		pack_number(&p, 0);
		pack_text(&p, apart.diff_id);
		pack_text(&p, NULL);
		for (int k = 0; k < 3; k++)
			pack_number(&p, 0);
		u = (struct unpack){.at = p.bytes, .left = p.used};
		layers_answer(&m.image.outside, &u, &answer, &fd);
		ck_assert(i % 2 ? answer.error && fd < 0 : true);
		begun += !answer.error;
		if (fd >= 0)
			close(fd);
		free(p.bytes);
	}
	ck_assert_uint_eq(begun, LAYERS_MOST);
	images_close(&m);
	ck_assert(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
}
END_TEST

/* --------------------------------- the suite ------------------------------ */

static Suite *layers_suite(void)
{
	Suite *suite = suite_create("layers");

	suite_add(suite, every_store, 1);
	suite_add(suite, damaged, 3);
	suite_add(suite, goes_wrong, ROWS(wrong));
	suite_add(suite, stopped, 1);
	suite_add(suite, none_begun, 1);
	suite_add(suite, refused, 1);
	return suite;
}

int main(void)
{
	int status = EXIT_FAILURE;
	char command[600];
	const char *scratch;

	if (system("python3 -c '' && command -v zstd >/dev/null") != 0) {
		suite_skip("layers", "python3 or zstd is missing");
		return 0;
	}
	scratch = scratch_make();
	snprintf(command, sizeof(command),
		 "mkdir %s/stores && python3 -B tests/oci.py make %s/stores && "
		 "python3 -B tests/oci.py layers %s/stores",
		 scratch, scratch, scratch);
	if (system(command) == 0 && chdir(scratch) == 0)
		status = suite_run(layers_suite());
	scratch_remove();
	return status;
}
