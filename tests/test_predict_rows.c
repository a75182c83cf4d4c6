/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What namespaces see, store and honour: by the measured rows. */
#include "suite.h"
#include "tsv.h"
#include "userns_measured.h"
#include "userns_values.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct tsv rows;

/* One row, by its columns. */
struct row {
	const char *id;
	const char *fs;
	const char *stored;
	const char *actor;
	const char *op;
	const char *outcome;
	const char *value;
};

static struct row row_at(size_t i)
{
	return (struct row){
		.id = tsv_get(&rows, i, "id"),
		.fs = tsv_get(&rows, i, "fs"),
		.stored = tsv_get(&rows, i, "stored"),
		.actor = tsv_get(&rows, i, "actor"),
		.op = tsv_get(&rows, i, "op"),
		.outcome = tsv_get(&rows, i, "outcome"),
		.value = tsv_get(&rows, i, "value"),
	};
}

static const struct vfscap_mount *mount_of(const struct row *r)
{
	if (userns_begins(r->fs, "ext4 idmapped"))
		return &userns_idmapped;
	if (strcmp(r->fs, "tmpfs s_user_ns=A") == 0)
		return &userns_tmpfs_a;
	if (userns_begins(r->actor, "overlay(s_user_ns=A"))
		return &userns_overlay_a;
	return userns_begins(r->actor, "overlay(") ? &userns_overlay
						   : &userns_ext4;
}

/* Does it tell of stored bytes, even of none? */
static bool has_value(const struct row *r)
{
	return r->stored[0] != '-' && strcmp(r->stored, "(none)") != 0;
}

/*
 * Whatever a row says of who reads what: "init-read=v2", "A@idm=v3:1000",
 * "init@plain=v2", "A/c=v2e". Other words are passed over.
 */
static unsigned check_readers(const struct row *r, const struct userns_value *v)
{
	char words[512], *word[USERNS_FIELDS];
	size_t n;
	unsigned checked = 0;

	snprintf(words, sizeof(words), "%s", r->value);
	n = userns_split(words, word);
	for (size_t i = 0; i < n; i++) {
		const char *end = word[i] + strcspn(word[i], ";");
		char *equals = strchr(word[i], '=');
		bool plain =
			strstr(word[i], "@plain") || !strcmp(r->fs, "ext4");

		if (!equals || userns_begins(word[i], "stored="))
			continue;
		*(char *)end = '\0';
		if (userns_begins(word[i], "init-read"))
			strcpy(word[i], "init");
		*equals = '\0';
		userns_check_get(r->id, v, plain ? &userns_ext4 : mount_of(r),
				 word[i], equals + 1);
		checked++;
	}
	return checked;
}

static void check_shown(const struct row *r, const struct userns_value *v)
{
	struct userns_value wanted = userns_value_of(r->value), shown;
	struct vfscap seen;
	int error = vfscap_predict_get(v->bytes, v->size, NULL,
				       userns_ns_of(r->actor), &seen);

	expect(strcmp(error ? vfscap_error_name(error) : "OK", r->outcome) == 0,
	       "%s: %d", r->id, error);
	if (error)
		return;
	shown = userns_encoded(&seen);
	expect(userns_same(&shown, &wanted), "%s: %s", r->id,
	       userns_answer(0, &seen));
}

/* G rows, and D rows of getxattr. */
static unsigned use_get(const struct row *r)
{
	struct userns_value v;

	if (!has_value(r) ||
	    !(r->id[0] == 'G' || userns_begins(r->op, "getxattr(buf")))
		return 0;
	v = userns_value_of(r->stored);
	if (userns_begins(r->id, "G.idm"))
		return check_readers(r, &v);
	check_shown(r, &v);
	return 1;
}

/* The value of an S row, and the owner of its file, on disk. */
static bool read_writing(const struct row *r, struct userns_value *v,
			 uint32_t *uid, uint32_t *gid)
{
	char text[64];

	*uid = *gid = 100000;
	if (sscanf(r->op, "setxattr(%63[0-9a-f],flags=0) on file %u:%u", text,
		   uid, gid) != 3 &&
	    sscanf(r->op,
		   "setxattr(%63[^)]) via idmapped mount on on-disk %u:%u",
		   text, uid, gid) != 3 &&
	    (mount_of(r) != &userns_tmpfs_a ||
	     sscanf(r->op, "setxattr(%63[^)])", text) != 1))
		return false;
	*v = userns_value_of(text);
	return true;
}

static void check_stored(const struct row *r, const struct userns_value *v,
			 const struct vfscap_writer *writer,
			 struct userns_value *stored)
{
	struct vfscap cap;
	int error = vfscap_predict_set(v->bytes, v->size, mount_of(r), writer,
				       &cap);
	struct userns_value wanted;

