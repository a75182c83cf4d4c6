/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Id maps as users name them. */
#include "form/form.h"
#include "ns/ns.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel takes less than a page of 4 KiB; a page of another size, more. */
#define MAP_FILE_MAX 65536

/* How a user names an id map, for messages. */
static const char *const ids_word[] = {[NS_UID] = "uid", [NS_GID] = "gid"};

static int fail(char why[NS_WHY_SIZE], const char *what, const char *reason)
{
	snprintf(why, NS_WHY_SIZE, "%.200s: %s", what, reason);
	return -1;
}

static int refused(char why[NS_WHY_SIZE], const char *path, int error)
{
	char words[FORM_FAILED_SIZE];

	return fail(why, path, form_failed_at(error, path, words));
}

/* Decimal digits and nothing else, from 0 to @most. */
static bool is_number(const char *text, unsigned long long most)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits < 12 && text[digits] == '\0' &&
	       strtoull(text, NULL, 10) <= most;
}

static int parse(const char *arg, const char *text, size_t size,
		 struct vfscap_idmap *map, char why[NS_WHY_SIZE])
{
	unsigned extent = 0;
	int error = vfscap_idmap_parse(map, text, size, &extent);

	if (!error)
		return 0;
	snprintf(why, NS_WHY_SIZE, "%.150s: extent %u: %s", arg, extent,
		 vfscap_strerror(error));
	return -1;
}

/* @unwritten: an empty file is a namespace whose map was not written yet */
static int read_file(const char *arg, const char *path, bool unwritten,
		     struct vfscap_idmap *map, char why[NS_WHY_SIZE])
{
	FILE *file = fopen(path, "re");
	char *text = malloc(MAP_FILE_MAX);
	size_t size = 0;
	int result = -1;

	if (file && text)
		size = fread(text, 1, MAP_FILE_MAX, file);
	if (!file || !text || ferror(file))
		refused(why, path, errno);
	else if (size == MAP_FILE_MAX)
		fail(why, path, "too long for an id map");
	else
		result = unwritten && !size ? 0
					    : parse(arg, text, size, map, why);
	if (file)
		fclose(file);
	free(text);
	return result;
}

int ns_caller(struct vfscap_idmap *map)
{
	char why[NS_WHY_SIZE];

	errno = 0;
	*map = (struct vfscap_idmap){0};
	if (read_file("", "/proc/self/uid_map", true, map, why) == 0)
		return 0;
	return errno ? -errno : -EIO;
}

bool ns_initial(const struct vfscap_idmap *map)
{
	return map->count == 1 && map->extent[0].inside == 0 &&
	       map->extent[0].outside == 0 &&
	       map->extent[0].count == UINT32_MAX;
}

/* ---------------------------------- pid:N -------------------------------- */

static bool in_initial(void)
{
	int kept = errno;
	struct vfscap_idmap map;
	bool initial = ns_caller(&map) == 0 && ns_initial(&map);

	errno = kept;
	return initial;
}

/* What a process's ids are in our namespace. In our own, its map tells what
 * they are in our parent's: there they are themselves. */
static int read_pid(const char *arg, enum ns_ids ids, struct vfscap_idmap *map,
		    char why[NS_WHY_SIZE])
{
	char path[64], theirs[64] = "", ours[64] = "";
	long pid = strtol(arg + strlen("pid:"), NULL, 10);

	if (!is_number(arg + strlen("pid:"), INT32_MAX))
		return fail(why, arg, "pid:N names a process by its number");
	snprintf(path, sizeof(path), "/proc/%ld/ns/user", pid);
	/* Whose namespace it is may be denied; its map seldom is. From the
	 * initial one both questions have one answer. */
	if ((readlink(path, theirs, sizeof(theirs) - 1) < 0 && !in_initial()) ||
	    readlink("/proc/self/ns/user", ours, sizeof(ours) - 1) < 0)
		return refused(why, path, errno);
	if (strcmp(theirs, ours) == 0)
		return parse(arg, "0:0:4294967295", 14, map, why);
	snprintf(path, sizeof(path), "/proc/%ld/%s_map", pid, ids_word[ids]);
	*map = (struct vfscap_idmap){0};
	return read_file(arg, path, true, map, why);
}

/* ---------------------------- /etc/subuid, subgid ------------------------- */

/* struct ranges - a map in INSIDE:OUTSIDE:COUNT that grows by extents */
struct ranges {
	FILE *out;
	uint64_t inside; /* of the next */
	bool any;
};

static bool names_user(const char *field, size_t len, const struct passwd *user)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", user->pw_uid);
	return (strlen(user->pw_name) == len &&
		memcmp(user->pw_name, field, len) == 0) ||
	       (strlen(id) == len && memcmp(id, field, len) == 0);
}

