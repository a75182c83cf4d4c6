/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options of fcapconvert ask for together: checked, and as a journal has
 * it. */
#include "bin/convcall.h"
#include "bin/toolopt.h"
#include "form/form.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool convert_packed(const struct convert_call *call)
{
	return call->archive.input || call->disk.input;
}

/* What the options ask for must be possible, and wanted. */
static void check_conversion(const struct convert_call *call)
{
	const struct convert *convert = &call->c.convert;
	const struct tool *tool = &call->c.tool;

	if (!convert->to && !call->from && !call->to)
		tool_usage(tool, "--to, --map-from or --map-to is missing");
	if (convert->to == 1 && !call->value && !convert_packed(call))
		tool_usage(tool, "--to=1 is for values, archives and images: "
				 "no kernel since 4.14 writes revision 1 to a "
				 "file");
	if (convert->to == 3 && !convert->rootid && !call->to)
		tool_usage(tool, "--to=3 needs --rootid=N, the uid that is "
				 "root where the capabilities count, 1 to "
				 "4294967294, or --map-to");
	if (convert->to != 3 && (call->rootid_given || convert->replace_rootid))
		tool_usage(tool, "--rootid and --replace-rootid belong to "
				 "--to=3");
	if (call->rootid_given && call->to)
		tool_usage(tool, "--rootid and --map-to exclude each other");
	tool_needs(tool,
		   &(struct tool_need){call->unmapped_given, "--unmapped",
				       call->from || call->to,
				       "--map-from and --map-to"},
		   1);
	if (convert->rebase.claim && (!call->from || !call->to))
		tool_usage(tool, "--claim belongs to --map-from and --map-to "
				 "together");
}

static void check_archive(const struct convert_call *call)
{
	const struct conversion *c = &call->c;

	if (call->journal || c->irreversible || c->options.local ||
	    c->options.one_file_system)
		tool_usage(&c->tool, "--journal, --irreversible, --local and "
				     "-x belong to files and trees; an archive "
				     "stays as it is");
	if (!c->dry_run)
		archive_output(&call->archive);
}

static void check_disk(const struct convert_call *call)
{
	const struct conversion *c = &call->c;

	if (c->irreversible || c->options.local || c->options.one_file_system ||
	    call->archive.max_size || call->archive.level >= 0)
		tool_usage(&c->tool, "--irreversible, --local, -x, --level and "
				     "--max-size do not go with a disk image");
	disk_image_check(&call->disk);
}

static void check_places(const struct convert_call *call)
{
	const struct tool *tool = &call->c.tool;
	const char *out = call->archive.out;

	if (call->disk.input)
		check_disk(call);
	else if (call->disk.in_place || call->c.options.partition ||
		 call->c.options.offset)
		tool_usage(tool, "--in-place, --partition and --offset belong "
				 "to disk images");
	else if (call->archive.input)
		check_archive(call);
	else if (call->archive.out || call->archive.force ||
		 call->archive.max_size || call->archive.level >= 0)
		tool_usage(tool, "--output, --force, --level and --max-size "
				 "belong to archives and images; files are "
				 "converted in place");
	else if (call->c.options.sandbox && !call->journal)
		tool_usage(tool, "--sandbox belongs to archives, images and "
				 "journals");
	tool_needs(tool,
		   &(struct tool_need){call->archive.force, "--force",
				       out && strcmp(out, "-") != 0,
				       "--output=FILE"},
		   1);
}

