/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would change the outcome: changes that were tried, by themselves and
 * together. */
#include "explain/trial.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------ what is missing --------------------------- */

static uint64_t names_of(const struct vfscap_program *p)
{
	struct vfscap cap;

	if (!p->present || vfscap_decode_lenient(p->value, p->size, &cap))
		return 0;
	return cap.permitted | cap.inheritable;
}

uint64_t explain_wanted(const struct vfscap_program *p)
{
	while (p->interpreter && !p->present)
		p = p->interpreter;
	return names_of(p);
}

uint64_t explain_missing(const struct vfscap_program *program,
			 const struct vfscap_outcome *outcome)
{
	uint64_t wanted = explain_wanted(program);

	return outcome->error ? wanted : wanted & ~outcome->creds.permitted;
}

static const struct vfscap_reason *find_reason(const struct vfscap_outcome *o,
					       enum vfscap_rule rule)
{
	for (unsigned i = 0; i < o->reasons; i++)
		if (o->reason[i].rule == rule)
			return &o->reason[i];
	return NULL;
}

bool explain_silent(const struct vfscap_program *program,
		    const struct vfscap_outcome *outcome)
{
	uint64_t wanted = explain_wanted(program);
	const struct vfscap_reason *foreign =
		find_reason(outcome, VFSCAP_RULE_FOREIGN_ROOTID);

	if (outcome->error)
		return false;
	/* Of a rootid without a name the capabilities are not known either. */
	if (!wanted)
		return foreign && foreign->id == VFSCAP_ROOTID_INVALID;
	return !(wanted & outcome->creds.permitted);
}

/* --------------------------------- trials -------------------------------- */

/* What the file names; where it names nothing, what the process loses by it. */
static uint64_t asked_for(const struct question *q)
{
	static const enum vfscap_rule rules[] = {
		VFSCAP_RULE_AMBIENT_FILE,
		VFSCAP_RULE_AMBIENT_IDS,
		VFSCAP_RULE_LOST,
	};
	uint64_t caps = explain_wanted(q->program) & q->kernel->known;

	for (size_t i = 0; !caps && i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct vfscap_reason *r =
			find_reason(q->outcome, rules[i]);

		caps = r ? r->caps : 0;
	}
	return caps;
}

/* The bits and the value that count. */
static const struct vfscap_program *counting(const struct vfscap_program *p)
{
	while (p->interpreter && !p->own_credentials)
		p = p->interpreter;
	return p;
}

static void begin(struct trial *t, const struct question *q)
{
	*t = (struct trial){
		.kernel = *q->kernel,
		.process = q->subject->process,
		.program = *counting(q->program),
	};
	t->program.interpreter = NULL;
	t->decodes = t->program.present &&
		     vfscap_decode_lenient(t->program.value, t->program.size,
					   &t->cap) == 0;
}

/* Only the value that was changed is written anew. */
static bool changed_value(struct trial *t)
{
	size_t size;

	if (!t->changed)
		return true;
	if (vfscap_encode(&t->cap, t->value, sizeof(t->value), &size))
		return false;
	t->program.value = t->value;
	t->program.size = size;
	return true;
}

/* Does it run, and what is missing still? All that is asked for, where not. */
static bool runs(const struct question *q, struct trial *t, uint64_t *missing)
{
	struct vfscap_outcome outcome;

	*missing = q->wanted;
	if (!changed_value(t))
		return false;
	vfscap_explain(&t->kernel, &t->process, &t->program, &outcome);
	if (!outcome.error)
		*missing = q->wanted & ~outcome.creds.permitted;
	return !outcome.error;
}

/* Changes in a mask, all or none. */
static bool apply(const struct question *q, struct trial *t, unsigned mask)
{
	begin(t, q);
	for (unsigned i = 0; i < trial_changes; i++)
		if (mask >> i & 1 && !trial_change[i].apply(q, t))
			return false;
	return true;
}

