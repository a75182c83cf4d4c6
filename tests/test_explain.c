/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fcapexplain stands on: scripts, users of images, words, remedies. */
#include "explain/answer.h"
#include "explain/image.h"
#include "suite.h"
#include "vfscap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP(n) (UINT64_C(1) << (n))
#define CAP_SETUID CAP(7)
#define CAP_SETPCAP CAP(8)
#define CAP_NET_ADMIN CAP(12)
#define CAP_NET_RAW CAP(13)
#define CAP_SYS_CHROOT CAP(18)

static struct vfscap_listing listing;

/* -------------------------------- #! lines ------------------------------- */

static const struct {
	const char *head;
	size_t fill; /* a's behind it */
	const char *behind;
	size_t window;
	int found;
	const char *path;
} scripts[] = {
	{"#!/bin/sh\n", 0, "", 256, 1, "/bin/sh"},
	{"#! \t/bin/sh -e x\n", 0, "", 256, 1, "/bin/sh"},
	{"#!/bin/sh", 0, "", 256, 1, "/bin/sh"},
	{"#!sh\n", 0, "", 256, 1, "sh"},
	{"#!/bin/sh\t\t\n", 0, "", 256, 1, "/bin/sh"},
	{"#!\n/bin/sh\n", 0, "", 256, -ENOEXEC, ""},
	{"#! \t \n", 0, "", 256, -ENOEXEC, ""},
	{"#!", 0, "", 256, -EACCES, ""},
	{"#! \t", 0, "", 256, -EACCES, ""},
	{"#!", 0, "", 128, -ENOEXEC, ""},
	{"#", 0, "", 256, 0, ""},
	{"", 0, "", 256, 0, ""},
	{" #!/bin/sh\n", 0, "", 256, 0, ""},
	{"\177ELF", 0, "", 256, 0, ""},
	/* What ends in the window, and what does not. */
	{"#!/", 252, "\n", 256, 1, NULL},
	{"#!/", 252, " ", 256, 1, NULL},
	{"#!/", 253, "", 256, -ENOEXEC, ""},
	{"#!/", 250, " b", 256, 1, NULL},
	/* Older kernels cut it. */
	{"#!/", 253, "", 128, 1, NULL},
	{"#!/", 100, "\n", 128, 1, NULL},
};

START_TEST(script_lines)
{
	char head[EXPLAIN_HEAD] = "", path[EXPLAIN_HEAD] = "";
	size_t len = strlen(scripts[_i].head);

	memcpy(head, scripts[_i].head, len);
	memset(head + len, 'a', scripts[_i].fill);
	memcpy(head + len + scripts[_i].fill, scripts[_i].behind,
	       strlen(scripts[_i].behind));
	ck_assert_int_eq(script_interpreter(head, scripts[_i].window, path),
			 scripts[_i].found);
	if (scripts[_i].found > 0 && scripts[_i].path)
		ck_assert_str_eq(path, scripts[_i].path);
	if (scripts[_i].found > 0 && !scripts[_i].path)
		ck_assert_uint_eq(strlen(path),
				  scripts[_i].window == 128 &&
						  scripts[_i].fill > 126
					  ? 125
					  : scripts[_i].fill + 1);
}
END_TEST

/* ----------------------------- users of images --------------------------- */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "broken\n"
			     "web:x:101:102::/srv:/bin/false\n"
			     "big:x:4294967295:0::/:/bin/false\n"
			     "last:x:5:6";
static const char group[] = "root:x:0:\nweb:x:102:\nwork:x:77:web";

static const struct {
	const char *user;
	int result;
	uint32_t uid, gid;
} users[] = {
	{"root", 0, 0, 0},	  {"web", 0, 101, 102},
	{"101", 0, 101, 102},	  {"1234", 0, 1234, 0},
	{"web:work", 0, 101, 77}, {"web:5", 0, 101, 5},
	{"7:work", 0, 7, 77},	  {"last", 0, 5, 6},
	{":work", 0, 0, 77},	  {"web:", 0, 101, 102},
	{"nobody", -1, 0, 0},	  {"broken", -1, 0, 0},
	{"big", -1, 0, 0},	  {"web:none", -1, 0, 0},
	{"we", -1, 0, 0},	  {"4294967295", -1, 0, 0},
};

