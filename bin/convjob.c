/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapconvert does to one value. */
#include "bin/convjob.h"
#include "form/form.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------- one value ------------------------------- */

static void refused(struct conversion *c, const char *path,
		    enum convert_result result, const struct vfscap *old)
{
	char names[VFSCAP_TEXT_SIZE];

	switch (result) {
	case CONVERT_OTHER_ROOTID:
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "left alone: it has rootid %u already; "
			  "--replace-rootid changes it",
			  old->rootid);
		break;
	case CONVERT_HIGH_BITS:
		tool_names(&c->tool,
			   (old->permitted | old->inheritable) >> 32 << 32,
			   names);
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "refused: revision 1 has no room for %s", names);
		break;
	case CONVERT_UNMAPPED:
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "left alone: rootid %u is not mapped from the one "
			  "namespace to the other; --unmapped=keep leaves such "
			  "values as they are, --unmapped=drop removes them",
			  old->rootid);
		break;
	case CONVERT_KEPT_INSIDE:
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "left alone: kept, rootid %u would be taken for one "
			  "of the ids that are being made",
			  old->rootid);
		break;
	default:
		break;
	}
}

/* The namespace in which what is written says the same as before: an archive
 * that leaves its place of birth, for any other. On live files there is none. */
static const struct vfscap_idmap *widest(const struct conversion *c)
{
	return c->packed && !c->convert.rebase.to ? c->convert.rebase.from
						  : NULL;
}

/*
 * @old converted to @new. What is refused is said; what is kept or dropped for
 * want of a mapping is said too.
 */
enum verdict convert_one(struct conversion *c, const char *path,
			 const struct change_value *old,
			 struct change_value *new)
{
	enum convert_result result;

	*new = *old;
	result = convert_value(&c->convert, &old->cap, &new->cap);
	switch (result) {
	case CONVERT_UNCHANGED:
		c->tally.unchanged++;
		return VERDICT_SAME;
	case CONVERT_KEPT:
		c->tally.kept++;
		tool_file(&c->tool, LEVEL_NOTICE, path,
			  "kept: rootid %u is not mapped", old->cap.rootid);
		return VERDICT_SAME;
	case CONVERT_DROPPED:
		*new = (struct change_value){.have = CHANGE_NONE};
		tool_file(&c->tool, LEVEL_NOTICE, path,
			  "dropped: rootid %u is not mapped", old->cap.rootid);
		return VERDICT_CHANGED;
	case CONVERT_CLEARED:
		tool_file(&c->tool, LEVEL_NOTICE, path,
			  "unknown flag bits 0x%x are cleared", old->cap.flags);
		break;
	case CONVERT_CHANGED:
		break;
	default:
		refused(c, path, result, &old->cap);
		return VERDICT_REFUSED;
	}
	if (c->allow_widen || !change_widens_within(widest(c), old, new))
		return VERDICT_CHANGED;
	tool_refuse_widening(&c->tool, path, old, new);
	return VERDICT_REFUSED;
}

enum verdict convert_undecodable(struct conversion *c, const char *path,
				 const char *layer, int error)
{
	const char *before = layer ? "layer " : "", *after = layer ? ": " : "";
	bool keep = c->undecodable == UNDECODABLE_KEEP;

	layer = layer ? layer : "";
	if (c->undecodable == UNDECODABLE_ERROR) {
		tool_file(&c->tool, LEVEL_ERROR, path,
			  "%s%s%sleft alone: %s; choose --undecodable=keep or "
			  "=drop",
			  before, layer, after, vfscap_strerror(error));
		return VERDICT_REFUSED;
	}
	tool_file(&c->tool, LEVEL_NOTICE, path, "%s%s%s%s: %s", before, layer,
		  after, keep ? "kept" : "dropped", vfscap_strerror(error));
	c->tally.kept += keep;
	return keep ? VERDICT_SAME : VERDICT_CHANGED;
}

/* ----------------------------- values as records -------------------------- */

