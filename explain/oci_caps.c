/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process.capabilities of an OCI configuration. */
#include "explain/oci.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* More than there are, each named thrice. */
#define WORDS_MAX 256

#define CAPABILITIES "process.capabilities"

static const char *const places[] = {
	[SUBJECT_PERMITTED] = CAPABILITIES ".permitted",
	[SUBJECT_INHERITABLE] = CAPABILITIES ".inheritable",
	[SUBJECT_EFFECTIVE] = CAPABILITIES ".effective",
	[SUBJECT_BOUNDING] = CAPABILITIES ".bounding",
	[SUBJECT_AMBIENT] = CAPABILITIES ".ambient",
};

/* As the specification has them: all else runc does not know. */
static bool spelt(const char *word)
{
	return strncmp(word, "CAP_", 4) == 0 &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
		       strlen(word);
}

/* What libcap reads, and so crun does. */
static bool crun_knows(const char *word)
{
	return strncasecmp(word, "cap_", 4) == 0 ||
	       isdigit((unsigned char)*word);
}

static void take_word(const struct config *config, const char *place,
		      const char *word, uint64_t *set)
{
	int cap = subject_cap(config->subject->listing, word, strlen(word));

	if (cap >= 0 && (spelt(word) || crun_knows(word)))
		*set |= UINT64_C(1) << cap;
	if (cap >= 0 && spelt(word))
		return;
	if (cap >= 0 && crun_knows(word))
		config_warn(config,
			    "%s: '%.64s' counts with crun alone; runc knows "
			    "names such as CAP_CHOWN, and leaves out all else",
			    place, word);
	else
		config_warn(
			config,
			"%s: '%.64s' names no capability of this kernel as "
			"CAP_CHOWN does; it is left out, as by runc, and by "
			"crun before 1.29, which refuses it",
			place, word);
}

static int take(const struct config *config, const json_t *value,
		const char *place, uint64_t *set)
{
	const char *word = json_string_value(value);

	if (!word)
		return config_fail(config, "%s: it is not a string", place);
	take_word(config, place, word, set);
	return 0;
}

static int read_set(const struct config *config, const json_t *capabilities,
		    enum subject_set which, uint64_t *set)
{
	json_t *array, *value;
	size_t i;

	*set = 0;
	if (config_member(config, capabilities, places[which], JSON_ARRAY,
			  &array))
		return -1;
	if (json_array_size(array) > WORDS_MAX)
		return config_fail(config, "%s: more than %d capabilities",
				   places[which], WORDS_MAX);
	json_array_foreach(array, i, value)
	{
		char place[64];

		snprintf(place, sizeof(place), "%s[%zu]", places[which], i);
		if (take(config, value, place, set))
			return -1;
	}
	return 0;
}

/* What capset(2) does not take, so that no runtime starts the process; what it
 * does not raise, they go on without. */
static int check(const struct config *config)
{
	uint64_t *set = config->facts->set;
	uint64_t raised = set[SUBJECT_PERMITTED] & set[SUBJECT_INHERITABLE];

	if (set[SUBJECT_EFFECTIVE] & ~set[SUBJECT_PERMITTED])
		return config_fail(config,
				   "%s: it has what permitted lacks, "
				   "with which no runtime starts",
				   places[SUBJECT_EFFECTIVE]);
	if (set[SUBJECT_INHERITABLE] & ~set[SUBJECT_BOUNDING])
		return config_fail(config,
				   "%s: it has what bounding lacks, "
				   "with which no runtime starts",
				   places[SUBJECT_INHERITABLE]);
	if (set[SUBJECT_AMBIENT] & ~raised)
		config_warn(config,
			    "%s: what is not both permitted and inheritable is "
			    "left out, as runtimes do",
			    places[SUBJECT_AMBIENT]);
	set[SUBJECT_AMBIENT] &= raised;
	return 0;
}

int config_caps(const struct config *config, const json_t *process)
{
	json_t *capabilities;

	if (config_member(config, process, CAPABILITIES, JSON_OBJECT,
			  &capabilities))
		return -1;
	if (!capabilities)
		config_warn(config, CAPABILITIES
			    ": it is missing: the process has none, with crun "
			    "and with runc before 1.3; a later runc leaves it "
			    "those that runc has itself");
	for (enum subject_set set = 0; set <= SUBJECT_AMBIENT; set++)
		if (read_set(config, capabilities, set,
			     &config->facts->set[set]))
			return -1;
	return check(config);
}
