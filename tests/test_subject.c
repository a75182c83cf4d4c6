/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes named by profiles and options; sets in all their notations. */
#include "subjects.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct named n;

#define ALL UINT64_C(0x1ffffffffff)

/* ---------------------------------- sets --------------------------------- */

static const struct {
	const char *text;
	uint64_t set;
} sets[] = {
	{"none", 0},
	{"NONE", 0},
	{"all", ALL},
	{"All", ALL},
	{"~all", 0},
	{"~none", ALL},
	{"0", 0},
	{"0x0", 0},
	{"0x3", 3},
	{"0X1ffffffffff", ALL},
	{"000001ffffffffff", ALL},
	{"0000000000003000", 0x3000},
	{"~0x1", ALL & ~UINT64_C(1)},
	{"41", 41},
	/* As old kernels print them. */
	{"-1", ALL},
	{"-257", ALL & ~UINT64_C(0x100)},
	{"4294967039", 0xfffffeff},
	{"18446744073709551615", ALL},
	{"ffffffffffffffff", ALL},
	{"0xfffffffffffffeff", ALL & ~UINT64_C(0x100)},
	{"~-257", 0x100},
	/* Lists. */
	{"cap_chown", 1},
	{"chown", 1},
	{"CHOWN", 1},
	{"Cap_Chown,0", 1},
	{"12,13", 0x3000},
	{"net_raw,40", UINT64_C(1) << 40 | 0x2000},
	{"~cap_chown,cap_net_raw", ALL & ~UINT64_C(0x2001)},
	/* Texts: what they permit. */
	{"cap_net_raw=ep", 0x2000},
	{"cap_net_raw+p cap_chown+p", 0x2001},
	{"cap_chown=i cap_net_raw+p", 0x2000},
	{"=p", ALL},
	{"all=p cap_chown-p", ALL & ~UINT64_C(1)},
	{"~cap_chown=p", ALL & ~UINT64_C(1)},
};

START_TEST(set)
{
	struct vfscap_listing listing;
	char why[EXPLAIN_WHY_SIZE] = "";
	uint64_t got = ~sets[_i].set;

	vfscap_listing_builtin(&listing);
	ck_assert_msg(subject_set_parse(&listing, sets[_i].text, &got, why) ==
			      0,
		      "%s: %s", sets[_i].text, why);
	ck_assert_msg(got == sets[_i].set, "%s: %" PRIx64, sets[_i].text, got);
}
END_TEST

static const struct {
	const char *text, *words;
} bad_sets[] = {
	{"", "missing"},
	{"~", "missing"},
	{"60+p", "has capability 60"},
	{"~cap_kill,41=p", "has capability 41"},
	{"~~all", "'~all'"},
	{",", "''"},
	{"chown,", "''"},
	{"chown,,kill", "''"},
	{"cap_foo", "'cap_foo'"},
	{"cap_", "'cap_'"},
	{"12,41", "'41'"},
	{"12,64", "'64'"},
	{"12,-1", "'12,-1'"},
	{"0x", "'0x'"},
	{"0xg", "'0xg'"},
	{"0x20000000000", "capability 41"},
	{"0x1000000000000000", "capability 60"},
	{"18446744073709551616", "64 bits"},
	{"-9223372036854775809", "64 bits"},
	{"0x1ffffffffffffffff", "64 bits"},
	{"cap_net_raw=x", "at byte 13"},
	{"-ep", "at byte 1"},
	{"-", "at byte 1"},
	{"cap_chown cap_kill", "at byte"},
};

START_TEST(bad_set)
{
	struct vfscap_listing listing;
	char why[EXPLAIN_WHY_SIZE] = "";
	uint64_t got = 5;

	vfscap_listing_builtin(&listing);
	ck_assert_msg(subject_set_parse(&listing, bad_sets[_i].text, &got,
					why) == -1,
		      "%s", bad_sets[_i].text);
	ck_assert_msg(strstr(why, bad_sets[_i].words), "%s: %s",
		      bad_sets[_i].text, why);
	ck_assert_uint_eq(got, 5);
}
END_TEST

/* A kernel with other capabilities means other sets. */
START_TEST(set_of_listing)
{
	struct vfscap_listing listing;
	char why[EXPLAIN_WHY_SIZE];
	uint64_t got;

	ck_assert_int_eq(vfscap_listing_release(&listing, "2.6.20"), 0);
	ck_assert_int_eq(subject_set_parse(&listing, "all", &got, why), 0);
	ck_assert_uint_eq(got, 0x7fffffff);
	ck_assert_int_eq(subject_set_parse(&listing, "-257", &got, why), 0);
	ck_assert_uint_eq(got, 0x7ffffeff);
	ck_assert_int_eq(subject_set_parse(&listing, "0xfffffeff", &got, why),
			 0);
	ck_assert_uint_eq(got, 0x7ffffeff);
	ck_assert_int_eq(subject_set_parse(&listing, "cap_bpf", &got, why), -1);
}
END_TEST

