/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system refused, in words that are the same everywhere. */
#include "form/form.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *form_errno(int error, char number[FORM_ERRNO_SIZE])
{
	const char *name = vfscap_error_name(-error);

	if (!name) {
		snprintf(number, FORM_ERRNO_SIZE, "errno %d", error);
		name = number;
	}
	return name;
}

const char *form_failed(int error, char words[FORM_FAILED_SIZE])
{
	char number[FORM_ERRNO_SIZE];

	snprintf(words, FORM_FAILED_SIZE, "%s: %s", form_errno(error, number),
		 strerror(error));
	return words;
}

/* Who may open nothing cannot know. */
bool form_no_proc(int error)
{
	int kept = errno;
	bool lacks = error == ENOENT && access("/proc/self", F_OK) != 0 &&
		     errno == ENOENT;

	errno = kept;
	return lacks;
}

const char *form_failed_at(int error, const char *path,
			   char words[FORM_FAILED_SIZE])
{
	if (strncmp(path, "/proc/", 6) != 0 || !form_no_proc(error))
		return form_failed(error, words);
	snprintf(words, FORM_FAILED_SIZE, "ENOENT: " FORM_NO_PROC);
	return words;
}
