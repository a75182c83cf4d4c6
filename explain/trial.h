/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes that are tried on a process and a file, each with its words. */
#ifndef EXPLAIN_TRIAL_H
#define EXPLAIN_TRIAL_H

#include "explain/words.h"

/** struct question - what is to be changed for the better */
struct question {
	const struct vfscap_kernel *kernel;
	const struct subject *subject;
	const struct vfscap_program *program;
	const struct vfscap_outcome *outcome;
	enum remedy_where where;
	uint64_t wanted;  /* capabilities that are asked for */
	uint64_t missing; /* those of them that are not given */
};

/** struct trial - a process and a file that can be changed */
struct trial {
	struct vfscap_kernel kernel;
	struct vfscap_process process;
	struct vfscap_program program; /* the file that counts alone */
	bool decodes;
	struct vfscap cap; /* its value, where it decodes */
	bool changed;	   /* @cap was changed */
	uint8_t value[VFSCAP_SIZE_MAX];
};

/**
 * struct trial_change - one change
 * @apply: false where there is nothing to change
 * @alone: it makes others superfluous, so it is not tried together with them,
 * nor instead of them
 * @words: the sentence; @docker and @k8s are those for their profiles, or NULL
 */
struct trial_change {
	const char *code;
	bool (*apply)(const struct question *q, struct trial *t);
	bool alone;
	const char *words, *docker, *k8s;
};

extern const struct trial_change trial_change[];
extern const unsigned trial_changes;

/** trial_root() - root of the process's namespace; false where it has none */
bool trial_root(const struct vfscap_process *process, uint32_t *root);

/** trial_bounded() - what the file permits and the process has no way to get */
uint64_t trial_bounded(const struct question *q, const struct trial *t);

/** trial_words() - the sentence of a change in a trial that has it */
void trial_words(const struct question *q, const struct trial *t,
		 unsigned change, char sentence[EXPLAIN_WHY_SIZE]);

#endif /* EXPLAIN_TRIAL_H */