	expect(strcmp(error ? vfscap_error_name(error) : "OK", r->outcome) == 0,
	       "%s: %d", r->id, error);
	stored->size = 0;
	if (error)
		return;
	*stored = userns_encoded(&cap);
	wanted = has_value(r) ? userns_value_of(r->stored) : *stored;
	expect(userns_same(stored, &wanted), "%s: stores %s", r->id,
	       userns_answer(0, &cap));
}

/* S rows of values that are not empty. */
static unsigned use_set(const struct row *r)
{
	const struct vfscap_userns *ns;
	struct vfscap_writer writer;
	struct userns_value v, to_disk;
	uint32_t uid, gid;

	if (r->id[0] != 'S' || !read_writing(r, &v, &uid, &gid))
		return 0;
	ns = userns_ns_of(r->actor);
	writer.ns = ns;
	writer.setfcap =
		!strstr(r->actor, "caps0") && !strstr(r->actor, "all-SETFCAP");
	writer.owner_mapped = userns_shows_id_of(mount_of(r), ns, uid) &&
			      userns_shows_id_of(mount_of(r), ns, gid);
	check_stored(r, &v, &writer, &to_disk);
	if (to_disk.size)
		check_readers(r, &to_disk);
	return 1;
}

/* The capabilities of the kernel that was asked. */
#define KNOWN ((UINT64_C(1) << 41) - 1)

/* What a process that had nothing has got. */
static void check_granted(const struct row *r, const struct userns_value *v,
			  const char *caller, const char *outcome,
			  const char *creds, uint64_t bounding)
{
	struct vfscap cap = {0};
	bool honoured = false;
	int error = vfscap_predict_exec(v->bytes, v->size, mount_of(r),
					userns_ns_of(caller), &honoured);

	if (!error && honoured)
		expect(!vfscap_decode_lenient(v->bytes, v->size, &cap), "%s",
		       r->id);
	if (!error && cap.effective && cap.permitted & KNOWN & ~bounding)
		error = -EPERM;
	expect(strcmp(error ? vfscap_error_name(error) : "OK", outcome) == 0,
	       "%s: %d", r->id, error);
	if (!error && !userns_begins(creds, "uid=0/"))
		expect(userns_mask_in(creds, "P=") ==
			       (cap.permitted & bounding),
		       "%s: not %s", r->id, honoured ? "honoured" : "ignored");
}

/* O rows: "get=v2e exec=P=2000 E=2000", "get=EINVAL exec=EINVAL". */
static unsigned use_overlay(const struct row *r)
{
	char text[128], *word[USERNS_FIELDS];
	const char *caller = strchr(r->actor, '@'), *exec;
	struct userns_value v;

	if (r->id[0] != 'O' || !caller || !has_value(r))
		return 0;
	v = userns_value_of(r->stored);
	snprintf(text, sizeof(text), "%s", r->value);
	userns_split(text, word);
	userns_check_get(r->id, &v, mount_of(r), caller + 1, word[0] + 4);
	exec = word[1] + 5;
	check_granted(r, &v, caller + 1,
		      userns_begins(exec, "P=") ? "OK" : exec, exec,
		      UINT64_MAX);
	return 1;
}

/* X rows of namespaces, idmapped mounts and file systems of a namespace; D rows
 * of execve. */
static unsigned use_exec(const struct row *r)
{
	static const char *const ids[] = {"X.ns.", "X.idm.", "X.tmpfsA.", "D."};
	bool wanted = false;
	struct userns_value v;

	for (size_t i = 0; i < ROWS(ids); i++)
		wanted |= userns_begins(r->id, ids[i]);
	if (!wanted || !userns_begins(r->op, "execve") || !has_value(r))
		return 0;
	v = userns_value_of(r->stored);
	check_granted(r, &v, r->actor, r->outcome, r->value,
		      strcmp(r->outcome, "OK")
			      ? ~(UINT64_C(1) << 24)
			      : userns_mask_in(r->value, " B="));
	return 1;
}

/* Each kind of rows, and how many there are at least. */
static const struct use {
	const char *name;
	unsigned (*use)(const struct row *r);
	unsigned least;
} uses[] = {
	{"getxattr", use_get, 150},
	{"setxattr", use_set, 35},
	{"overlayfs", use_overlay, 20},
	{"execve", use_exec, 130},
};

START_TEST(measured)
{
	const struct use *use = &uses[_i];
	unsigned used = 0;

	for (size_t i = 0; i < rows.rows; i++) {
		struct row r = row_at(i);

		used += use->use(&r);
	}
	printf("predict: %s: %u answers of measured rows\n", use->name, used);
	fflush(stdout);
	ck_assert_uint_ge(used, use->least);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	Suite *suite = suite_create("predict rows");
	int status;

	tsv_load(&rows, "kernel.tsv");
	userns_make_measured();
	suite_add(suite, measured, ROWS(uses));
	status = suite_run(suite);
	tsv_free(&rows);
	return status;
}
