/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fcapset: set, remove, compare and restore the capabilities of files. */
#include "bin/setcall.h"
#include "bin/toolopt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"Usage: fcapset [OPTION]... {CAPS | -r | -} FILE [{CAPS | -r | -} "
	"FILE]...\n"
	"       fcapset [OPTION]... --caps=CAPS FILE...\n"
	"       fcapset [OPTION]... --remove FILE...\n"
	"       fcapset [OPTION]... --restore=DUMP [--root=DIR]\n"
	"       fcapset [OPTION]... --in=KIND:LOCATION -o OUT {CAPS | -r} "
	"MEMBER...\n"
	"       fcapset [OPTION]... --in=ext4:IMAGE --in-place --journal=FILE "
	"{CAPS | -r} MEMBER...\n"
	"Set the file capabilities of regular files, or of members of an "
	"archive or\n"
	"image: all of them or none.\n"
	"\n"
	"  CAPS                  as cap_from_text(3) has it: "
	"'cap_net_raw=ep'\n"
	"  -r                    remove the attribute of FILE\n"
	"  -                     read CAPS from standard input, up to an "
	"empty line\n"
	"      --caps=CAPS       set CAPS on each FILE\n"
	"      --remove          remove the attribute of each FILE\n"
	"      --restore=DUMP    set what a dump says: of getfattr -d, or of\n"
	"                        fcapinspect in any form but text\n"
	"      --root=DIR        what the dump's paths are below\n"
	"      --in=KIND:LOCATION  the FILEs are members of tar:FILE (or -), "
	"oci:DIR[:REF],\n"
	"                        oci-archive:FILE[:REF], "
	"docker-archive:FILE[:REF],\n"
	"                        ext4:IMAGE, disk:IMAGE\n"
	"      --partition=N     of a partitioned disk, the partition that is "
	"meant\n"
	"      --offset=BYTES    where a disk image begins in its file: "
	"N[KMGT]\n"
	"      --in-place        change an ext4 image where it is, instead of "
	"-o\n"
	"      --journal=FILE    with --in-place: by which it can be finished "
	"or undone\n"
	"  -o, --output=OUT      where it is written to; - is standard output\n"
	"      --rewrite         write the layer anew that has the member, "
	"instead of\n"
	"                        a new layer on top\n"
	"      --level=N         of compression\n"
	"      --max-size=SIZE   let nothing compressed become larger: "
	"N[KMGT]\n"
	"      --sandbox=WHEN    read it in a closed process: auto, tell, "
	"require or no\n"
	"  -n, --rootid=N        count only where uid N is root (revision 3)\n"
	"  -v, --verify          compare instead of setting; exit 1 if "
	"different\n"
	"      --userns=MAP      set from inside a user namespace of this map; "
	"again:\n"
	"                        one below it. INSIDE:OUTSIDE:COUNT[,...], "
	"@FILE,\n"
	"                        pid:N, subuid:USER, rootless:USER\n"
	"      --gid-map=MAP     the gid map of the --userns before it\n"
	"      --merge           unite with what FILE has\n"
	"      --replace         also replace a value that cannot be read\n"
	"      --allow-widen     also where more processes can use it "
	"thereby\n"
	"      --dry-run         show what would be set\n"
	"  -f, --force           set what the listing lacks; remove what is "
	"not there;\n"
	"                        replace OUT\n"
	"      --kernel=LISTING  running (default of files), builtin (of "
	"archives),\n"
	"                        X.Y or @FILE\n"
	"  -q, --quiet           no notices, only errors\n"
	"  -h, --help, --version\n"
	"\n"
	"Exit status: 0 done; 1 --verify found a difference; 2 wrong call,\n"
	"nothing done; 3 something failed or was refused.\n";

/* ---------------------------------- jobs --------------------------------- */

struct set_job *set_add_job(struct set *s, const char *path)
{
	struct set_job *more = reallocarray(s->job, s->jobs + 1, sizeof(*more));

