/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What namespaces see, store and honour: by the tables of the document. */
#include "suite.h"
#include "userns_maps.h"
#include "userns_measured.h"
#include "userns_values.h"
#include "vfscap.h"

#include <string.h>

/* Names, and an answer for each, or one for all. */
struct pairs {
	size_t n;
	char *name[USERNS_FIELDS];
	char *answer[USERNS_FIELDS];
	char text[2][160];
};

static void pair_up(struct pairs *p, const char *names, const char *answers)
{
	size_t n;

	p->n = userns_split(strcpy(p->text[0], names), p->name);
	n = userns_split(strcpy(p->text[1], answers), p->answer);
	ck_assert(n == p->n || n == 1);
	for (size_t i = n; i < p->n; i++)
		p->answer[i] = p->answer[0];
}

/* Sections 3.2, 3.3 and 3.4; -: EOVERFLOW. */
#define ALL "init A B A/c A/i A/n A/c/g Z ID M N U E"

static const struct reading {
	const struct vfscap_mount *mount;
	const char *stored;
	const char *readers;
	const char *seen;
} readings[] = {
	{&userns_ext4, "v2", ALL, "v2"},
	{&userns_ext4, "v2e", ALL, "v2e"},
	{&userns_ext4, "v3:0", ALL, "v2"},
	{&userns_ext4, "v3:1000", ALL,
	 "v3:1000 - - - - - - - v3:1000 - - v2 -"},
	{&userns_ext4, "v3:100000", ALL,
	 "v3:100000 v2 - v2 v2 v2 v2 - v3:100000 v3:5 - - -"},
	{&userns_ext4, "v3:100001", ALL,
	 "v3:100001 v3:1 - - v3:1 v3:1 - - v3:100001 - v3:1 - -"},
	{&userns_ext4, "v3:101000", ALL,
	 "v3:101000 v3:1000 - v2 v3:1000 v3:1000 v2 - v3:101000 - v3:1000 - -"},
	{&userns_ext4, "v3:200000", ALL,
	 "v3:200000 - v2 - - - - - v3:200000 - - - -"},
	{&userns_ext4, "v3:999999999", ALL,
	 "v3:999999999 - - - - - - - v3:999999999 - - - -"},
	{&userns_ext4, "v3:4294967295", ALL, "-"},
	{&userns_ext4, "v1", ALL, "EINVAL"},
	{&userns_ext4, "(empty)", ALL, "EINVAL"},
	{&userns_ext4, "0300000200200000000000000000000000000000", ALL,
	 "EINVAL"},
	{&userns_ext4, "030000030020000000000000000000000000000000000000", ALL,
	 "EINVAL"},
	{&userns_ext4,
	 "00000002002000000000000000000000000000000000000000000000", ALL,
	 "EINVAL"},

	{&userns_tmpfs_a, "v2e", "A A/c init B", "v2e v2e v3e:100000 -"},
	{&userns_tmpfs_a, "v3e:0", "A A/c init", "v2e v2e v3e:100000"},
	{&userns_tmpfs_a, "v3e:1000", "A A/c init", "v3e:1000 v2e v3e:101000"},
	{&userns_tmpfs_a, "v3e:65536", "A A/c init", "-"},

	{&userns_idmapped, "v2", "init A B A/c", "v3:100000 v2 - v2"},
	{&userns_idmapped, "v3:0", "init A B A/c", "v3:100000 v2 - v2"},
	{&userns_idmapped, "v3:1000", "init A B A/c", "v3:101000 v3:1000 - v2"},
	{&userns_idmapped, "v3:100000", "init A B A/c", "-"},

	{&userns_overlay, "v3:100000", "init A B", "v3:100000 v2 -"},
	{&userns_overlay_a, "v3:100000", "init A A/c B", "v3:100000 v2 v2 -"},
	{&userns_overlay_a, "v3:101000", "init A A/c", "v3:101000 v3:1000 v2"},
	{&userns_overlay_a, "v3:200000", "init A A/c B", "-"},
	/* What counts everywhere is A's alone, as soon as A's overlay asks. */
	{&userns_overlay_a, "v2", "init A B", "v3:100000 v2 -"},
};

START_TEST(seen_by)
{
	const struct reading *row = &readings[_i];
	struct userns_value v = userns_value_of(row->stored);
	struct pairs p;

	pair_up(&p, row->readers, row->seen);
	for (size_t i = 0; i < p.n; i++)
		userns_check_get(row->stored, &v, row->mount, p.name[i],
				 p.answer[i]);
}
END_TEST

