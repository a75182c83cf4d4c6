/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON types of what is read in documents: with another one, a member would
 * be taken for absent, and an image that runs as some user for one of root. */
#include "oci/parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bits: a row can be of several kinds. */
enum { INDEX = 1, MANIFEST = 2, OTHER = 4 };

#define DESCRIPTOR(kind, place)                                      \
	{kind, place ".mediaType", JSON_STRING},                     \
		{kind, place ".digest", JSON_STRING},                \
		{kind, place ".size", JSON_INTEGER},                 \
		{kind, place ".urls[]", JSON_STRING},                \
		{kind, place ".annotations{}", JSON_STRING},         \
		{kind, place ".platform.os", JSON_STRING},           \
		{kind, place ".platform.architecture", JSON_STRING}, \
	{                                                            \
		kind, place ".platform.variant", JSON_STRING         \
	}

/* [] is each value of an array, {} each of an object. What decoders in Go take
 * as well: that a member is missing or null. */
static const struct type {
	unsigned kinds;
	const char *place;
	json_type type;
} types[] = {
	DESCRIPTOR(INDEX, ".manifests[]"),
	DESCRIPTOR(MANIFEST, ".config"),
	DESCRIPTOR(MANIFEST, ".layers[]"),
	{INDEX | MANIFEST, ".mediaType", JSON_STRING},
	{INDEX | MANIFEST, ".annotations{}", JSON_STRING},

	/* Of a config, and the file oci-layout. */
	{OTHER, ".config.User", JSON_STRING},
	{OTHER, ".rootfs.diff_ids[]", JSON_STRING},
	{OTHER, ".architecture", JSON_STRING},
	{OTHER, ".os", JSON_STRING},
	{OTHER, ".variant", JSON_STRING},
	{OTHER, ".created", JSON_STRING},
	{OTHER, ".history[].created", JSON_STRING},
	{OTHER, ".imageLayoutVersion", JSON_STRING},
};

/* Of docker's manifest.json. */
static const struct type entry_types[] = {
	{OTHER, "[].Config", JSON_STRING},
	{OTHER, "[].Layers[]", JSON_STRING},
	{OTHER, "[].RepoTags[]", JSON_STRING},
	DESCRIPTOR(OTHER, "[].LayerSources{}"),
};

/* struct fault - what is of another type, and of which it should be */
struct fault {
	char place[160];
	json_type type;
};

static bool is_wrong(struct fault *fault, json_type type)
{
	*fault->place = '\0';
	fault->type = type;
	return false;
}

/* Puts the step that led there before the place. */
__attribute__((format(printf, 2, 3))) static bool
came_by(struct fault *fault, const char *format, ...)
{
	char rest[sizeof(fault->place)], step[sizeof(fault->place)];
	va_list args;

	va_start(args, format);
	vsnprintf(step, sizeof(step), format, args);
	va_end(args);
	strcpy(rest, fault->place);
	snprintf(fault->place, sizeof(fault->place), "%.60s%.90s", step, rest);
	return false;
}

static bool is_right(json_t *json, const char *place, json_type type,
		     struct fault *fault);

static bool right_member(json_t *json, const char *place, json_type type,
			 struct fault *fault)
{
	const char *rest = place + strcspn(place, ".[{");
	char key[32];

	if (!json_is_object(json))
		return is_wrong(fault, JSON_OBJECT);
	snprintf(key, sizeof(key), "%.*s", (int)(rest - place), place);
	return is_right(json_object_get(json, key), rest, type, fault) ||
	       came_by(fault, ".%s", key);
}

static bool right_array(json_t *json, const char *rest, json_type type,
			struct fault *fault)
{
	json_t *value;
	size_t i;

	if (!json_is_array(json))
		return is_wrong(fault, JSON_ARRAY);
	json_array_foreach(json, i, value)
	{
		if (!is_right(value, rest, type, fault))
			return came_by(fault, "[%zu]", i);
	}
	return true;
}

static bool right_map(json_t *json, const char *rest, json_type type,
		      struct fault *fault)
{
	const char *key;
	json_t *value;

	if (!json_is_object(json))
		return is_wrong(fault, JSON_OBJECT);
	json_object_foreach(json, key, value)
	{
		if (!is_right(value, rest, type, fault))
			return came_by(fault, ".%s", key);
	}
	return true;
}

static bool is_right(json_t *json, const char *place, json_type type,
		     struct fault *fault)
{
	if (!json || json_is_null(json))
		return true;
	if (*place == '.')
		return right_member(json, place + 1, type, fault);
	if (*place == '[')
		return right_array(json, place + 2, type, fault);
	if (*place == '{')
		return right_map(json, place + 2, type, fault);
	return json_typeof(json) == type || is_wrong(fault, type);
}

static int refuse(const struct fault *fault, char why[OCI_WHY_SIZE])
{
	static const char *const words[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
	};
	const char *place = fault->place + (*fault->place == '.');

	return oci_fail(why, -EBADMSG,
			"%s: it is not %s, and programs that run images "
			"refuse it",
			place, words[fault->type]);
}

static int check(json_t *json, unsigned kind, const struct type *row,
		 size_t rows, char why[OCI_WHY_SIZE])
{
	struct fault fault;

	for (; rows; row++, rows--)
		if (row->kinds & kind &&
		    !is_right(json, row->place, row->type, &fault))
			return refuse(&fault, why);
	return 0;
}

int document_types(const struct document *document, char why[OCI_WHY_SIZE])
{
	static const unsigned kinds[] = {
		[DOCUMENT_INDEX] = INDEX,
		[DOCUMENT_MANIFEST] = MANIFEST,
		[DOCUMENT_OTHER] = OTHER,
	};

	if (!json_is_object(document->json))
		return 0;
	return check(document->json, kinds[document->kind], types,
		     sizeof(types) / sizeof(*types), why);
}

int entry_list_types(json_t *list, char why[OCI_WHY_SIZE])
{
	return check(list, OTHER, entry_types,
		     sizeof(entry_types) / sizeof(*entry_types), why);
}
