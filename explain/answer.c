/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of one file, put together. */
#include "explain/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool answer_no(const struct answer *a)
{
	return a->outcome.error || a->silent;
}

/* --------------------------------- reasons ------------------------------- */

static struct answer_line *add(struct answer *a, const char *code)
{
	struct answer_line *line = &a->reason[a->reasons++];

	line->code = code;
	return line;
}

static void append(struct answer_line *line, const char *text)
{
	size_t used = strlen(line->sentence);

	snprintf(line->sentence + used, sizeof(line->sentence) - used, ": %s",
		 text);
}

/* What is stopped before any rule is asked, or never gets onto a file. */
static void add_obstacle(struct answer *a, const struct program *p)
{
	struct answer_line *line = add(a, p->code);

	snprintf(line->sentence, sizeof(line->sentence), "%s",
		 p->path[0] ? p->path : p->sentence);
	if (p->path[0])
		append(line, p->sentence);
	a->main = line;
}

static const struct vfscap_program *counting(const struct answer *a)
{
	const struct vfscap_program *p = &a->program.program;

	while (p->interpreter && !p->own_credentials)
		p = p->interpreter;
	return p;
}

static void append_value(const struct answer *a, struct answer_line *line)
{
	const struct vfscap_program *p = counting(a);
	char text[VFSCAP_TEXT_SIZE];
	struct vfscap_sets sets;
	struct vfscap cap;

	if (vfscap_decode_lenient(p->value, p->size, &cap))
		return;
	vfscap_to_sets(&cap, &sets);
	if (vfscap_text_format(&sets, a->subject->listing, text,
			       sizeof(text)) == 0)
		append(line, text);
}

static void add_rules(struct answer *a)
{
	const struct program *p = &a->program;

	for (unsigned i = 0; i < a->outcome.reasons; i++) {
		const struct vfscap_reason *r = &a->outcome.reason[i];
		struct answer_line *line = add(a, vfscap_rule_name(r->rule));

		explain_reason(r, a->subject, line->sentence);
		if (r->rule == VFSCAP_RULE_HONOURED)
			append_value(a, line);
		if (r->rule == VFSCAP_RULE_INTERPRETER) {
			p = p->interpreter;
			append(line, *p->path ? p->path
					      : "taken for a plain program");
		}
	}
}

/* The first of these that had a part is why it fails or nothing was gained. */
static const enum vfscap_rule deciding[] = {
	VFSCAP_RULE_NO_FILE_CAPS,   VFSCAP_RULE_NOSUID,
	VFSCAP_RULE_DETACHED,	    VFSCAP_RULE_FOREIGN_FS,
	VFSCAP_RULE_FOREIGN_ROOTID, VFSCAP_RULE_SCRIPT_IGNORED,
	VFSCAP_RULE_NO_NEW_PRIVS,   VFSCAP_RULE_SHARED_FS,
	VFSCAP_RULE_TRACED,	    VFSCAP_RULE_BOUNDED,
	VFSCAP_RULE_NOT_INHERITED,  VFSCAP_RULE_UNKNOWN,
};

static void find_main(struct answer *a)
{
	if (a->main)
		return;
	if (a->outcome.error && a->outcome.error != -EPERM && a->reasons)
		a->main = &a->reason[a->reasons - 1];
	for (size_t i = 0; answer_no(a) && !a->main &&
			   i < sizeof(deciding) / sizeof(deciding[0]);
	     i++)
		for (unsigned k = 0; k < a->reasons && !a->main; k++)
			if (a->reason[k].code == vfscap_rule_name(deciding[i]))
				a->main = &a->reason[k];
}

/* --------------------------------- remedies ------------------------------ */

/* A dump tells of live files. */
static enum remedy_where where_of(const struct scan_record *r)
{
	if (r->packed)
		return r->fixed ? REMEDY_PACKAGE : REMEDY_PACKED;
	if (r->fixed)
		return REMEDY_IMAGE;
	return r->dirfd < 0 && r->fd < 0 && r->has_stat ? REMEDY_DISK
							: REMEDY_LIVE;
}

static void add_remedies(struct answer *a)
{
	static const struct {
		const char *obstacle, *code, *sentence;
	} known[] = {
		{"not-executable", "chmod",
		 "make it executable, which leaves the attribute as it is: "
		 "chmod a+x FILE"},
		{"noexec", "exec-mount",
		 "mount its file system without noexec: mount -o "
		 "remount,exec"},
		{"not-extracted", "set-anew",
		 "have the archive carry a value that can be written: "
		 "fcapset --in=KIND:ARCHIVE -o OUT CAPS FILE"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct remedy *r = &a->remedy[a->remedies];

		if (!a->reasons || strcmp(a->reason[0].code, known[i].obstacle))
			continue;
		snprintf(r->code, sizeof(r->code), "%s", known[i].code);
		snprintf(r->sentence, sizeof(r->sentence), "%s",
			 known[i].sentence);
		a->remedies++;
		return;
	}
	if (!program_failing(&a->program))
		a->remedies = explain_remedies(a->kernel, a->subject,
					       &a->program.program, &a->outcome,
					       where_of(a->record), a->remedy);
}

/* ----------------------------------- all --------------------------------- */

static void ask(struct answer *a)
{
	const struct program *failing = program_failing(&a->program);
	const struct vfscap_program *p = &a->program.program;
	bool lost = !failing && a->program.code;

	if (failing) {
		a->outcome.error = failing->error;
		a->outcome.creds = a->subject->process.creds;
		add_obstacle(a, failing);
	} else {
		if (lost)
			add_obstacle(a, &a->program);
		vfscap_explain(a->kernel, &a->subject->process, p, &a->outcome);
		add_rules(a);
	}
	a->wanted = explain_wanted(p);
	a->missing = explain_missing(p, &a->outcome);
	a->silent =
		!a->outcome.error && (lost || explain_silent(p, &a->outcome));
	if (!a->outcome.error)
		a->gained = a->outcome.creds.permitted &
			    ~a->subject->process.creds.permitted;
}

/* Another value than the file's; overlayfs reads it as it reads all. */
static void store(struct answer *a, const struct answer_given *given)
{
	struct program *p = &a->program;

	program_value(p, given->value, given->size);
	if (a->record->overlay)
		p->mount.lower = &p->lower;
}

int answer_of(struct answer *a, const struct scan_record *record,
	      const struct vfscap_kernel *kernel, const struct subject *subject,
	      const struct answer_given *given, char why[EXPLAIN_WHY_SIZE])
{
	struct scan_record plain = *record;

	memset(a, 0, sizeof(*a));
	a->record = record;
	a->kernel = kernel;
	a->subject = subject;
	if (given->value) {
		plain.value = NULL;
		plain.error = ENODATA;
		plain.asked = false;
	}
	if (program_of(&a->program, &plain, kernel, subject, why) != 0)
		return -1;
	if (given->value)
		store(a, given);
	for (struct program *p = &a->program; p && given->nosuid;
	     p = p->interpreter)
		p->program.nosuid = true;
	ask(a);
	find_main(a);
	add_remedies(a);
	return 0;
}

void answer_free(struct answer *a)
{
	program_free(&a->program);
}