/* Sections 2.2 and 2.3; @owner: on disk. */
static const struct writing {
	const char *id;
	const char *writer;
	const struct vfscap_mount *mount;
	uint32_t owner;
	const char *value;
	const char *stored; /* or an errno */
} writings[] = {
	{"S.ns.v2e_own", "A", &userns_ext4, 100000, "v2e", "v3e:100000"},
	{"S.ns.v3r0", "A", &userns_ext4, 100000, "v3e:0", "v3e:100000"},
	{"S.ns.v3r1000", "A", &userns_ext4, 100000, "v3e:1000", "v3e:101000"},
	{"S.ns.v3r65536", "A", &userns_ext4, 100000, "v3e:65536", "EINVAL"},
	{"S.ns.file_rootowned", "A", &userns_ext4, 0, "v2e", "EPERM"},
	{"S.nsAC.v2", "A/c", &userns_ext4, 101000, "v2e", "v3e:101000"},
	{"S.nsAC.v3r5", "A/c", &userns_ext4, 101000, "v3e:5", "v3e:101005"},
	{"S.nsU.v2", "U", &userns_ext4, 1000, "v2e", "v3e:1000"},
	{"S.nsU", "U", &userns_ext4, 0, "v2e", "EPERM"},
	{"S.nsZ.v2", "Z", &userns_ext4, 0, "v2e", "v3e:0"},
	{"S.nsN.v2", "N", &userns_ext4, 100001, "v2e", "EINVAL"},
	{"S.nsN.v3r0", "N", &userns_ext4, 100001, "v3e:0", "EINVAL"},
	{"S.nsN.v3r1", "N", &userns_ext4, 100001, "v3e:1", "v3e:100001"},
	{"S.nsE", "E", &userns_ext4, 0, "v2e", "EPERM"},
	{"S.hdr.v3_r0", "init", &userns_ext4, 0, "v3e:0", "v3e:0"},
	{"S.hdr.v3_rFF", "init", &userns_ext4, 0, "v3:4294967295", "EINVAL"},
	{"S.hdr.v1", "init", &userns_ext4, 0, "v1e", "EINVAL"},
	{"S.tmpfsA", "A", &userns_tmpfs_a, 100000, "v2e", "v2e"},
	{"S.tmpfsA", "A", &userns_tmpfs_a, 100000, "v3e:0", "v3e:0"},
	{"S.tmpfsA", "A", &userns_tmpfs_a, 100000, "v3e:1000", "v3e:1000"},
	{"S.tmpfsA.init_v2", "init", &userns_tmpfs_a, 100000, "v2e", "v2e"},
	{"S.tmpfsA.init_v3r0", "init", &userns_tmpfs_a, 100000, "v3e:0",
	 "EINVAL"},
	{"S.idm.init_v2", "init", &userns_idmapped, 0, "v2e", "EINVAL"},
	{"S.idm.init_v3r0", "init", &userns_idmapped, 0, "v3e:0", "EINVAL"},
	{"S.idm.init_v3r5", "init", &userns_idmapped, 0, "v3e:5", "EINVAL"},
	{"S.idm.init_v3r100000", "init", &userns_idmapped, 0, "v3e:100000",
	 "v3e:0"},
	{"S.idm.init_v3r101000", "init", &userns_idmapped, 0, "v3e:101000",
	 "v3e:1000"},
	{"S.idm.A_v2", "A", &userns_idmapped, 0, "v2e", "v3e:0"},
	{"S.idm.A_v3r1000", "A", &userns_idmapped, 0, "v3e:1000", "v3e:1000"},
	{"S.idm.Ac_v2", "A/c", &userns_idmapped, 1000, "v2e", "v3e:1000"},
	{"S.idm.A_v2_disk100000", "A", &userns_idmapped, 100000, "v2e",
	 "EPERM"},
	{"S.idm.init_v2_disk100000", "init", &userns_idmapped, 100000, "v2e",
	 "EPERM"},
	{"overlay", "init", &userns_overlay, 0, "v2e", "v2e"},
	{"overlay", "A", &userns_overlay, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "A", &userns_overlay_a, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "A/c", &userns_overlay_a, 101000, "v2e", "v3e:101000"},
	{"overlay_a", "init", &userns_overlay_a, 100000, "v2e", "v3e:100000"},
	{"overlay_a", "init", &userns_overlay_a, 100000, "v3e:7", "EINVAL"},
};

static void check_set(const struct writing *row, bool setfcap,
		      const char *wanted)
{
	struct userns_value v = userns_value_of(row->value);
	struct vfscap_writer writer = {.ns = userns_ns_of(row->writer),
				       .setfcap = setfcap};
	struct vfscap stored;
	int error;

	writer.owner_mapped =
		userns_shows_id_of(row->mount, writer.ns, row->owner);
	error = vfscap_predict_set(v.bytes, v.size, row->mount, &writer,
				   &stored);
	ck_assert_msg(strcmp(userns_answer(error, &stored), wanted) == 0,
		      "%s: stores %s, not %s", row->id,
		      userns_answer(error, &stored), wanted);
}

