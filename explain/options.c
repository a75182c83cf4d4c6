/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that refine a process. */
#include "explain/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What an option needs to know: its own row and its argument. */
struct option {
	const char *name;
	int (*apply)(struct subject *subject, const struct option *option,
		     const char *value, char why[EXPLAIN_WHY_SIZE]);
	enum { NO_VALUE, OPTIONAL, VALUE } takes;
	int which; /* enum subject_set, enum ns_ids, or add */
};

/* ----------------------------------- ids --------------------------------- */

/* RID[:EID[:SID]]; what is missing is like the one before. */
static int parse_ids(const struct subject *subject, enum ns_ids ids,
		     const char *value, uint32_t id[3],
		     char why[EXPLAIN_WHY_SIZE])
{
	const char *at = value;

	for (int i = 0; i < 3; i++) {
		uint32_t inside;

		if (i > 0 && *at != ':') {
			id[i] = id[i - 1];
			continue;
		}
		at += i > 0;
		if (!subject_number(&at, i < 2 ? ":" : "", &inside))
			return subject_fail(
				why,
				"'%.64s' is not REAL[:EFFECTIVE[:SAVED]], ids "
				"from 0 to 4294967294",
				value);
		if (subject_id(subject, ids, inside, &id[i], why))
			return -1;
	}
	return 0;
}

/* A set that no option has given follows what happens. */
static void let(struct subject *subject, enum subject_set set, uint64_t caps)
{
	if (!(subject->said >> set & 1))
		*subject_set_of(&subject->process.creds, set) = caps;
}

/* What setresuid(2) does to the sets. */
static void follow_uids(struct subject *subject, const uint32_t id[3])
{
	struct vfscap_creds *creds = &subject->process.creds;
	bool was = subject_is_root(subject, creds->ruid) ||
		   subject_is_root(subject, creds->euid);
	bool had = subject_is_root(subject, creds->euid);
	bool has = subject_is_root(subject, id[1]);
	bool stays = has || subject_is_root(subject, id[0]) ||
		     subject_is_root(subject, id[2]);

	if (creds->securebits & SUBJECT_NO_SETUID_FIXUP)
		return;
	if (was && !stays) {
		if (!(creds->securebits & VFSCAP_SECURE_KEEP_CAPS))
			let(subject, SUBJECT_PERMITTED, 0);
		let(subject, SUBJECT_AMBIENT, 0);
	}
	if (had && !has)
		let(subject, SUBJECT_EFFECTIVE, 0);
	if (!had && has)
		let(subject, SUBJECT_EFFECTIVE, creds->permitted);
}

static int set_uid(struct subject *subject, const struct option *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_creds *creds = &subject->process.creds;
	uint32_t id[3];

	(void)option;
	if (parse_ids(subject, NS_UID, value, id, why))
		return -1;
	follow_uids(subject, id);
	creds->ruid = id[0];
	creds->euid = id[1];
	subject_caps(subject);
	return 0;
}

static int set_gid(struct subject *subject, const struct option *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_creds *creds = &subject->process.creds;
	uint32_t id[3];

	(void)option;
	if (parse_ids(subject, NS_GID, value, id, why))
		return -1;
	creds->rgid = id[0];
	creds->egid = creds->fsgid = id[1];
	return 0;
}

static int parse_groups(const struct subject *subject, const char *value,
			uint32_t *groups, size_t *count,
			char why[EXPLAIN_WHY_SIZE])
{
	const char *at = value;

	for (*count = 0; *at; at += *at == ',') {
		uint32_t gid;

		if (*count == EXPLAIN_GROUPS)
			return subject_fail(why, "more than %d groups",
					    EXPLAIN_GROUPS);
		if (!subject_number(&at, ",", &gid) || (*at == ',' && !at[1]))
			return subject_fail(why,
					    "'%.64s' is not GID[,GID...], ids "
					    "from 0 to 4294967294, or none",
					    value);
		if (subject_id(subject, NS_GID, gid, &groups[(*count)++], why))
			return -1;
	}
	return 0;
}

