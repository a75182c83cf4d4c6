/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of an OCI runtime's config.json. */
#include "explain/oci.h"

#include "form/form.h"
#include "form/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A configuration has some ten thousand bytes. What the parser makes of one may
 * be a hundred times as large. */
#define CONFIG_MAX (1 << 20)

int config_fail(const struct config *config, const char *format, ...)
{
	char words[EXPLAIN_WHY_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	return subject_fail(config->why, "%s: %.700s", config->subject->name,
			    words);
}

void config_warn(const struct config *config, const char *format, ...)
{
	char words[EXPLAIN_WHY_SIZE], sentence[EXPLAIN_WHY_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(sentence, sizeof(sentence), "%s: %.700s",
		 config->subject->name, words);
	config->warn(config->ctx, sentence);
}

/* --------------------------------- members ------------------------------- */

int config_member(const struct config *config, const json_t *object,
		  const char *place, json_type type, json_t **member)
{
	static const char *const words[] = {
		[JSON_OBJECT] = "an object",	[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",	[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",	[JSON_TRUE] = "true or false",
		[JSON_FALSE] = "true or false",
	};
	const char *dot = strrchr(place, '.');
	json_t *found = json_object_get(object, dot ? dot + 1 : place);

	*member = NULL;
	if (!found || json_is_null(found))
		return 0;
	if (json_typeof(found) != type &&
	    !(type == JSON_TRUE && json_is_false(found)))
		return config_fail(config, "%s: it is not %s", place,
				   words[type]);
	*member = found;
	return 0;
}

int config_id(const struct config *config, const json_t *number,
	      const char *place, uint32_t *id)
{
	json_int_t value = json_integer_value(number);

	if (!json_is_integer(number) || value < 0 || value >= UINT32_MAX)
		return config_fail(config,
				   "%s: it is not a number from 0 to "
				   "4294967294",
				   place);
	*id = (uint32_t)value;
	return 0;
}

/* ---------------------------------- user --------------------------------- */

/* An id of the container; what is missing is 0, as it is to runtimes. */
static int read_id(const struct config *config, const json_t *user,
		   const char *place, enum ns_ids ids, uint32_t *outside)
{
	char why[EXPLAIN_WHY_SIZE];
	uint32_t inside = 0;
	json_t *number;

	if (config_member(config, user, place, JSON_INTEGER, &number) ||
	    (number && config_id(config, number, place, &inside)))
		return -1;
	if (subject_id(config->subject, ids, inside, outside, why))
		return config_fail(config, "%s: %.300s", place, why);
	return 0;
}

static int read_group(const struct config *config, const json_t *number,
		      size_t i, uint32_t *outside)
{
	char place[64], why[EXPLAIN_WHY_SIZE];
	uint32_t inside = 0;

	snprintf(place, sizeof(place), "process.user.additionalGids[%zu]", i);
	if (config_id(config, number, place, &inside))
		return -1;
	if (subject_id(config->subject, NS_GID, inside, outside, why))
		return config_fail(config, "%s: %.300s", place, why);
	return 0;
}

static int read_groups(const struct config *config, const json_t *user)
{
	size_t count;
	json_t *array;
	uint32_t *groups;

	if (config_member(config, user, "process.user.additionalGids",
			  JSON_ARRAY, &array))
		return -1;
	count = json_array_size(array);
	if (count > EXPLAIN_GROUPS)
		return config_fail(config,
				   "process.user.additionalGids: more than %d "
				   "groups",
				   EXPLAIN_GROUPS);
	groups = calloc(count + 1, sizeof(*groups));
	if (!groups)
		return config_fail(config, "%s", strerror(ENOMEM));
	subject_groups(config->subject, groups, count);
	for (size_t i = 0; i < count; i++)
		if (read_group(config, json_array_get(array, i), i, &groups[i]))
			return -1;
	return 0;
}

static int read_user(const struct config *config, const json_t *process)
{
	struct vfscap_creds *creds = &config->subject->process.creds;
	json_t *user;

	if (config_member(config, process, "process.user", JSON_OBJECT,
			  &user) ||
	    read_id(config, user, "process.user.uid", NS_UID, &creds->ruid) ||
	    read_id(config, user, "process.user.gid", NS_GID, &creds->rgid))
		return -1;
	creds->euid = creds->ruid;
	creds->egid = creds->fsgid = creds->rgid;
	return read_groups(config, user);
}

/* --------------------------------- the rest ------------------------------ */

static int read_root(const struct config *config)
{
	const char *slash = strrchr(config->path, '/'), *path;
	json_t *root, *string;
	int size = 0;

	if (config_member(config, config->root, "root", JSON_OBJECT, &root) ||
	    config_member(config, root, "root.path", JSON_STRING, &string))
		return -1;
	if (!string)
		return 0;
	path = json_string_value(string);
	if (*path != '/' && slash)
		size = (int)(slash + 1 - config->path);
	if (asprintf(&config->subject->rootfs, "%.*s%s", size, config->path,
		     path) < 0) {
		config->subject->rootfs = NULL;
		return config_fail(config, "%s", strerror(ENOMEM));
	}
	return 0;
}

static int read_process(const struct config *config)
{
	json_t *process, *nnp;

	if (config_member(config, config->root, "process", JSON_OBJECT,
			  &process))
		return -1;
	if (!process)
		return config_fail(config, "it has no process: it is not the "
					   "config.json of a container");
	if (read_user(config, process) || config_caps(config, process) ||
	    config_member(config, process, "process.noNewPrivileges", JSON_TRUE,
			  &nnp))
		return -1;
	config->subject->process.no_new_privs = json_is_true(nnp);
	return 0;
}

/* --------------------------------- the file ------------------------------ */

static int read_all(const struct config *config, FILE *file, char *text,
		    size_t *size)
{
	*size = fread(text, 1, CONFIG_MAX + 1, file);
	if (ferror(file))
		return config_fail(config, "%s", strerror(errno));
	if (*size > CONFIG_MAX)
		return config_fail(config,
				   "more than %d bytes, which no "
				   "configuration has",
				   CONFIG_MAX);
	return 0;
}

static int parse(struct config *config, const char *text, size_t size)
{
	json_error_t error;

	config->root =
		form_json_read(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!config->root && errno)
		return config_fail(config, "%s", error.text);
	if (!config->root)
		return config_fail(config, "line %d: not JSON: %.200s",
				   error.line, error.text);
	if (!json_is_object(config->root))
		return config_fail(config, "it is not a JSON object");
	return 0;
}

static int load(struct config *config)
{
	bool is_stdin = strcmp(config->path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(config->path, "re");
	char *text = malloc(CONFIG_MAX + 1);
	size_t size;
	int error = -1;

	if (!file || !text)
		config_fail(config, "%s", strerror(errno));
	else if (read_all(config, file, text, &size) == 0)
		error = parse(config, text, size);
	if (file && !is_stdin)
		fclose(file);
	free(text);
	return error;
}

/* For messages: on one line, and short. */
static void name(struct subject *subject, const char *path)
{
	char *escaped;

	if (strcmp(path, "-") == 0)
		path = "standard input";
	escaped = malloc(FORM_PATH_SIZE(strlen(path)));
	if (escaped)
		form_path(path, escaped);
	snprintf(subject->name, sizeof(subject->name), "%s",
		 escaped ? escaped : "configuration");
	free(escaped);
}

int subject_oci(struct subject *subject, const char *path,
		subject_warn_fn *warn, void *ctx, char why[EXPLAIN_WHY_SIZE])
{
	struct config config = {.subject = subject,
				.path = path,
				.warn = warn,
				.ctx = ctx,
				.why = why};
	int error;

	if (subject_begin(subject, why))
		return -1;
	name(subject, path);
	error = load(&config);
	if (!error)
		error = config_userns(&config);
	if (!error)
		error = read_process(&config);
	if (!error)
		error = read_root(&config);
	json_decref(config.root);
	return error;
}