/* -------------------------------- processes ------------------------------ */

static const struct {
	const char *words, *text;
} rows[] = {
	/* Profiles. */
	{"profile=root", "0:0 0:0:0 P=1ffffffffff E=1ffffffffff B=1ffffffffff"},
	{"profile=user", "1000:1000 1000:1000:1000 B=1ffffffffff"},
	{"profile=docker", "0:0 0:0:0 P=a80425fb E=a80425fb B=a80425fb"},
	{"profile=podman", "0:0 0:0:0 P=800405fb E=800405fb B=800405fb"},
	{"profile=k8s-baseline", "0:0 0:0:0 P=a80425fb E=a80425fb B=a80425fb"},
	{"profile=k8s-restricted", "1000:1000 1000:1000:1000 nnp"},

	/* Users have nothing permitted, in whatever order it is said. */
	{"profile=root uid=1", "1:1 0:0:0 B=1ffffffffff"},
	{"profile=docker uid=1000", "1000:1000 0:0:0 B=a80425fb"},
	{"profile=docker uid=0:1000", "0:1000 0:0:0 P=a80425fb B=a80425fb"},
	{"profile=docker uid=5:6:0", "5:6 0:0:0 P=a80425fb B=a80425fb"},
	{"profile=docker uid=1000:0",
	 "1000:0 0:0:0 P=a80425fb E=a80425fb B=a80425fb"},
	{"profile=docker uid=0:7 uid=0",
	 "0:0 0:0:0 P=a80425fb E=a80425fb B=a80425fb"},
	{"profile=user uid=0", "0:0 1000:1000:1000 B=1ffffffffff"},
	{"profile=docker uid=7 permitted=chown", "7:7 0:0:0 P=1 B=a80425fb"},
	{"profile=docker permitted=chown uid=7", "7:7 0:0:0 P=1 B=a80425fb"},
	{"profile=docker permitted=chown effective=chown uid=7",
	 "7:7 0:0:0 P=1 E=1 B=a80425fb"},
	{"profile=docker securebits=keep-caps uid=7",
	 "7:7 0:0:0 P=a80425fb B=a80425fb securebits=10"},
	{"profile=docker securebits=no-setuid-fixup uid=7",
	 "7:7 0:0:0 P=a80425fb E=a80425fb B=a80425fb securebits=4"},

	/* Other ids. */
	{"profile=user gid=5", "1000:1000 5:5:5 B=1ffffffffff"},
	{"profile=user gid=5:6", "1000:1000 5:6:6 B=1ffffffffff"},
	{"profile=user gid=5:6:7", "1000:1000 5:6:6 B=1ffffffffff"},
	{"profile=user uid=0:4294967294",
	 "0:4294967294 1000:1000:1000 B=1ffffffffff"},
	{"profile=user groups=3,4,4294967294",
	 "1000:1000 1000:1000:1000 group=3 group=4 group=4294967294 "
	 "B=1ffffffffff"},
	{"profile=user groups=3 groups=none",
	 "1000:1000 1000:1000:1000 B=1ffffffffff"},
	{"profile=user groups=3 groups=",
	 "1000:1000 1000:1000:1000 B=1ffffffffff"},

	/* Sets; those that are not given follow. */
	{"profile=root permitted=none", "0:0 0:0:0 B=1ffffffffff"},
	{"profile=root permitted=12,13",
	 "0:0 0:0:0 P=3000 E=3000 B=1ffffffffff"},
	{"profile=root permitted=12,13 effective=net_admin",
	 "0:0 0:0:0 P=3000 E=1000 B=1ffffffffff"},
	{"profile=root effective=net_admin permitted=12,13",
	 "0:0 0:0:0 P=3000 E=1000 B=1ffffffffff"},
	{"profile=user ambient=chown inheritable=chown permitted=chown",
	 "1000:1000 1000:1000:1000 P=1 I=1 B=1ffffffffff A=1"},
	{"profile=root bounding=0", "0:0 0:0:0 P=1ffffffffff E=1ffffffffff"},
	{"profile=user inheritable=~all,", NULL},

	/* cap-add and cap-drop, in whatever order. */
	{"profile=docker cap-add=net_admin",
	 "0:0 0:0:0 P=a80435fb E=a80435fb B=a80435fb"},
	{"profile=docker cap-drop=NET_RAW,CAP_CHOWN",
	 "0:0 0:0:0 P=a80405fa E=a80405fa B=a80405fa"},
	{"profile=docker cap-drop=ALL cap-add=chown", "0:0 0:0:0 P=1 E=1 B=1"},
	{"profile=docker cap-add=chown cap-drop=all", "0:0 0:0:0 P=1 E=1 B=1"},
	{"profile=docker cap-add=all cap-drop=chown",
	 "0:0 0:0:0 P=1fffffffffe E=1fffffffffe B=1fffffffffe"},
	{"profile=docker cap-drop=chown cap-add=chown",
	 "0:0 0:0:0 P=a80425fb E=a80425fb B=a80425fb"},
	{"profile=docker cap-drop=all cap-add=all",
	 "0:0 0:0:0 P=1ffffffffff E=1ffffffffff B=1ffffffffff"},
	{"profile=k8s-baseline cap-add=net_admin cap-drop=chown",
	 "0:0 0:0:0 P=a80435fa E=a80435fa B=a80435fa"},
	{"profile=k8s-baseline cap-drop=chown cap-add=chown",
	 "0:0 0:0:0 P=a80425fa E=a80425fa B=a80425fa"},
	{"profile=k8s-baseline cap-drop=all cap-add=chown,kill",
	 "0:0 0:0:0 P=21 E=21 B=21"},
	{"profile=k8s-baseline cap-add=all cap-drop=chown",
	 "0:0 0:0:0 P=1fffffffffe E=1fffffffffe B=1fffffffffe"},
	{"profile=k8s-baseline cap-drop=all cap-add=all", "0:0 0:0:0"},
	{"profile=docker cap-drop=all", "0:0 0:0:0"},
	{"profile=docker uid=9 cap-add=net_admin", "9:9 0:0:0 B=a80435fb"},
	{"profile=docker cap-add=net_admin uid=9", "9:9 0:0:0 B=a80435fb"},
	{"profile=podman uid=9 cap-add=net_admin",
	 "9:9 0:0:0 P=1000 I=1000 E=1000 B=800415fb A=1000"},
	{"profile=podman cap-add=net_admin uid=9",
	 "9:9 0:0:0 P=1000 I=1000 E=1000 B=800415fb A=1000"},
	{"profile=podman cap-add=net_admin cap-drop=kill uid=9",
	 "9:9 0:0:0 P=1000 I=1000 E=1000 B=800415db A=1000"},
	{"profile=podman uid=9 cap-drop=kill", "9:9 0:0:0 B=800405db"},
	{"profile=docker cap-add=net_admin bounding=0x1",
	 "0:0 0:0:0 P=a80435fb E=a80435fb B=1"},
	{"profile=k8s-restricted cap-add=NET_BIND_SERVICE",
	 "1000:1000 1000:1000:1000 B=400 nnp"},

	/* The rest. */
	{"profile=k8s-restricted securebits=noroot,no_setuid_fixup_locked",
	 "1000:1000 1000:1000:1000 securebits=9 nnp"},
	{"profile=k8s-restricted securebits=0x2f",
	 "1000:1000 1000:1000:1000 securebits=2f nnp"},
	{"profile=k8s-restricted "
	 "securebits=noroot-locked,keep-caps,keep-caps-locked,"
	 "no-cap-ambient-raise,no-cap-ambient-raise-locked,no-setuid-fixup",
	 "1000:1000 1000:1000:1000 securebits=f6 nnp"},
	{"profile=k8s-restricted "
	 "securebits=exec-restrict-file,exec-deny-interactive-locked",
	 "1000:1000 1000:1000:1000 securebits=900 nnp"},
	{"profile=docker cap-drop=all no-new-privs shared-fs traced",
	 "0:0 0:0:0 nnp shared traced"},
	{"profile=docker cap-drop=all traced traced=privileged",
	 "0:0 0:0:0 traced=privileged"},

	/* In a namespace, ids are its own. */
	{"userns=0:100000:65536 profile=docker uid=5 gid=6 groups=7",
	 "100005:100005 100006:100006:100006 group=100007 B=a80425fb "
	 "ns=0:100000:65536"},
	{"userns=0:100000:65536 userns=0:1000:10 profile=docker",
	 "101000:101000 101000:101000:101000 P=a80425fb E=a80425fb "
	 "B=a80425fb ns=0:100000:65536 ns=0:101000:10"},
	{"userns=1000:5:1 profile=user", "5:5 5:5:5 B=1ffffffffff ns=1000:5:1"},
	{"userns=1000:5:1 profile=k8s-restricted permitted=chown uid=1000",
	 "5:5 5:5:5 P=1 nnp ns=1000:5:1"},
};

