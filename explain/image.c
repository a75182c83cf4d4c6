/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a container image runs as, out of its config and its own passwd. */
#include "explain/image.h"

#include "scan/closed.h"
#include "scan/layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- the text ------------------------------ */

/* A field of a line, from 0; false where there are fewer. */
static bool field(const char *line, unsigned number, const char **at,
		  size_t *size)
{
	for (; number; number--) {
		line += strcspn(line, ":\n");
		if (*line++ != ':')
			return false;
	}
	*at = line;
	*size = strcspn(line, ":\n");
	return true;
}

static bool number_of(const char *text, size_t size, uint32_t *number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9' || value > UINT32_MAX)
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*number = (uint32_t)value;
	return size && value < UINT32_MAX;
}

/* The line whose field is the text, or NULL. */
static const char *find_line(const char *file, unsigned number,
			     const char *text, size_t size)
{
	const char *at;
	size_t len;

	for (const char *line = file; line && *line;) {
		if (field(line, number, &at, &len) && len == size &&
		    memcmp(at, text, size) == 0)
			return line;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return NULL;
}

static bool id_in(const char *line, unsigned number, uint32_t *id)
{
	const char *at;
	size_t size;

	return field(line, number, &at, &size) && number_of(at, size, id);
}

static int lacks(char why[EXPLAIN_WHY_SIZE], const char *file, const char *name,
		 size_t size)
{
	snprintf(why, EXPLAIN_WHY_SIZE,
		 "the image runs as '%.*s', which its %s does not have; give "
		 "--uid and --gid",
		 size < 64 ? (int)size : 64, name, file);
	return -1;
}

int image_user_text(const char *user, const char *passwd, const char *group,
		    struct image_user *found, char why[EXPLAIN_WHY_SIZE])
{
	size_t size = strcspn(user, ":");
	bool numeric = number_of(user, size, &found->uid);
	const char *line = find_line(passwd, numeric ? 2 : 0, user, size);

	snprintf(found->name, sizeof(found->name), "%s", user);
	found->gid = 0;
	if (!size)
		found->uid = 0;
	else if (!numeric && !(line && id_in(line, 2, &found->uid)))
		return lacks(why, "/etc/passwd", user, size);
	if (line)
		id_in(line, 3, &found->gid);
	if (user[size] != ':' || !user[size + 1])
		return 0;
	user += size + 1;
	if (number_of(user, strlen(user), &found->gid))
		return 0;
	line = find_line(group, 0, user, strlen(user));
	return line && id_in(line, 2, &found->gid)
		       ? 0
		       : lacks(why, "/etc/group", user, strlen(user));
}

/* -------------------------------- the layers ----------------------------- */

/* A file below etc/, as the layers make it so far. */
struct file {
	const char *base;
	char *text; /* NULL: there is none */
	bool fresh; /* it is of the layer that is being read */
	bool odd;   /* a link, longer than can be read, or no text */
};

static void forget(struct file *f)
{
	free(f->text);
	f->text = NULL;
	f->odd = f->fresh = false;
}

static int take(struct file *f, struct tar *tar, const struct tar_member *m)
{
	size_t used = 0;
	ssize_t n = 1;

	forget(f);
	f->fresh = true;
	f->odd = m->type != '0' || m->body > IMAGE_FILE_MAX;
	if (f->odd)
		return 0;
	f->text = calloc(1, (size_t)m->body + 1);
	while (f->text && n > 0) {
		n = tar_body(tar, f->text + used, (size_t)m->body - used);
		if (n > 0)
			used += (size_t)n;
	}
	/* Runtimes read on behind a NUL. */
	f->odd = f->text && memchr(f->text, 0, used);
	return f->text ? (int)n : -ENOMEM;
}

/* Does an entry hide what lower layers have of the file? */
static bool hides(const char *rel, const char *base)
{
	static const char *const all[] = {".wh.etc", ".wh..wh..opq",
					  "etc/.wh..wh..opq"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(rel, all[i]) == 0)
			return true;
	return strncmp(rel, "etc/.wh.", 8) == 0 && strcmp(rel + 8, base) == 0;
}

static int one_member(struct file *f, struct tar *tar,
		      const struct tar_member *m)
{
	char *rel = malloc(strlen(m->path) + 2);
	int error = 0;

	if (!rel)
		return -ENOMEM;
	tar_rel(m->path, rel);
	if (strncmp(rel, "etc/", 4) == 0 && strcmp(rel + 4, f->base) == 0)
		error = take(f, tar, m);
	else if (hides(rel, f->base) && !f->fresh)
		forget(f);
	else if (strcmp(rel, "etc") == 0 && m->type != '5')
		f->odd = f->fresh = true;
	free(rel);
	return error;
}

static int one_layer(struct file *f, struct oci *oci,
		     const struct oci_layer *layer, char why[OCI_WHY_SIZE])
{
	const struct tar_member *m;
	struct oci_blob blob;
	struct tar *tar = NULL;
	int error = oci_layer_open(oci, layer, &blob, why), more = 0;

	if (error)
		return error;
	f->fresh = false;
	error = tar_open(&tar, blob.in);
	if (!error)
		tar_vouched(tar);
	while (!error && (more = tar_next(tar, &m)) > 0)
		if (!m->stray)
			error = one_member(f, tar, m);
	if (more < 0)
		error = more;
	if (error && tar)
		snprintf(why, OCI_WHY_SIZE, "%s", tar_why(tar));
	if (!error)
		error = oci_layer_verify(&blob, why);
	tar_close(tar);
	oci_layer_close(&blob);
	return error;
}

static int read_file(struct file *f, struct oci *oci,
		     const struct oci_image *image, char why[OCI_WHY_SIZE])
{
	int error = 0;

	for (size_t i = 0; !error && i < image->layers; i++)
		error = one_layer(f, oci, &image->layer[i], why);
	if (!error && f->odd) {
		snprintf(why, OCI_WHY_SIZE,
			 "etc/%s of the image is a link, too long or no text, "
			 "so its user is not known; give --uid and --gid",
			 f->base);
		error = -EINVAL;
	}
	return error;
}

/* ---------------------------------- both --------------------------------- */

static bool is_number(const char *text, size_t size)
{
	uint32_t number;

	return number_of(text, size, &number);
}

static int look_up(struct oci *oci, const struct oci_image *image,
		   struct image_user *found, char why[EXPLAIN_WHY_SIZE])
{
	struct file passwd = {.base = "passwd"}, group = {.base = "group"};
	const char *user = image->user, *colon = strchr(user, ':');
	bool named =
		colon && colon[1] && !is_number(colon + 1, strlen(colon + 1));
	bool both = colon && colon[1] && !named &&
		    is_number(user, (size_t)(colon - user));
	char reason[OCI_WHY_SIZE] = "";
	int error = 0;

	/* Two numbers are looked up nowhere. */
	if (!both)
		error = read_file(&passwd, oci, image, reason);
	if (!error && named)
		error = read_file(&group, oci, image, reason);
	if (error)
		snprintf(why, EXPLAIN_WHY_SIZE, "%s", reason);
	else
		error = image_user_text(user, passwd.text, group.text, found,
					why);
	forget(&passwd);
	forget(&group);
	return error ? -1 : 0;
}

static int user_of(struct oci_place *place, uint64_t max_size,
		   struct image_user *found, char why[EXPLAIN_WHY_SIZE])
{
	char reason[OCI_WHY_SIZE] = "";
	struct oci_image *image;
	struct oci *oci;
	int error = oci_read(&oci, place, max_size, reason);

	*found = (struct image_user){0};
	if (error) {
		snprintf(why, EXPLAIN_WHY_SIZE, "%s", reason);
		return -1;
	}
	error = oci_only(oci, &image, reason);
	if (error)
		snprintf(why, EXPLAIN_WHY_SIZE, "%s", reason);
	else if (image->user && *image->user)
		error = look_up(oci, image, found, why);
	oci_close(oci);
	return error ? -1 : 0;
}

/* --------------------------------- closed -------------------------------- */

/* struct job - as both sides see it */
struct job {
	struct oci_place place;
	uint64_t max_size;
	struct image_user *found;
	char *why;
	int result;
};

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	struct job *job = ctx;
	struct image_user found;
	char words[EXPLAIN_WHY_SIZE] = "";
	struct pack *p;
	int result;

	(void)why;
	layers_ask_blobs(&job->place, say);
	result = user_of(&job->place, job->max_size, &found, words);
	p = say_begin(say);
	pack_number(p, result != 0);
	pack_text(p, words);
	pack_text(p, found.name);
	pack_number(p, found.uid);
	pack_number(p, found.gid);
	return say_send(say, 0);
}

