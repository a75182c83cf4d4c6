/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running process, from /proc. */
#include "explain/parts.h"
#include "form/form.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is read of a process; ids are those of the caller's namespace. */
struct status {
	uint32_t uid[4], gid[4]; /* real, effective, saved, file system */
	uint32_t *groups;
	size_t group_count;
	uint64_t set[5]; /* by enum subject_set */
	uint32_t no_new_privs;
	uint32_t tracer;
	char state;    /* a letter */
	unsigned seen; /* which lines there were */
};

enum line {
	UID = 1 << 0,
	GID = 1 << 1,
	GROUPS = 1 << 2,
	NO_NEW_PRIVS = 1 << 3,
	TRACER = 1 << 4,
	STATE = 1 << 5,
	SETS = 1 << 6, /* and the four after it */
};

/* Kernels before 4.3 have no ambient set, those before 4.10 do not tell of
 * no_new_privs. */
#define NEEDED                                                     \
	(UID | GID | GROUPS | TRACER | SETS << SUBJECT_PERMITTED | \
	 SETS << SUBJECT_INHERITABLE | SETS << SUBJECT_EFFECTIVE | \
	 SETS << SUBJECT_BOUNDING)

/* --------------------------------- one line ------------------------------ */

/* Numbers with blanks between: as many as there are, up to @most. */
static size_t read_numbers(const char *text, uint32_t *number, size_t most)
{
	size_t n = 0;

	for (; n < most; n++) {
		text += strspn(text, " \t");
		if (!subject_number(&text, " \t\n", &number[n]))
			break;
	}
	return n;
}

static bool read_ids(const char *text, uint32_t id[4])
{
	return read_numbers(text, id, 4) == 4;
}

static bool read_groups(const char *text, struct status *status)
{
	size_t most = strlen(text) / 2 + 1;

	free(status->groups);
	status->groups = calloc(most, sizeof(*status->groups));
	if (!status->groups)
		return false;
	status->group_count = read_numbers(text, status->groups, most);
	return true;
}

static bool read_set(const char *text, struct status *status, unsigned set)
{
	return sscanf(text, "%" SCNx64, &status->set[set]) == 1;
}

static const struct {
	const char *key;
	unsigned line;
} lines[] = {
	{"State:", STATE},
	{"Uid:", UID},
	{"Gid:", GID},
	{"Groups:", GROUPS},
	{"NoNewPrivs:", NO_NEW_PRIVS},
	{"TracerPid:", TRACER},
	{"CapPrm:", SETS << SUBJECT_PERMITTED},
	{"CapInh:", SETS << SUBJECT_INHERITABLE},
	{"CapEff:", SETS << SUBJECT_EFFECTIVE},
	{"CapBnd:", SETS << SUBJECT_BOUNDING},
	{"CapAmb:", SETS << SUBJECT_AMBIENT},
};

static bool take(const char *text, unsigned line, struct status *status)
{
	switch (line) {
	case STATE:
		return sscanf(text, " %c", &status->state) == 1;
	case UID:
		return read_ids(text, status->uid);
	case GID:
		return read_ids(text, status->gid);
	case GROUPS:
		return read_groups(text, status);
	case NO_NEW_PRIVS:
		return read_numbers(text, &status->no_new_privs, 1) == 1;
	case TRACER:
		return read_numbers(text, &status->tracer, 1) == 1;
	default:
		return read_set(text, status,
				(unsigned)__builtin_ctz(line / SETS));
	}
}

static void take_line(const char *text, struct status *status)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t size = strlen(lines[i].key);

		if (strncmp(text, lines[i].key, size) == 0 &&
		    take(text + size, lines[i].line, status))
			status->seen |= lines[i].line;
	}
}

/* --------------------------------- the file ------------------------------ */

static int read_status(unsigned pid, struct status *status,
		       char why[EXPLAIN_WHY_SIZE])
{
	char path[64], words[FORM_FAILED_SIZE], *text = NULL;
	size_t size = 0;
	FILE *file;
	bool whole;

	*status = (struct status){0};
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	if (!file)
		return subject_fail(why, "%s: %s%s", path,
				    form_failed_at(errno, path, words),
				    errno == ENOENT && !form_no_proc(errno)
					    ? "; there is no such process"
					    : "");
	while (getline(&text, &size, file) >= 0)
		take_line(text, status);
	whole = feof(file);
	free(text);
	fclose(file);
	if (whole && (status->seen & NEEDED) == NEEDED)
		return 0;
	free(status->groups);
	status->groups = NULL;
	return subject_fail(why,
			    "%s: not all of it could be read; the process "
			    "may have ended",
			    path);
}