START_TEST(process)
{
	int error = named_as(&n, rows[_i].words);

	ck_assert_msg((error != 0) == !rows[_i].text, "%s: %s", rows[_i].words,
		      n.why);
	if (!error)
		ck_assert_str_eq(named_text(&n), rows[_i].text);
	ck_assert_str_eq(n.warnings, "");
	named_free(&n);
}
END_TEST

static const struct {
	const char *words, *why;
} bad_rows[] = {
	{"profile=dokcer", "k8s-restricted"},
	{"profile=docker profile=podman", "profile docker"},
	{"profile=docker self", "profile docker"},
	{"profile=docker userns=0:1:1", "before"},
	{"userns=0:1", "extent 1"},
	{"userns=1:1:1 profile=docker", "does not map uid 0"},
	{"userns=0:1:1 profile=user", "does not map uid 1000"},
	{"userns=0:1:1 profile=docker uid=1", "does not map uid 1"},
	{"userns=0:1:1 profile=docker gid=0:1", "does not map gid 1"},
	{"userns=0:1:1 profile=docker groups=0,7", "does not map gid 7"},
	{"userns=0:1:1 userns=0:5:1", "extent 1"},
	{"userns=0:1:1 pid=1", "none can be given"},
	{"profile=user uid", "missing"},
	{"profile=user uid=", "REAL"},
	{"profile=user uid=root", "REAL"},
	{"profile=user uid=-1", "REAL"},
	{"profile=user uid=4294967295", "REAL"},
	{"profile=user uid=18446744073709551616", "REAL"},
	{"profile=user uid=1:2:3:4", "REAL"},
	{"profile=user uid=1::2", "REAL"},
	{"profile=user gid=1:", "REAL"},
	{"profile=user groups=1,", "GID"},
	{"profile=user groups=1:2", "GID"},
	{"profile=user groups=,", "GID"},
	{"profile=user permitted=foo", "'foo'"},
	{"profile=user cap-add=foo", "'foo'"},
	{"profile=user cap-drop", "missing"},
	{"profile=user securebits=", "noroot"},
	{"profile=user securebits=noroot,", "noroot"},
	{"profile=user securebits=noroots", "noroot"},
	{"profile=user securebits=norootlocked", "noroot"},
	{"profile=user securebits=0x1000", "0xfff"},
	{"profile=user securebits=1x", "0xfff"},
	{"profile=user no-new-privs=yes", "no argument"},
	{"profile=user shared-fs=1", "no argument"},
	{"profile=user traced=maybe", "privileged"},
	{"profile=user colour=blue", "no such option"},
	{"profile=user effective=chown", "effective has cap_chown"},
	{"profile=user ambient=kill", "ambient has cap_kill, which permitted"},
	{"profile=user permitted=kill,chown ambient=kill,chown",
	 "ambient has cap_chown,cap_kill, which inheritable"},
	{"pid=0", "above 0"},
	{"pid=-1", "above 0"},
	{"pid=2147483647", "no such process"},
};

