/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records that are kept: nothing in a copy is the original's. */
#include "scan/scan.h"
#include "suite.h"
#include "tar/tar.h"

#include <stdlib.h>
#include <string.h>

/* What the record is made of, to be overwritten once it is copied. */
static struct {
	char source[8], path[8], rel[8], reason[8], layer[8], link[8];
	char member_path[8], member_link[8];
	uint8_t value[4], first[3], second[4];
	struct tar_copy copy[2];
	struct tar_member member;
} original;

static struct scan_record whole(void)
{
	memset(&original, 'x', sizeof(original));
	strcpy(original.source, "source");
	strcpy(original.path, "path");
	strcpy(original.rel, "rel");
	strcpy(original.reason, "reason");
	strcpy(original.layer, "layer");
	strcpy(original.link, "link");
	strcpy(original.member_path, "m-path");
	strcpy(original.member_link, "m-link");
	original.copy[0] = (struct tar_copy){
		.in = 'x',
		.key = TAR_SCHILY,
		.value = original.first,
		.size = sizeof(original.first),
	};
	original.copy[1] = (struct tar_copy){
		.in = 'X',
		.key = TAR_LIBARCHIVE,
		.value = original.second,
		.size = sizeof(original.second),
		.applied = 1u << TAR_BSD,
	};
	original.member = (struct tar_member){
		.type = '1',
		.path = original.member_path,
		.link = original.member_link,
		.mode = S_IFREG | 0755,
		.head = original.value,
		.head_size = 1,
		.parts = 1,
		.copy = original.copy,
		.copies = 2,
	};
	return (struct scan_record){
		.source = original.source,
		.path = original.path,
		.rel = original.rel,
		.reason = original.reason,
		.layer = original.layer,
		.link = original.link,
		.view = SCAN_STORED,
		.value = original.value,
		.size = sizeof(original.value),
		.has_stat = true,
		.stat = {.st_mode = S_IFREG | 0755},
		.packed = true,
		.member = &original.member,
		.copy = &original.copy[1],
		.again = true,
		.dirfd = 7,
		.name = original.rel,
		.fd = 8,
	};
}

START_TEST(all_of_it)
{
	const struct scan_record record = whole();
	struct scan_record *r = scan_record_copy(&record);

	memset(&original, 0xff, sizeof(original));
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->source, "source");
	ck_assert_str_eq(r->path, "path");
	ck_assert_str_eq(r->rel, "rel");
	ck_assert_str_eq(r->reason, "reason");
	ck_assert_str_eq(r->layer, "layer");
	ck_assert_str_eq(r->link, "link");
	ck_assert_mem_eq(r->value, "xxxx", 4);
	ck_assert(r->has_stat && r->packed && r->again);
	ck_assert_uint_eq(r->stat.st_mode, S_IFREG | 0755);
	ck_assert_int_eq(r->dirfd, -1);
	ck_assert_int_eq(r->fd, -1);
	ck_assert_ptr_null(r->name);
	scan_record_free(r);
}
END_TEST

START_TEST(the_member)
{
	const struct scan_record record = whole();
	struct scan_record *r = scan_record_copy(&record);
	const struct tar_member *m = r->member;

	memset(&original, 0xff, sizeof(original));
	ck_assert_str_eq(m->path, "m-path");
	ck_assert_str_eq(m->link, "m-link");
	ck_assert_uint_eq(m->mode, S_IFREG | 0755);
	ck_assert_ptr_null(m->head);
	ck_assert_uint_eq(m->head_size + m->parts, 0);
	ck_assert_uint_eq(m->copies, 2);
	ck_assert_str_eq(m->copy[0].key, TAR_SCHILY);
	ck_assert_mem_eq(m->copy[0].value, "xxx", 3);
	ck_assert_mem_eq(m->copy[1].value, "xxxx", 4);
	ck_assert_ptr_eq(r->copy, &m->copy[1]);
	ck_assert_uint_eq(r->copy->applied, 1u << TAR_BSD);
	scan_record_free(r);
}
END_TEST

/* An entry that could not be read, an empty value, a member without copies. */
START_TEST(little)
{
	struct tar_member member = {.path = "", .link = ""};
	struct scan_record record = {.what = SCAN_UNREAD, .error = 5};
	struct scan_record *r = scan_record_copy(&record);

	ck_assert_int_eq(r->error, 5);
	ck_assert_ptr_null(r->value);
	ck_assert_ptr_null(r->path);
	ck_assert_ptr_null(r->member);
	scan_record_free(r);
	record = (struct scan_record){
		.value = (const uint8_t *)"",
		.member = &member,
	};
	r = scan_record_copy(&record);
	ck_assert_ptr_nonnull(r->value);
	ck_assert_uint_eq(r->size, 0);
	ck_assert_str_eq(r->member->path, "");
	ck_assert_uint_eq(r->member->copies, 0);
	ck_assert_ptr_null(r->copy);
	scan_record_free(r);
	scan_record_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("copy");

	suite_add(suite, all_of_it, 1);
	suite_add(suite, the_member, 1);
	suite_add(suite, little, 1);
	return suite_run(suite);
}
