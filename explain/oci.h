/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an OCI configuration, each read by a file of its own. */
#ifndef EXPLAIN_OCI_H
#define EXPLAIN_OCI_H

#include "explain/parts.h"

#include <jansson.h>

/** struct config - a configuration that is read into a subject */
struct config {
	struct subject *subject;
	const char *path;
	json_t *root;
	subject_warn_fn *warn;
	void *ctx;
	char *why;
};

/** config_fail(), config_warn() - with the file's name before the words; the
 *  first returns -1 */
int config_fail(const struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void config_warn(const struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * config_member() - a member of an object
 * @object: may be NULL, and then has none
 * @place: where it is in the document; its last part is the key
 * @type: JSON_TRUE for either truth value
 * @member: NULL where it is absent or null
 *
 * Return: 0, or -1 where it is of another type.
 */
int config_member(const struct config *config, const json_t *object,
		  const char *place, json_type type, json_t **member);

/** config_id() - an id or a count of ids */
int config_id(const struct config *config, const json_t *number,
	      const char *place, uint32_t *id);

/** config_caps() - process.capabilities, as runtimes apply them */
int config_caps(const struct config *config, const json_t *process);

/** config_userns() - the namespace that linux.namespaces and the mappings make */
int config_userns(const struct config *config);

#endif /* EXPLAIN_OCI_H */
