/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tools share: messages, exit statuses, common options. */
#include "bin/tool.h"
#include "explain/explain.h"
#include "form/form.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A listing of 64 lines has no more bytes than this. */
#define LISTING_MAX (VFSCAP_BITS * (VFSCAP_NAME_SIZE + 4))

void tool_begin(void)
{
	/* Opened the wrong way round, so that a use fails as it would have. */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(TOOL_INCOMPLETE);
	/* Beyond RLIMIT_FSIZE a write fails, and can be told of. */
	signal(SIGXFSZ, SIG_IGN);
	/* Who ignores it is not told how a process of his has ended. */
	signal(SIGCHLD, SIG_DFL);
}

void tool_worse(struct tool *tool, enum tool_status status)
{
	if (status > tool->status)
		tool->status = status;
}

/* Words of the user stand in messages: none of them must reach a terminal as
 * anything but text. */
static void put_message(const char *format, va_list args)
{
	char *message;

	if (vasprintf(&message, format, args) < 0) {
		fputs("no memory\n", stderr);
		return;
	}
	report_path(stderr, message);
	putc('\n', stderr);
	free(message);
}

void tool_error(const struct tool *tool, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", tool->name);
	va_start(args, format);
	put_message(format, args);
	va_end(args);
}

void tool_file(struct tool *tool, enum tool_level level, const char *path,
	       const char *format, ...)
{
	va_list args;

	if (level == LEVEL_ERROR)
		tool_worse(tool, TOOL_INCOMPLETE);
	else if (tool->quiet)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: ", tool->name);
	report_path(stderr, path);
	fputs(": ", stderr);
	va_start(args, format);
	put_message(format, args);
	va_end(args);
}

void tool_usage(const struct tool *tool, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", tool->name);
	va_start(args, format);
	put_message(format, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", tool->name);
	exit(TOOL_USAGE);
}

/* Who names what is not there, or is not to be read, has made a wrong call; all
 * else is the system's fault. */
static bool is_callers(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EISDIR ||
	       error == EACCES || error == ELOOP || error == ENAMETOOLONG ||
	       error == EINVAL;
}

void tool_option_file(const struct tool *tool, const char *option,
		      const char *path, int error)
{
	char words[FORM_FAILED_SIZE];

	form_failed(error, words);
	if (is_callers(error))
		tool_usage(tool, "%s: %s: %s", option, path, words);
	tool_error(tool, "%s: %s: %s", option, path, words);
	exit(TOOL_INCOMPLETE);
}

void tool_option_failed(struct tool *tool, const char *option, const char *path,
			const char *why)
{
	tool_error(tool, "%s: %s: %s", option, path, why);
	tool_worse(tool, TOOL_INCOMPLETE);
}

void tool_help(struct tool *tool)
{
	fputs(tool->help, stdout);
	exit(tool_finish(tool));
}

void tool_version(struct tool *tool)
{
	printf("%s (vfscap) %s\n", tool->name, VFSCAP_VERSION);
	exit(tool_finish(tool));
}

/* -------------------------------- listings ------------------------------- */

static void listing_file(struct tool *tool, const char *path)
{
	char text[LISTING_MAX + 1];
	FILE *file = fopen(path, "re");
	unsigned line;
	size_t size;
	int error;

	if (!file)
		tool_option_file(tool, "--kernel", path, errno);
	size = fread(text, 1, sizeof(text), file);
	if (ferror(file))
		tool_option_file(tool, "--kernel", path, errno);
	fclose(file);
	error = vfscap_listing_parse(&tool->listing, text, size, &line);
	if (error)
		tool_usage(tool, "--kernel: %s: line %u: %s", path, line,
			   vfscap_strerror(error));
}

static void listing_running(struct tool *tool)
{
	if (vfscap_listing_running(&tool->listing) == 0)
		return;
	tool_error(tool, "the kernel does not tell what capabilities it "
			 "knows; those of this build are used");
	vfscap_listing_builtin(&tool->listing);
}

void tool_listing(struct tool *tool, const char *fallback)
{
	const char *kernel = tool->kernel ? tool->kernel : fallback;

	if (strcmp(kernel, "running") == 0)
		listing_running(tool);
	else if (strcmp(kernel, "builtin") == 0)
		vfscap_listing_builtin(&tool->listing);
	else if (*kernel == '@')
		listing_file(tool, kernel + 1);
	else if (vfscap_listing_release(&tool->listing, kernel))
		tool_usage(tool,
			   "--kernel: '%s' is neither running, builtin, a "
			   "release from 2.2 on, nor @FILE",
			   kernel);
}

const char *tool_listing_source(const struct vfscap_listing *listing)
{
	static const char *const words[] = {
		[VFSCAP_SOURCE_BUILTIN] = "builtin",
		[VFSCAP_SOURCE_RELEASE] = "release",
		[VFSCAP_SOURCE_FILE] = "file",
		[VFSCAP_SOURCE_SECURITYFS] = "securityfs",
		[VFSCAP_SOURCE_LAST_CAP] = "cap_last_cap",
		[VFSCAP_SOURCE_PROBE] = "prctl",
	};

	return words[listing->source];
}

/* ------------------------------ words to values -------------------------- */

void tool_text(const struct tool *tool, const char *what, const char *text,
	       struct vfscap_sets *sets)
{
	struct vfscap_where where;
	int error = vfscap_text_parse(text, &tool->listing, sets, &where);

	if (!error)
		return;
	if (error == VFSCAP_ERR_TEXT_NAME && where.length > 1)
		tool_usage(tool,
			   "%s '%s': byte %zu: no capability '%.*s' in "
			   "the listing",
			   what, text, where.offset, (int)where.length,
			   text + where.offset);
	tool_usage(tool, "%s '%s': byte %zu: %s", what, text, where.offset,
		   vfscap_strerror(error));
}

uint32_t tool_rootid(const struct tool *tool, const char *text)
{
	unsigned long long id;
	char *end;

	errno = 0;
	id = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno ||
	    id >= VFSCAP_ROOTID_INVALID)
		tool_usage(tool,
			   "'%s' is no rootid: it must be 0 to 4294967294",
			   text);
	return (uint32_t)id;
}

