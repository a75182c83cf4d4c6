/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents of a store: read once, verified, within limits. */
#include "form/json.h"
#include "oci/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------- strings -------------------------------- */

const char *string_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *annotation_of(const json_t *object, const char *key)
{
	return string_in(json_object_get(object, "annotations"), key);
}

const char *keep_string(struct oci_state *state, const char *text)
{
	char **more =
		reallocarray(state->string, state->strings + 1, sizeof(*more));
	char *copy = strdup(text);

	if (more)
		state->string = more;
	if (!more || !copy) {
		free(copy);
		return NULL;
	}
	state->string[state->strings++] = copy;
	return copy;
}

/* --------------------------------- reading -------------------------------- */

/* Puts the place before what is said already. */
static int at_place(const char *name, int error, char why[OCI_WHY_SIZE])
{
	char said[OCI_WHY_SIZE];

	strcpy(said, why);
	return oci_fail(why, error, "%.150s: %.240s", name, said);
}

static int read_all(struct in *in, char *text, size_t size,
		    char why[OCI_WHY_SIZE])
{
	while (size > 0) {
		const uint8_t *data;
		ssize_t n = in_peek(in, 1, &data);
		size_t part;

		if (n < 0)
			return oci_fail(why, (int)n, "%s", in_why(in));
		if (n == 0)
			return oci_fail(why, -EBADMSG, "it is cut off");
		part = (size_t)n < size ? (size_t)n : size;
		memcpy(text, data, part);
		in_consume(in, part);
		text += part;
		size -= part;
	}
	return 0;
}

/* All of a blob, and its digest of @algorithm. */
static int read_digested(const struct store_blob *blob, const char *algorithm,
			 char *text, char digest[DIGEST_SIZE],
			 char why[OCI_WHY_SIZE])
{
	struct in *digested;
	int error = in_digested(&digested, blob->in, algorithm);

	if (error)
		return oci_fail(why, error, "its digest cannot be made");
	error = read_all(digested, text, blob->size, why);
	if (!error)
		in_digest(digested, digest);
	in_close(digested);
	return error;
}

static int check_size(const struct oci_state *state, uint64_t size,
		      char why[OCI_WHY_SIZE])
{
	if (size > OCI_DOCUMENT_MAX)
		return oci_fail(why, -EFBIG, "a document of more than %d bytes",
				OCI_DOCUMENT_MAX);
	if (size > DOCUMENTS_SIZE - state->document_bytes)
		return oci_fail(why, -EFBIG,
				"all documents are more than %d bytes",
				DOCUMENTS_SIZE);
	return 0;
}

