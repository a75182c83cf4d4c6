/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of execve(2) and its outcome, in words. Pure. */
#include "explain/words.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------- sets --------------------------------- */

void explain_names(const struct vfscap_listing *listing, uint64_t caps,
		   char buf[VFSCAP_TEXT_SIZE])
{
	size_t used = 0;

	*buf = '\0';
	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		const char *comma = used ? "," : "";
		int n;

		if (!(caps >> cap & 1))
			continue;
		n = *listing->name[cap]
			    ? snprintf(buf + used, VFSCAP_TEXT_SIZE - used,
				       "%s%s", comma, listing->name[cap])
			    : snprintf(buf + used, VFSCAP_TEXT_SIZE - used,
				       "%s%u", comma, cap);
		used += (size_t)n;
	}
}

static int count(uint64_t caps)
{
	return __builtin_popcountll(caps);
}

void explain_caps(const struct vfscap_listing *listing, uint64_t caps,
		  char buf[EXPLAIN_WHY_SIZE])
{
	uint64_t left = listing->known & ~caps;
	bool most = !(caps & ~listing->known) && count(left) < count(caps);
	char names[VFSCAP_TEXT_SIZE];

	explain_names(listing, most ? left : caps, names);
	if (!caps)
		snprintf(buf, EXPLAIN_WHY_SIZE, "no capability");
	else if (most && !left)
		snprintf(buf, EXPLAIN_WHY_SIZE, "all capabilities");
	else
		snprintf(buf, EXPLAIN_WHY_SIZE, "%s%.900s",
			 most ? "all capabilities but " : "", names);
}

/* -------------------------------- sentences ------------------------------ */

size_t words_append(char buf[EXPLAIN_WHY_SIZE], size_t used, const char *text)
{
	int n = snprintf(buf + used, EXPLAIN_WHY_SIZE - used, "%s", text);

	used += (size_t)n;
	return used < EXPLAIN_WHY_SIZE ? used : EXPLAIN_WHY_SIZE - 1;
}

void words_fill(const char *form, words_part_fn *fn, void *ctx,
		char sentence[EXPLAIN_WHY_SIZE])
{
	char part[EXPLAIN_WHY_SIZE];
	size_t used = 0;

	*sentence = '\0';
	for (; *form; form++) {
		if (*form == '$') {
			*part = '\0';
			fn(ctx, *++form, part);
		} else {
			part[0] = *form;
			part[1] = '\0';
		}
		used = words_append(sentence, used, part);
	}
}

void explain_errno(int error, char name[EXPLAIN_ERRNO_SIZE])
{
	const char *known = vfscap_error_name(error);

	if (known)
		snprintf(name, EXPLAIN_ERRNO_SIZE, "%s", known);
	else
		snprintf(name, EXPLAIN_ERRNO_SIZE, "errno %d", -error);
}

/* --------------------------------- reasons ------------------------------- */

/*
 * $c stands for the capabilities of the reason, $i for its id, $e for its error,
 * $s for whose process it is.
 */