static int set_groups(struct subject *subject, const struct option *option,
		      const char *value, char why[EXPLAIN_WHY_SIZE])
{
	/* No more groups than characters. */
	uint32_t *groups = calloc(strlen(value) + 1, sizeof(*groups));
	size_t count;

	(void)option;
	if (!groups)
		return subject_fail(why, "%s", strerror(ENOMEM));
	if (strcasecmp(value, "none") == 0)
		value = "";
	if (parse_groups(subject, value, groups, &count, why)) {
		free(groups);
		return -1;
	}
	subject_groups(subject, groups, count);
	return 0;
}

/* ---------------------------------- sets --------------------------------- */

static int set_set(struct subject *subject, const struct option *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE])
{
	struct vfscap_creds *creds = &subject->process.creds;
	enum subject_set which = (enum subject_set)option->which;
	uint64_t set;

	if (subject_set_parse(subject->listing, value, &set, why))
		return -1;
	*subject_set_of(creds, which) = set;
	subject->said |= 1u << which;
	let(subject, SUBJECT_EFFECTIVE, creds->effective & creds->permitted);
	let(subject, SUBJECT_AMBIENT,
	    creds->ambient & creds->permitted & creds->inheritable);
	return 0;
}

/* What container tools make of both lists. */
static uint64_t tweaked(const struct subject *subject)
{
	uint64_t add = subject->caps.add, drop = subject->caps.drop;

	if (subject->caps.dropped && subject->caps.drop_all)
		return add & ~drop;
	if (subject->caps.dropped && !subject->caps.add_all)
		return (subject->caps.base | add) & ~drop;
	if (subject->caps.add_all)
		return subject->listing->known & ~drop;
	if (subject->caps.drop_all)
		return add;
	return (subject->caps.base & ~drop) | add;
}

void subject_caps(struct subject *subject)
{
	struct vfscap_creds *creds = &subject->process.creds;
	uint64_t caps;

	if (!subject->caps.begun)
		return;
	caps = tweaked(subject);
	let(subject, SUBJECT_BOUNDING, caps);
	if (subject_is_root(subject, creds->euid)) {
		let(subject, SUBJECT_PERMITTED, caps);
		let(subject, SUBJECT_EFFECTIVE, caps);
	} else if (subject->caps.ambient) {
		caps &= subject->caps.add_all ? UINT64_MAX : subject->caps.add;
		let(subject, SUBJECT_INHERITABLE, caps);
		let(subject, SUBJECT_PERMITTED, caps);
		let(subject, SUBJECT_EFFECTIVE, caps);
		let(subject, SUBJECT_AMBIENT, caps);
	}
}

static int change_caps(struct subject *subject, const struct option *option,
		       const char *value, char why[EXPLAIN_WHY_SIZE])
{
	bool all = strcasecmp(value, "all") == 0, add = option->which;
	uint64_t set = 0;

	if (!all && subject_set_parse(subject->listing, value, &set, why))
		return -1;
	if (!subject->caps.begun)
		subject->caps.base = subject->process.creds.bounding;
	subject->caps.begun = true;
	if (add) {
		subject->caps.add |= set;
		subject->caps.add_all |= all;
	} else {
		subject->caps.drop |= set;
		subject->caps.drop_all |= all;
	}
	subject_caps(subject);
	return 0;
}

/* ---------------------------------- flags -------------------------------- */

static bool same_word(const char *word, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i++)
		if ((word[i] == '_' ? '-' : word[i]) != name[i])
			return false;
	return name[size] == '\0';
}