static int take_user(void *ctx, unsigned kind, struct unpack *u)
{
	struct job *job = ctx;
	bool failed = unpack_number(u, 1);
	const char *why = unpack_text(u), *name = unpack_text(u);

	job->found->uid = (uint32_t)unpack_number(u, UINT32_MAX);
	job->found->gid = (uint32_t)unpack_number(u, UINT32_MAX);
	if (kind || !unpack_right(u) || !why || !name ||
	    strlen(name) >= sizeof(job->found->name))
		return -EPROTO;
	strcpy(job->found->name, name);
	snprintf(job->why, EXPLAIN_WHY_SIZE, "%s", why);
	job->result = failed ? -1 : 0;
	return 0;
}

static void answer(void *ctx, struct unpack *question, struct closed_answer *to,
		   int *fd)
{
	struct job *job = ctx;

	layers_answer_blob(&job->place, question, to, fd);
}

static int user_closed(struct job *job, enum sandbox sandbox)
{
	bool layout = job->place.kind == OCI_LAYOUT;
	const struct closed closed = {
		.with = {.keep = &job->place.fd, .kept = !layout},
		.how = {.sandbox = sandbox},
		.work = work_inside,
		.work_ctx = job,
		.take = take_user,
		.answer = layout ? answer : NULL,
		.ctx = job,
	};
	char words[CLOSED_WHY_SIZE];

	/* Until it says something. */
	job->result = -1;
	snprintf(job->why, EXPLAIN_WHY_SIZE, "%s", CLOSED_WRONG);
	if (scan_closed_run(&closed, words) != 0)
		snprintf(job->why, EXPLAIN_WHY_SIZE, "%s",
			 *words ? words : "no memory");
	return job->result;
}

int image_user(enum oci_kind kind, const char *location, uint64_t max_size,
	       enum sandbox sandbox, struct image_user *found,
	       char why[EXPLAIN_WHY_SIZE])
{
	struct job job = {.max_size = max_size, .found = found, .why = why};
	char reason[OCI_WHY_SIZE] = "";
	int result = oci_find(&job.place, kind, location, reason);

	*found = (struct image_user){0};
	if (result) {
		snprintf(why, EXPLAIN_WHY_SIZE, "%s", reason);
		return -1;
	}
	result = sandbox == SANDBOX_NO
			 ? user_of(&job.place, max_size, found, why)
			 : user_closed(&job, sandbox);
	oci_lose(&job.place);
	return result;
}