static const char *const sentences[] = {
	[VFSCAP_RULE_INTERPRETER] = "an interpreter runs in its place",
	[VFSCAP_RULE_SCRIPT_IGNORED] =
		"what is run by an interpreter gains nothing by its own "
		"attribute or set-id bits: those of the interpreter count",
	[VFSCAP_RULE_OWN_CREDENTIALS] =
		"binfmt_misc has its own attribute and set-id bits count "
		"(flag C)",
	[VFSCAP_RULE_LOOP] = "more than five interpreters stand behind each "
			     "other: $e",
	[VFSCAP_RULE_NOSUID] = "it is on a mount with nosuid, where attribute "
			       "and set-id bits do not count",
	[VFSCAP_RULE_DETACHED] =
		"its mount is not in the mount namespace of $s, so attribute "
		"and set-id bits do not count",
	[VFSCAP_RULE_FOREIGN_FS] =
		"its file system was mounted by a user namespace that $s is "
		"not in, so attribute and set-id bits do not count",
	[VFSCAP_RULE_SETUID] = "the set-user-ID bit makes the effective uid $i",
	[VFSCAP_RULE_SETGID] =
		"the set-group-ID bit makes the effective gid $i",
	[VFSCAP_RULE_SETID_NNP] = "under no_new_privs set-id bits do not count",
	[VFSCAP_RULE_SETID_UNMAPPED] =
		"its owner or group has no id in the user namespace of $s, so "
		"set-id bits do not count",
	[VFSCAP_RULE_SETGID_NO_EXEC] =
		"set-group-ID without execution by the group means nothing "
		"here",
	[VFSCAP_RULE_NONE] = "the file has no attribute",
	[VFSCAP_RULE_NO_FILE_CAPS] =
		"the kernel has file capabilities switched off, or is too old "
		"for them",
	[VFSCAP_RULE_MALFORMED] =
		"the value is none that the kernel takes: $e for everyone",
	[VFSCAP_RULE_OVERLAY] =
		"overlayfs cannot hand the value on: $e for everyone",
	[VFSCAP_RULE_FOREIGN_ROOTID] =
		"the attribute counts where $i is root, which it is not for $s",
	[VFSCAP_RULE_HONOURED] = "the attribute counts",
	[VFSCAP_RULE_UNKNOWN] = "the kernel has no $c, and passes over it",
	[VFSCAP_RULE_EMPTY] = "the attribute has no capability that the kernel "
			      "knows: it takes away what else would be gained",
	[VFSCAP_RULE_PERMITTED] =
		"the file permits $c, and the bounding set of $s has it",
	[VFSCAP_RULE_INHERITED] =
		"$c is inheritable both in the file and in $s",
	[VFSCAP_RULE_BOUNDED] =
		"the file permits $c, and the bounding set of $s lacks it",
	[VFSCAP_RULE_NOT_INHERITED] =
		"$c is inheritable in the file, and not in $s",
	[VFSCAP_RULE_DENIED] = "the effective flag demands $c, without which "
			       "execve fails: $e",
	[VFSCAP_RULE_NOROOT] = "by SECBIT_NOROOT root means nothing to $s",
	[VFSCAP_RULE_FILE_WINS] = "set-user-ID root, run by another: the "
				  "attribute decides alone",
	[VFSCAP_RULE_ROOT] = "root has what is bounding or inheritable: $c",
	[VFSCAP_RULE_ROOT_EUID] = "and since the effective uid is root, has it "
				  "effective",
	[VFSCAP_RULE_ROOT_REAL] =
		"but only the real uid is root, so it is not effective",
	[VFSCAP_RULE_NO_NEW_PRIVS] =
		"no_new_privs is set: what it did not have before, it does not "
		"get$C",
	[VFSCAP_RULE_SHARED_FS] = "another process shares its directories "
				  "(CLONE_FS): what it did not have before, it "
				  "does not get$C",
	[VFSCAP_RULE_TRACED] = "it is traced by a process without "
			       "CAP_SYS_PTRACE: what it did not have before, "
			       "it does not get$C",
	[VFSCAP_RULE_IDS_KEPT] = "and its effective ids are its real ones",
	[VFSCAP_RULE_NO_AMBIENT] = "kernels before 4.3 have no ambient set",
	[VFSCAP_RULE_AMBIENT] = "$c is ambient in $s, and stays permitted and "
				"effective",
	[VFSCAP_RULE_AMBIENT_FILE] =
		"$c was ambient in $s, and is no longer: a file with the "
		"attribute clears the ambient set",
	[VFSCAP_RULE_AMBIENT_IDS] =
		"$c was ambient in $s, and is no longer: a change of ids "
		"clears the ambient set",
	[VFSCAP_RULE_EFFECTIVE] = "the effective flag raises $c",
	[VFSCAP_RULE_NOT_EFFECTIVE] =
		"$c is permitted only: the program has to raise it itself",
	[VFSCAP_RULE_LOST] = "permitted before, and given by nothing now: $c",
	[VFSCAP_RULE_SECURE] = "AT_SECURE is set: the loader passes over "
			       "LD_PRELOAD, LD_LIBRARY_PATH and the like",
	[VFSCAP_RULE_OWN_INTERPRETED] =
		"what binfmt_misc runs in its place with flag C is run by an "
		"interpreter itself: $e",
};