START_TEST(image_users)
{
	char why[EXPLAIN_WHY_SIZE] = "";
	struct image_user found;
	int result =
		image_user_text(users[_i].user, passwd, group, &found, why);

	ck_assert_msg(result == users[_i].result, "%s: %s", users[_i].user,
		      why);
	if (result)
		ck_assert_ptr_nonnull(strstr(why, "--uid"));
	if (result)
		return;
	ck_assert_uint_eq(found.uid, users[_i].uid);
	ck_assert_uint_eq(found.gid, users[_i].gid);
}
END_TEST

START_TEST(image_without_files)
{
	char why[EXPLAIN_WHY_SIZE];
	struct image_user found;

	ck_assert_int_eq(image_user_text("12:13", NULL, NULL, &found, why), 0);
	ck_assert_uint_eq(found.uid, 12);
	ck_assert_uint_eq(found.gid, 13);
	ck_assert_int_eq(image_user_text("web", NULL, NULL, &found, why), -1);
}
END_TEST

/* ---------------------------------- words -------------------------------- */

/* Every rule has a sentence, all parts of which are filled in. */
START_TEST(every_rule)
{
	struct vfscap_reason reason = {
		.rule = (enum vfscap_rule)(_i + 1),
		.caps = CAP_NET_RAW,
		.id = 4711,
		.error = -EPERM,
	};
	char sentence[EXPLAIN_WHY_SIZE] = "";
	struct subject subject;

	subject_init(&subject, &listing);
	snprintf(subject.name, sizeof(subject.name), "profile x");
	ck_assert_ptr_nonnull(vfscap_rule_name(reason.rule));
	explain_reason(&reason, &subject, sentence);
	ck_assert_uint_gt(strlen(sentence), 10);
	ck_assert_ptr_null(strchr(sentence, '$'));
}
END_TEST

START_TEST(sets_in_words)
{
	char text[EXPLAIN_WHY_SIZE];

	explain_caps(&listing, 0, text);
	ck_assert_str_eq(text, "no capability");
	explain_caps(&listing, listing.known, text);
	ck_assert_str_eq(text, "all capabilities");
	explain_caps(&listing, listing.known & ~CAP_SETPCAP, text);
	ck_assert_str_eq(text, "all capabilities but cap_setpcap");
	explain_caps(&listing, CAP_NET_RAW | CAP(63), text);
	ck_assert_str_eq(text, "cap_net_raw,63");
}
END_TEST

/* ------------------- examples of sets that limit each other --------------- */

/*
 * A root process with these sets executes a file without the attribute; masks
 * are decimal, as they were printed. `system` has the bounding set of the whole
 * system, as it was before 2.6.25.
 */
static const struct {
	const char *bounding, *inheritable, *after;
} bounds[] = {
	{"128", "cap_sys_chroot", "= cap_sys_chroot+eip cap_setuid+ep"},
	{"128", "cap_setuid", "= cap_setuid+eip"},
	{"-257", "cap_setuid", "=ep cap_setuid+i cap_setpcap-ep"},
};

static void bound(size_t i, const struct vfscap_kernel *kernel)
{
	struct vfscap_program plain = {.mode = 0755, .owner_mapped = true};
	struct vfscap_kernel k = *kernel;
	struct vfscap_outcome outcome;
	char why[EXPLAIN_WHY_SIZE];
	struct vfscap_where where;
	struct vfscap_sets sets;
	struct subject s;
	struct vfscap_creds *c = &s.process.creds;

	subject_init(&s, &listing);
	ck_assert_int_eq(subject_set_parse(&listing, bounds[i].bounding,
					   &c->bounding, why),
			 0);
	ck_assert_int_eq(subject_set_parse(&listing, bounds[i].inheritable,
					   &c->inheritable, why),
			 0);
	k.system_bounding = c->bounding;
	if (k.release)
		c->bounding = 0; /* a process has none */
	ck_assert_int_eq(
		vfscap_text_parse(bounds[i].after, &listing, &sets, &where), 0);
	vfscap_explain(&k, &s.process, &plain, &outcome);
	ck_assert_int_eq(outcome.error, 0);
	ck_assert_uint_eq(outcome.creds.permitted, sets.permitted);
	ck_assert_uint_eq(outcome.creds.effective, sets.effective);
	ck_assert_uint_eq(outcome.creds.inheritable, sets.inheritable);
	subject_free(&s);
}

