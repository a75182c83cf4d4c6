/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tar archives written anew, as a filter or into a file. */
#include "bin/archive.h"
#include "form/form.h"
#include "scan/magic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -------------------------------- messages ------------------------------- */

void archive_file(const struct archive *a, enum tool_level level,
		  const char *path, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (a->layer)
		tool_file(a->tool, level, path, "layer %s: %s", a->layer, text);
	else
		tool_file(a->tool, level, path, "%s", text);
}

static void input_failed(const struct archive *a, int error, const char *why)
{
	char number[FORM_ERRNO_SIZE];

	archive_file(a, LEVEL_ERROR, a->input->location, "%s: %s",
		     form_errno(-error, number), why);
}

static void output_failed(const struct archive *a, int error, const char *why)
{
	char number[FORM_ERRNO_SIZE];

	tool_file(a->tool, LEVEL_ERROR, a->out, "%s: %s",
		  form_errno(-error, number), why);
}

/* --------------------------------- members ------------------------------- */

/* Room for the change of one member, and for its path. */
struct room {
	struct tar_change change;
	size_t copies;
	char *rel;
};

static void free_room(struct room *r)
{
	free(r->change.action);
	free(r->change.value);
	free(r->rel);
}

static int make_room(struct room *r, const struct tar_member *m)
{
	size_t copies = m->copies + 1;

	free(r->rel);
	r->rel = malloc(m->stray ? 2 : strlen(m->path) + 2);
	if (copies > r->copies) {
		free(r->change.action);
		free(r->change.value);
		r->change.action = calloc(copies, sizeof(*r->change.action));
		r->change.value = calloc(copies, sizeof(*r->change.value));
		r->copies = copies;
	}
	if (!r->rel || !r->change.action || !r->change.value)
		return -ENOMEM;
	for (size_t i = 0; i < copies; i++)
		r->change.action[i] = TAR_KEEP;
	r->change.add = false;
	tar_rel(m->stray ? "" : m->path, r->rel);
	return 0;
}

/* What was written so far must not be taken for whole. */
static void give_up(struct out **out)
{
	if (*out)
		tar_put_broken(*out);
	*out = NULL;
}

static void put_member(struct archive *a, struct tar *tar,
		       const struct tar_member *m,
		       const struct tar_change *change, struct out **out,
		       struct archive_pass *pass)
{
	struct tar_where where;
	int error = tar_put(tar, m, change, *out, &where);

	if (!error)
		return;
	if (where.source_failed) {
		pass->failed = true;
		input_failed(a, error, tar_why(tar));
		if (where.boundary)
			tar_put_broken(*out);
	} else {
		pass->out_failed = true;
		output_failed(a, error, out_why(*out));
	}
	*out = NULL;
}

static void one_member(struct archive *a, struct tar *tar,
		       const struct tar_member *m, struct room *room,
		       struct out **out, struct archive_pass *pass)
{
	enum archive_verdict verdict;

	if (make_room(room, m) != 0) {
		pass->failed = true;
		input_failed(a, -ENOMEM, "no memory");
		give_up(out);
		return;
	}
	verdict = a->decide(a->ctx, m, room->rel, &room->change);
	pass->changed += verdict == ARCHIVE_CHANGED;
	if (verdict == ARCHIVE_REFUSED) {
		pass->refused = true;
		give_up(out);
	}
	if (*out)
		put_member(a, tar, m,
			   verdict == ARCHIVE_CHANGED ? &room->change : NULL,
			   out, pass);
}

static void finish_members(struct archive *a, struct tar *tar, struct out *out,
			   struct archive_pass *pass)
{
	struct tar_where where = {0};
	uint64_t trailing;
	int error;

	if (a->end && a->end(a->ctx) == ARCHIVE_REFUSED) {
		pass->refused = true;
		give_up(&out);
	}
	error = out ? tar_put_rest(tar, out, &where) : tar_rest(tar, &trailing);
	if (error && out && !where.source_failed) {
		pass->out_failed = true;
		output_failed(a, error, out_why(out));
	} else if (error) {
		pass->failed = true;
		input_failed(a, error, tar_why(tar));
	}
}

