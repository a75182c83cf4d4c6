/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An OCI runtime's config.json, taken apart. */
#include "explain/oci.h"

#include "form/form.h"
#include "form/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	return subject_fail(config->why, "%s: %.700s", config->name, words);
}

void config_warn(const struct config *config, const char *format, ...)
{
	char words[EXPLAIN_WHY_SIZE], sentence[EXPLAIN_WHY_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(sentence, sizeof(sentence), "%.300s: %.700s", config->name,
		 words);
	config->warn(config->ctx, sentence);
}

/* --------------------------------- members ------------------------------- */

int config_find(const struct config *config, const json_t *object,
		const char *place, json_t **member)
{
	const char *dot = strrchr(place, '.'), *key = dot ? dot + 1 : place;
	const char *other = form_json_alike(object, key);

	*member = json_object_get(object, key);
	if (!other)
		return 0;
	return config_fail(config,
			   "%s: there is \"%.64s\", which runc takes for it, "
			   "and crun does not",
			   place, other);
}

int config_member(const struct config *config, const json_t *object,
		  const char *place, json_type type, json_t **member)
{
	static const char *const words[] = {
		[JSON_OBJECT] = "an object",	[JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",	[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",	[JSON_TRUE] = "true or false",
		[JSON_FALSE] = "true or false",
	};
	json_t *found;

	*member = NULL;
	if (config_find(config, object, place, &found))
		return -1;
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

/* What is missing is 0, as it is to runtimes. */
static int read_id(const struct config *config, const json_t *user,
		   const char *place, uint32_t *id)
{
	json_t *number;

	*id = 0;
	if (config_member(config, user, place, JSON_INTEGER, &number))
		return -1;
	return number ? config_id(config, number, place, id) : 0;
}

static int read_group(const struct config *config, const json_t *number,
		      size_t i)
{
	char place[64];

	snprintf(place, sizeof(place), "process.user.additionalGids[%zu]", i);
	return config_id(config, number, place, &config->facts->groups[i]);
}

static int read_groups(const struct config *config, const json_t *user)
{
	struct config_facts *facts = config->facts;
	json_t *array;
	size_t count;

	if (config_member(config, user, "process.user.additionalGids",
			  JSON_ARRAY, &array))
		return -1;
	count = json_array_size(array);
	if (count > EXPLAIN_GROUPS)
		return config_fail(config,
				   "process.user.additionalGids: more than %d "
				   "groups",
				   EXPLAIN_GROUPS);
	facts->groups = calloc(count + 1, sizeof(*facts->groups));
	if (!facts->groups)
		return config_fail(config, "%s", strerror(ENOMEM));
	facts->group_count = count;
	for (size_t i = 0; i < count; i++)
		if (read_group(config, json_array_get(array, i), i))
			return -1;
	return 0;
}

static int read_user(const struct config *config, const json_t *process)
{
	struct config_facts *facts = config->facts;
	json_t *user;

	if (config_member(config, process, "process.user", JSON_OBJECT,
			  &user) ||
	    read_id(config, user, "process.user.uid", &facts->uid) ||
	    read_id(config, user, "process.user.gid", &facts->gid))
		return -1;
	return read_groups(config, user);
}

/* --------------------------------- the rest ------------------------------ */

static int read_root(const struct config *config)
{
	json_t *root, *string;

	if (config_member(config, config->root, "root", JSON_OBJECT, &root) ||
	    config_member(config, root, "root.path", JSON_STRING, &string))
		return -1;
	if (!string)
		return 0;
	config->facts->root = strdup(json_string_value(string));
	return config->facts->root
		       ? 0
		       : config_fail(config, "%s", strerror(ENOMEM));
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
	config->facts->no_new_privs = json_is_true(nnp);
	return 0;
}

/* --------------------------------- the file ------------------------------ */

static int read_all(const struct config *config, int fd, char *text,
		    size_t *size)
{
	char words[FORM_FAILED_SIZE];
	ssize_t n = 1;

	for (*size = 0; n && *size <= CONFIG_MAX;) {
		n = read(fd, text + *size, CONFIG_MAX + 1 - *size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return config_fail(config, "%s",
					   form_failed(errno, words));
		*size += (size_t)n;
	}
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

static int load(struct config *config, int fd)
{
	char *text = malloc(CONFIG_MAX + 1);
	size_t size;
	int error = -1;

	if (!text)
		config_fail(config, "%s", strerror(ENOMEM));
	else if (read_all(config, fd, text, &size) == 0)
		error = parse(config, text, size);
	free(text);
	return error;
}

int config_parse(struct config *config, int fd)
{
	int error = load(config, fd);

	if (!error)
		error = config_userns(config);
	if (!error)
		error = read_process(config);
	if (!error)
		error = read_root(config);
	json_decref(config->root);
	config->root = NULL;
	return error;
}
