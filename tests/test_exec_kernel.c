/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What execve(2) gives: by the kernel. Processes in generated states execute
 * generated programs from generated places, and what they have then is compared
 * with vfscap_explain(). VFSCAP_TRIALS says how many.
 */
#include "exec_places.h"
#include "exec_state.h"
#include "sandbox.h"
#include "suite.h"
#include "userns_child.h"
#include "userns_maps.h"
#include "userns_values.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static struct vfscap_kernel kernel;
static unsigned long rules[128], trials, failed, not_allowed, complaints;

/* ------------------------------- one by one ------------------------------- */

/* One trial, for what is said of it. */
struct trial {
	const struct exec_place *place;
	const struct exec_file *file;
	struct exec_state state;
	struct exec_result result;
	struct vfscap_outcome outcome;
};

static void complain(const struct trial *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void complain(const struct trial *t, const char *format, ...)
{
	const struct exec_file *f =
		t->file->interpreter ? t->file->interpreter : t->file;
	va_list args;

	if (complaints++ >= 20)
		return;
	fprintf(stderr, "%s on %s: mode %o %u:%u, value '%s'%s: ",
		exec_describe(&t->state), t->place->name, f->mode, f->uid,
		f->gid, f->present ? userns_hex(&f->value) : "none",
		t->file->interpreter ? " by a script" : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void compare_ids(const struct trial *t)
{
	const struct vfscap_userns *ns = t->state.process.ns;
	const struct vfscap_creds *c = &t->outcome.creds;
	const struct exec_result *r = &t->result;

	if (r->uid[0] != exec_inside(ns, c->ruid) ||
	    r->uid[1] != exec_inside(ns, c->euid) || r->uid[2] != r->uid[1])
		complain(t, "uid %u/%u/%u, not %u/%u", r->uid[0], r->uid[1],
			 r->uid[2], exec_inside(ns, c->ruid),
			 exec_inside(ns, c->euid));
	if (r->gid[0] != exec_inside(ns, c->rgid) ||
	    r->gid[1] != exec_inside(ns, c->egid) || r->gid[2] != r->gid[1])
		complain(t, "gid %u/%u/%u, not %u/%u", r->gid[0], r->gid[1],
			 r->gid[2], exec_inside(ns, c->rgid),
			 exec_inside(ns, c->egid));
}

static void compare_sets(const struct trial *t)
{
	const struct vfscap_creds *c = &t->outcome.creds;
	const struct exec_result *r = &t->result;
	const struct {
		const char *name;
		uint64_t got, told;
	} sets[] = {
		{"permitted", r->permitted, c->permitted},
		{"inheritable", r->inheritable, c->inheritable},
		{"effective", r->effective, c->effective},
		{"bounding", r->bounding, c->bounding},
		{"ambient", r->ambient, c->ambient},
		{"AT_SECURE", r->secure, t->outcome.secure},
	};

	for (size_t i = 0; i < ROWS(sets); i++)
		if (sets[i].got != sets[i].told)
			complain(t, "%s %" PRIx64 ", not %" PRIx64,
				 sets[i].name, sets[i].got, sets[i].told);
}

static void compare(const struct trial *t)
{
	if (t->result.error != -t->outcome.error) {
		complain(t, "%s, not %s", strerror(t->result.error),
			 strerror(-t->outcome.error));
		return;
	}
	if (t->outcome.error) {
		failed++;
		return;
	}
	compare_ids(t);
	compare_sets(t);
}

/* A group that may not execute a file is no matter of capabilities. */
static bool is_forbidden(const struct trial *t)
{
	const struct exec_file *i = t->file->interpreter;

	return t->result.error == EACCES &&
	       (!(t->file->mode & VFSCAP_MODE_GROUP_EXEC) ||
		(i && !(i->mode & VFSCAP_MODE_GROUP_EXEC)));
}

static void try_one(const struct exec_place *place,
		    const struct exec_file *file,
		    const struct userns_process *who)
{
	struct vfscap_program program, interpreter;
	struct trial t = {.place = place, .file = file};

	exec_some_state(&t.state, who);
	t.state.process.groups = t.state.groups;
	exec_program(place, file, who->ns, &program, &interpreter);
	exec_try(&t.state, place->dir, file->name, &t.result);
	if (is_forbidden(&t)) {
		not_allowed++;
		return;
	}
	vfscap_explain(&kernel, &t.state.process, &program, &t.outcome);
	trials++;
	for (unsigned i = 0; i < t.outcome.reasons; i++)
		rules[t.outcome.reason[i].rule]++;
	compare(&t);
}

/* ------------------------------ scene by scene ---------------------------- */

static const struct userns_process *some_one(const struct userns_chain *c)
{
	unsigned i = userns_below((unsigned)c->depth + 2);

	return i < c->depth ? &c->process[i] : &userns_init;
}

static void play(struct userns_chain *chain, unsigned long count)
{
	struct exec_scene *scene = calloc(1, sizeof(*scene));

	must(scene, "memory");
	exec_open_scene(scene, chain);
	for (unsigned long i = 0; i < count; i++) {
		const struct exec_place *place =
			&scene->place[userns_below((unsigned)scene->count)];
		const struct exec_files *files = place->files;

		try_one(place,
			&files->file[userns_below((unsigned)files->count)],
			some_one(chain));
	}
	exec_close_scene(scene);
	free(scene);
}

static void stop_chain(struct userns_chain *c)
{
	kill(c->process[0].pid, SIGKILL);
	kill(c->spare.pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

/* ------------------------------- all of it -------------------------------- */

#define CHAINS 24
#define TRIALS 6000

static unsigned long wanted_trials(void)
{
	const char *text = getenv("VFSCAP_TRIALS");

	return text ? strtoul(text, NULL, 10) : TRIALS / suite_part();
}

/* A rule that never had a part was not judged; these need what is not there. */
static bool is_exempt(unsigned rule)
{
	return rule == VFSCAP_RULE_OWN_CREDENTIALS ||
	       rule == VFSCAP_RULE_OWN_INTERPRETED ||
	       rule == VFSCAP_RULE_LOOP || rule == VFSCAP_RULE_NO_FILE_CAPS ||
	       rule == VFSCAP_RULE_NO_AMBIENT;
}

static void print_rules(void)
{
	unsigned missing = 0;

	for (unsigned rule = 1; vfscap_rule_name(rule); rule++) {
		if (rules[rule] || is_exempt(rule))
			continue;
		fprintf(stderr, "never met: %s\n", vfscap_rule_name(rule));
		missing++;
	}
	ck_assert_uint_eq(missing, 0);
}

START_TEST(executions)
{
	unsigned long wanted = wanted_trials();
	size_t chains = wanted / 250 < CHAINS ? CHAINS : wanted / 250;

	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
	userns_start(&userns_init, NULL);
	for (size_t i = 0; i < chains; i++) {
		struct userns_chain *chain = calloc(1, sizeof(*chain));

		must(chain, "memory");
		userns_make_chain(chain, i);
		play(chain, wanted / chains + 1);
		stop_chain(chain);
		free(chain);
	}
	printf("exec: %lu executed in %zu chains of namespaces, %lu refused as "
	       "told, %lu without permission, %lu complaints\n",
	       trials, chains, failed, not_allowed, complaints);
	fflush(stdout);
	ck_assert_uint_eq(complaints, 0);
	ck_assert_uint_ge(trials, wanted * 9 / 10);
	/* Few trials need not meet every rule. */
	if (wanted >= TRIALS)
		print_rules();
}
END_TEST

static void read_kernel(void)
{
	struct vfscap_listing listing;
	struct utsname name;

	must(uname(&name) == 0, "uname");
	must(vfscap_release_parse(name.release, &kernel.release) == 0 &&
		     vfscap_listing_running(&listing) == 0,
	     name.release);
	kernel.known = listing.known;
}

int main(void)
{
	static const char *const tools[] = {"mount", "mke2fs", "debugfs", NULL};
	Suite *suite = suite_create("exec by the kernel");

	sandbox_enter("exec by the kernel", tools);
	userns_seed(suite_seed("exec"));
	read_kernel();
	exec_make_disk(true);
	suite_add(suite, executions, 1);
	return suite_run(suite);
}
