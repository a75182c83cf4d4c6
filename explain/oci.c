/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of an OCI runtime's config.json. */
#include "explain/oci.h"

#include "form/form.h"
#include "scan/closed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KIND_WARNING, KIND_FACTS, KIND_FAILED };

/* More than the sets of a configuration can give reason to. */
#define WARNINGS_MAX 2000

/* struct job - as both sides see it */
struct job {
	struct config config; /* of the one outside */
	struct subject *subject;
	const char *path;
	int fd;
	unsigned warnings;
	bool done; /* the facts are there, or the reason why not: */
	bool failed;
};

/* -------------------------------- inside --------------------------------- */

struct speaker {
	struct say *say;
	int error;
};

static void send_warning(void *ctx, const char *sentence)
{
	struct speaker *s = ctx;

	pack_text(say_begin(s->say), sentence);
	if (!s->error)
		s->error = say_send(s->say, KIND_WARNING);
}

static int work_inside(void *ctx, struct say *say, char why[CLOSED_WHY_SIZE])
{
	const struct job *job = ctx;
	struct speaker speaker = {.say = say};
	struct config_facts facts = {0};
	char words[EXPLAIN_WHY_SIZE];
	struct config config = {
		.name = job->config.name,
		.subject = job->config.subject,
		.facts = &facts,
		.warn = send_warning,
		.ctx = &speaker,
		.why = words,
	};
	bool failed = config_parse(&config, job->fd) != 0;

	(void)why;
	if (failed)
		pack_text(say_begin(say), words);
	else
		config_facts_pack(say_begin(say), &facts);
	config_facts_free(&facts);
	return speaker.error ? speaker.error
			     : say_send(say, failed ? KIND_FAILED : KIND_FACTS);
}

/* -------------------------------- outside -------------------------------- */

static int take_warning(struct job *job, struct unpack *u)
{
	const char *sentence = unpack_text(u);

	if (!unpack_right(u) || !sentence || ++job->warnings > WARNINGS_MAX)
		return -EPROTO;
	job->config.warn(job->config.ctx, sentence);
	return 0;
}

static int take_failed(struct job *job, struct unpack *u)
{
	const char *words = unpack_text(u);

	if (!unpack_right(u) || !words || !*words)
		return -EPROTO;
	subject_fail(job->config.why, "%s", words);
	job->failed = job->done = true;
	return 0;
}

static int take_facts(struct job *job, struct unpack *u)
{
	job->done = true;
	return config_facts_unpack(u, job->subject->listing->known,
				   job->config.facts);
}

static int take(void *ctx, unsigned kind, struct unpack *u)
{
	struct job *job = ctx;

	if (job->done)
		return -EPROTO;
	switch (kind) {
	case KIND_WARNING:
		return take_warning(job, u);
	case KIND_FACTS:
		return take_facts(job, u);
	case KIND_FAILED:
		return take_failed(job, u);
	default:
		return -EPROTO;
	}
}

static int tell(void *ctx, const char *sentence)
{
	const struct job *job = ctx;

	config_warn(&job->config, "%s", sentence);
	return 0;
}

static int read_closed(struct job *job, enum sandbox sandbox)
{
	const struct closed closed = {
		.with = {.keep = &job->fd, .kept = 1},
		.how = {sandbox, tell, job},
		.work = work_inside,
		.work_ctx = job,
		.take = take,
		.ctx = job,
	};
	char words[CLOSED_WHY_SIZE];
	int error = scan_closed_run(&closed, words);

	if (!error && job->done)
		return job->failed ? -1 : 0;
	return config_fail(&job->config, "%s",
			   *words	      ? words
			   : error == -ENOMEM ? strerror(ENOMEM)
					      : CLOSED_WRONG);
}

/* --------------------------------- applied ------------------------------- */

static char *map_text(const struct vfscap_idmap *map)
{
	struct form_memory memory;
	FILE *out = form_memory_open(&memory);

	if (!out)
		return NULL;
	for (uint32_t i = 0; i < map->count; i++)
		fprintf(out, "%s%u:%u:%u", i ? "," : "", map->extent[i].inside,
			map->extent[i].outside, map->extent[i].count);
	return form_memory_close(&memory, out);
}

static int add(const struct job *job, const char *uid, const char *gid)
{
	struct subject *subject = job->subject;
	char why[NS_WHY_SIZE];

	if (ns_chain_add(&subject->chain, uid, gid, why))
		return config_fail(&job->config, "its user namespace: %s", why);
	subject->process.ns = ns_innermost(&subject->chain);
	return 0;
}