	if (!more) {
		tool_error(&s->tool, "no memory");
		exit(TOOL_INCOMPLETE);
	}
	s->job = more;
	s->job[s->jobs] = (struct set_job){
		.path = path,
		.root = -1,
		.verify = s->verify,
		.rootid_given = s->rootid != NULL,
	};
	return &s->job[s->jobs++];
}

static bool blank(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text == '\0';
}

static void want_caps(struct set *s, struct set_job *job, const char *text)
{
	uint32_t rootid = s->rootid ? tool_rootid(&s->tool, s->rootid) : 0;
	struct vfscap_sets sets;
	int error;

	if (blank(text))
		tool_usage(&s->tool, "blank capabilities; '=' is the empty "
				     "set, -r removes the attribute");
	tool_text(&s->tool, "capabilities", text, &sets);
	error = vfscap_from_sets(&sets, rootid, &job->want.cap);
	if (error)
		tool_usage(&s->tool, "capabilities '%s': %s", text,
			   vfscap_strerror(error));
	job->want.have = CHANGE_VALUE;
}

/* -------------------------------- options -------------------------------- */

/* "--NAME=VALUE" or "--NAME VALUE". */
static const char *long_value(const struct set *s, char ***arg,
			      const char *name)
{
	size_t len = strlen(name);
	const char *value = NULL;

	if (strncmp(**arg, name, len) != 0)
		return NULL;
	if ((**arg)[len] == '=')
		value = **arg + len + 1;
	else if ((**arg)[len] == '\0' && !(value = *++*arg))
		tool_usage(&s->tool, "%s needs a value", name);
	return value;
}

static bool take_switch(struct set *s, const char *arg)
{
	struct {
		const char *letter, *name;
		bool *flag;
	} switches[] = {
		{"-q", "--quiet", &s->tool.quiet},
		{"-f", "--force", &s->options.force},
		{"-v", "--verify", &s->verify},
		{"", "--merge", &s->options.merge},
		{"", "--replace", &s->options.replace},
		{"", "--allow-widen", &s->options.allow_widen},
		{"", "--dry-run", &s->options.dry_run},
		{"", "--rewrite", &s->rewrite},
		{"", "--in-place", &s->disk.in_place},
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		if (strcmp(arg, switches[i].letter) != 0 &&
		    strcmp(arg, switches[i].name) != 0)
			continue;
		*switches[i].flag = true;
		return *arg != '\0';
	}
	if (strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0)
		tool_help(&s->tool);
	if (strcmp(arg, "--version") == 0)
		tool_version(&s->tool);
	return false;
}

static void take_userns(struct set *s, const char *map)
{
	if (!s->ahead) {
		s->levels_seen++;
		return;
	}
	if (s->levels == NS_DEPTH)
		tool_usage(&s->tool, "--userns: %d namespaces nest at most",
			   NS_DEPTH);
	s->userns[s->levels++] = map;
}

static void take_gid_map(struct set *s, const char *map)
{
	if (!s->ahead)
		return;
	if (s->levels == 0)
		tool_usage(&s->tool, "--gid-map belongs to the --userns "
				     "before it");
	s->gid_map[s->levels - 1] = map;
}

static void take_rootid(struct set *s, const char *rootid)
{
	s->rootid = rootid;
	s->rootid_from = s->jobs;
}

static void set_mode(struct set *s, enum mode mode)
{
	if (s->mode != MODE_PAIRS && s->mode != mode)
		tool_usage(&s->tool,
			   "--caps, --remove and --restore exclude each other");
	s->mode = mode;
}

/* The last of two would win, and the first be lost in silence. */
static void once(const struct set *s, const char *option, const char *before)
{
	if (s->ahead && before)
		tool_usage(&s->tool, "%s is given twice", option);
}