/* A form that has no place for the attribute is named as what it is. */
static bool can_carry(const struct archive *a, struct in *in)
{
	const struct magic_kind *kind;
	const uint8_t *data = NULL;
	ssize_t n = in_peek(in, IN_PEEK, &data);

	kind = magic_of(data, n > 0 ? (size_t)n : 0);
	if (kind->magic != MAGIC_CANNOT && kind->magic != MAGIC_NOT_READ)
		return true;
	input_failed(a, -EOPNOTSUPP, kind->reason);
	return false;
}

void archive_members(struct archive *a, struct in *in, struct out *out,
		     struct archive_pass *pass)
{
	const struct tar_member *m;
	struct room room = {0};
	struct tar *tar;
	int more = tar_open(&tar, in);

	if (more) {
		pass->failed = true;
		input_failed(a, more, "no memory");
		return;
	}
	/* A layer is compared with its digest when it is read. */
	if (a->layer) {
		tar_vouched(tar);
	} else if (!can_carry(a, in)) {
		pass->failed = true;
		give_up(&out);
		more = 1;
	}
	while (!pass->failed && !pass->out_failed &&
	       (more = tar_next(tar, &m)) > 0)
		one_member(a, tar, m, &room, &out, pass);
	if (more < 0) {
		pass->failed = true;
		input_failed(a, more, tar_why(tar));
		give_up(&out);
	}
	if (more == 0)
		finish_members(a, tar, out, pass);
	tar_close(tar);
	free_room(&room);
}

/* ------------------------------- compression ----------------------------- */

/* struct source - the input, which can be read twice where it is compressed */
struct source {
	int fd, spool;
	bool piped;
	uint64_t offset; /* standard input may have been read from before */
	struct in *file, *digested, *plain; /* each over the one before */
	const struct codec *codec;
};

static void close_stages(struct source *s)
{
	in_close(s->plain);
	in_close(s->digested);
	in_close(s->file);
	s->plain = s->digested = s->file = NULL;
}

static void close_source(struct source *s)
{
	close_stages(s);
	if (s->spool >= 0)
		close(s->spool);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
}

/* What is compressed is read twice, and has to be the same then. */
static int add_digest(struct archive *a, struct source *s)
{
	const uint8_t *data;
	ssize_t n = in_peek(s->file, TAR_BLOCK, &data);

	if (a->dry_run || n <= 0 || !tar_codec(data, (size_t)n))
		return n < 0 ? (int)n : 0;
	return in_digested(&s->digested, s->file, "sha256");
}

static int open_file(struct source *s)
{
	bool spooled = s->spool >= 0;

	return in_fd(&s->file, spooled ? s->spool : s->fd,
		     spooled ? 0 : s->offset, UINT64_MAX);
}

static int open_stages(struct archive *a, struct source *s)
{
	uint64_t limit = a->max_size ? a->max_size : SCAN_MAX_SIZE;
	int error = s->file ? 0 : open_file(s);

	if (!error)
		error = add_digest(a, s);
	if (!error)
		error = tar_decompressed(&s->plain,
					 s->digested ? s->digested : s->file,
					 limit, &s->codec);
	if (error == -ENOTSUP && s->codec)
		archive_file(a, LEVEL_ERROR, a->input->location,
			     "ENOTSUP: it is compressed with %s, which this "
			     "build does not read",
			     s->codec->name);
	else if (error)
		input_failed(a, error, s->file ? in_why(s->file) : "no memory");
	return error;
}

static int open_source(struct archive *a, struct source *s)
{
	const char *path = a->input->location;
	off_t at;

	*s = (struct source){.fd = STDIN_FILENO, .spool = -1};
	if (strcmp(path, "-") != 0)
		s->fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (s->fd < 0) {
		input_failed(a, -errno, strerror(errno));
		return -1;
	}
	at = lseek(s->fd, 0, SEEK_CUR);
	s->piped = at < 0;
	s->offset = at < 0 ? 0 : (uint64_t)at;
	return 0;
}

/* All of a source as it is; false where that failed, which was told. */
static bool copy_to(struct archive *a, struct in *in, int fd)
{
	struct out *out = NULL;
	bool source_failed = false;
	int error = out_fd(&out, fd);

	if (!error)
		error = out_copy_all(out, in, &source_failed);
	if (!error)
		error = out_finish(out);
	if (error && source_failed)
		input_failed(a, error, in_why(in));
	else if (error)
		output_failed(a, error, out ? out_why(out) : "no memory");
	out_close(out);
	return !error;
}

/* All of standard input into a file without a name; a negated errno where that
 * cannot be made or written. */
