/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The codec against the running kernel, which judges thousands of values. */
#include "sandbox.h"
#include "suite.h"
#include "vfscap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --------------------------------- values -------------------------------- */

#define LONGEST 900

struct value {
	size_t size;
	uint8_t bytes[LONGEST];
};

/* The first ones are short enough for every test. */
static struct value values[8192];
static size_t n_short, n_values;

#define BIT(n) (UINT64_C(1) << (n))

static const uint8_t revisions[] = {0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff};
static const uint32_t header_flags[] = {0, 1, 2, 3, 0x800000, 0xffffff};
static const uint32_t rootids[] = {0, 1, 1000, 100000, 0xfffffffe, 0xffffffff};
static const uint64_t sets[] = {
	0,	    BIT(0),
	BIT(13),    BIT(24),
	BIT(31),    BIT(32),
	BIT(40),    BIT(41),
	BIT(63),    BIT(41) - 1,
	UINT64_MAX, ~(BIT(41) - 1),
	0x3000,	    BIT(13) | ~(BIT(41) - 1),
};

static uint64_t state; /* of the generated values */

static void put32(struct value *v, size_t at, uint32_t word)
{
	for (size_t i = 0; i < 4; i++)
		v->bytes[at + i] = (uint8_t)(word >> 8 * i);
}

struct content {
	uint8_t revision;
	uint32_t flags;
	uint64_t permitted;
	uint64_t inheritable;
	uint32_t rootid;
};

/* As much of the content as goes into @size bytes; noise after it. */
static void add(size_t size, const struct content *c)
{
	struct value *v = &values[n_values];

	if (++n_values > ROWS(values))
		sandbox_die("too many values");
	v->size = size;
	for (size_t i = 0; i < LONGEST; i++)
		v->bytes[i] = (uint8_t)suite_random(&state);
	put32(v, 0, (uint32_t)c->revision << 24 | c->flags);
	put32(v, 4, (uint32_t)c->permitted);
	put32(v, 8, (uint32_t)c->inheritable);
	put32(v, 12, (uint32_t)(c->permitted >> 32));
	put32(v, 16, (uint32_t)(c->inheritable >> 32));
	put32(v, 20, c->rootid);
}

static uint64_t some_bits(void)
{
	return suite_random(&state) & suite_random(&state);
}

/* Every revision and flag pattern in this many bytes. */
static void add_shapes(size_t size)
{
	for (size_t r = 0; r < ROWS(revisions); r++)
		for (size_t f = 0; f < ROWS(header_flags); f++)
			add(size,
			    &(struct content){revisions[r], header_flags[f],
					      some_bits(), some_bits(),
					      rootids[suite_below(
						      &state, ROWS(rootids))]});
}

/* Every set, with both flags, in the right number of bytes. */
static void add_contents(uint8_t revision, size_t size, uint32_t rootid)
{
	for (size_t p = 0; p < ROWS(sets); p++)
		for (size_t i = 0; i < ROWS(sets); i++)
			for (uint32_t flags = 0; flags < 2; flags++)
				add(size,
				    &(struct content){revision, flags, sets[p],
						      sets[i], rootid});
}

static void make_values(void)
{
	state = suite_seed("judge");
	for (size_t size = 0; size <= 40; size++)
		add_shapes(size);
	add_contents(1, VFSCAP_SIZE_1, 0);
	add_contents(2, VFSCAP_SIZE_2, 0);
	for (size_t r = 0; r < ROWS(rootids); r++)
		add_contents(3, VFSCAP_SIZE_3, rootids[r]);
	n_short = n_values;
	add_shapes(64);
	add_shapes(LONGEST);
}

/* -------------------------------- complaints ----------------------------- */

static unsigned long checks, complaints;

static const char *hex(const struct value *v)
{
	static char text[2 * 40 + 4];
	size_t size = v->size < 40 ? v->size : 40;

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", v->bytes[i]);
	strcpy(text + 2 * size, size < v->size ? "..." : "");
	return text;
}

