/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes named by words, and told as text. */
#include "subjects.h"

#include "suite.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void warn(void *ctx, const char *sentence)
{
	struct named *n = ctx;
	size_t used = strlen(n->warnings);

	snprintf(n->warnings + used, sizeof(n->warnings) - used, "%s\n",
		 sentence);
}

static int take(struct named *n, char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	if (strcmp(word, "self") == 0)
		return subject_self(&n->subject, n->why);
	if (strcmp(word, "profile") == 0)
		return subject_profile(&n->subject, value, n->why);
	if (strcmp(word, "pid") == 0)
		return subject_pid(&n->subject, (pid_t)atoi(value), warn, n,
				   n->why);
	if (strcmp(word, "oci") == 0)
		return subject_oci(&n->subject, value, SANDBOX_AUTO, warn, n,
				   n->why);
	return subject_option(&n->subject, word, value, n->why);
}

int named_as(struct named *n, const char *words)
{
	char *copy = strdup(words), *rest = NULL;
	int error = 0;

	ck_assert_ptr_nonnull(copy);
	memset(n, 0, sizeof(*n));
	vfscap_listing_builtin(&n->listing);
	subject_init(&n->subject, &n->listing);
	for (char *word = strtok_r(copy, " ", &rest); word && !error;
	     word = strtok_r(NULL, " ", &rest))
		error = take(n, word);
	if (!error)
		error = subject_check(&n->subject, n->why);
	free(copy);
	/* Words go with a failure, and with nothing else. */
	ck_assert_int_eq(error != 0, n->why[0] != '\0');
	return error;
}

void named_free(struct named *n)
{
	subject_free(&n->subject);
}

/* ---------------------------------- as text ------------------------------ */

static void say(struct named *n, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void say(struct named *n, const char *format, ...)
{
	size_t used = strlen(n->text);
	va_list args;

	if (used)
		strcat(n->text + used++, " ");
	va_start(args, format);
	vsnprintf(n->text + used, sizeof(n->text) - used - 1, format, args);
	va_end(args);
}

static void say_set(struct named *n, const char *name, uint64_t set)
{
	if (set)
		say(n, "%s=%" PRIx64, name, set);
}

static void say_groups(struct named *n)
{
	const struct vfscap_process *p = &n->subject.process;

	for (size_t i = 0; i < p->group_count; i++)
		say(n, "group=%" PRIu32, p->groups[i]);
}

static void say_namespaces(struct named *n)
{
	const struct ns_chain *chain = &n->subject.chain;

	ck_assert_ptr_eq(n->subject.process.ns, ns_innermost(chain));
	for (size_t i = 0; i < chain->depth; i++)
		say(n, "ns=%u:%u:%u", chain->user[i].map.extent[0].inside,
		    chain->user[i].map.extent[0].outside,
		    chain->user[i].map.extent[0].count);
}

const char *named_text(struct named *n)
{
	static const char *const tracers[] = {
		[VFSCAP_TRACER_PRIVILEGED] = "traced=privileged",
		[VFSCAP_TRACER_OTHER] = "traced",
	};
	const struct vfscap_process *p = &n->subject.process;
	const struct vfscap_creds *c = &p->creds;

	n->text[0] = '\0';
	say(n, "%u:%u %u:%u:%u", c->ruid, c->euid, c->rgid, c->egid, c->fsgid);
	say_groups(n);
	say_set(n, "P", c->permitted);
	say_set(n, "I", c->inheritable);
	say_set(n, "E", c->effective);
	say_set(n, "B", c->bounding);
	say_set(n, "A", c->ambient);
	say_set(n, "securebits", c->securebits);
	if (p->no_new_privs)
		say(n, "nnp");
	if (p->shared_fs)
		say(n, "shared");
	if (p->tracer)
		say(n, "%s", tracers[p->tracer]);
	say_namespaces(n);
	return n->text;
}

/* ------------------------------- what they have -------------------------- */

bool subjects_capset(uint64_t permitted, uint64_t inheritable,
		     uint64_t effective)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted,
		 (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data) == 0;
}