/* Options with a value, and those that choose the form of the call. */
static bool take_value(struct set *s, char ***arg)
{
	const char *value;

	if (strcmp(**arg, "-n") == 0) {
		if (!(value = *++*arg))
			tool_usage(&s->tool, "-n needs a rootid");
		take_rootid(s, value);
	} else if ((value = long_value(s, arg, "--rootid"))) {
		take_rootid(s, value);
	} else if ((value = long_value(s, arg, "--kernel"))) {
		s->tool.kernel = value;
	} else if ((value = long_value(s, arg, "--caps"))) {
		once(s, "--caps", s->caps);
		set_mode(s, MODE_CAPS);
		s->caps = value;
	} else if ((value = long_value(s, arg, "--restore"))) {
		once(s, "--restore", s->restore);
		set_mode(s, MODE_RESTORE);
		s->restore = value;
	} else if ((value = long_value(s, arg, "--root"))) {
		s->root = value;
	} else if ((value = long_value(s, arg, "--userns"))) {
		take_userns(s, value);
	} else if ((value = long_value(s, arg, "--gid-map"))) {
		take_gid_map(s, value);
	} else if ((value = long_value(s, arg, "--in"))) {
		once(s, "--in", s->in);
		s->in = value;
	} else if ((value = long_value(s, arg, "--output"))) {
		s->archive.out = value;
	} else if (strcmp(**arg, "-o") == 0) {
		if (!(s->archive.out = *++*arg))
			tool_usage(&s->tool, "-o needs a value");
	} else if ((value = long_value(s, arg, "--level"))) {
		s->archive.level = tool_level(&s->tool, value);
	} else if ((value = long_value(s, arg, "--max-size"))) {
		s->archive.max_size = tool_size(&s->tool, "--max-size", value);
	} else if ((value = long_value(s, arg, "--sandbox"))) {
		s->archive.sandbox = tool_sandbox(&s->tool, value);
	} else if ((value = long_value(s, arg, "--journal"))) {
		s->disk.journal = value;
	} else if ((value = long_value(s, arg, "--partition"))) {
		s->disk.options.partition = tool_partition(&s->tool, value);
	} else if ((value = long_value(s, arg, "--offset"))) {
		s->disk.options.offset = tool_size(&s->tool, "--offset", value);
	} else if (strcmp(**arg, "--remove") == 0) {
		set_mode(s, MODE_REMOVE);
	} else {
		return false;
	}
	return true;
}

/* ------------------------- the three kinds of call ----------------------- */

/* Half of a text is another text. */
static _Noreturn void no_caps(const struct set *s)
{
	tool_error(&s->tool, "standard input: %s", strerror(errno));
	exit(TOOL_INCOMPLETE);
}

/* More than anybody means. */
#define CAPS_MAX 65536

/* The text on standard input up to an empty line, as setcap reads it. */
static char *read_caps(const struct set *s)
{
	char *text = malloc(CAPS_MAX + 1);
	size_t used = 0;
	bool begun = false; /* there is something in this line */
	int c;

	if (s->in && tool_is_stdin(s->in))
		tool_usage(&s->tool, "standard input is the archive, so the "
				     "capabilities cannot come from there");
	if (!text)
		no_caps(s);
	if (isatty(STDIN_FILENO) && !s->tool.quiet)
		fprintf(stderr, "Capabilities [an empty line ends them]:\n");
	while ((c = getchar()) != EOF && (begun || c != '\n')) {
		if (!c)
			tool_usage(&s->tool, "a NUL on standard input");
		if (used == CAPS_MAX)
			tool_usage(&s->tool,
				   "more than %d bytes on standard input, and "
				   "no capabilities are as long",
				   CAPS_MAX);
		text[used++] = (char)c;
		begun = c != '\n';
	}
	if (ferror(stdin))
		no_caps(s);
	if (!used)
		tool_usage(&s->tool, "no capabilities on standard input");
	text[used] = '\0';
	return text;
}

/*
 * The options of setcap hold from where they stand, so the arguments are gone
 * through in order, and every text is parsed before the first file is touched.
 */