/* A value that is refused for its looks is so before privilege counts. */
START_TEST(stored_by)
{
	const struct writing *row = &writings[_i];

	check_set(row, true, row->stored);
	check_set(row, false,
		  userns_begins(row->value, "v1") ? "EINVAL" : "EPERM");
}
END_TEST

/* Section 4.4; y: honoured. */
#define CALLERS "init A B A/c A/i A/n N ID U"

static const struct honouring {
	const struct vfscap_mount *mount;
	const char *stored;
	const char *callers;
	const char *honoured;
} honourings[] = {
	{&userns_ext4, "v1e", CALLERS, "y"},
	{&userns_ext4, "v2e", CALLERS, "y"},
	{&userns_ext4, "v3e:0", CALLERS, "y"},
	{&userns_ext4, "v3e:1000", CALLERS, "- - - - - - - - y"},
	{&userns_ext4, "v3e:100000", CALLERS, "- y - y y y - - -"},
	{&userns_ext4, "v3e:100001", CALLERS, "-"},
	{&userns_ext4, "v3e:101000", CALLERS, "- - - y - - - - -"},
	{&userns_ext4, "v3e:200000", CALLERS, "- - y - - - - - -"},
	{&userns_ext4, "v3e:4294967295", CALLERS, "-"},
	{&userns_idmapped, "v2e", "init A B A/c", "- y - y"},
	{&userns_idmapped, "v3e:0", "init A B A/c", "- y - y"},
	{&userns_idmapped, "v3e:100000", "init A B A/c", "-"},
	{&userns_tmpfs_a, "v2e", "A A/c init B", "y y - -"},
	{&userns_tmpfs_a, "v3e:1000", "A A/c init B", "- y - -"},
	{&userns_overlay_a, "v3e:100000", "A A/c init B", "y y - -"},
	/* Nobody asks a file system of a namespace that is not theirs. */
	{&userns_tmpfs_a, "(empty)", "init B", "-"},
	{&userns_overlay_a, "v3e:200000", "init B", "-"},
	{&userns_ext4, "(empty)", "init A", "EINVAL"},
	{&userns_overlay, "v1e", "init A", "EINVAL"},
	{&userns_overlay_a, "v3e:200000", "A A/c", "EOVERFLOW"},
};

static const char *verdict(const struct userns_value *v,
			   const struct vfscap_mount *mount, const char *caller)
{
	bool honoured = false;
	int error = vfscap_predict_exec(v->bytes, v->size, mount,
					userns_ns_of(caller), &honoured);

	if (error)
		return vfscap_error_name(error);
	return honoured ? "y" : "-";
}

START_TEST(honoured_by)
{
	const struct honouring *row = &honourings[_i];
	struct userns_value v = userns_value_of(row->stored);
	struct pairs p;

	pair_up(&p, row->callers, row->honoured);
	for (size_t i = 0; i < p.n; i++)
		ck_assert_str_eq(verdict(&v, row->mount, p.name[i]),
				 p.answer[i]);
}
END_TEST

/* ------------------------------ other mounts ----------------------------- */

static const char *stored_on(const struct vfscap_mount *mount, const char *text)
{
	const struct vfscap_writer writer = {
		.setfcap = true,
		.owner_mapped = true,
	};
	struct userns_value v = userns_value_of(text);
	struct vfscap stored;
	int error =
		vfscap_predict_set(v.bytes, v.size, mount, &writer, &stored);

	return userns_answer(error, &stored);
}

/* Ids of an idmapped mount that the file system's own namespace lacks. */
START_TEST(stored_elsewhere)
{
	struct vfscap_idmap ten = userns_map_of("0:100000:10"),
			    idmap = userns_map_of("5:200000:1,50:200001:1");
	struct vfscap_userns ns;
	struct vfscap_mount mount = {.fs = &ns, .idmap = &idmap};

	ck_assert_int_eq(vfscap_userns_init(&ns, NULL, &ten, NULL), 0);
	ck_assert_str_eq(stored_on(&mount, "v3e:200000"), "v3e:5");
	ck_assert_str_eq(stored_on(&mount, "v3e:200001"), "EINVAL");
	ck_assert_str_eq(stored_on(NULL, "v3e:1000"), "v3e:1000");
}
END_TEST

/* ---------------------------------- main --------------------------------- */

int main(void)
{
	Suite *suite = suite_create("predict");

	userns_make_measured();
	suite_add(suite, seen_by, ROWS(readings));
	suite_add(suite, stored_by, ROWS(writings));
	suite_add(suite, honoured_by, ROWS(honourings));
	suite_add(suite, stored_elsewhere, 1);
	return suite_run(suite);
}