static int spool_to(struct archive *a, struct in *in, bool *told)
{
	struct out *out = NULL;
	int fd = spool_open(NULL);
	int error = fd < 0 ? fd : out_fd(&out, fd);

	*told = false;
	if (!error)
		error = out_copy_all(out, in, told);
	if (!error)
		error = out_finish(out);
	if (error && *told)
		input_failed(a, error, in_why(in));
	out_close(out);
	if (error && fd >= 0)
		close(fd);
	return error ? error : fd;
}

/* What comes through a pipe is kept, since it will be read again. */
static bool spool(struct archive *a, struct source *s)
{
	bool told;
	int fd = spool_to(a, s->file, &told);
	char number[FORM_ERRNO_SIZE];

	if (fd < 0 && !told)
		archive_file(a, LEVEL_ERROR, a->input->location,
			     "%s: a compressed archive is kept in $TMPDIR "
			     "while it is read from a pipe: %s",
			     form_errno(-fd, number), strerror(-fd));
	if (fd < 0)
		return false;
	close_stages(s);
	s->spool = fd;
	return true;
}

/* Is it compressed? Nothing but the magic is looked at, and not consumed. What
 * cannot be read is no reason: whoever reads on will say so. */
static bool is_compressed(struct source *s)
{
	const uint8_t *data;
	ssize_t n = in_peek(s->file, TAR_BLOCK, &data);

	return n > 0 && tar_codec(data, (size_t)n);
}

static bool can_be_read_again(struct archive *a, struct source *s)
{
	if (!s->piped)
		return true;
	if (open_file(s) != 0) {
		input_failed(a, -ENOMEM, "no memory");
		return false;
	}
	return !is_compressed(s) || spool(a, s);
}

/* ---------------------------------- writing ------------------------------ */

/* Members through a compression, NULL: as they are. */
static void write_members(struct archive *a, struct in *in,
			  const struct codec *codec, int fd,
			  struct archive_pass *pass)
{
	struct out *raw = NULL, *out = NULL;
	int error = out_fd(&raw, fd);

	if (!error && codec)
		error = codec_writer(codec, &out, raw, a->level);
	if (!error)
		archive_members(a, in, out ? out : raw, pass);
	if (!error && out && !pass->out_failed)
		error = out_finish(out);
	if (!error && !pass->out_failed)
		error = out_finish(raw);
	if (error) {
		pass->out_failed = true;
		output_failed(a, error, raw ? out_why(raw) : "no memory");
	}
	out_close(out);
	out_close(raw);
}

/* An output that is no archive at all is rejected by every reader too, but for
 * an empty one. */
static void write_broken(struct archive *a, const struct codec *codec, int fd)
{
	struct out *raw = NULL, *out = NULL;

	if (out_fd(&raw, fd) == 0 &&
	    (!codec || codec_writer(codec, &out, raw, a->level) == 0) &&
	    tar_put_broken(out ? out : raw) == 0 &&
	    (!out || out_finish(out) == 0))
		out_finish(raw);
	out_close(out);
	out_close(raw);
	tool_worse(a->tool, TOOL_INCOMPLETE);
}

static bool bad(const struct archive_pass *p)
{
	return p->refused || p->failed || p->out_failed;
}

/* Of all of the input; false where reading it failed, which was told. */
static bool digest_of(struct archive *a, struct source *s,
		      char digest[DIGEST_SIZE])
{
	int error = in_drain(s->digested);

	if (error)
		input_failed(a, error, in_why(s->digested));
	in_digest(s->digested, digest);
	return !error;
}

/* Another may have written to it since it was looked through. */
static bool still(struct archive *a, struct source *s, const char *looked)
{
	char digest[DIGEST_SIZE];

	if (!digest_of(a, s, digest))
		return false;
	if (strcmp(digest, looked) != 0)
		input_failed(a, -EBADMSG, "it changed while it was read");
	return strcmp(digest, looked) == 0;
}

/*
 * Compressed data is looked through first: where nothing is to change it is
 * copied as it is, since no compressor makes the same bytes again.
 */