static bool helps(const struct question *q, unsigned mask, uint64_t *missing)
{
	struct trial t;

	if (!apply(q, &t, mask) || !runs(q, &t, missing))
		return false;
	return q->outcome->error || (*missing & q->missing) != q->missing;
}

/* ------------------------------- which to name ---------------------------- */

/* A remedy that is found, or more than there is room for. */
struct found {
	struct remedy *remedy;
	unsigned count;
	unsigned whole[EXPLAIN_REMEDIES]; /* masks after which nothing lacks */
	unsigned wholes;
};

static void name(const struct question *q, struct found *f, unsigned mask,
		 uint64_t missing)
{
	struct remedy *r = &f->remedy[f->count];
	char part[EXPLAIN_WHY_SIZE];
	struct trial t;
	size_t used = 0, code = 0;

	if (f->count == EXPLAIN_REMEDIES)
		return;
	f->count++;
	apply(q, &t, mask);
	for (unsigned i = 0; i < trial_changes; i++) {
		if (!(mask >> i & 1))
			continue;
		code += (size_t)snprintf(r->code + code, sizeof(r->code) - code,
					 "%s%s", code ? "+" : "",
					 trial_change[i].code);
		trial_words(q, &t, i, part);
		used = words_append(r->sentence, used, used ? "; and " : "");
		used = words_append(r->sentence, used, part);
	}
	if (!missing || !q->wanted)
		return;
	explain_caps(q->subject->listing, missing, part);
	used = words_append(r->sentence, used, "; it runs then, without ");
	words_append(r->sentence, used, part);
}

static bool is_superset(const struct found *f, unsigned mask)
{
	for (unsigned i = 0; i < f->wholes; i++)
		if ((f->whole[i] & mask) == f->whole[i])
			return true;
	return false;
}

static unsigned bits(unsigned mask)
{
	return (unsigned)__builtin_popcount(mask);
}

/* Those that are tried together with others. */
static unsigned combinable(void)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < trial_changes; i++)
		if (!trial_change[i].alone)
			mask |= 1u << i;
	return mask;
}

/* Together only as many as it takes: what a part of them does is left out. */
static void try_together(const struct question *q, struct found *f,
			 unsigned together)
{
	unsigned all = combinable();
	uint64_t missing;

	for (unsigned mask = 1; mask < 1u << trial_changes; mask++) {
		if (mask & ~all || bits(mask) != together ||
		    is_superset(f, mask) || !helps(q, mask, &missing) ||
		    missing)
			continue;
		if (f->wholes < EXPLAIN_REMEDIES)
			f->whole[f->wholes++] = mask;
		name(q, f, mask, missing);
	}
}

/* Where something does it all, no part of that is named by itself. */
static void try_rest(const struct question *q, struct found *f)
{
	uint64_t missing;

	for (unsigned i = 0; i < trial_changes; i++) {
		bool part = f->wholes && !trial_change[i].alone;

		if (!part && helps(q, 1u << i, &missing))
			name(q, f, 1u << i, missing);
	}
}

unsigned explain_remedies(const struct vfscap_kernel *kernel,
			  const struct subject *subject,
			  const struct vfscap_program *program,
			  const struct vfscap_outcome *outcome,
			  enum remedy_where where,
			  struct remedy remedies[EXPLAIN_REMEDIES])
{
	struct question q = {
		.kernel = kernel,
		.subject = subject,
		.program = program,
		.outcome = outcome,
		.where = where,
	};
	struct found found = {.remedy = remedies};

	q.wanted = asked_for(&q);
	q.missing = outcome->error ? q.wanted
				   : q.wanted & ~outcome->creds.permitted;
	if (!outcome->error && !q.missing)
		return 0;
	memset(remedies, 0, EXPLAIN_REMEDIES * sizeof(*remedies));
	for (unsigned together = 1; together <= 3 && !found.wholes; together++)
		try_together(&q, &found, together);
	try_rest(&q, &found);
	return found.count;
}