START_TEST(bad_process)
{
	ck_assert_msg(named_as(&n, bad_rows[_i].words) == -1, "%s",
		      bad_rows[_i].words);
	ck_assert_msg(strstr(n.why, bad_rows[_i].why), "%s: %s",
		      bad_rows[_i].words, n.why);
	named_free(&n);
}
END_TEST

/* More groups than the kernel takes, and just as many. */
START_TEST(many_groups)
{
	char *words = malloc(3 * EXPLAIN_GROUPS + 100);
	size_t used = (size_t)sprintf(words, "profile=user groups=");

	for (int i = 0; i < EXPLAIN_GROUPS; i++)
		used += (size_t)sprintf(words + used, "%s7", i ? "," : "");
	ck_assert_int_eq(named_as(&n, words), 0);
	ck_assert_uint_eq(n.subject.process.group_count, EXPLAIN_GROUPS);
	named_free(&n);
	strcpy(words + used, ",7");
	ck_assert_int_eq(named_as(&n, words), -1);
	ck_assert_ptr_nonnull(strstr(n.why, "more than 65536"));
	named_free(&n);
	free(words);
}
END_TEST

/* All of the profiles that are named are there. */
START_TEST(profiles)
{
	char *names = strdup(subject_profiles()), *rest = NULL;
	unsigned count = 0;

	for (char *name = strtok_r(names, ", ", &rest); name;
	     name = strtok_r(NULL, ", ", &rest)) {
		char words[64];

		snprintf(words, sizeof(words), "profile=%s", name);
		ck_assert_int_eq(named_as(&n, words), 0);
		snprintf(words, sizeof(words), "profile %s", name);
		ck_assert_str_eq(n.subject.name, words);
		named_free(&n);
		count++;
	}
	ck_assert_uint_eq(count, 6);
	free(names);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject");

	suite_add(suite, set, ROWS(sets));
	suite_add(suite, bad_set, ROWS(bad_sets));
	suite_add(suite, set_of_listing, 1);
	suite_add(suite, process, ROWS(rows));
	suite_add(suite, bad_process, ROWS(bad_rows));
	suite_add(suite, many_groups, 1);
	suite_add(suite, profiles, 1);
	return suite_run(suite);
}
