/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system refused, in words that are the same everywhere. */
#include "form/form.h"
#include "vfscap.h"

#include <stdio.h>
#include <string.h>

const char *form_failed(int error, char words[FORM_FAILED_SIZE])
{
	const char *name = vfscap_error_name(-error);

	if (name)
		snprintf(words, FORM_FAILED_SIZE, "%s: %s", name,
			 strerror(error));
	else
		snprintf(words, FORM_FAILED_SIZE, "errno %d: %s", error,
			 strerror(error));
	return words;
}