/* One wrong value must not hide the next, but a thousand tell no more. */
static void judge(bool right, const struct value *v, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void judge(bool right, const struct value *v, const char *format, ...)
{
	va_list args;

	checks++;
	if (right || complaints++ >= 20)
		return;
	fprintf(stderr, "value %s (%zu bytes): ", hex(v), v->size);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void conclude(const char *what, size_t count)
{
	printf("judge: %s: %zu values, %lu checks, %lu complaints\n", what,
	       count, checks, complaints);
	ck_assert_msg(complaints == 0, "%s: %lu complaints", what, complaints);
}

/* ------------------------------- predictions ----------------------------- */

/* A user namespace by the ids of the initial one that it maps from 0 on. */
struct ns {
	uint32_t first;
	uint32_t count;
};

static const struct ns first_ns = {0, UINT32_MAX};
static const struct ns other_ns = {100000, 65536};

/* Who looks at planted values, and where. */
static const struct reader {
	const char *name;
	const char *dir;
	struct sandbox_who who;
	const struct ns *ns;
	bool strict; /* execve asks an overlayfs, which asks as getxattr does */
} readers[] = {
	{"user", "slots", {NULL, 1000, 1000}, &first_ns, false},
	{"root", "slots", {NULL, 0, 0}, &first_ns, false},
	{"namespace",
	 "slots",
	 {"0 100000 65536", 1000, 1000},
	 &other_ns,
	 false},
	{"overlayfs", "overlay", {NULL, 1000, 1000}, &first_ns, true},
};

static uint64_t known; /* capabilities of this kernel */

/* Is the id root of the namespace, or of the one that it was made in? */
static bool owns(const struct ns *ns, uint32_t id)
{
	return id == 0 || id == ns->first;
}

/* What getxattr(2) shows of a stored value: 0 and the bytes, or an errno. */
static int visible(const struct ns *ns, const struct value *stored,
		   struct value *shown)
{
	struct vfscap cap;
	uint32_t name;
	bool has_name;

	if (vfscap_decode_strict(stored->bytes, stored->size, &cap))
		return EINVAL;
	name = cap.rootid - ns->first;
	has_name = cap.rootid >= ns->first && name < ns->count;
	if (!(has_name && name) && !owns(ns, cap.rootid))
		return EOVERFLOW;

	*shown = *stored;
	shown->bytes[3] = has_name && name ? 3 : 2;
	shown->size = has_name && name ? VFSCAP_SIZE_3 : VFSCAP_SIZE_2;
	put32(shown, 20, name);
	return 0;
}

/* What execve(2) says, and what the process has got if it says 0. */
struct verdict {
	int error;
	uint64_t permitted;
	uint64_t effective;
	bool secure;
};

static struct verdict exec_with(const struct vfscap *cap, uint64_t bounding)
{
	uint64_t asked = cap->permitted & known;
	uint64_t granted = asked & bounding;

	if (cap->effective && asked & ~granted)
		return (struct verdict){.error = EPERM};
	return (struct verdict){
		.permitted = granted,
		.effective = cap->effective ? granted : 0,
		.secure = cap->effective || granted,
	};
}

static int exec_error(const struct reader *r, const struct value *stored,
		      struct vfscap *cap)
{
	struct value shown;
	int error = vfscap_decode_lenient(stored->bytes, stored->size, cap);

	if (r->strict)
		return visible(&first_ns, stored, &shown);
	return -vfscap_exec_errno(error);
}

/* A user had no capabilities before; root gets all, but for what fails. */
static struct verdict predict(const struct reader *r, uint64_t bounding,
			      const struct value *stored)
{
	struct verdict verdict = {0};
	struct vfscap cap;

	verdict.error = exec_error(r, stored, &cap);
	if (!verdict.error && owns(r->ns, cap.rootid))
		verdict = exec_with(&cap, bounding);
	if (!verdict.error && r->who.uid == 0)
		return (struct verdict){0, bounding, bounding, false};
	return verdict;
}

static uint64_t probe_known(void)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0)
			set |= BIT(cap);
	return set;
}

START_TEST(listing)
{
	struct vfscap_listing running;

	ck_assert_int_eq(vfscap_listing_running(&running), 0);
	ck_assert_uint_eq(running.known, known);
}
END_TEST

/* ----------------------------- setting, getting -------------------------- */

static const char *const file_systems[] = {"tmpfs", "ext4"};

/*
 * The kernel takes what strict decoding takes, but for the rootid that is none;
 * and the empty value, which it stores unseen and which nobody should write.
 */
static bool is_settable(const struct value *v)
{
	struct vfscap cap;

	if (v->size == 0)
		return true;
	if (vfscap_decode_strict(v->bytes, v->size, &cap))
		return false;
	return cap.rootid != VFSCAP_ROOTID_INVALID;
}

static int set(const char *path, const struct value *v)
{
	return setxattr(path, VFSCAP_XATTR, v->bytes, v->size, 0) ? errno : 0;
}

static int get(const char *path, struct value *v)
{
	ssize_t n = getxattr(path, VFSCAP_XATTR, v->bytes, sizeof(v->bytes));

	v->size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? errno : 0;
}