static void fill(struct subject *subject, const struct status *status)
{
	struct vfscap_process *process = &subject->process;
	struct vfscap_creds *creds = &process->creds;

	creds->ruid = status->uid[0];
	creds->euid = status->uid[1];
	creds->rgid = status->gid[0];
	creds->egid = status->gid[1];
	creds->fsgid = status->gid[3];
	for (unsigned set = 0; set <= SUBJECT_AMBIENT; set++)
		*subject_set_of(creds, set) =
			status->set[set] & subject->listing->known;
	process->no_new_privs = status->no_new_privs != 0;
	subject_groups(subject, status->groups, status->group_count);
}

/* ------------------------- what cannot be had exactly --------------------- */

static void ask_tracer(struct subject *subject, unsigned pid,
		       const struct status *status, subject_warn_fn *warn,
		       void *ctx)
{
	char sentence[EXPLAIN_WHY_SIZE], why[EXPLAIN_WHY_SIZE];
	struct status tracer;
	bool privileged = false;

	if (!status->tracer)
		return;
	if (read_status(status->tracer, &tracer, why) == 0)
		privileged = subject_traces(status->tracer, tracer.uid[1],
					    tracer.set[SUBJECT_EFFECTIVE], pid);
	free(tracer.groups);
	subject->process.tracer =
		privileged ? VFSCAP_TRACER_PRIVILEGED : VFSCAP_TRACER_OTHER;
	snprintf(sentence, sizeof(sentence),
		 "process %u: traced by process %u, %s CAP_SYS_PTRACE over it "
		 "now; what counts is whether it had it when it attached, or "
		 "after PTRACE_TRACEME whether the process itself had it then",
		 pid, status->tracer, privileged ? "with" : "without");
	warn(ctx, sentence);
}

static void tell(const struct subject *subject, const struct status *status,
		 subject_warn_fn *warn, void *ctx)
{
	bool root = subject_is_root(subject, status->uid[0]) ||
		    subject_is_root(subject, status->uid[1]);
	const struct {
		bool when;
		const char *words;
	} unknown[] = {
		{root, "/proc does not tell its securebits, which are taken to "
		       "be 0; --securebits says others"},
		{!(status->seen & NO_NEW_PRIVS),
		 "this kernel does not tell no_new_privs, which is taken to be "
		 "off"},
		{subject->chain.gaps, "ancestors of its user namespace are "
				      "unknown, and taken to own "
				      "nothing"},
	};
	char sentence[EXPLAIN_WHY_SIZE];

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		if (!unknown[i].when)
			continue;
		snprintf(sentence, sizeof(sentence), "%s: %s", subject->name,
			 unknown[i].words);
		warn(ctx, sentence);
	}
}

/* -------------------------------- all of it ------------------------------ */

/* What has ended has a status until its parent asks, and executes nothing. */
static int read_live(pid_t pid, struct status *status,
		     char why[EXPLAIN_WHY_SIZE])
{
	if (read_status((unsigned)pid, status, why))
		return -1;
	if (status->state != 'Z' && status->state != 'X')
		return 0;
	free(status->groups);
	status->groups = NULL;
	return subject_fail(why,
			    "process %d is a zombie: it has ended, and "
			    "executes nothing more",
			    pid);
}

int subject_pid(struct subject *subject, pid_t pid, subject_warn_fn *warn,
		void *ctx, char why[EXPLAIN_WHY_SIZE])
{
	struct status status;
	char arg[32];

	if (pid <= 0)
		return subject_fail(why, "a process has a number above 0");
	if (subject->chain.depth)
		return subject_fail(why,
				    "process %d has a user namespace, so "
				    "that none can be given",
				    pid);
	if (subject_begin(subject, why) || read_live(pid, &status, why))
		return -1;
	snprintf(subject->name, sizeof(subject->name), "process %d", pid);
	fill(subject, &status); /* has the groups now */
	snprintf(arg, sizeof(arg), "pid:%d", pid);
	if (ns_chain_add(&subject->chain, arg, NULL, why))
		return -1;
	subject->process.ns = ns_innermost(&subject->chain);
	ask_tracer(subject, (unsigned)pid, &status, warn, ctx);
	tell(subject, &status, warn, ctx);
	return 0;
}