static bool rewrite_compressed(struct archive *a, struct source *s, int fd)
{
	struct archive_pass look = {0}, pass = {0};
	const struct codec *codec = s->codec;
	char looked[DIGEST_SIZE];

	archive_members(a, s->plain, NULL, &look);
	if (bad(&look) || !digest_of(a, s, looked)) {
		write_broken(a, codec, fd);
		return false;
	}
	close_stages(s);
	if (open_stages(a, s) != 0) {
		write_broken(a, codec, fd);
		return false;
	}
	if (!look.changed)
		return copy_to(a, s->digested, fd) && still(a, s, looked);
	a->again(a->ctx, true);
	write_members(a, s->plain, codec, fd, &pass);
	a->again(a->ctx, false);
	return !bad(&pass) && still(a, s, looked);
}

static bool rewrite_to(struct archive *a, struct source *s, int fd)
{
	struct archive_pass pass = {0};

	if (s->codec)
		return rewrite_compressed(a, s, fd);
	write_members(a, s->file, NULL, fd, &pass);
	return !bad(&pass);
}

/* --------------------------------- outputs ------------------------------- */

static bool to_stdout(const struct archive *a)
{
	return strcmp(a->out, "-") == 0;
}

void archive_output(const struct archive *a)
{
	if (a->dry_run)
		return;
	if (!a->out)
		tool_usage(a->tool,
			   "an archive is not changed in place; -o names the "
			   "output, and - is standard output");
	if (to_stdout(a) && a->input->backend->run != scan_tar)
		tool_usage(a->tool, "an image is not written to standard "
				    "output; -o names a file or directory");
	if (to_stdout(a) && isatty(STDOUT_FILENO))
		tool_usage(a->tool, "an archive is not written to a terminal; "
				    "-o names an output");
}

/* struct job - a source, and where it goes to */
struct job {
	struct source s;
	int to; /* -1: look only */
};

static bool rewrite_inside(struct archive *a, struct say *say, void *ctx)
{
	struct archive_pass pass = {0};
	struct job *job = ctx;
	struct source *s = &job->s;
	bool done = false;

	(void)say;
	if (open_stages(a, s) != 0) {
		if (job->to >= 0 && to_stdout(a))
			write_broken(a, NULL, job->to);
	} else if (job->to < 0) {
		archive_members(a, s->plain ? s->plain : s->file, NULL, &pass);
	} else {
		done = rewrite_to(a, s, job->to);
	}
	close_stages(s);
	return done;
}

/* What a process that went wrong has written so far must not be taken for whole
 * either; where it ends is not known. */
static void went_wrong(struct archive *a, const struct job *job, int error,
		       const char *why)
{
	if (job->to >= 0 && to_stdout(a))
		write_broken(a, NULL, job->to);
	input_failed(a, error, why);
}

/* It has the source, and the output. */
static bool rewrite_closed(struct archive *a, struct job *job)
{
	const struct source *s = &job->s;
	const int keep[] = {s->spool >= 0 ? s->spool : s->fd, job->to};
	const struct archive_work work = {
		.with = {.keep = keep, .kept = job->to > STDERR_FILENO ? 2 : 1},
		.work = rewrite_inside,
		.ctx = job,
	};
	char why[CLOSED_WHY_SIZE];
	int done = archive_closed(a, &work, why);

	if (done < 0)
		went_wrong(a, job, done, why);
	return done > 0;
}

static void look_only(struct archive *a)
{
	struct job job = {.to = -1};

	tool_privileges(a->tool, 0);
	if (open_source(a, &job.s) == 0)
		rewrite_closed(a, &job);
	close_source(&job.s);
}

/* No byte of the input is looked at before privileges are given up. */
static bool rewrite(struct archive *a, int fd)
{
	struct job job = {.to = fd};
	bool done = false;

	if (open_source(a, &job.s) == 0 && can_be_read_again(a, &job.s))
		done = rewrite_closed(a, &job);
	else if (to_stdout(a))
		write_broken(a, NULL, fd);
	close_source(&job.s);
	return done;
}

static void archive_tar(struct archive *a)
{
	struct output output;

	a->who = TAR_GNU;
	if (a->dry_run) {
		look_only(a);
		return;
	}
	if (!tool_output(a->tool, &output, to_stdout(a) ? NULL : a->out,
			 a->force))
		return;
	if (rewrite(a, fileno(output.file)))
		tool_output_done(a->tool, &output);
	else if (!to_stdout(a))
		output_abandon(&output);
}

void archive_rewrite(struct archive *a)
{
	if (a->input->backend->run == scan_tar)
		archive_tar(a);
	else
		archive_image(a);
}
