/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats there are. */
#include "report/report.h"

#include <string.h>

const struct report_format report_formats[] = {
	{.name = "text", .write = report_text},
	{.name = "json", .write = report_json},
	{.name = "getfattr", .write = report_getfattr},
	{.name = "sarif",
	 .write = sarif_write,
	 .begin = sarif_begin,
	 .tell = sarif_tell,
	 .end = sarif_end},
};

const size_t report_format_count =
	sizeof(report_formats) / sizeof(report_formats[0]);

const struct report_format *report_format_find(const char *name)
{
	for (size_t i = 0; i < report_format_count; i++)
		if (strcmp(report_formats[i].name, name) == 0)
			return &report_formats[i];
	return NULL;
}