/* A reason that is put into words. */
struct telling {
	const struct vfscap_reason *reason;
	const struct subject *subject;
};

static void part_of_reason(void *ctx, char letter, char part[EXPLAIN_WHY_SIZE])
{
	const struct telling *t = ctx;
	char caps[EXPLAIN_WHY_SIZE];

	explain_caps(t->subject->listing, t->reason->caps, caps);
	switch (letter) {
	case 'c':
		snprintf(part, EXPLAIN_WHY_SIZE, "%s", caps);
		break;
	case 'C':
		if (t->reason->caps)
			snprintf(part, EXPLAIN_WHY_SIZE, ": %.1000s", caps);
		break;
	case 'i':
		snprintf(part, EXPLAIN_WHY_SIZE, "%u", t->reason->id);
		break;
	case 'e':
		explain_errno(t->reason->error, part);
		break;
	case 's':
		snprintf(part, EXPLAIN_WHY_SIZE, "%s", t->subject->name);
		break;
	}
}

void explain_reason(const struct vfscap_reason *reason,
		    const struct subject *subject,
		    char sentence[EXPLAIN_WHY_SIZE])
{
	struct telling telling = {.reason = reason, .subject = subject};

	words_fill(sentences[reason->rule], part_of_reason, &telling, sentence);
}

/* --------------------------------- outcome ------------------------------- */

/* "runs", and as whom where that changes. */
static size_t append_ids(const struct vfscap_creds *old,
			 const struct vfscap_creds *new,
			 char sentence[EXPLAIN_WHY_SIZE])
{
	size_t used = words_append(sentence, 0, "runs");
	char ids[64];

	if (new->euid != old->euid) {
		snprintf(ids, sizeof(ids), " as uid %u", new->euid);
		used = words_append(sentence, used, ids);
	}
	if (new->egid != old->egid) {
		snprintf(ids, sizeof(ids), "%s gid %u",
			 new->euid != old->euid ? "," : " as", new->egid);
		used = words_append(sentence, used, ids);
	}
	return used;
}

/* What the file names comes first; of many others it is enough to know how many
 * there are. */
static void caps_in_outcome(const struct vfscap_listing *listing, uint64_t caps,
			    uint64_t wanted, char buf[EXPLAIN_WHY_SIZE])
{
	uint64_t others = caps & ~wanted;
	bool most = count(caps) > count(listing->known) / 2;
	size_t len;

	if (most || count(caps) < 6) {
		explain_caps(listing, caps, buf);
		return;
	}
	if (!(caps & wanted)) {
		snprintf(buf, EXPLAIN_WHY_SIZE, "%d capabilities", count(caps));
		return;
	}
	explain_caps(listing, caps & wanted, buf);
	len = strlen(buf);
	snprintf(buf + len, EXPLAIN_WHY_SIZE - len, " and %d more",
		 count(others));
}

void explain_outcome(const struct vfscap_outcome *outcome,
		     const struct subject *subject, uint64_t wanted,
		     char sentence[EXPLAIN_WHY_SIZE])
{
	const struct vfscap_listing *listing = subject->listing;
	const struct vfscap_creds *new = &outcome->creds;
	uint64_t raised = new->effective, only = new->permitted & ~raised;
	char caps[EXPLAIN_WHY_SIZE];
	size_t used;

	if (outcome->error) {
		used = words_append(sentence, 0, "execve fails: ");
		explain_errno(outcome->error, sentence + used);
		return;
	}
	used = append_ids(&subject->process.creds, new, sentence);
	used = words_append(sentence, used, " with ");
	caps_in_outcome(listing, raised ? raised : only, wanted, caps);
	used = words_append(sentence, used, caps);
	if (raised)
		used = words_append(sentence, used, " effective");
	if (raised && only) {
		caps_in_outcome(listing, only, wanted, caps);
		used = words_append(sentence, used, ", ");
		used = words_append(sentence, used, caps);
	}
	if (only)
		words_append(sentence, used, " permitted");
}