void convert_check_call(const struct convert_call *call, bool inputs)
{
	const struct conversion *c = &call->c;
	const struct tool *tool = &c->tool;

	if (inputs + (call->value != NULL) + (call->undo != NULL) > 1)
		tool_usage(tool, "INPUT, --value and --undo exclude each "
				 "other");
	if (call->undo &&
	    (c->convert.to || call->from || call->to || call->journal ||
	     c->format || call->rootid_given || c->convert.replace_rootid ||
	     c->convert.rebase.claim || call->unmapped_given ||
	     c->undecodable || c->irreversible || c->allow_widen ||
	     c->options.local || c->options.one_file_system ||
	     call->archive.out || call->archive.force ||
	     call->archive.max_size || call->archive.level >= 0 ||
	     call->disk.in_place || c->options.partition || c->options.offset))
		tool_usage(tool, "--undo takes its conversion from the "
				 "journal");
	if (call->undo)
		return;
	check_conversion(call);
	if (!inputs && !call->value)
		tool_usage(tool, "an INPUT is missing");
	if (c->format && !call->value &&
	    !(c->dry_run && c->format->write != report_getfattr))
		tool_usage(tool, "--format belongs to --value, and as text or "
				 "json to --dry-run");
	check_places(call);
	if (call->value && (c->dry_run || c->options.local || call->journal ||
			    c->options.one_file_system || c->irreversible))
		tool_usage(tool, "--dry-run, --journal, --local, -x and "
				 "--irreversible belong to INPUT");
	if (c->dry_run && call->journal)
		tool_usage(tool, "a dry run changes nothing, so it has no "
				 "journal");
}

void convert_read_maps(struct convert_call *call)
{
	struct conversion *c = &call->c;
	char why[NS_WHY_SIZE];

	if (call->from && ns_map_read(call->from, NS_UID, &c->from, why))
		tool_usage(&c->tool, "--map-from: %s", why);
	if (call->to && ns_map_read(call->to, NS_UID, &c->to, why))
		tool_usage(&c->tool, "--map-to: %s", why);
	c->convert.rebase.from = call->from ? &c->from : NULL;
	c->convert.rebase.to = call->to ? &c->to : NULL;
	/* Revision 3 of what counts everywhere needs a rootid: the map's. */
	if (c->convert.to == 3 && call->from && call->to)
		c->convert.rebase.claim = true;
	if (!call->value && !c->dry_run && !call->journal &&
	    !convert_packed(call) && convert_repeats(&c->convert))
		tool_usage(&c->tool,
			   "a second run would convert the results of the "
			   "first, since what is made could be what is taken; "
			   "--journal=FILE keeps them apart");
}

/* -------------------------------- the journal ---------------------------- */

static void put_map(FILE *out, const char *name, const struct vfscap_idmap *map)
{
	fprintf(out, "param\t%s\t", name);
	for (uint32_t i = 0; map && i < map->count; i++)
		fprintf(out, "%s%u:%u:%u", i ? "," : "", map->extent[i].inside,
			map->extent[i].outside, map->extent[i].count);
	putc('\n', out);
}

/* Where the way to it cannot be told now, it may be told by the run that goes on;
 * KIND:LOCATION is no path. */
static int put_input(FILE *out, const char *input)
{
	char *real = realpath(input, NULL);

	if (!real && errno != ENOENT && errno != ENOTDIR)
		return errno;
	fputs("param\tinput\t", out);
	report_path(out, real ? real : input);
	putc('\n', out);
	free(real);
	return 0;
}

/* All that decides what becomes of a file, and which files there are. */
char *convert_parameters(const struct convert_call *call, char **inputs)
{
	const struct conversion *c = &call->c;
	const struct convert *v = &c->convert;
	struct form_memory memory;
	FILE *out = form_memory_open(&memory);
	int failed = 0;
	char *text;

	if (!out)
		return NULL;
	fprintf(out,
		"param\tto\t%u\nparam\trootid\t%u\nparam\treplace-rootid\t%d\n"
		"param\tclaim\t%d\nparam\tunmapped\t%d\n"
		"param\tundecodable\t%d\nparam\tirreversible\t%d\n"
		"param\tallow-widen\t%d\nparam\tone-file-system\t%d\n"
		"param\tlocal\t%d\n",
		v->to, v->rootid, v->replace_rootid, v->rebase.claim,
		v->rebase.unmapped, c->undecodable, c->irreversible,
		c->allow_widen, c->options.one_file_system, c->options.local);
	if (call->disk.input)
		fprintf(out, "param\tpartition\t%u\nparam\toffset\t%ju\n",
			c->options.partition, (uintmax_t)c->options.offset);
	put_map(out, "map-from", v->rebase.from);
	put_map(out, "map-to", v->rebase.to);
	for (; *inputs && !failed; inputs++)
		failed = put_input(out, *inputs);
	text = form_memory_close(&memory, out);
	if (!failed)
		return text;
	free(text);
	errno = failed;
	return NULL;
}