START_TEST(bounding_sets)
{
	struct vfscap_kernel new = {.known = listing.known};
	struct vfscap_kernel old = {.known = listing.known,
				    .release = VFSCAP_RELEASE(2, 6, 24)};

	bound((size_t)_i, &new);
	bound((size_t)_i, &old);
}
END_TEST

/* --------------------------------- remedies ------------------------------- */

/* Who, with what, executes which value; what is told. */
static const struct {
	const char *profile;
	const char *option[3]; /* NAME=VALUE or NAME */
	const char *value;     /* as cap_from_text(3) */
	uint32_t rootid;
	bool nosuid;
	int error;
	bool silent;
	const char *remedies; /* codes */
	bool packed;	      /* it is in an archive */
	const char *says;     /* in one of the sentences, or NULL */
} cases[] = {
	{"docker",
	 {NULL},
	 "cap_net_raw=ep",
	 0,
	 false,
	 0,
	 false,
	 "",
	 false,
	 NULL},
	{"docker",
	 {NULL},
	 "cap_net_admin=ep",
	 0,
	 false,
	 -EPERM,
	 false,
	 "cap-add drop-effective ambient",
	 false,
	 ": fcapset cap_net_admin=p FILE"},
	/* A rootid that is to stay has to be said again. */
	{"docker",
	 {"userns=0:100000:65536"},
	 "cap_net_admin=ep",
	 100000,
	 false,
	 -EPERM,
	 false,
	 "cap-add drop-effective ambient",
	 false,
	 ": fcapset -n 100000 cap_net_admin=p FILE"},
	{"user",
	 {"userns=0:100000:65536"},
	 "cap_net_raw=ei",
	 100000,
	 false,
	 0,
	 true,
	 "inheritable permit root ambient",
	 false,
	 ": fcapset -n 100000 cap_net_raw=eip FILE"},
	/* Extracting gives an archive's value the rootid. */
	{"docker",
	 {"userns=0:100000:65536"},
	 "cap_net_admin=ep",
	 0,
	 false,
	 -EPERM,
	 false,
	 "cap-add drop-effective ambient",
	 true,
	 ": fcapset --in=KIND:INPUT -o OUT cap_net_admin=p FILE"},
	{"user",
	 {"userns=0:100000:65536"},
	 "cap_net_raw=ep",
	 7,
	 false,
	 0,
	 true,
	 "rebase-rootid revision-2 root ambient",
	 true,
	 "namespace: fcapset --in=KIND:INPUT -o OUT --allow-widen "
	 "cap_net_raw=ep FILE"},
	{"docker",
	 {"uid=1000"},
	 "cap_net_admin=p",
	 0,
	 false,
	 0,
	 true,
	 "cap-add ambient",
	 false,
	 NULL},
	{"docker",
	 {"uid=1000", "no-new-privs"},
	 "cap_net_raw=ep",
	 0,
	 false,
	 0,
	 true,
	 "new-privs root ambient",
	 false,
	 NULL},
	{"k8s-restricted",
	 {NULL},
	 "cap_net_raw=ep",
	 0,
	 false,
	 -EPERM,
	 false,
	 "cap-add+new-privs drop-effective ambient",
	 false,
	 NULL},
	{"user",
	 {NULL},
	 "cap_net_raw=ei",
	 0,
	 false,
	 0,
	 true,
	 "inheritable permit root ambient",
	 false,
	 NULL},
	{"user",
	 {"inheritable=cap_net_raw"},
	 "cap_net_raw=ei",
	 0,
	 false,
	 0,
	 false,
	 "",
	 false,
	 NULL},
	{"user",
	 {NULL},
	 "cap_net_raw=ep",
	 0,
	 true,
	 0,
	 true,
	 "suid-mount root ambient",
	 false,
	 NULL},
	{"user",
	 {"traced"},
	 "cap_net_raw=ep",
	 0,
	 false,
	 0,
	 true,
	 "untrace root ambient",
	 false,
	 NULL},
	{"user",
	 {"shared-fs", "bounding=none"},
	 "cap_net_raw=p",
	 0,
	 true,
	 0,
	 true,
	 "cap-add+suid-mount+unshare-fs ambient",
	 false,
	 NULL},
	{"user",
	 {NULL},
	 "cap_net_raw=ep",
	 200000,
	 false,
	 0,
	 true,
	 "revision-2 root ambient",
	 false,
	 ": fcapset --allow-widen cap_net_raw=ep FILE"},
	{"user",
	 {"userns=0:100000:65536"},
	 "cap_net_raw=ep",
	 200000,
	 false,
	 0,
	 true,
	 "rebase-rootid revision-2 root ambient",
	 false,
	 ": fcapset -n 100000 cap_net_raw=ep FILE; of a whole tree: "
	 "fcapconvert --map-from=0:200000:1 --map-to=0:100000:1 "},
	{"user",
	 {"userns=0:100000:65536"},
	 "cap_net_raw=ep",
	 100000,
	 false,
	 0,
	 false,
	 "",
	 false,
	 NULL},
	{"user", {NULL}, "=", 0, false, 0, false, "", false, NULL},
};