/* A value as a record, as if it stood at @r. */
static void view_value(const struct conversion *c, struct scan_record *r,
		       const struct change_value *value,
		       uint8_t bytes[VFSCAP_SIZE_MAX], struct view *v)
{
	struct view_context context = {
		.listing = &c->tool.listing,
		.caller = &c->caller,
	};

	r->error = ENODATA;
	/* Of an archive the bytes are there, though they do not decode. */
	if (value->have == CHANGE_HIDDEN)
		r->error = r->value ? 0 : value->error;
	if (value->have == CHANGE_VALUE &&
	    vfscap_encode(&value->cap, bytes, VFSCAP_SIZE_MAX, &r->size) == 0) {
		r->error = 0;
		r->value = bytes;
	}
	view_of(r, &context, v);
}

static void print_value(struct conversion *c, const struct change_value *value)
{
	struct report report = {
		.out = stdout,
		.listing = &c->tool.listing,
	};
	struct scan_record r = {
		.source = "--value",
		.view = SCAN_STORED,
		.dirfd = -1,
		.fd = -1,
	};
	uint8_t bytes[VFSCAP_SIZE_MAX];
	char hex[FORM_HEX_SIZE(VFSCAP_SIZE_MAX)];
	struct view v;

	view_value(c, &r, value, bytes, &v);
	if (c->format && c->format->write != report_text) {
		if (c->format->write(&report, &v))
			tool_file(&c->tool, LEVEL_ERROR, "--value",
				  "no memory");
		return;
	}
	form_hex(bytes, r.size, hex);
	printf("0x%s\n", hex);
}

static json_t *record_of(const struct conversion *c,
			 const struct scan_record *r,
			 const struct change_value *value)
{
	struct report report = {.listing = &c->tool.listing};
	struct scan_record as = *r;
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct view v;

	if (value->have == CHANGE_NONE)
		return json_null();
	view_value(c, &as, value, bytes, &v);
	return report_record_json(&report, &v);
}

/* One object a file, in the form of a difference. */
static void show_json(struct conversion *c, const struct scan_record *r,
		      const struct change_value *old,
		      const struct change_value *new)
{
	json_t *a = record_of(c, r, old), *o;

	o = json_pack("{s:O?, s:O?, s:s, s:o, s:o}", "path",
		      json_object_get(a, "path"), "rel",
		      json_object_get(a, "rel"), "change",
		      new->have == CHANGE_NONE ? "removed" : "changed", "a", a,
		      "b", record_of(c, r, new));
	if (report_json_line(o, JSON_COMPACT, stdout) != 0)
		tool_file(&c->tool, LEVEL_ERROR, r->path, "no memory");
}

void convert_show(struct conversion *c, const struct scan_record *r,
		  const struct change_value *old,
		  const struct change_value *new)
{
	if (c->format && c->format->write == report_json)
		show_json(c, r, old, new);
	else
		tool_show_change(&c->tool, r->path, old, new);
}

/* Bytes that no reader takes: there is nothing to convert. */
static void given_undecodable(struct conversion *c, int error,
			      const uint8_t *value, size_t size)
{
	char *hex = malloc(FORM_HEX_SIZE(size));

	if (c->undecodable == UNDECODABLE_ERROR || !hex) {
		tool_file(&c->tool, LEVEL_ERROR, "--value", "%s",
			  hex ? vfscap_strerror(error) : "no memory");
	} else {
		bool keep = c->undecodable == UNDECODABLE_KEEP;

		tool_file(&c->tool, LEVEL_NOTICE, "--value", "%s: %s",
			  keep ? "kept" : "dropped", vfscap_strerror(error));
		form_hex(value, size, hex);
		if (keep)
			printf("0x%s\n", hex);
	}
	free(hex);
}

void convert_given(struct conversion *c, const char *text)
{
	struct change_value old = {.have = CHANGE_VALUE}, new;
	uint8_t *value;
	size_t size;
	int error;

	tool_value(&c->tool, "--value", text, &value, &size);
	error = vfscap_decode_lenient(value, size, &old.cap);
	if (error)
		given_undecodable(c, error, value, size);
	else if (convert_one(c, "--value", &old, &new) != VERDICT_REFUSED &&
		 new.have == CHANGE_VALUE)
		print_value(c, &new);
	free(value);
}