static bool same(const struct value *a, const struct value *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* What is read means what was written. */
static void expect_meaning(const struct value *v, const struct value *shown)
{
	struct vfscap before, after;
	int error = vfscap_decode_strict(v->bytes, v->size, &before);
	int again = vfscap_decode_strict(shown->bytes, shown->size, &after);

	judge(!error && !again, v, "decodes as %d, read back as %d", error,
	      again);
	if (!error && !again)
		judge(vfscap_equivalent(&before, &after), v,
		      "reads back as something else");
}

static void judge_setting(const char *path, const struct value *v,
			  struct value *stored)
{
	bool settable = is_settable(v);
	struct value answer, predicted;
	int error = set(path, v), shown;

	judge(error == (settable ? 0 : EINVAL), v, "setxattr: %s",
	      strerror(error));
	if (settable)
		*stored = *v;

	shown = visible(&first_ns, stored, &predicted);
	error = get(path, &answer);
	judge(error == shown, stored, "getxattr: %s, not %s", strerror(error),
	      strerror(shown));
	if (error || shown)
		return;
	judge(same(&answer, &predicted), stored, "getxattr: other bytes");
	expect_meaning(stored, &answer);
}

START_TEST(setting)
{
	struct value stored = values[0];
	char path[64];

	snprintf(path, sizeof(path), "%s/file", file_systems[_i]);
	sandbox_write(path, "", 0);
	for (size_t i = 0; i < n_short; i++)
		judge_setting(path, &values[i], &stored);
	conclude(file_systems[_i], n_short);
}
END_TEST

/* ------------------------ planted: reading, executing -------------------- */

/* Programs in an image that are given one value each, then the next one. */
#define SLOTS 128
#define IMAGE "slots.img"

/* All that a reader can say of one program. */
struct seen {
	int raw_error;
	int error;
	int error_fd;
	size_t size;
	uint8_t bytes[VFSCAP_SIZE_MAX];
	bool listed_at;
	bool listed_fd;
	int exec_error;
	char creds[512];
};

struct report {
	const char *dir;
	size_t count;
	uint64_t bounding;
	struct seen seen[SLOTS];
};

static char *slot(const char *dir, size_t i)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%zu", dir, i);
	return path;
}

static uint64_t read_bounding(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t set = 0;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "CapBnd: %" SCNx64, &set) == 1)
			break;
	if (!status || fclose(status) != 0 || !set)
		sandbox_die("no CapBnd");
	return set;
}

static void look_by_fd(const char *path, struct seen *s)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	size_t size = 0;

	s->error_fd = vfscap_get_fd(fd, bytes, sizeof(bytes), &size);
	if (vfscap_listed_fd(fd, &s->listed_fd) != 0)
		s->listed_fd = false;
	if (size != s->size || memcmp(bytes, s->bytes, size) != 0)
		s->error_fd = -EIO;
	close(fd);
}

static void look(const char *path, struct seen *s)
{
	ssize_t n = lgetxattr(path, VFSCAP_XATTR, NULL, 0);

	s->raw_error = n < 0 ? errno : 0;
	s->error = vfscap_get_at(AT_FDCWD, path, s->bytes, sizeof(s->bytes),
				 &s->size);
	if (vfscap_listed_at(AT_FDCWD, path, &s->listed_at) != 0)
		s->listed_at = false;
	look_by_fd(path, s);
}

/* posix_spawn(3) makes no copy of this process, and returns execve's errno. */
static void run_program(char *path, int out[2],
			posix_spawn_file_actions_t *actions, struct seen *s)
{
	char *argv[] = {path, NULL}, *none[] = {NULL};
	ssize_t n = 0;
	pid_t child;

	s->exec_error = posix_spawn(&child, path, actions, NULL, argv, none);
	if (s->exec_error)
		return;
	if (waitpid(child, NULL, 0) == child)
		n = read(out[0], s->creds, sizeof(s->creds) - 1);
	s->creds[n > 0 ? n : 0] = '\0';
}

static void look_at_all(void *arg)
{
	struct report *report = arg;
	posix_spawn_file_actions_t actions;
	int out[2];

	report->bounding = read_bounding();
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0 ||
	    posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, out[1], 1) != 0)
		sandbox_die("no pipe");
	for (size_t i = 0; i < report->count; i++) {
		look(slot(report->dir, i), &report->seen[i]);
		run_program(slot(report->dir, i), out, &actions,
			    &report->seen[i]);
	}
	posix_spawn_file_actions_destroy(&actions);
}

/* debugfs ends with 0 whatever happens, but has nothing to say if all is well:
 * it echoes each command after its name. */
static void plant(const struct value *batch, size_t count)
{
	char *script = NULL, *output, *line;
	size_t size;
	FILE *f = open_memstream(&script, &size);

	for (size_t i = 0; i < count; i++) {
		sandbox_write(slot("values", i), batch[i].bytes, batch[i].size);
		fprintf(f, "ea_set -f values/%zu /%zu " VFSCAP_XATTR "\n", i,
			i);
	}
	fclose(f);
	sandbox_write("script", script, size);
	free(script);
	output = strdup(
		sandbox_run("debugfs", "-w", "-f", "script", IMAGE, NULL));
	for (line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, "debugfs", 7) != 0)
			sandbox_die("debugfs: %s", line);
	free(output);
}

