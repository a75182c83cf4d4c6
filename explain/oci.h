/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An OCI configuration: a closed process makes facts of it, its parts each by a
 * file of its own; outside they become a subject.
 */
#ifndef EXPLAIN_OCI_H
#define EXPLAIN_OCI_H

#include "explain/parts.h"
#include "jail/closed.h"

#include <jansson.h>

/** enum config_userns - the user namespace that a configuration has */
enum config_userns {
	CONFIG_SAME,   /* none, or the one that an option gives */
	CONFIG_MAPPED, /* one of its own */
	CONFIG_OF_PID, /* that of a process */
};

/** struct config_facts - what a configuration says; ids are those of its own user
 *  namespace */
struct config_facts {
	uint32_t uid, gid;
	uint32_t *groups; /* allocated */
	size_t group_count;
	enum config_userns userns;
	struct vfscap_idmap map[2]; /* by enum ns_ids */
	uint32_t pid;
	uint64_t set[SUBJECT_AMBIENT + 1];
	bool no_new_privs;
	char *root; /* root.path, allocated, or NULL */
};

void config_facts_free(struct config_facts *facts);

/** config_facts_pack(), config_facts_unpack() - facts as a message, and back; the
 *  second returns 0, -ENOMEM, or -EPROTO where they could not be those of a
 *  configuration; config_facts_free() them in any case
 *  @known: the capabilities that there are */
void config_facts_pack(struct pack *pack, const struct config_facts *facts);
int config_facts_unpack(struct unpack *unpack, uint64_t known,
			struct config_facts *facts);

/** struct config - a configuration that is read */
struct config {
	const char *name;	       /* for messages */
	const struct subject *subject; /* as options before have made it */
	json_t *root;
	struct config_facts *facts;
	void (*warn)(void *ctx, const char *sentence);
	void *ctx;
	char *why;
};

/** config_fail(), config_warn() - with the file's name before the words; the
 *  first returns -1 */
int config_fail(const struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void config_warn(const struct config *config, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** config_parse() - the facts of an open file, which may be anything; 0, or -1 and
 *  words. Runs in a closed process */
int config_parse(struct config *config, int fd);

/** config_userns(), config_caps() - its parts */

/** config_find() - a member of whatever type, or NULL; else as config_member().
 *  -1 where another key is the same to some runtimes: they read JSON in Go */
int config_find(const struct config *config, const json_t *object,
		const char *place, json_t **member);

/**
 * config_member() - a member of an object
 * @object: may be NULL, and then has none
 * @place: where it is in the document; its last part is the key
 * @type: JSON_TRUE for either truth value
 * @member: NULL where it is absent or null
 *
 * Return: 0, or -1 where it is of another type, or as config_find().
 */
int config_member(const struct config *config, const json_t *object,
		  const char *place, json_type type, json_t **member);

/** config_id() - an id or a count of ids */
int config_id(const struct config *config, const json_t *number,
	      const char *place, uint32_t *id);

/* process.capabilities, as runtimes apply them. */
int config_caps(const struct config *config, const json_t *process);

/* The namespace that linux.namespaces and the mappings make. */
int config_userns(const struct config *config);

#endif /* EXPLAIN_OCI_H */