int tool_level(const struct tool *tool, const char *text)
{
	char *end;
	long level;

	errno = 0;
	level = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || level > 22)
		tool_usage(tool, "--level: '%s' is not 0 to 22", text);
	return (int)level;
}

#define JOBS_MAX 256

static unsigned processors(void)
{
	cpu_set_t set;
	int count = 0;

	/* Larger machines than the set has room for are an error here. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	if (count < 1)
		return 1;
	return count < JOBS_MAX ? (unsigned)count : JOBS_MAX;
}

unsigned tool_jobs(const struct tool *tool, const char *text)
{
	unsigned long number;
	char *end;

	if (!text)
		return processors();
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !number ||
	    number > JOBS_MAX)
		tool_usage(tool, "--jobs: '%s' is no number from 1 to %d", text,
			   JOBS_MAX);
	return (unsigned)number;
}

bool tool_json(const struct tool *tool, const char *text)
{
	if (strcmp(text, "json") != 0 && strcmp(text, "text") != 0)
		tool_usage(tool, "--format: '%s' is neither text nor json",
			   text);
	return strcmp(text, "json") == 0;
}

enum sandbox tool_sandbox(const struct tool *tool, const char *text)
{
	static const char *const words[] = {
		[SANDBOX_AUTO] = "auto",
		[SANDBOX_TELL] = "tell",
		[SANDBOX_REQUIRE] = "require",
		[SANDBOX_NO] = "no",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(text, words[i]) == 0)
			return (enum sandbox)i;
	tool_usage(tool,
		   "--sandbox: '%s' is neither auto, tell, require nor no",
		   text);
}

static int tell_reading(void *ctx, const char *sentence)
{
	const struct tool_reading *r = ctx;

	tool_file(r->tool, LEVEL_NOTICE, r->path, "%s", sentence);
	return 0;
}

const struct closed_how *tool_reading(struct tool_reading *r, struct tool *tool,
				      const char *path, enum sandbox sandbox)
{
	*r = (struct tool_reading){
		.tool = tool,
		.path = path,
		.how = {sandbox, tell_reading, r},
	};
	return &r->how;
}

unsigned tool_partition(const struct tool *tool, const char *text)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !number ||
	    number > UINT16_MAX)
		tool_usage(tool, "--partition: '%s' is no number from 1", text);
	return (unsigned)number;
}

void tool_disk_options(const struct tool *tool,
		       const struct scan_options *options,
		       const struct scan_input *input)
{
	if (!options->partition && !options->offset && !options->orphans)
		return;
	if (!scan_is_disk(input) && input->backend->run != scan_file)
		tool_usage(tool,
			   "--partition, --offset and --orphans belong to disk "
			   "images; '%s' is none",
			   input->source);
}

uint64_t tool_size(const struct tool *tool, const char *option,
		   const char *text)
{
	static const char units[] = "KMGT";
	unsigned long long size;
	const char *unit;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	for (const char *u = units; unit && u <= unit; u++)
		if (size > UINT64_MAX / 1024)
			errno = ERANGE;
		else
			size *= 1024;
	if (*text < '0' || *text > '9' || errno || size == 0 ||
	    (unit ? end[1] : *end))
		tool_usage(tool,
			   "%s: '%s' is no size: a number, with K, M, G "
			   "or T behind it",
			   option, text);
	return size;
}

void tool_value(const struct tool *tool, const char *option, const char *text,
		uint8_t **value, size_t *size)
{
	size_t len = strlen(text);
	ssize_t n;

	*value = malloc(len + 1);
	if (!*value) {
		tool_error(tool, "no memory");
		exit(TOOL_INCOMPLETE);
	}
	n = form_bytes(text, len, true, false, *value);
	if (n < 0)
		tool_usage(tool, "%s: '%s' is neither 0xHEX, 0sBASE64 nor HEX",
			   option, text);
	*size = (size_t)n;
}

void tool_names(const struct tool *tool, uint64_t caps,
		char buf[VFSCAP_TEXT_SIZE])
{
	explain_names(&tool->listing, caps, buf);
}

bool tool_known(struct tool *tool, const char *path,
		const struct vfscap_sets *sets)
{
	uint64_t unknown =
		(sets->permitted | sets->inheritable) & ~tool->listing.known;
	char names[VFSCAP_TEXT_SIZE];

	if (!unknown)
		return true;
	tool_names(tool, unknown, names);
	tool_file(tool, LEVEL_ERROR, path,
		  "the listing in use (%s) does not have %s; -f sets it all "
		  "the same",
		  tool_listing_source(&tool->listing), names);
	return false;
}

/* --------------------------------- changes ------------------------------- */

void tool_refuse_widening(struct tool *tool, const char *path,
			  const struct change_value *before,
			  const struct change_value *after)
{
	char who_before[CHANGE_WHO_SIZE], who_after[CHANGE_WHO_SIZE];

	change_who(before, who_before);
	change_who(after, who_after);
	tool_file(tool, LEVEL_ERROR, path,
		  "refused, since it widens who can use the capabilities: "
		  "before, %s; after, %s; --allow-widen does it",
		  who_before, who_after);
}

void tool_refuse(struct tool *tool, const char *path, int error,
		 const struct change_file *file, const struct change_value *new)
{
	char why[CHANGE_WHY_SIZE];

	change_why(error, file, new, why);
	tool_file(tool, LEVEL_ERROR, path, "%s", why);
}

void tool_show_change(const struct tool *tool, const char *path,
		      const struct change_value *old,
		      const struct change_value *new)
{
	char before[TOOL_TEXT_SIZE], after[TOOL_TEXT_SIZE];

	tool_value_text(tool, old, before);
	tool_value_text(tool, new, after);
	report_path(stdout, path);
	printf(": %s -> %s\n", before, after);
}

void tool_value_text(const struct tool *tool, const struct change_value *value,
		     char buf[TOOL_TEXT_SIZE])
{
	struct vfscap_sets sets;
	size_t len;

	if (value->have == CHANGE_NONE) {
		snprintf(buf, TOOL_TEXT_SIZE, "no attribute");
		return;
	}
	if (value->have == CHANGE_HIDDEN) {
		snprintf(buf, TOOL_TEXT_SIZE, "%s",
			 change_hidden(value->error));
		return;
	}
	vfscap_to_sets(&value->cap, &sets);
	vfscap_text_format(&sets, &tool->listing, buf, VFSCAP_TEXT_SIZE);
	len = strlen(buf);
	if (value->cap.revision == 3)
		snprintf(buf + len, TOOL_TEXT_SIZE - len, " [rootid=%u]",
			 value->cap.rootid);
	else if (value->cap.revision == 1)
		snprintf(buf + len, TOOL_TEXT_SIZE - len, " [v1]");
}

/* ------------------------------ start and end ---------------------------- */

void tool_caller(struct tool *tool, struct userns *caller)
{
	int error = view_userns_caller(caller);
	char words[FORM_FAILED_SIZE];

	if (error)
		tool_file(tool, error == -ENOENT ? LEVEL_NOTICE : LEVEL_ERROR,
			  "/proc/self/uid_map",
			  "%s; what other user namespaces make of a rootid is "
			  "not known",
			  form_failed_at(-error, "/proc/self/uid_map", words));
}

void tool_privileges(struct tool *tool, uint64_t raised)
{
	int error = privilege_start(raised);

	if (error)
		tool_error(tool,
			   "capabilities that are not needed could not "
			   "be given up: %s",
			   strerror(-error));
}

int tool_finish(struct tool *tool)
{
	if (fflush(stdout) || ferror(stdout)) {
		tool_error(tool, "standard output: %s", strerror(errno));
		tool_worse(tool, TOOL_INCOMPLETE);
	}
	return (int)tool->status;
}
