/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as a dump of getfattr(1), for setfattr --restore and our own. */
#include "form/form.h"
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>

int report_getfattr(const struct report *report, const struct view *v)
{
	const struct scan_record *r = v->record;
	/* getfattr(1) writes no slash behind a directory, archives do. */
	const char *path = r->packed ? r->rel : r->path ? r->path : "value";
	char *base64;

	if (!r->value)
		return 0;
	base64 = malloc(FORM_BASE64_SIZE(r->size));
	if (!base64)
		return -ENOMEM;
	form_base64(r->value, r->size, base64);
	while (path[0] == '/' && path[1])
		path++;
	fputs("# file: ", report->out);
	report_path(report->out, path);
	fprintf(report->out, "\n%s=0s%s\n\n", VFSCAP_XATTR, base64);
	free(base64);
	return 0;
}