static void take_options(struct subject *s, size_t i, bool userns)
{
	char why[EXPLAIN_WHY_SIZE];

	for (size_t k = 0; k < 3 && cases[i].option[k]; k++) {
		char *name = strdup(cases[i].option[k]);
		char *value = strchr(name, '=');

		if (value)
			*value++ = '\0';
		if ((strcmp(name, "userns") == 0) == userns)
			ck_assert_msg(subject_option(s, name, value, why) == 0,
				      "%s: %s", name, why);
		free(name);
	}
}

static size_t value_of(size_t i, uint8_t *value)
{
	struct vfscap_where where;
	struct vfscap_sets sets;
	struct vfscap cap;
	size_t size;

	ck_assert_int_eq(
		vfscap_text_parse(cases[i].value, &listing, &sets, &where), 0);
	ck_assert_int_eq(vfscap_from_sets(&sets, cases[i].rootid, &cap), 0);
	ck_assert_int_eq(vfscap_encode(&cap, value, VFSCAP_SIZE_MAX, &size), 0);
	return size;
}

START_TEST(remedies)
{
	struct vfscap_kernel kernel = {.known = listing.known};
	char why[EXPLAIN_WHY_SIZE], codes[512] = "";
	struct answer_given given = {.nosuid = cases[_i].nosuid};
	struct answer *a = malloc(sizeof(*a));
	uint8_t value[VFSCAP_SIZE_MAX];
	bool said = !cases[_i].says;
	struct subject s;
	struct scan_record r = {
		.path = "x", .rel = "x", .value = value, .dirfd = -1, .fd = -1};

	r.view = SCAN_STORED;
	r.packed = cases[_i].packed;
	r.size = value_of((size_t)_i, value);
	subject_init(&s, &listing);
	take_options(&s, (size_t)_i, true);
	ck_assert_int_eq(subject_profile(&s, cases[_i].profile, why), 0);
	take_options(&s, (size_t)_i, false);
	ck_assert_msg(answer_of(a, &r, &kernel, &s, &given, why) == 0, "%s",
		      why);
	for (unsigned i = 0; i < a->remedies; i++) {
		if (i)
			strcat(codes, " ");
		strcat(codes, a->remedy[i].code);
		ck_assert_ptr_null(strchr(a->remedy[i].sentence, '$'));
		said |= cases[_i].says &&
			strstr(a->remedy[i].sentence, cases[_i].says);
	}
	ck_assert_msg(said, "not said: %s", cases[_i].says);
	ck_assert_int_eq(a->outcome.error, cases[_i].error);
	ck_assert_int_eq(a->silent, cases[_i].silent);
	ck_assert_str_eq(codes, cases[_i].remedies);
	ck_assert_int_eq(answer_no(a), cases[_i].error || cases[_i].silent);
	answer_free(a);
	free(a);
	subject_free(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("explain");

	vfscap_listing_builtin(&listing);
	suite_add(suite, script_lines, ROWS(scripts));
	suite_add(suite, image_users, ROWS(users));
	suite_add(suite, image_without_files, 1);
	suite_add(suite, every_rule, VFSCAP_RULE_OWN_INTERPRETED);
	suite_add(suite, sets_in_words, 1);
	suite_add(suite, bounding_sets, ROWS(bounds));
	suite_add(suite, remedies, ROWS(cases));
	return suite_run(suite);
}