static void take_pair(struct set *s, char ***arg)
{
	const char *what = **arg, *path = *++*arg;
	struct set_job *job;
	char *text;

	if (!path)
		tool_usage(&s->tool, "'%s': the FILE is missing", what);
	job = set_add_job(s, path);
	if (strcmp(what, "-r") == 0)
		return;
	if (strcmp(what, "-") != 0) {
		want_caps(s, job, what);
		return;
	}
	text = read_caps(s);
	want_caps(s, job, text);
	free(text);
}

static void take_files(struct set *s, char **files)
{
	if (!*files)
		tool_usage(&s->tool, "a FILE is missing");
	for (; *files; files++) {
		struct set_job *job = set_add_job(s, *files);

		if (s->mode == MODE_CAPS)
			want_caps(s, job, s->caps);
	}
}

/* ---------------------------------- main --------------------------------- */

/* What holds for the whole call must be known before the first text is read:
 * which form it has, and the listing. */
static void look_ahead(struct set *s, char **args)
{
	struct set ahead = {.tool = s->tool, .ahead = true};

	for (; *args; args++) {
		if (strcmp(*args, "--") == 0)
			break;
		if (take_switch(&ahead, *args))
			continue;
		if (take_value(&ahead, &args) && !*args)
			break;
	}
	memcpy(s->userns, ahead.userns, sizeof(s->userns));
	memcpy(s->gid_map, ahead.gid_map, sizeof(s->gid_map));
	s->levels = ahead.levels;
	s->options.dry_run = ahead.options.dry_run;
	s->mode = ahead.mode;
	s->caps = ahead.caps;
	s->restore = ahead.restore;
	s->root = ahead.root;
	s->in = ahead.in;
	s->tool.kernel = ahead.tool.kernel;
}

/* Whoever puts -n or -v behind all pairs means those, and would have capabilities
 * set that count everywhere, or set instead of compared. */
static void check_pairs(const struct set *s)
{
	if (s->jobs == 0)
		tool_usage(&s->tool, "capabilities and a FILE are missing");
	if ((s->rootid && s->rootid_from == s->jobs) ||
	    s->verify != s->job[s->jobs - 1].verify)
		tool_usage(&s->tool, "-n and -v hold for the pairs behind "
				     "them, and there are none; put options "
				     "first");
}

/* What says how something is set, where nothing is. */
static void check_sets(const struct set *s)
{
	static const char sets[] = "what sets capabilities: it goes neither "
				   "with -r and --remove alone nor with "
				   "--verify";
	bool set = s->mode == MODE_RESTORE && !s->verify, write = set;

	for (size_t i = 0; i < s->jobs; i++) {
		write |= !s->job[i].verify;
		set |= !s->job[i].verify && s->job[i].want.have == CHANGE_VALUE;
	}
	tool_needs(
		&s->tool,
		(const struct tool_need[]){
			{s->options.merge, "--merge", set && !s->verify, sets},
			{s->options.replace, "--replace", set && !s->in,
			 s->in ? "files, not to --in" : sets},
			{s->options.allow_widen, "--allow-widen", set, sets},
			{s->options.dry_run, "--dry-run", write,
			 "what is written, not to --verify"},
			{s->rootid && s->mode == MODE_REMOVE, "--rootid", false,
			 "capabilities, not to --remove"}},
		5);
}

