/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an issue is, in the words of SARIF; messages and fingerprints. */
#include "form/form.h"
#include "report/sarif.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------- messages ------------------------------ */

static json_t *message(json_t *text)
{
	return json_pack("{s:o}", "text", text);
}

json_t *sarif_message(const char *text)
{
	char *safe = malloc(2 * strlen(text) + 1), *out = safe;
	json_t *json;

	if (!safe)
		return NULL;
	for (; *text; text++) {
		*out++ = *text;
		if (*text == '{' || *text == '}')
			*out++ = *text;
		else if (text[0] == ']' && text[1] == '(')
			*out++ = ' ';
	}
	*out = '\0';
	json = message(report_json_path(safe));
	free(safe);
	return json;
}

/* In a URI nothing is left that a viewer could take for something else. */
json_t *sarif_result_message(const struct scan_record *r, const char *sentence)
{
	const char *path = r->path ? r->path : r->source;
	char *shown = malloc(FORM_URI_SIZE(strlen(path)));
	json_t *json = NULL;

	if (shown) {
		form_uri(path, shown);
		json = message(json_sprintf("%s: %s", shown, sentence));
	}
	free(shown);
	return json;
}

/* ----------------------------------- places ------------------------------- */

/* Is it told of by the path of the input alone? */
static bool is_input(const struct scan_record *r)
{
	return r->what != SCAN_ENTRY && (!r->rel || strcmp(r->rel, ".") == 0);
}

/* The path of the file that can be pointed at: of what is in an archive, an image
 * or a dump, that one's. NULL where there is none, or no memory. */
static char *place_of(const struct scan_record *r)
{
	if (!r->path)
		return NULL;
	if (r->source && (is_input(r) || !view_is_live(r)))
		return scan_place(r->source);
	return strdup(r->path);
}

static const char *entry_of(const struct scan_record *r)
{
	return is_input(r) || view_is_live(r) ? NULL : r->path;
}

static json_t *uri_of(const char *path)
{
	char *uri;
	json_t *json;

	while (path[0] == '.' && path[1] == '/' && path[2])
		path += 2;
	uri = malloc(FORM_URI_SIZE(strlen(path)));
	if (!uri)
		return NULL;
	form_uri(path, uri);
	json = json_sprintf("%s%s", *path == '/' ? "file://" : "", uri);
	free(uri);
	return json;
}

/* Lines mean nothing here, but code scanning does not take a place without. */
static json_t *physical(const char *place)
{
	return json_pack("{s:{s:o}, s:{s:i}}", "artifactLocation", "uri",
			 uri_of(place), "region", "startLine", 1);
}

static json_t *logical(const char *entry)
{
	return json_pack("[{s:o, s:s}]", "fullyQualifiedName",
			 report_json_path(entry), "kind", "member");
}

json_t *sarif_location(const struct scan_record *r)
{
	const char *entry = r->path ? entry_of(r) : r->source;
	json_t *location = json_object();
	char *place = place_of(r);
	int error = r->path && !place;

	/* Of an input that is no word at all nothing can be pointed at. */
	if (place && *place)
		error |= json_object_set_new(location, "physicalLocation",
					     physical(place));
	if (entry)
		error |= json_object_set_new(location, "logicalLocations",
					     logical(entry));
	free(place);
	if (!error)
		return location;
	json_decref(location);
	return NULL;
}

/* -------------------------------- and the rest ---------------------------- */

static uint64_t add(uint64_t hash, const char *text)
{
	static const uint64_t key[2]; /* the same in every process */

	return text ? form_hash(key, hash, text, strlen(text)) : hash;
}

json_t *sarif_fingerprint(const struct scan_record *r, const char *code)
{
	char *place = place_of(r), partition[16];
	uint64_t hash = add(add(add(0, code), place), entry_of(r));

	snprintf(partition, sizeof(partition), "%u", r->partition);
	free(place);
	/* That of another place. */
	if (r->path && !place)
		return NULL;
	return json_sprintf("%016" PRIx64 ":1", add(hash, partition));
}

json_t *sarif_properties(const struct view *v)
{
	const struct scan_record *r = v->record;
	json_t *o =
		json_pack("{s:o, s:o}", "source", report_json_path(r->source),
			  "path",
			  r->path ? report_json_path(r->path) : json_null());
	int error = 0;

	if (r->layer)
		error |= json_object_set_new(o, "layer",
					     report_json_path(r->layer));
	if (r->partition)
		error |= json_object_set_new(o, "partition",
					     json_integer(r->partition));
	if (v->decode == 0)
		error |= json_object_set_new(o, "capabilities",
					     json_string(v->text));
	if (v->decode == 0 && v->cap.revision == 3)
		error |= json_object_set_new(o, "rootid",
					     json_integer(v->cap.rootid));
	if (!error)
		return o;
	json_decref(o);
	return NULL;
}
