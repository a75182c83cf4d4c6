/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes of OCI configurations, good ones and hostile ones. */
#include "subjects.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct named n;

/* Names a process by a configuration, after @words. */
static int configured(const char *words, const char *text, size_t size)
{
	int fd = memfd_create("config", 0), error;
	char all[256];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	snprintf(all, sizeof(all), "%s oci=/proc/self/fd/%d", words, fd);
	error = named_as(&n, all);
	close(fd);
	return error;
}

/* With ' for ", which C would want escaped. */
static char *quoted(const char *text)
{
	char *copy = strdup(text);

	ck_assert_ptr_nonnull(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static int named_by(const char *words, const char *text)
{
	char *copy = quoted(text);
	int error = configured(words, copy, strlen(copy));

	free(copy);
	return error;
}

#define CAPS(sets) "{'process':{'capabilities':{" sets "}}}"
#define USER_NS "'namespaces':[{'type':'mount'},{'type':'user'}]"
#define MAP(key, id) "'" key "':[{'containerID':0,'hostID':" id ",'size':9}]"
#define MAPPED              \
	"'linux':{" USER_NS \
	"," MAP("uidMappings", "100") "," MAP("gidMappings", "200") "}"

static const struct {
	const char *words, *json, *text;
	const char *warning; /* part of it; "" for none */
} rows[] = {
	{"", "{'process':{}}", "0:0 0:0:0",
	 "process.capabilities: it is missing"},
	{"", "{'process':{'user':null,'capabilities':null}}", "0:0 0:0:0",
	 "process.capabilities: it is missing"},
	{"", "{'process':{'capabilities':{}}}", "0:0 0:0:0", ""},
	{"",
	 "{'process':{'user':{'uid':5,'gid':6,'umask':18,'username':'x',"
	 "'additionalGids':[7,4294967294]}}}",
	 "5:5 6:6:6 group=7 group=4294967294", ""},
	{"", "{'process':{'noNewPrivileges':true}}", "0:0 0:0:0 nnp", ""},
	{"", "{'process':{'noNewPrivileges':false}}", "0:0 0:0:0", ""},
	{"",
	 CAPS("'bounding':['CAP_CHOWN','CAP_KILL'],'permitted':['CAP_CHOWN',"
	      "'CAP_KILL'],'effective':['CAP_KILL'],'inheritable':"
	      "['CAP_CHOWN'],'ambient':['CAP_CHOWN']"),
	 "0:0 0:0:0 P=21 I=1 E=20 B=21 A=1", ""},

	/* A user has the sets too. */
	{"",
	 "{'process':{'user':{'uid':5},'capabilities':{'permitted':"
	 "['CAP_KILL'],'effective':['CAP_KILL']}}}",
	 "5:5 0:0:0 P=20 E=20", ""},

	/* What runtimes make of names. */
	{"", CAPS("'bounding':['CAP_FOO','CAP_KILL']"), "0:0 0:0:0 B=20",
	 "process.capabilities.bounding[0]: 'CAP_FOO' names no"},
	{"", CAPS("'bounding':['CAP_41']"), "0:0 0:0:0", "'CAP_41' names no"},
	{"", CAPS("'bounding':['kill','KILL']"), "0:0 0:0:0",
	 "bounding[1]: 'KILL' names no"},
	{"", CAPS("'bounding':['ALL']"), "0:0 0:0:0", "'ALL' names no"},
	{"", CAPS("'bounding':['']"), "0:0 0:0:0", "'' names no"},
	{"", CAPS("'bounding':['cap_kill']"), "0:0 0:0:0 B=20",
	 "'cap_kill' counts with crun alone"},
	{"", CAPS("'bounding':['5']"), "0:0 0:0:0 B=20",
	 "'5' counts with crun alone"},
	{"", CAPS("'bounding':['40']"), "0:0 0:0:0 B=10000000000",
	 "'40' counts with crun alone"},
	{"", CAPS("'bounding':['41']"), "0:0 0:0:0", "'41' names no"},
	{"", CAPS("'bounding':['-1']"), "0:0 0:0:0", "'-1' names no"},
	{"", CAPS("'bounding':['CAP_KILL','CAP_KILL']"), "0:0 0:0:0 B=20", ""},
	{"",
	 CAPS("'ambient':['CAP_CHOWN'],'permitted':['CAP_CHOWN'],"
	      "'bounding':['CAP_CHOWN']"),
	 "0:0 0:0:0 P=1 B=1", "ambient: what is not both"},

	/* Namespaces. */
	{"",
	 "{'process':{'user':{'uid':1,'gid':2,'additionalGids':[3]}}," MAPPED
	 "}",
	 "101:101 202:202:202 group=203 ns=0:100:9", ""},
	{"userns=0:1000:500", "{'process':{'user':{'uid':1}}," MAPPED "}",
	 "1101:1101 1200:1200:1200 ns=0:1000:500 ns=0:1100:9", ""},
	{"userns=0:1000:500", "{'process':{'user':{'uid':1}}}",
	 "1001:1001 1000:1000:1000 ns=0:1000:500", ""},
	{"", "{'process':{},'linux':{" MAP("uidMappings", "1") "}}",
	 "0:0 0:0:0", "do not count"},
	{"userns=0:1000:500",
	 "{'process':{},'linux':{'namespaces':[{'type':'user',"
	 "'path':'/run/ns'}]}}",
	 "1000:1000 1000:1000:1000 ns=0:1000:500", ""},
	{"", "{'process':{},'linux':{'namespaces':[{'type':'mount'}]}}",
	 "0:0 0:0:0", ""},
};

/* Rows that are about something else have no capabilities, and are told so. */
static bool nothing_else(const char *warnings)
{
	return !*warnings || (strstr(warnings, "capabilities: it is missing") &&
			      strchr(warnings, '\n')[1] == '\0');
}

START_TEST(good)
{
	int error = named_by(rows[_i].words, rows[_i].json);
	ck_assert_msg(error == 0, "%s: %s", rows[_i].json, n.why);
	ck_assert_str_eq(named_text(&n), rows[_i].text);
	if (*rows[_i].warning)
		ck_assert_msg(strstr(n.warnings, rows[_i].warning) != NULL,
			      "%s: %s", rows[_i].json, n.warnings);
	else
		ck_assert_msg(nothing_else(n.warnings), "%s", n.warnings);
	ck_assert_ptr_null(n.subject.rootfs);
	named_free(&n);
}
END_TEST

static const struct {
	const char *json, *why;
} bad[] = {
	{"", "not JSON"},
	{"{", "line 1: not JSON"},
	{"{}\n\n}", "line 3: not JSON"},
	{"[]", "not a JSON object"},
	{"{'process':{}} x", "not JSON"},
	{"{'process':{},'process':{}}", "duplicate"},
	{"{'process':{'user':{'uid':1000,'UID':0}}}", "\"UID\""},
	{"{'process':{},'Process':{}}", "process: there is \"Process\""},
	{"{'process':{'noNewPrivilege\\u017f':true}}", "runc takes"},
	{"{'process':{'capabilities':{'Bounding':['CAP_KILL']}}}", "Bounding"},
	{"{'process':{},'linux':{'namespaces':[{'type':'pid','Type':'user'}]}}",
	 "\"Type\""},
	{"{'process':{},'linux':{'namespaces':[{'type':'user'}],'uidMappings':"
	 "[{'containerID':0,'hostID':5,'HostID':0,'size':9}]}}",
	 "\"HostID\""},
	{"{}", "no process"},
	{"{'process':[]}", "process: it is not an object"},
	{"{'process':{'user':7}}", "process.user: it is not an object"},
	{"{'process':{'user':{'uid':'0'}}}", "process.user.uid: it is not a"},
	{"{'process':{'user':{'uid':-1}}}", "process.user.uid: it is not a"},
	{"{'process':{'user':{'uid':1.0}}}", "process.user.uid: it is not a"},
	{"{'process':{'user':{'gid':4294967295}}}",
	 "process.user.gid: it is not a number from 0 to 4294967294"},
	{"{'process':{'user':{'gid':99999999999999999999}}}", "not JSON"},
	{"{'process':{'user':{'additionalGids':{}}}}",
	 "additionalGids: it is not an array"},
	{"{'process':{'user':{'additionalGids':[1,null]}}}",
	 "process.user.additionalGids[1]: it is not a number"},
	{"{'process':{'noNewPrivileges':1}}",
	 "process.noNewPrivileges: it is not true or false"},
	{"{'process':{'capabilities':['CAP_KILL']}}",
	 "process.capabilities: it is not an object"},
	{CAPS("'bounding':'CAP_KILL'"),
	 "process.capabilities.bounding: it is not an array"},
	{CAPS("'bounding':[['CAP_KILL']]"),
	 "process.capabilities.bounding[0]: it is not a string"},
	{CAPS("'bounding':[5.0]"), "bounding[0]: it is not a string"},
	{CAPS("'bounding':[5]"), "bounding[0]: it is not a string"},
	{CAPS("'bounding':[null]"), "bounding[0]: it is not a string"},
	{CAPS("'effective':['CAP_KILL']"), "effective: it has what permitted"},
	{CAPS("'inheritable':['CAP_KILL']"),
	 "inheritable: it has what bounding"},
	{"{'process':{},'root':'/'}", "root: it is not an object"},
	{"{'process':{},'root':{'path':1}}", "root.path: it is not a string"},
	{"{'process':{},'linux':[]}", "linux: it is not an object"},
	{"{'process':{},'linux':{'namespaces':{}}}",
	 "linux.namespaces: it is not an array"},
	{"{'process':{},'linux':{'namespaces':[{}]}}",
	 "linux.namespaces[0].type: it is not a string"},
	{"{'process':{},'linux':{'namespaces':['user']}}",
	 "linux.namespaces[0].type: it is not a string"},
	{"{'process':{},'linux':{'namespaces':[{'type':'user'},"
	 "{'type':'user'}]}}",
	 "two user namespaces"},
	{"{'process':{},'linux':{'namespaces':[{'type':'user',"
	 "'path':'/run/netns/x'}]}}",
	 "/run/netns/x; say with --userns"},
	{"{'process':{},'linux':{'namespaces':[{'type':'user',"
	 "'path':'/proc/1/ns/user/'}]}}",
	 "say with --userns"},
	{"{'process':{},'linux':{'namespaces':[{'type':'user','path':7}]}}",
	 "linux.namespaces.path: it is not a string"},
	{"{'process':{},'linux':{" USER_NS "}}", "linux.uidMappings: it is "
						 "missing"},
	{"{'process':{},'linux':{" USER_NS "," MAP("uidMappings", "1") "}}",
	 "linux.gidMappings: it is missing"},
	{"{'process':{},'linux':{" USER_NS ",'uidMappings':[7]}}",
	 "linux.uidMappings[0]: it is not an object"},
	{"{'process':{},'linux':{" USER_NS ",'uidMappings':[{'hostID':1,"
	 "'size':1}]}}",
	 "linux.uidMappings[0].containerID: it is not a number"},
	{"{'process':{},'linux':{" USER_NS
	 "," MAP("uidMappings", "4294967290") "," MAP("gidMappings", "1") "}}",
	 "extent 1"},
	{"{'process':{'user':{'uid':9}}," MAPPED "}",
	 "process.user.uid: the user namespace does not map uid 9"},
	{"{'process':{'user':{'gid':9}}," MAPPED "}",
	 "process.user.gid: the user namespace does not map gid 9"},
	{"{'process':{'user':{'additionalGids':[9]}}," MAPPED "}",
	 "process.user.additionalGids[0]: the user namespace does not map"},
};

START_TEST(refused)
{
	ck_assert_msg(named_by("", bad[_i].json) == -1, "%s", bad[_i].json);
	ck_assert_msg(strstr(n.why, bad[_i].why) != NULL, "%s: %s",
		      bad[_i].json, n.why);
	ck_assert_msg(strncmp(n.why, "/proc/self/fd/", 14) == 0, "%s", n.why);
	named_free(&n);
}
END_TEST

/* ------------------------------- sizes, depth ---------------------------- */

/* @head, @part as often as said, @tail. */
static int repeated(const char *head, const char *part, size_t times,
		    const char *tail)
{
	size_t size = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);
	int error;

	ck_assert_ptr_nonnull(out);
	fputs(head, out);
	for (size_t i = 0; i < times; i++)
		fputs(part, out);
	fputs(tail, out);
	fclose(out);
	error = configured("", text, size);
	free(text);
	return error;
}

static const struct {
	const char *head, *part, *tail, *why;
	size_t most; /* it is taken as often as this, and once more not */
} sizes[] = {
	{"{\"process\":{}}", " ", "", "more than 1048576 bytes",
	 (1 << 20) - 14},
	{"{\"process\":{\"user\":{\"additionalGids\":[1", ",2", "]}}}",
	 "more than 65536", 65535},
	{"{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_KILL\"",
	 ",\"CAP_KILL\"", "]}}}", "more than 256", 255},
	{"{\"process\":{},\"linux\":{\"namespaces\":[{\"type\":\"pid\"}",
	 ",{\"type\":\"pid\"}", "]}}", "more than 64", 63},
	{"{\"process\":{},\"x\":", "[", "", "not JSON", 0},
};

START_TEST(limit)
{
	if (sizes[_i].most)
		ck_assert_msg(repeated(sizes[_i].head, sizes[_i].part,
				       sizes[_i].most, sizes[_i].tail) == 0,
			      "%s", n.why);
	named_free(&n);
	ck_assert_int_eq(repeated(sizes[_i].head, sizes[_i].part,
				  sizes[_i].most ? sizes[_i].most + 1 : 500000,
				  sizes[_i].tail),
			 -1);
	ck_assert_msg(strstr(n.why, sizes[_i].why) != NULL, "%s", n.why);
	named_free(&n);
}
END_TEST

/* Every cut of a configuration is refused. */
START_TEST(cut)
{
	char *text = quoted("{'process':{'user':{'uid':1}}," MAPPED "}");

	for (size_t size = 0; size < strlen(text); size++) {
		expect(configured("", text, size) == -1, "cut to %zu", size);
		named_free(&n);
	}
	ck_assert_int_eq(configured("", text, strlen(text)), 0);
	named_free(&n);
	free(text);
}
END_TEST

/* ------------------------------- where it lies --------------------------- */

static const struct {
	const char *path, *root, *rootfs;
} roots[] = {
	{"bundle/config.json", "rootfs", "bundle/rootfs"},
	{"./bundle/config.json", "rootfs", "./bundle/rootfs"},
	{"bundle/config.json", "/srv/rootfs", "/srv/rootfs"},
	{"bundle/config.json", "../rootfs", "bundle/../rootfs"},
	{"config.json", "rootfs", "rootfs"},
	{"odd\nname", "rootfs", "rootfs"},
};

START_TEST(root)
{
	char dir[] = "/tmp/vfscap-subject.XXXXXX", words[64];
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(system("mkdir bundle"), 0);
	file = fopen(roots[_i].path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "{\"process\":{},\"root\":{\"path\":\"%s\"}}",
		roots[_i].root);
	fclose(file);
	snprintf(words, sizeof(words), "oci=%s", roots[_i].path);
	ck_assert_msg(named_as(&n, words) == 0, "%s", n.why);
	ck_assert_str_eq(n.subject.rootfs, roots[_i].rootfs);
	/* It is escaped where it is shown. */
	ck_assert_str_eq(n.subject.name, roots[_i].path);
	named_free(&n);
	ck_assert_int_eq(unlink(roots[_i].path), 0);
	ck_assert_int_eq(rmdir("bundle"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(standard_input)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	fprintf(file, "{\"process\":{},\"root\":{\"path\":\"rootfs\"}}");
	ck_assert_int_eq(fflush(file), 0);
	rewind(file);
	ck_assert_int_eq(dup2(fileno(file), STDIN_FILENO), STDIN_FILENO);
	ck_assert_msg(named_as(&n, "oci=-") == 0, "%s", n.why);
	ck_assert_str_eq(n.subject.rootfs, "rootfs");
	ck_assert_str_eq(n.subject.name, "standard input");
	named_free(&n);
	fclose(file);
}
END_TEST

START_TEST(no_file)
{
	ck_assert_int_eq(named_as(&n, "oci=/nonexistent/config.json"), -1);
	ck_assert_str_eq(n.why, "/nonexistent/config.json: ENOENT: No such "
				"file or directory");
	named_free(&n);
	ck_assert_int_eq(named_as(&n, "oci=/proc"), -1);
	ck_assert_str_eq(n.why, "/proc: EISDIR: Is a directory");
	named_free(&n);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject_oci");

	suite_add(suite, good, ROWS(rows));
	suite_add(suite, refused, ROWS(bad));
	suite_add(suite, limit, ROWS(sizes));
	suite_add(suite, cut, 1);
	suite_add(suite, root, ROWS(roots));
	suite_add(suite, standard_input, 1);
	suite_add(suite, no_file, 1);
	return suite_run(suite);
}
