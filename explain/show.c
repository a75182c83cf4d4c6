/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers as text and as JSON; explain.schema.json describes the latter. */
#include "explain/answer.h"
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* ----------------------------------- text -------------------------------- */

static void write_path(FILE *out, const struct scan_record *r)
{
	report_path(out, r->path ? r->path : r->source);
	if (r->partition)
		fprintf(out, " [partition %u]", r->partition);
}

void answer_text(FILE *out, const struct answer *a, bool all)
{
	char sentence[EXPLAIN_WHY_SIZE];

	explain_outcome(&a->outcome, a->subject, a->wanted, sentence);
	write_path(out, a->record);
	fprintf(out, ": %s", sentence);
	if (!all && a->main) {
		fputs(", since ", out);
		report_path(out, a->main->sentence);
	}
	putc('\n', out);
	for (unsigned i = 0; all && i < a->reasons; i++) {
		fputs("  because: ", out);
		report_path(out, a->reason[i].sentence);
		putc('\n', out);
	}
	for (unsigned i = 0; all && i < a->remedies; i++) {
		fputs("  change: ", out);
		report_path(out, a->remedy[i].sentence);
		putc('\n', out);
	}
}

/* ----------------------------------- JSON -------------------------------- */

/* Errors add up, and are looked at once. */
struct object {
	json_t *json;
	int error;
};

static void set(struct object *o, const char *key, json_t *value)
{
	o->error |= json_object_set_new(o->json, key, value);
}

/* Of what fails there is no process. */
static void set_mask(struct object *o, const char *key, const struct answer *a,
		     uint64_t caps)
{
	set(o, key,
	    a->outcome.error ? json_null()
			     : json_sprintf("0x%016" PRIx64, caps));
}

static void set_id(struct object *o, const char *key, const struct answer *a,
		   uint32_t id)
{
	set(o, key, a->outcome.error ? json_null() : json_integer(id));
}

/* Ids are those of the caller's user namespace. */
static void set_creds(struct object *o, const struct answer *a)
{
	const struct vfscap_creds *c = &a->outcome.creds;

	set_id(o, "euid", a, c->euid);
	set_id(o, "egid", a, c->egid);
	set_mask(o, "permitted_mask", a, c->permitted);
	set_mask(o, "inheritable_mask", a, c->inheritable);
	set_mask(o, "effective_mask", a, c->effective);
	set_mask(o, "ambient_mask", a, c->ambient);
	set_mask(o, "bounding_mask", a, c->bounding);
	set(o, "secure",
	    a->outcome.error ? json_null() : json_boolean(a->outcome.secure));
}

static void set_value(struct object *o, const struct answer *a)
{
	const struct vfscap_program *p = &a->program.program;
	const struct scan_record *r = a->record;

	/* Instead of the record's may stand one that an option gave. */
	if (!r->value && !(p->present && p->size))
		set(o, "value", json_null());
	else if (r->packed && r->value)
		set(o, "value", report_json_hex(r->value, r->size));
	else
		set(o, "value", report_json_hex(p->value, p->size));
}

static json_t *line(const char *code, const char *sentence)
{
	return json_pack("{s:s, s:o}", "code", code, "message",
			 report_json_path(sentence));
}

static json_t *reasons(const struct answer *a)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < a->reasons; i++)
		if (json_array_append_new(array, line(a->reason[i].code,
						      a->reason[i].sentence))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

static json_t *remedies(const struct answer *a)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && i < a->remedies; i++)
		if (json_array_append_new(array, line(a->remedy[i].code,
						      a->remedy[i].sentence))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

static void set_place(struct object *o, const struct scan_record *r)
{
	set(o, "source", report_json_path(r->source));
	set(o, "layer", report_json_path(r->layer));
	if (r->partition)
		set(o, "partition", json_integer(r->partition));
	o->error |= report_json_paths(o->json, r);
}

static void set_outcome(struct object *o, const struct answer *a)
{
	char name[EXPLAIN_ERRNO_SIZE];

	explain_errno(a->outcome.error, name);
	set(o, "process", report_json_path(a->subject->name));
	set(o, "outcome", json_string(a->outcome.error ? "fails" : "runs"));
	set(o, "errno", a->outcome.error ? json_string(name) : json_null());
	set(o, "silent", json_boolean(a->silent));
}

int answer_json(FILE *out, const struct answer *a)
{
	struct object o = {.json = json_object()};
	const struct vfscap_listing *listing = a->subject->listing;

	if (!o.json)
		return -ENOMEM;
	set_place(&o, a->record);
	set_value(&o, a);
	set_outcome(&o, a);
	set_creds(&o, a);
	set(&o, "gained", report_json_names(listing, a->gained));
	set(&o, "missing", report_json_names(listing, a->missing));
	set(&o, "reasons", reasons(a));
	set(&o, "remedies", remedies(a));
	if (!o.error)
		return report_json_line(o.json, JSON_COMPACT, out);
	json_decref(o.json);
	return -ENOMEM;
}
