/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as JSON, one object a line; record.schema.json describes it. */
#include "form/json.h"
#include "form/form.h"
#include "report/report.h"
#include "tar/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* json_object_set_new() takes NULL for a failed allocation and says so; errors
 * add up in @error, and are looked at once. */
struct object {
	json_t *json;
	int error;
};

static void set(struct object *o, const char *key, json_t *value)
{
	o->error |= json_object_set_new(o->json, key, value);
}

/* All of it, or NULL. */
static json_t *whole(struct object *o)
{
	if (!o->error)
		return o->json;
	json_decref(o->json);
	return NULL;
}

static json_t *mask(uint64_t caps)
{
	return json_sprintf("0x%016" PRIx64, caps);
}

json_t *report_json_hex(const uint8_t *bytes, size_t size)
{
	char *text = malloc(FORM_HEX_SIZE(size));
	json_t *json = NULL;

	if (text) {
		form_hex(bytes, size, text);
		json = json_string(text);
	}
	free(text);
	return json;
}

json_t *report_json_names(const struct vfscap_listing *listing, uint64_t caps)
{
	json_t *names = json_array();

	for (unsigned cap = 0; names && cap < VFSCAP_BITS; cap++) {
		bool named = listing->known >> cap & 1 && *listing->name[cap];

		if (!(caps >> cap & 1))
			continue;
		if (json_array_append_new(
			    names, named ? json_string(listing->name[cap])
					 : json_sprintf("%u", cap))) {
			json_decref(names);
			names = NULL;
		}
	}
	return names;
}

/* ------------------------------ parts of it ------------------------------ */

static json_t *escaped(const char *path)
{
	char *text = malloc(FORM_PATH_SIZE(strlen(path)));
	json_t *json = NULL;

	if (text) {
		form_path(path, text);
		json = json_string(text);
	}
	free(text);
	return json;
}

json_t *report_json_path(const char *path)
{
	if (!path)
		return json_null();
	return form_utf8(path) ? json_string(path) : escaped(path);
}

static json_t *errno_object(int error, const char *message)
{
	char number[FORM_ERRNO_SIZE];

	/* A reason may quote what an input says. */
	return json_pack("{s:s, s:o}", "errno", form_errno(error, number),
			 "message", report_json_path(message));
}

int report_json_paths(json_t *json, const struct scan_record *r)
{
	struct object object = {.json = json}, *o = &object;
	bool utf8;

	if (!r->path) {
		set(o, "path", json_null());
		set(o, "rel", json_null());
		return o->error;
	}
	/* One rule for both: where the path is escaped, so is its end. */
	utf8 = form_utf8(r->path) && form_utf8(r->rel);
	set(o, "path", utf8 ? json_string(r->path) : escaped(r->path));
	set(o, "rel", utf8 ? json_string(r->rel) : escaped(r->rel));
	if (!utf8)
		set(o, "path_bytes",
		    report_json_hex((const uint8_t *)r->path, strlen(r->path)));
	return o->error;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symlink";
	case S_IFBLK:
		return "block";
	case S_IFCHR:
		return "character";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "unknown";
	}
}

static json_t *id(uint32_t id_or_none)
{
	return id_or_none == (uint32_t)-1 ? json_null()
					  : json_integer(id_or_none);
}

static void set_stat(struct object *o, const struct scan_record *r)
{
	static const char *const keys[] = {"type", "mode", "uid", "gid",
					   "inode"};

	if (!r->has_stat) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			set(o, keys[i], json_null());
		return;
	}
	set(o, "type", json_string(type_name(r->stat.st_mode)));
	set(o, "mode", json_sprintf("%04o", r->stat.st_mode & 07777));
	set(o, "uid", id(r->stat.st_uid));
	set(o, "gid", id(r->stat.st_gid));
	set(o, "inode",
	    r->stat.st_ino ? json_sprintf("%ju", (uintmax_t)r->stat.st_ino)
			   : json_null());
}

static void set_value(struct object *o, const struct scan_record *r)
{
	bool stored = r->view == SCAN_STORED;

	set(o, "view", json_string(stored ? "stored" : "visible"));
	set(o, "value",
	    r->value ? report_json_hex(r->value, r->size) : json_null());
	set(o, "size",
	    r->value ? json_integer((json_int_t)r->size) : json_null());
	set(o, "raw",
	    r->value && stored ? report_json_hex(r->value, r->size)
			       : json_null());
}

static void set_decoded(struct object *o, const struct report *report,
			const struct view *v)
{
	static const char *const keys[] = {
		"revision",	  "effective",	      "flags",
		"rootid",	  "permitted",	      "inheritable",
		"permitted_mask", "inheritable_mask", "text"};
	const struct vfscap *c = &v->cap;

	if (v->decode) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			set(o, keys[i], json_null());
		return;
	}
	set(o, "revision", json_integer(c->revision));
	set(o, "effective", json_boolean(c->effective));
	set(o, "flags", json_integer(c->flags));
	set(o, "rootid",
	    c->revision == 3 ? json_integer(c->rootid) : json_null());
	set(o, "permitted", report_json_names(report->listing, c->permitted));
	set(o, "inheritable",
	    report_json_names(report->listing, c->inheritable));
	set(o, "permitted_mask", mask(c->permitted));
	set(o, "inheritable_mask", mask(c->inheritable));
	set(o, "text", json_string(v->text));
}