/*
 * "USER:START:COUNT"; a user with several lines has their ranges one after the
 * other, as container tools take them. What the numbers may be is for the parser
 * of maps to say.
 */
static bool add_line(struct ranges *r, char *line, size_t size,
		     const struct passwd *user)
{
	size_t len = strcspn(line, ":\n");
	bool whole = strlen(line) == size;
	char *count;

	if (line[len] != ':' || !names_user(line, len, user))
		return false;
	line[strcspn(line, "\n")] = '\0';
	/* A comma would begin an extent more; nothing is behind a NUL. */
	if (!whole ||
	    line[len + 1 + strspn(line + len + 1, "0123456789:")] != '\0')
		line[len + 1] = '\0';
	fprintf(r->out, "%s%ju:%s", r->any ? "," : "", (uintmax_t)r->inside,
		line + len + 1);
	count = strrchr(line, ':');
	r->inside += strtoull(count + 1, NULL, 10);
	r->any = true;
	return true;
}

/* All of the user's lines; 0, a negated errno, or 1: there is none. */
static int add_ranges(struct ranges *r, FILE *file, const struct passwd *user)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	bool any = false;
	int error;

	while ((size = getline(&line, &room, file)) >= 0)
		any |= add_line(r, line, (size_t)size, user);
	error = feof(file) ? 0 : -errno;
	free(line);
	return error ? error : !any;
}

static int no_range(const char *path, const struct passwd *user,
		    char why[NS_WHY_SIZE])
{
	snprintf(why, NS_WHY_SIZE,
		 "%s has no range for user %.100s; 'usermod "
		 "--add-subuids 100000-165535 --add-subgids "
		 "100000-165535 %.100s' gives one",
		 path, user->pw_name, user->pw_name);
	return -1;
}

int ns_ranges_read(const char *path, FILE *file, const struct passwd *user,
		   const uint32_t *own, struct vfscap_idmap *map,
		   char why[NS_WHY_SIZE])
{
	struct form_memory memory;
	struct ranges ranges = {.out = form_memory_open(&memory)};
	char *text;
	int none, result;

	if (!ranges.out)
		return refused(why, path, errno);
	if (own) {
		fprintf(ranges.out, "0:%u:1", *own);
		ranges.inside = 1;
		ranges.any = true;
	}
	none = add_ranges(&ranges, file, user);
	text = form_memory_close(&memory, ranges.out);
	if (!text || none < 0)
		result = refused(why, path, text ? -none : ENOMEM);
	else
		result = none ? no_range(path, user, why)
			      : parse(path, text, memory.used, map, why);
	free(text);
	return result;
}

static int read_ranges(const char *path, const struct passwd *user,
		       const uint32_t *own, struct vfscap_idmap *map,
		       char why[NS_WHY_SIZE])
{
	FILE *file = fopen(path, "re");
	int result;

	if (!file)
		return refused(why, path, errno);
	result = ns_ranges_read(path, file, user, own, map, why);
	fclose(file);
	return result;
}

/* subuid:USER, and rootless:USER, which has the user's own id as root. */
static int read_sub(const char *arg, enum ns_ids ids, bool rootless,
		    struct vfscap_idmap *map, char why[NS_WHY_SIZE])
{
	const char *name = strchr(arg, ':') + 1;
	const char *path = ids == NS_UID ? "/etc/subuid" : "/etc/subgid";
	struct passwd *user = getpwnam(name);
	uint32_t own;

	if (!user && is_number(name, UINT32_MAX - 1))
		user = getpwuid((uid_t)strtoul(name, NULL, 10));
	if (!user)
		return fail(why, arg, "there is no such user");
	own = ids == NS_UID ? user->pw_uid : user->pw_gid;
	return read_ranges(path, user, rootless ? &own : NULL, map, why);
}

/* --------------------------------- all forms ----------------------------- */

static bool starts(const char *arg, const char *with)
{
	return strncmp(arg, with, strlen(with)) == 0;
}

int ns_map_read(const char *arg, enum ns_ids ids, struct vfscap_idmap *map,
		char why[NS_WHY_SIZE])
{
	if (*arg == '@')
		return read_file(arg, arg + 1, false, map, why);
	if (starts(arg, "pid:"))
		return read_pid(arg, ids, map, why);
	if (starts(arg, "subuid:"))
		return read_sub(arg, ids, false, map, why);
	if (starts(arg, "rootless:"))
		return read_sub(arg, ids, true, map, why);
	return parse(arg, arg, strlen(arg), map, why);
}
