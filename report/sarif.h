/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What results and notifications of a SARIF document are made of. All return NULL
 * where memory is lacking.
 */
#ifndef REPORT_SARIF_H
#define REPORT_SARIF_H

#include "report/report.h"

#include <jansson.h>

/** sarif_message() - a text as a message: no word of it means a placeholder or a
 *  link */
json_t *sarif_message(const char *text);

/** sarif_result_message() - the message of a result: what it is about, and the
 *  sentence */
json_t *sarif_result_message(const struct scan_record *record,
			     const char *sentence);

/** sarif_location() - the file, or the archive or image and the entry in it */
json_t *sarif_location(const struct scan_record *record);

/** sarif_fingerprint() - the same for the same issue of the same file from run to
 *  run, whatever the digest of its layer */
json_t *sarif_fingerprint(const struct scan_record *record, const char *code);

/** sarif_properties() - what SARIF has no words for */
json_t *sarif_properties(const struct view *view);

#endif /* REPORT_SARIF_H */