static void take_arguments(struct set *s, char **args)
{
	char **file = args, **from;
	bool literal = false; /* after "--" */

	for (from = args; *from; from++) {
		if (!literal && strcmp(*from, "--") == 0) {
			literal = true;
			continue;
		}
		if (literal && s->mode != MODE_PAIRS) {
			*file++ = *from;
			continue;
		}
		if (literal) {
			take_pair(s, &from);
			continue;
		}
		if (take_switch(s, *from) || take_value(s, &from))
			continue;
		if (strncmp(*from, "--", 2) == 0)
			tool_usage(&s->tool, "no option '%s'", *from);
		if (s->mode == MODE_PAIRS)
			take_pair(s, &from);
		else if (strcmp(*from, "-r") == 0)
			tool_usage(&s->tool, "-r belongs to the form with "
					     "pairs; --remove takes files");
		else
			*file++ = *from;
	}
	*file = NULL;
	if (s->mode == MODE_CAPS || s->mode == MODE_REMOVE)
		take_files(s, args);
	else if (s->mode == MODE_RESTORE && *args)
		tool_usage(&s->tool, "--restore takes no FILE");
	else if (s->mode == MODE_PAIRS)
		check_pairs(s);
	check_sets(s);
	if (s->levels_seen != s->levels)
		tool_usage(&s->tool, "a --userns stands where a FILE is "
				     "expected; put options first");
	if (s->root && s->mode != MODE_RESTORE)
		tool_usage(&s->tool, "--root belongs to --restore");
	if (s->mode == MODE_RESTORE && (s->rootid || s->options.merge))
		tool_usage(&s->tool, "--rootid and --merge do not go with "
				     "--restore");
}

/* setcap's pairs may name a file twice, to remove and then set, say. */
static bool named_before(const struct set *s, const struct set_job *job)
{
	for (const struct set_job *j = s->job; j < job; j++)
		if (strcmp(j->path, job->path) == 0)
			return true;
	return false;
}

static void run(struct set *s)
{
	bool good = s->tool.status == TOOL_DONE;

	for (size_t i = 0; i < s->jobs && s->mode == MODE_PAIRS; i++)
		s->job[i].after_another = named_before(s, &s->job[i]);

	for (size_t i = 0; i < s->jobs; i++)
		if (!s->job[i].verify)
			good &= set_check(&s->tool, &s->options, &s->job[i]);
	if (!good) {
		tool_error(&s->tool, "nothing was changed");
		return;
	}
	for (size_t i = 0; i < s->jobs; i++) {
		if (s->job[i].verify)
			set_verify(&s->tool, &s->options, &s->job[i]);
		else
			set_run(&s->tool, &s->options, &s->job[i]);
	}
}

/*
 * The namespace is made while there is privilege to write its maps. One of the
 * caller's own processes may be in the caller's own: then none is needed.
 */
static void enter(struct set *s, struct ns_chain *chain,
		  struct ns_writer *writer)
{
	char why[NS_WHY_SIZE];

	s->options.chain = chain;
	for (size_t i = 0; i < s->levels; i++)
		if (ns_chain_add(chain, s->userns[i], s->gid_map[i], why))
			tool_usage(&s->tool, "--userns: %s", why);
	if (!chain->depth && s->gid_map[0])
		tool_usage(&s->tool, "--gid-map: the process is in this user "
				     "namespace, which has its map");
	if (!chain->depth)
		return;
	s->options.where = s->userns[s->levels - 1];
	if (s->options.dry_run)
		return;
	if (ns_writer_start(writer, chain, why)) {
		tool_error(&s->tool, "--userns: %s", why);
		exit(TOOL_INCOMPLETE);
	}
	s->options.inside = writer;
}

int main(int argc, char **argv)
{
	static struct set s = {.tool = {.name = "fcapset", .help = help},
			       .archive = {.level = -1},
			       .disk = {.fd = -1, .place = -1}};
	static struct ns_chain chain;
	struct ns_writer writer = {.pid = -1, .socket = -1};
	struct dump dump = {0};

	(void)argc;
	tool_begin();
	look_ahead(&s, argv + 1);
	enter(&s, &chain, &writer);
	/* What is beside an output takes others, which are asked for then. */
	if (!s.in)
		tool_privileges(&s.tool, PRIVILEGE_WRITE);
	tool_listing(&s.tool, s.in ? "builtin" : "running");
	take_arguments(&s, argv + 1);
	set_take_archive(&s);
	if (s.mode == MODE_RESTORE)
		set_take_dump(&s, &dump);
	if (s.in)
		set_run_archive(&s);
	else
		run(&s);
	ns_writer_stop(&writer);
	free(s.job);
	dump_free(&dump);
	return tool_finish(&s.tool);
}