static json_t *visible(const struct view *v)
{
	static const char *const status[] = {"v2", "v3", "error", "unknown"};
	struct object o = {.json = json_object()};
	char number[FORM_ERRNO_SIZE];

	set(&o, "status", json_string(status[v->visible]));
	if (v->visible == VISIBLE_V3)
		set(&o, "rootid", json_integer(v->visible_rootid));
	if (v->visible == VISIBLE_ERROR)
		set(&o, "errno",
		    json_string(form_errno(v->visible_errno, number)));
	return whole(&o);
}

static json_t *honoured(const struct view *v)
{
	static const char *const status[] = {"granted", "ignored", "error",
					     "unknown"};
	struct object o = {0};
	char number[FORM_ERRNO_SIZE];

	if (v->honoured == HONOURED_NONE)
		return json_null();
	o.json = json_object();
	set(&o, "status", json_string(status[v->honoured]));
	if (v->honoured == HONOURED_ERROR)
		set(&o, "errno",
		    json_string(form_errno(v->honoured_errno, number)));
	return whole(&o);
}

static json_t *issues(const struct view *v)
{
	json_t *array = json_array();

	for (int i = 0; i < ISSUES; i++) {
		const struct issue_text *t = &issue_texts[i];

		if (!(v->issues >> i & 1))
			continue;
		if (json_array_append_new(array, json_pack("{s:s, s:s}", "code",
							   t->code, "message",
							   t->message))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *error(const struct view *v)
{
	const struct scan_record *r = v->record;
	const char *message = report_reason(r);

	if (view_none(r))
		return json_null();
	if (r->error && !message)
		message = r->reason;
	if (r->error && !message)
		message = vfscap_error_name(-r->error)
				  ? vfscap_strerror(-r->error)
				  : strerror(r->error);
	if (r->error)
		return errno_object(r->error, message);
	if (v->decode)
		return errno_object(-vfscap_exec_errno(v->decode),
				    vfscap_strerror(v->decode));
	return json_null();
}

/* ------------------------------- of an archive --------------------------- */

static json_t *copy_of(const struct tar_copy *c)
{
	static const char *const who[TAR_WHOS] = {
		[TAR_GNU] = "gnu",
		[TAR_BSD] = "bsd",
		[TAR_GO] = "go",
		[TAR_PYTHON] = "python",
	};
	json_t *applied = json_array();

	for (int i = 0; i < TAR_WHOS; i++)
		if (c->applied >> i & 1 &&
		    json_array_append_new(applied, json_string(who[i]))) {
			json_decref(applied);
			return NULL;
		}
	return json_pack("{s:s, s:s#, s:o, s:o, s:b}", "key", c->key, "header",
			 &c->in, (size_t)1, "applied", applied, "raw",
			 c->value ? report_json_hex(c->value, c->size)
				  : json_null(),
			 "broken", c->broken);
}

static json_t *copies(const struct tar_member *m)
{
	json_t *array = json_array();

	for (size_t i = 0; i < m->copies; i++)
		if (json_array_append_new(array, copy_of(&m->copy[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static void set_member(struct object *o, const struct view *v)
{
	const struct scan_record *r = v->record;
	char number[FORM_ERRNO_SIZE];

	set(o, "extract",
	    !r->value	 ? json_null()
	    : v->extract ? json_string(form_errno(v->extract, number))
			 : json_string("ok"));
	if (r->link)
		set(o, "link", report_json_path(r->link));
	if (r->member && (r->member->copies > 1 || r->disagree))
		set(o, "copies", copies(r->member));
}

json_t *report_record_json(const struct report *report, const struct view *v)
{
	const struct scan_record *r = v->record;
	struct object o = {.json = json_object()};

	if (!o.json)
		return NULL;
	set(&o, "source", report_json_path(r->source));
	set(&o, "layer", report_json_path(r->layer));
	if (r->partition)
		set(&o, "partition", json_integer(r->partition));
	o.error |= report_json_paths(o.json, r);
	set_stat(&o, r);
	set_value(&o, r);
	set_decoded(&o, report, v);
	set(&o, "userns", report_json_path(v->userns));
	set(&o, "visible", visible(v));
	set(&o, "honoured", honoured(v));
	set(&o, "ghost", json_boolean(v->ghost));
	if (r->packed)
		set_member(&o, v);
	if (r->deleted)
		set(&o, "deleted", json_true());
	set(&o, "issues", issues(v));
	set(&o, "error", error(v));
	return whole(&o);
}

int report_json_line(json_t *json, size_t flags, FILE *out)
{
	char *text =
		json ? form_json_text(json, flags | JSON_ENSURE_ASCII) : NULL;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	fputs(text, out);
	putc('\n', out);
	free(text);
	return 0;
}

int report_json(const struct report *report, const struct view *v)
{
	return report_json_line(report_record_json(report, v), JSON_COMPACT,
				report->out);
}