static int apply_userns(const struct job *job)
{
	const struct config_facts *facts = job->config.facts;
	char *uid, *gid, pid[32];
	int error;

	if (facts->userns == CONFIG_SAME)
		return 0;
	snprintf(pid, sizeof(pid), "pid:%u", facts->pid);
	if (facts->userns == CONFIG_OF_PID)
		return add(job, pid, NULL);
	uid = map_text(&facts->map[NS_UID]);
	gid = map_text(&facts->map[NS_GID]);
	error = uid && gid ? add(job, uid, gid)
			   : config_fail(&job->config, "%s", strerror(ENOMEM));
	free(uid);
	free(gid);
	return error;
}

static int apply_id(const struct job *job, const char *place, enum ns_ids ids,
		    uint32_t inside, uint32_t *outside)
{
	char why[EXPLAIN_WHY_SIZE];

	if (subject_id(job->subject, ids, inside, outside, why))
		return config_fail(&job->config, "%s: %.300s", place, why);
	return 0;
}

/* They become the subject's in any case. */
static int apply_groups(const struct job *job)
{
	struct config_facts *facts = job->config.facts;
	uint32_t *groups = facts->groups;
	char place[64];

	facts->groups = NULL;
	subject_groups(job->subject, groups, facts->group_count);
	for (size_t i = 0; i < facts->group_count; i++) {
		snprintf(place, sizeof(place),
			 "process.user.additionalGids[%zu]", i);
		if (apply_id(job, place, NS_GID, groups[i], &groups[i]))
			return -1;
	}
	return 0;
}

static int apply_user(const struct job *job)
{
	struct vfscap_creds *creds = &job->subject->process.creds;
	const struct config_facts *facts = job->config.facts;

	if (apply_id(job, "process.user.uid", NS_UID, facts->uid,
		     &creds->ruid) ||
	    apply_id(job, "process.user.gid", NS_GID, facts->gid, &creds->rgid))
		return -1;
	creds->euid = creds->ruid;
	creds->egid = creds->fsgid = creds->rgid;
	return apply_groups(job);
}

static void apply_sets(const struct job *job)
{
	struct vfscap_process *process = &job->subject->process;
	const struct config_facts *facts = job->config.facts;

	for (enum subject_set set = 0; set <= SUBJECT_AMBIENT; set++)
		*subject_set_of(&process->creds, set) = facts->set[set];
	process->no_new_privs = facts->no_new_privs;
}

/* Below the directory of the configuration. */
static int apply_root(const struct job *job)
{
	const char *slash = strrchr(job->path, '/');
	const char *root = job->config.facts->root;
	int size = 0;

	if (!root)
		return 0;
	if (*root != '/' && slash)
		size = (int)(slash + 1 - job->path);
	if (asprintf(&job->subject->rootfs, "%.*s%s", size, job->path, root) >=
	    0)
		return 0;
	job->subject->rootfs = NULL;
	return config_fail(&job->config, "%s", strerror(ENOMEM));
}

static int apply(const struct job *job)
{
	if (apply_userns(job) || apply_user(job))
		return -1;
	apply_sets(job);
	return apply_root(job);
}

/* --------------------------------- the file ------------------------------ */

/* As it is: where it is shown, it is escaped. */
static void name(struct subject *subject, const char *path)
{
	if (strcmp(path, "-") == 0)
		path = "standard input";
	snprintf(subject->name, sizeof(subject->name), "%s", path);
}

static int read_config(struct job *job, enum sandbox sandbox)
{
	bool is_stdin = strcmp(job->path, "-") == 0;
	char words[FORM_FAILED_SIZE];
	int error;

	job->fd = is_stdin ? STDIN_FILENO
			   : open(job->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (job->fd < 0)
		return config_fail(&job->config, "%s",
				   form_failed(errno, words));
	error = read_closed(job, sandbox);
	if (!is_stdin)
		close(job->fd);
	return error ? error : apply(job);
}

int subject_oci(struct subject *subject, const char *path, enum sandbox sandbox,
		subject_warn_fn *warn, void *ctx, char why[EXPLAIN_WHY_SIZE])
{
	struct config_facts facts = {0};
	struct job job = {
		.config = {.name = subject->name,
			   .subject = subject,
			   .facts = &facts,
			   .warn = warn,
			   .ctx = ctx,
			   .why = why},
		.subject = subject,
		.path = path,
	};
	int error;

	if (subject_begin(subject, why))
		return -1;
	name(subject, path);
	error = read_config(&job, sandbox);
	config_facts_free(&facts);
	return error;
}
