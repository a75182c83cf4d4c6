/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The issues that --check finds: codes, which are stable, levels and sentences. */
#include "report/report.h"

#include <string.h>

const struct issue_text issue_texts[ISSUES] = {
	[ISSUE_MALFORMED] = {"malformed", ISSUE_ERROR,
			     "the value is malformed: nobody can execute the "
			     "file; remove the attribute and set it anew"},
	[ISSUE_EMPTY_VALUE] = {"empty-value", ISSUE_ERROR,
			       "the value is empty: nobody can execute the "
			       "file; remove the attribute and set it anew"},
	[ISSUE_UNKNOWN_FLAGS] = {"unknown-flags", ISSUE_WARNING,
				 "flag bits without a meaning are set"},
	[ISSUE_LEGACY_REVISION] = {"legacy-revision", ISSUE_WARNING,
				   "revision 1: no kernel since 4.14 writes "
				   "it or shows it"},
	[ISSUE_GHOST] = {"ghost", ISSUE_ERROR,
			 "execve honours the value and getxattr does "
			 "not show it"},
	[ISSUE_UNKNOWN_CAPABILITY] = {"unknown-capability", ISSUE_WARNING,
				      "a capability that the listing does not "
				      "have"},
	[ISSUE_ROOTID_SET] = {"rootid-set", ISSUE_WARNING,
			      "stored bytes hold a rootid of one machine's id "
			      "range; elsewhere it means another namespace"},
	[ISSUE_ROOTID_ZERO] = {"rootid-zero", ISSUE_NOTE,
			       "revision 3 with rootid 0 counts everywhere, "
			       "as revision 2 does"},
	[ISSUE_ROOTID_UNMAPPED] = {"rootid-unmapped", ISSUE_WARNING,
				   "the rootid has no name in this user "
				   "namespace"},
	[ISSUE_EMPTY] = {"empty", ISSUE_NOTE,
			 "no capability at all: the attribute still clears "
			 "the ambient set and disarms set-user-ID root"},
	[ISSUE_EFFECTIVE_UNSET] = {"effective-unset", ISSUE_NOTE,
				   "without the effective flag the program "
				   "must raise its capabilities itself"},
	[ISSUE_EFFECTIVE_EMPTY] = {"effective-empty", ISSUE_WARNING,
				   "the effective flag without a capability"},
	[ISSUE_NOT_REGULAR] = {"not-regular", ISSUE_NOTE,
			       "not a regular file: the attribute means "
			       "nothing here"},
	[ISSUE_NOT_EXECUTABLE] = {"not-executable", ISSUE_NOTE,
				  "nobody may execute it"},
	[ISSUE_SCRIPT] = {"script", ISSUE_WARNING,
			  "a script: execve looks at its interpreter's "
			  "attribute instead"},
	[ISSUE_SETUID] = {"setuid", ISSUE_WARNING,
			  "also set-user-ID: the attribute decides over the "
			  "capabilities that root would get"},
	[ISSUE_WRITABLE] = {"writable", ISSUE_ERROR,
			    "group or others may write the file"},
	[ISSUE_CONFLICTING_COPIES] = {"conflicting-copies", ISSUE_ERROR,
				      "readers of archives would not all give "
				      "the file this value"},
	[ISSUE_CONFLICTING_ENTRIES] = {"conflicting-entries", ISSUE_WARNING,
				       "the path comes more than once: on "
				       "extraction, and with setfattr, the "
				       "last counts"},
	[ISSUE_UNEXTRACTABLE] = {"unextractable", ISSUE_ERROR,
				 "setxattr refuses the value when the file is "
				 "extracted there"},
	[ISSUE_PATH_LEADS_OUT] = {"path-leads-out", ISSUE_ERROR,
				  "the path has \"..\" in it, and may lead "
				  "out of where it is extracted"},
};

uint32_t issues_default(void)
{
	uint32_t mask = 0;

	for (int i = 0; i < ISSUES; i++)
		if (issue_texts[i].level != ISSUE_NOTE)
			mask |= UINT32_C(1) << i;
	return mask;
}

static bool is(const char *word, const char *text, size_t len)
{
	return strlen(word) == len && memcmp(word, text, len) == 0;
}

/* What a word means; nothing where it is none. */
static uint32_t mask_of(const char *text, size_t len)
{
	if (is("all", text, len))
		return (UINT32_C(1) << ISSUES) - 1;
	if (is("default", text, len))
		return issues_default();
	for (int i = 0; i < ISSUES; i++)
		if (is(issue_texts[i].code, text, len))
			return UINT32_C(1) << i;
	return 0;
}

const char *issues_parse(const char *codes, uint32_t *mask)
{
	*mask = 0;
	for (;;) {
		size_t len = strcspn(codes, ",");
		uint32_t one = mask_of(codes, len);

		if (!one)
			return codes;
		*mask |= one;
		if (!codes[len])
			return NULL;
		codes += len + 1;
	}
}