static int securebit(const char *word, size_t size)
{
	static const char *const names[] = {
		"noroot",
		"noroot-locked",
		"no-setuid-fixup",
		"no-setuid-fixup-locked",
		"keep-caps",
		"keep-caps-locked",
		"no-cap-ambient-raise",
		"no-cap-ambient-raise-locked",
		"exec-restrict-file",
		"exec-restrict-file-locked",
		"exec-deny-interactive",
		"exec-deny-interactive-locked",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (same_word(word, size, names[i]))
			return 1 << i;
	return 0;
}

static int parse_securebits(const char *value, uint32_t *bits,
			    char why[EXPLAIN_WHY_SIZE])
{
	*bits = 0;
	for (;; value++) {
		size_t size = strcspn(value, ",");
		int bit = securebit(value, size);

		if (!bit)
			return subject_fail(
				why,
				"'%.*s' is none of noroot, no-setuid-fixup, "
				"keep-caps, no-cap-ambient-raise, "
				"exec-restrict-file, exec-deny-interactive, "
				"with -locked or without",
				size < 64 ? (int)size : 64, value);
		*bits |= (uint32_t)bit;
		value += size;
		if (!*value)
			return 0;
	}
}

static int set_securebits(struct subject *subject, const struct option *option,
			  const char *value, char why[EXPLAIN_WHY_SIZE])
{
	bool number = *value >= '0' && *value <= '9';
	unsigned long bits = 0;
	uint32_t named;
	char *end = NULL;

	(void)option;
	if (number)
		bits = strtoul(value, &end, 0);
	if (number && (*end || bits > 0xfff))
		return subject_fail(why,
				    "'%.64s' is no securebits, which are 0 to "
				    "0xfff",
				    value);
	if (!number) {
		if (parse_securebits(value, &named, why))
			return -1;
		bits = named;
	}
	subject->process.creds.securebits = (uint32_t)bits;
	return 0;
}

static int set_flag(struct subject *subject, const struct option *option,
		    const char *value, char why[EXPLAIN_WHY_SIZE])
{
	(void)value;
	(void)why;
	if (option->which)
		subject->process.shared_fs = true;
	else
		subject->process.no_new_privs = true;
	return 0;
}

static int set_traced(struct subject *subject, const struct option *option,
		      const char *value, char why[EXPLAIN_WHY_SIZE])
{
	(void)option;
	if (value && strcmp(value, "privileged") != 0)
		return subject_fail(why, "'%.64s' is not privileged", value);
	subject->process.tracer =
		value ? VFSCAP_TRACER_PRIVILEGED : VFSCAP_TRACER_OTHER;
	return 0;
}

static int add_userns(struct subject *subject, const struct option *option,
		      const char *value, char why[EXPLAIN_WHY_SIZE])
{
	(void)option;
	if (subject->begun)
		return subject_fail(why, "a namespace has to come before the "
					 "process that is in it");
	if (ns_chain_add(&subject->chain, value, NULL, why))
		return -1;
	subject->process.ns = ns_innermost(&subject->chain);
	return 0;
}

/* --------------------------------- all of them --------------------------- */

static const struct option options[] = {
	{"uid", set_uid, VALUE, NS_UID},
	{"gid", set_gid, VALUE, NS_GID},
	{"groups", set_groups, VALUE, 0},
	{"permitted", set_set, VALUE, SUBJECT_PERMITTED},
	{"inheritable", set_set, VALUE, SUBJECT_INHERITABLE},
	{"effective", set_set, VALUE, SUBJECT_EFFECTIVE},
	{"bounding", set_set, VALUE, SUBJECT_BOUNDING},
	{"ambient", set_set, VALUE, SUBJECT_AMBIENT},
	{"securebits", set_securebits, VALUE, 0},
	{"no-new-privs", set_flag, NO_VALUE, 0},
	{"shared-fs", set_flag, NO_VALUE, 1},
	{"traced", set_traced, OPTIONAL, 0},
	{"userns", add_userns, VALUE, 0},
	{"cap-add", change_caps, VALUE, 1},
	{"cap-drop", change_caps, VALUE, 0},
};

int subject_option(struct subject *subject, const char *option,
		   const char *value, char why[EXPLAIN_WHY_SIZE])
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];

		if (strcmp(o->name, option) != 0)
			continue;
		if (!value && o->takes == VALUE)
			return subject_fail(why, "an argument is missing");
		if (value && o->takes == NO_VALUE)
			return subject_fail(why, "takes no argument");
		return o->apply(subject, o, value, why);
	}
	return subject_fail(why, "no such option of a process");
}
