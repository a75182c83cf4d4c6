/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The issues that --check finds: codes, which are stable, and sentences. */
#include "report/report.h"

#include <string.h>

const struct issue_text issue_texts[ISSUES] = {
	[ISSUE_MALFORMED] = {"malformed",
			     "the value is malformed: nobody can execute the "
			     "file; remove the attribute and set it anew"},
	[ISSUE_EMPTY_VALUE] = {"empty-value",
			       "the value is empty: nobody can execute the "
			       "file; remove the attribute and set it anew"},
	[ISSUE_UNKNOWN_FLAGS] = {"unknown-flags",
				 "flag bits without a meaning are set"},
	[ISSUE_LEGACY_REVISION] = {"legacy-revision",
				   "revision 1: no kernel since 4.14 writes "
				   "it or shows it"},
	[ISSUE_GHOST] = {"ghost", "execve honours the value and getxattr does "
				  "not show it"},
	[ISSUE_UNKNOWN_CAPABILITY] = {"unknown-capability",
				      "a capability that the listing does not "
				      "have"},
	[ISSUE_ROOTID_SET] = {"rootid-set",
			      "stored bytes hold a rootid of one machine's id "
			      "range; elsewhere it means another namespace"},
	[ISSUE_ROOTID_ZERO] = {"rootid-zero",
			       "revision 3 with rootid 0 counts everywhere, "
			       "as revision 2 does"},
	[ISSUE_ROOTID_UNMAPPED] = {"rootid-unmapped",
				   "the rootid has no name in this user "
				   "namespace"},
	[ISSUE_EMPTY] = {"empty",
			 "no capability at all: the attribute still clears "
			 "the ambient set and disarms set-user-ID root"},
	[ISSUE_EFFECTIVE_UNSET] = {"effective-unset",
				   "without the effective flag the program "
				   "must raise its capabilities itself"},
	[ISSUE_EFFECTIVE_EMPTY] = {"effective-empty",
				   "the effective flag without a capability"},
	[ISSUE_NOT_REGULAR] = {"not-regular",
			       "not a regular file: the attribute means "
			       "nothing here"},
	[ISSUE_NOT_EXECUTABLE] = {"not-executable", "nobody may execute it"},
	[ISSUE_SCRIPT] = {"script",
			  "a script: execve looks at its interpreter's "
			  "attribute instead"},
	[ISSUE_SETUID] = {"setuid",
			  "also set-user-ID: the attribute decides over the "
			  "capabilities that root would get"},
	[ISSUE_WRITABLE] = {"writable", "group or others may write the file"},
	[ISSUE_CONFLICTING_COPIES] = {"conflicting-copies",
				      "readers of archives would not all give "
				      "the file this value"},
	[ISSUE_CONFLICTING_ENTRIES] = {"conflicting-entries",
				       "the archive has the path more than "
				       "once; on extraction the last counts"},
	[ISSUE_UNEXTRACTABLE] = {"unextractable",
				 "setxattr refuses the value when the file is "
				 "extracted there"},
	[ISSUE_PATH_LEADS_OUT] = {"path-leads-out",
				  "the path has \"..\" in it, and may lead "
				  "out of where it is extracted"},
};

int issue_find(const char *code, size_t len)
{
	for (int i = 0; i < ISSUES; i++)
		if (strlen(issue_texts[i].code) == len &&
		    memcmp(issue_texts[i].code, code, len) == 0)
			return i;
	return -1;
}