/* The length of a string with its quotes, or of what is left. */
static size_t string_size(const char *text, size_t size)
{
	size_t at = 1;

	while (at < size && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < size ? at + 1 : size;
}

/* What the parser makes of a text is larger than that: objects and arrays have
 * tables, members and texts are blocks of their own. No less than it needs. */
static size_t weigh(const char *text, size_t size)
{
	static const unsigned char weights[256] = {
		['{'] = 232, ['['] = 144, [':'] = 48, [','] = 48, ['"'] = 56};
	size_t weight = 48;

	for (size_t at = 0; at < size;) {
		size_t part =
			text[at] == '"' ? string_size(text + at, size - at) : 1;

		weight += weights[(unsigned char)text[at]];
		weight += part > 1 ? part : 0;
		at += part;
	}
	return weight;
}

static int check_weight(struct oci_state *state, const char *text, size_t size,
			char why[OCI_WHY_SIZE])
{
	state->document_weight += weigh(text, size);
	if (state->document_weight <= DOCUMENTS_WEIGHT)
		return 0;
	return oci_fail(why, -EFBIG,
			"all documents together need more than %d MiB; choose "
			"an image by :REF or by :DIGEST",
			DOCUMENTS_WEIGHT >> 20);
}

static int parse(const char *text, size_t size, json_t **json,
		 char why[OCI_WHY_SIZE])
{
	json_error_t fault;

	*json = form_json_read(text, size, JSON_REJECT_DUPLICATES, &fault);
	if (!*json && errno)
		return oci_fail(why, -errno, "%s", fault.text);
	if (!*json)
		return oci_fail(why, -EBADMSG, "line %d: no valid JSON: %s",
				fault.line, fault.text);
	return 0;
}

/* Of a blob, or of what is in memory already. */
static int read_text(const struct store_blob *blob, const char *kept,
		     const char *algorithm, char *text, size_t size,
		     char digest[DIGEST_SIZE], char why[OCI_WHY_SIZE])
{
	if (!kept)
		return read_digested(blob, algorithm, text, digest, why);
	memcpy(text, kept, size);
	digest_bytes(algorithm, text, size, digest);
	return 0;
}

/* The digest comes before the parser sees a byte. */
static int read_document(struct oci_state *state, const struct store_blob *blob,
			 const char *kept, const char *wanted,
			 struct document *document, char why[OCI_WHY_SIZE])
{
	size_t size = (size_t)blob->size;
	char *text;
	int error = check_size(state, blob->size, why);

	if (error)
		return error;
	state->document_bytes += size;
	document->size = size;
	text = malloc(size + 1);
	if (!text)
		return oci_no_memory(why);
	error = read_text(blob, kept, wanted ? wanted : "sha256", text, size,
			  document->digest, why);
	if (!error && wanted && strcmp(wanted, document->digest) != 0)
		error = oci_fail(why, -EBADMSG,
				 "corrupted: its digest is %.80s",
				 document->digest);
	if (!error)
		error = check_weight(state, text, size, why);
	if (!error)
		error = parse(text, size, &document->json, why);
	if (!error)
		error = document_keys_are_plain(document->json, why);
	free(text);
	return error;
}

/* Something that is both is a trick: tools would not agree over it. */
static int set_kind(struct document *document, char why[OCI_WHY_SIZE])
{
	bool index = json_object_get(document->json, "manifests");
	bool manifest = json_object_get(document->json, "layers") ||
			json_object_get(document->json, "config");

	/* A config has "config" too, and "rootfs". */
	if (json_object_get(document->json, "rootfs"))
		manifest = false;
	if (index && manifest)
		return oci_fail(why, -EBADMSG,
				"an image index and a manifest at once");
	document->kind = index	    ? DOCUMENT_INDEX
			 : manifest ? DOCUMENT_MANIFEST
				    : DOCUMENT_OTHER;
	return 0;
}

static int load_new(struct oci_state *state, const char *name,
		    const char *digest, struct document *document,
		    char why[OCI_WHY_SIZE])
{
	struct store_blob blob = {.fd = -1};
	const char *kept = store_text(&state->store, name, &blob.size);
	int error = kept ? 0 : store_blob_open(&state->store, name, &blob, why);

	if (error)
		return error;
	error = read_document(state, &blob, kept, digest, document, why);
	store_blob_close(&blob);
	if (!error)
		error = set_kind(document, why);
	if (!error)
		error = document_types(document, why);
	return error ? at_place(name, error, why) : 0;
}

/* -------------------------------- the cache ------------------------------- */

struct document *document_named(const struct oci_state *state, const char *name)
{
	for (size_t i = 0; i < state->documents; i++)
		if (strcmp(state->document[i]->name, name) == 0)
			return state->document[i];
	return NULL;
}

struct document *document_digested(const struct oci_state *state,
				   const char *digest)
{
	for (size_t i = 0; i < state->documents; i++)
		if (strcmp(state->document[i]->digest, digest) == 0)
			return state->document[i];
	return NULL;
}

static struct document *append(struct oci_state *state, const char *name)
{
	struct document **more = reallocarray(
		state->document, state->documents + 1, sizeof(*more));
	struct document *document = calloc(1, sizeof(*document));

	if (more)
		state->document = more;
	if (document)
		document->name = strdup(name);
	if (!more || !document || !document->name) {
		if (document)
			free(document->name);
		free(document);
		return NULL;
	}
	state->document[state->documents++] = document;
	return document;
}

int document_load(struct oci_state *state, const char *name, const char *digest,
		  struct document **document, char why[OCI_WHY_SIZE])
{
	char resolved[STORE_NAME];
	uint64_t size;
	int error = store_resolve(&state->store, name, resolved, &size, why);

	if (error)
		return error;
	*document = document_named(state, resolved);
	if (*document && digest && strcmp((*document)->digest, digest) != 0)
		return oci_fail(why, -EBADMSG,
				"%.150s: corrupted: its digest is %.80s", name,
				(*document)->digest);
	if (*document)
		return 0;
	*document = append(state, resolved);
	if (!*document)
		return oci_no_memory(why);
	return load_new(state, resolved, digest, *document, why);
}

int document_size_is(const struct document *document, const json_t *descriptor,
		     char why[OCI_WHY_SIZE])
{
	const json_t *size = json_object_get(descriptor, "size");

	if (!json_is_integer(size) ||
	    json_integer_value(size) == (json_int_t)document->size)
		return 0;
	return oci_fail(why, -EBADMSG,
			"%s: corrupted: it has %llu bytes, not %lld",
			document->name, (unsigned long long)document->size,
			(long long)json_integer_value(size));
}
