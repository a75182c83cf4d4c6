/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call of fcapset for members of archives and images: --in. */
#include "bin/setcall.h"
#include "bin/toolopt.h"
#include "form/form.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_disk_option(const struct set *s)
{
	return s->disk.in_place || s->disk.journal || s->disk.options.offset ||
	       s->disk.options.partition;
}

static void take_disk(struct set *s)
{
	if (s->rewrite || s->archive.max_size || s->archive.level >= 0)
		tool_usage(&s->tool, "--rewrite, --level and --max-size do not "
				     "go with a disk image");
	s->disk.tool = &s->tool;
	s->disk.input = &s->input;
	s->disk.out = s->archive.out;
	s->disk.force = s->options.force;
	s->disk.options.sandbox = s->archive.sandbox;
	s->disk.dry_run = s->options.dry_run;
	disk_image_check(&s->disk);
}

void set_take_archive(struct set *s)
{
	const char *why;

	if (!s->in && (s->archive.out || s->rewrite || s->archive.max_size ||
		       s->archive.level >= 0 || has_disk_option(s)))
		tool_usage(&s->tool, "--output, --rewrite, --level, "
				     "--max-size, --in-place, --journal, "
				     "--partition and --offset belong to --in");
	if (!s->in && !s->restore && s->archive.sandbox)
		tool_usage(&s->tool, "--sandbox belongs to --in and "
				     "--restore");
	if (!s->in)
		return;
	if (scan_input(s->in, &s->input, &why) != 0)
		tool_usage(&s->tool, "--in: %s: %s", s->in, why);
	if (!scan_is_archive(&s->input) && !scan_is_disk(&s->input))
		tool_usage(&s->tool,
			   "--in: '%s' is no archive or image that can be "
			   "written: tar:FILE, -, oci:DIR, oci-archive:FILE, "
			   "docker-archive:FILE, ext4:IMAGE or disk:IMAGE",
			   s->in);
	if (s->restore && strcmp(s->restore, "-") == 0 && tool_is_stdin(s->in))
		tool_usage(&s->tool, "standard input can be read only once: "
				     "--in and --restore");
	if (s->levels || s->root || s->verify)
		tool_usage(&s->tool, "--userns, --root and --verify belong to "
				     "files, not to --in");
	if (scan_is_disk(&s->input)) {
		take_disk(s);
		return;
	}
	if (has_disk_option(s))
		tool_usage(&s->tool, "--in-place, --journal, --partition and "
				     "--offset belong to disk images");
	if (s->rewrite && s->input.backend->run == scan_tar)
		tool_usage(&s->tool, "--rewrite belongs to images");
	s->archive.tool = &s->tool;
	s->archive.input = &s->input;
	s->archive.force = s->options.force;
	s->archive.dry_run = s->options.dry_run;
	if (!s->archive.out && strcmp(s->in, "-") == 0)
		s->archive.out = "-";
	archive_output(&s->archive);
}

/* What the call asks for, as its journal has it. */
static char *parameters(const struct set *s)
{
	char value[TOOL_TEXT_SIZE];
	struct form_memory text;
	FILE *out = form_memory_open(&text);

	if (!out)
		return NULL;
	fprintf(out, "param\tpartition\t%u\nparam\toffset\t%ju\n",
		s->disk.options.partition, (uintmax_t)s->disk.options.offset);
	fprintf(out, "param\tmerge\t%d\n", s->options.merge);
	for (size_t i = 0; i < s->jobs; i++) {
		tool_value_text(&s->tool, &s->job[i].want, value);
		fputs("param\tset\t", out);
		report_path(out, s->job[i].path);
		fprintf(out, " %s\n", value);
	}
	return form_memory_close(&text, out);
}

static void set_image_files(struct set *s, struct set_members *members)
{
	char *text = parameters(s);

	if (!text) {
		tool_error(&s->tool, "no memory");
		tool_worse(&s->tool, TOOL_INCOMPLETE);
		return;
	}
	set_disk(members, &s->disk, text);
	free(text);
}

void set_run_archive(struct set *s)
{
	struct set_members members = {
		.tool = &s->tool,
		.options = &s->options,
		.job = s->job,
		.jobs = s->jobs,
		.archive = s->disk.input ? NULL : &s->archive,
		.rewrite = s->rewrite,
	};
	struct vfscap_sets sets;
	bool good = s->tool.status == TOOL_DONE;

	for (size_t i = 0; i < s->jobs && !s->options.force; i++) {
		if (s->job[i].want.have != CHANGE_VALUE)
			continue;
		vfscap_to_sets(&s->job[i].want.cap, &sets);
		good &= tool_known(&s->tool, s->job[i].path, &sets);
	}
	if (good && s->disk.input)
		set_image_files(s, &members);
	else if (good)
		set_archive(&members);
	if (s->tool.status != TOOL_DONE && !s->disk.begun && !s->archive.placed)
		tool_error(&s->tool, "nothing was changed");
}
