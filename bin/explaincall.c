/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of fcapexplain, out of its options. */
#include "bin/explaincall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void call_add(struct explain_call *call, const char *name, const char *value)
{
	struct explain_option *more =
		reallocarray(call->option, call->options + 1, sizeof(*more));

	if (!more) {
		tool_error(call->tool, "no memory");
		exit(TOOL_INCOMPLETE);
	}
	call->option = more;
	more[call->options++] =
		(struct explain_option){.name = name, .value = value};
	call->uid |= strcmp(name, "uid") == 0;
	call->gid |= strcmp(name, "gid") == 0;
	call->userns |= strcmp(name, "userns") == 0;
}

/* Containers start as their image says; other processes do not care. */
bool call_follows_image(const struct explain_call *call)
{
	return call->profile && strcmp(call->profile, "root") != 0 &&
	       strcmp(call->profile, "user") != 0 && !call->uid;
}

static pid_t read_pid(const struct explain_call *call)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(call->pid, &end, 10);
	if (*call->pid < '0' || *call->pid > '9' || *end || errno || pid < 1 ||
	    pid > INT32_MAX)
		tool_usage(call->tool, "--pid: '%s' is no process id",
			   call->pid);
	return (pid_t)pid;
}

static void warn(void *ctx, const char *sentence)
{
	struct explain_call *call = ctx;

	if (!call->tool->quiet)
		tool_error(call->tool, "%s", sentence);
}

/* Namespaces come before the process that is in them, all else after it. */
static void take_options(struct explain_call *call, struct subject *subject,
			 bool userns)
{
	char why[EXPLAIN_WHY_SIZE];

	for (size_t i = 0; i < call->options; i++) {
		const struct explain_option *o = &call->option[i];

		if ((strcmp(o->name, "userns") == 0) != userns)
			continue;
		if (subject_option(subject, o->name, o->value, why))
			tool_usage(call->tool, "--%s: %s", o->name, why);
	}
}

/* A file that cannot be read, a process that is gone: nothing is answered. */
_Noreturn static void give_up(const struct explain_call *call,
			      const char *option, const char *why)
{
	tool_error(call->tool, "%s: %s", option, why);
	exit(TOOL_INCOMPLETE);
}

static void take_process(struct explain_call *call, struct subject *subject)
{
	char why[EXPLAIN_WHY_SIZE];

	if (call->profile) {
		if (subject_profile(subject, call->profile, why))
			tool_usage(call->tool, "--profile: %s", why);
	} else if (call->pid) {
		if (subject_pid(subject, read_pid(call), warn, call, why))
			give_up(call, "--pid", why);
		subject->pid = read_pid(call);
	} else if (call->oci) {
		if (subject_oci(subject, call->oci, call->sandbox, warn, call,
				why))
			give_up(call, "--oci-config", why);
	} else if (subject_self(subject, why)) {
		give_up(call, "the caller", why);
	}
}

static int take_image(struct subject *subject, const char *option,
		      const uint32_t *id, char why[EXPLAIN_WHY_SIZE])
{
	char value[16];

	if (!id)
		return 0;
	snprintf(value, sizeof(value), "%u", *id);
	return subject_option(subject, option, value, why);
}

static void take_root(struct explain_call *call, struct subject *subject)
{
	char *root;

	if (!call->root)
		return;
	root = strdup(call->root);
	if (!root)
		give_up(call, "--root", "no memory");
	free(subject->rootfs);
	subject->rootfs = root;
}

int call_subject(struct explain_call *call, struct subject *subject,
		 const uint32_t *uid, const uint32_t *gid,
		 char why[EXPLAIN_WHY_SIZE])
{
	subject_init(subject, &call->tool->listing);
	take_options(call, subject, true);
	take_process(call, subject);
	if (take_image(subject, "uid", uid, why) ||
	    take_image(subject, "gid", call->gid ? NULL : gid, why))
		return -1;
	take_options(call, subject, false);
	take_root(call, subject);
	return subject_check(subject, why);
}
