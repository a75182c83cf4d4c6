/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapinspect says without an input: of a text, and of the listing. */
#include "bin/describe.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>

static json_t *mask(uint64_t caps)
{
	return json_sprintf("0x%016jx", (uintmax_t)caps);
}

static json_t *text_error(int error)
{
	return error ? json_pack("{s:s, s:s}", "errno",
				 vfscap_error_name(error), "message",
				 vfscap_strerror(error))
		     : json_null();
}

static int text_json(const struct describe *d, const struct vfscap_sets *sets,
		     const char *text, int error)
{
	const struct vfscap_listing *listing = &d->tool->listing;
	json_t *o = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "effective",
		error ? json_null() : json_boolean(sets->effective != 0),
		"permitted", report_json_names(listing, sets->permitted),
		"inheritable", report_json_names(listing, sets->inheritable),
		"permitted_mask", mask(sets->permitted), "inheritable_mask",
		mask(sets->inheritable), "effective_mask",
		mask(sets->effective), "text", text, "error",
		text_error(error));

	return report_json_line(o, JSON_COMPACT, d->out);
}

/* A text can say what no attribute can hold: it is shown, and said. */
void describe_text(const struct describe *d, const struct vfscap_sets *asked)
{
	const struct vfscap_sets sets = *asked;
	char text[VFSCAP_TEXT_SIZE];
	struct vfscap cap;
	int error;

	vfscap_text_format(&sets, &d->tool->listing, text, sizeof(text));
	error = vfscap_from_sets(&sets, 0, &cap);
	if (d->json) {
		if (text_json(d, &sets, text, error))
			tool_file(d->tool, LEVEL_ERROR, "--text", "no memory");
		return;
	}
	fprintf(d->out,
		"permitted    0x%016jx\n"
		"inheritable  0x%016jx\n"
		"effective    0x%016jx\n"
		"text         %s\n",
		(uintmax_t)sets.permitted, (uintmax_t)sets.inheritable,
		(uintmax_t)sets.effective, text);
	if (error && !d->tool->quiet)
		tool_error(d->tool, "no attribute can hold this: %s",
			   vfscap_strerror(error));
}

/* Without a listing of its own the kernel supports what can be probed. */
static struct vfscap_listing running_listing(void)
{
	struct vfscap_listing running = {0};

	vfscap_listing_running(&running);
	return running;
}

static json_t *capabilities_array(const struct vfscap_listing *listing,
				  uint64_t supported)
{
	json_t *array = json_array();

	for (unsigned cap = 0; array && cap < VFSCAP_BITS; cap++) {
		const char *name = listing->name[cap];
		const char *since = vfscap_since(cap);

		if (!(listing->known >> cap & 1))
			continue;
		if (json_array_append_new(
			    array,
			    json_pack("{s:i, s:s?, s:s?, s:b}", "number",
				      (int)cap, "name", *name ? name : NULL,
				      "since", since, "supported",
				      (int)(supported >> cap & 1)))) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

/* All of them, or NULL. */
static json_t *with_name(json_t *array, const char *name)
{
	if (!array || json_array_append_new(array, json_string(name)) == 0)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *input_kinds(void)
{
	json_t *array = json_array();

	for (size_t i = 0; i < scan_backend_count; i++)
		if (scan_backends[i].run)
			array = with_name(array, scan_backends[i].kind);
	return array;
}

static json_t *format_names(void)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report_format_count; i++)
		array = with_name(array, report_formats[i].name);
	return array;
}

static int capabilities_json(const struct describe *d,
			     const struct vfscap_listing *running)
{
	struct utsname uts = {0};
	json_t *o;

	uname(&uts);
	o = json_pack("{s:s, s:o, s:o, s:{s:s, s:s, s:o}, s:s, s:o}", "version",
		      VFSCAP_VERSION, "inputs", input_kinds(), "formats",
		      format_names(), "kernel", "release", uts.release,
		      "source", tool_listing_source(running), "known_mask",
		      mask(running->known), "listing",
		      tool_listing_source(&d->tool->listing), "capabilities",
		      capabilities_array(&d->tool->listing, running->known));
	return report_json_line(o, JSON_INDENT(2), d->out);
}

void describe_capabilities(const struct describe *d)
{
	const struct vfscap_listing *listing = &d->tool->listing;
	struct vfscap_listing running = running_listing();

	if (d->json) {
		if (capabilities_json(d, &running))
			tool_file(d->tool, LEVEL_ERROR, "--capabilities",
				  "no memory");
		return;
	}
	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		const char *since = vfscap_since(cap);

		if (!(listing->known >> cap & 1))
			continue;
		fprintf(d->out, "%u\t%s\t%s\t%s\n", cap,
			*listing->name[cap] ? listing->name[cap] : "-",
			since ? since : "-",
			running.known >> cap & 1 ? "supported"
						 : "not supported");
	}
}