static void judge_reading(const struct reader *r, const struct value *v,
			  const struct seen *s)
{
	static const enum vfscap_answer answers[] = {
		[0] = VFSCAP_ANSWER_VALUE,
		[EINVAL] = VFSCAP_ANSWER_HIDDEN,
		[EOVERFLOW] = VFSCAP_ANSWER_FOREIGN,
	};
	struct value shown = {0};
	int error = visible(r->ns, v, &shown);

	judge(s->raw_error == error, v, "%s: lgetxattr: %s, not %s", r->name,
	      strerror(s->raw_error), strerror(error));
	judge(s->error == -error, v, "%s: vfscap_get_at: %d", r->name,
	      s->error);
	judge(s->error_fd == -error, v, "%s: vfscap_get_fd: %d", r->name,
	      s->error_fd);
	judge(s->size == shown.size &&
		      memcmp(s->bytes, shown.bytes, s->size) == 0,
	      v, "%s: other bytes than predicted", r->name);
	judge(vfscap_answer(s->error) == answers[error], v, "%s: sorted as %d",
	      r->name, vfscap_answer(s->error));
	judge(s->listed_at && s->listed_fd, v, "%s: not listed", r->name);
}

/* The process: its sets, and nothing inherited or ambient. */
static void judge_creds(const struct reader *r, const struct value *v,
			const char *creds, const struct verdict *predicted,
			uint64_t bounding)
{
	char wanted[512];
	unsigned id = r->who.uid;

	snprintf(wanted, sizeof(wanted),
		 "Uid=%u/%u/%u Gid=%u/%u/%u CapInh=%016x CapPrm=%016" PRIx64
		 " CapEff=%016" PRIx64 " CapBnd=%016" PRIx64
		 " CapAmb=%016x NoNewPrivs=0 AT_SECURE=%d\n",
		 id, id, id, id, id, id, 0, predicted->permitted,
		 predicted->effective, bounding, 0, predicted->secure);
	judge(strcmp(creds, wanted) == 0, v, "%s:\n\thas %s\tnot %s", r->name,
	      creds, wanted);
}

static void judge_exec(const struct reader *r, const struct value *v,
		       const struct seen *s, uint64_t bounding)
{
	struct verdict predicted = predict(r, bounding, v);

	judge(s->exec_error == predicted.error, v, "%s: execve: %s, not %s",
	      r->name, strerror(s->exec_error), strerror(predicted.error));
	if (!s->exec_error && !predicted.error)
		judge_creds(r, v, s->creds, &predicted, bounding);
}

static void judge_by(const struct reader *r, struct report *report,
		     const struct value *batch, size_t count)
{
	memset(report, 0, sizeof(*report));
	report->dir = r->dir;
	report->count = count;
	sandbox_as(&r->who, look_at_all, report);
	for (size_t i = 0; i < count; i++) {
		judge_reading(r, &batch[i], &report->seen[i]);
		judge_exec(r, &batch[i], &report->seen[i], report->bounding);
	}
}

static void judge_batch(struct report *report, const struct value *batch,
			size_t count)
{
	plant(batch, count);
	sandbox_loop(IMAGE, "slots", "ro");
	sandbox_overlay("slots", "overlay");
	for (size_t r = 0; r < ROWS(readers); r++)
		judge_by(&readers[r], report, batch, count);
	sandbox_umount("overlay");
	sandbox_umount("slots");
}

START_TEST(planted)
{
	struct report *report = sandbox_shared(sizeof(*report));
	size_t count, judged = 0;

	for (size_t i = 0; i < n_values; i += SLOTS * suite_part()) {
		count = n_values - i < SLOTS ? n_values - i : SLOTS;
		judge_batch(report, &values[i], count);
		judged += count;
	}
	conclude("planted", judged);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static void make_file_systems(void)
{
	const char *helper = sandbox_helper("creds");

	sandbox_tmpfs("tmpfs");
	sandbox_mkfs("small.img", "16M", NULL);
	sandbox_loop("small.img", "ext4", "rw");

	sandbox_tmpfs("values");
	sandbox_tmpfs("programs");
	for (size_t i = 0; i < SLOTS; i++)
		sandbox_copy(helper, slot("programs", i));
	sandbox_mkfs(IMAGE, "128M", "programs");
	sandbox_umount("programs");
}

int main(void)
{
	static const char *const tools[] = {"mount", "mke2fs", "debugfs", NULL};
	Suite *suite = suite_create("judge");

	sandbox_enter("judge", tools);
	known = probe_known();
	make_values();
	make_file_systems();

	suite_add(suite, listing, 1);
	suite_add(suite, setting, ROWS(file_systems));
	suite_add(suite, planted, 1);
	return suite_run(suite);
}
