/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configurations of OCI runtimes: what is taken from one is a process that there
 * could be, the same each time, and that execve can be asked for; a refusal has
 * words, on one line.
 */
#include "executes.h"
#include "explain/explain.h"
#include "fuzz.h"

#include <stdlib.h>
#include <unistd.h>

static struct vfscap_listing listing;

static void count(void *ctx, const char *sentence)
{
	must(*sentence && !strchr(sentence, '\n'));
	++*(size_t *)ctx;
}

/* struct taken - what came of a configuration */
struct taken {
	struct subject subject;
	size_t warnings;
	int error;
	char why[EXPLAIN_WHY_SIZE];
};

static void take_config(struct taken *t, const char *path, bool below)
{
	subject_init(&t->subject, &listing);
	t->warnings = 0;
	t->why[0] = '\0';
	if (below)
		must(subject_option(&t->subject, "userns", "0:1000:70000",
				    t->why) == 0);
	t->error = subject_oci(&t->subject, path, SANDBOX_NO, count,
			       &t->warnings, t->why);
	must(!t->error || t->error == -1);
	must(!t->error == !*t->why);
}

static void check_process(struct subject *s)
{
	const struct vfscap_process *p = &s->process;
	char why[EXPLAIN_WHY_SIZE];

	must(subject_check(s, why) == 0);
	must(p->ns == ns_innermost(&s->chain));
	must(p->creds.euid == p->creds.ruid && p->creds.egid == p->creds.rgid);
	must(!((p->creds.permitted | p->creds.bounding | p->creds.inheritable) &
	       ~listing.known));
	must(p->group_count <= EXPLAIN_GROUPS &&
	     (!p->group_count || p->groups));
	executes(s, &listing);
}

static void check_same(const struct taken *a, const struct taken *b)
{
	const struct vfscap_process *p = &a->subject.process,
				    *q = &b->subject.process;

	must(a->error == b->error && strcmp(a->why, b->why) == 0);
	must(a->warnings == b->warnings);
	if (a->error)
		return;
	must(memcmp(&p->creds, &q->creds, sizeof(p->creds)) == 0);
	must(p->no_new_privs == q->no_new_privs);
	must(p->group_count == q->group_count);
	must(!p->group_count ||
	     memcmp(p->groups, q->groups, 4 * p->group_count) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	vfscap_listing_builtin(&listing);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct taken first, second;
	bool below = size && data[size - 1] == '\n';
	int fd = memory_file(data, size);
	char path[FD_PATH_SIZE];

	fd_path(fd, path);
	take_config(&first, path, below);
	take_config(&second, path, below);
	check_same(&first, &second);
	if (!first.error)
		check_process(&first.subject);
	subject_free(&first.subject);
	subject_free(&second.subject);
	close(fd);
	return 0;
}
