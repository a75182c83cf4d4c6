/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EROFS images made of the recipes in tests/fixtures/erofs. */
#include "erofsimage.h"
#include "suite.h"
#include "tsv.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECIPES_MAX 100

struct erofs_recipe erofs_recipe[RECIPES_MAX];
size_t erofs_recipes;

static void die(const char *what, const char *of)
{
	fprintf(stderr, "erofs: %s: %s\n", of, what);
	exit(EXIT_FAILURE);
}

static void read_expected(void)
{
	size_t size;
	char *text = fixture_read("erofs/expected.txt", &size);

	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n") + 1;
		struct erofs_recipe *r = &erofs_recipe[erofs_recipes];

		if (*line == '\t') {
			r[-1].size += length;
		} else if (*line != '\n' && *line != '#') {
			if (erofs_recipes++ == RECIPES_MAX ||
			    sscanf(line, "%63s %15s", r->name, r->mount) != 2)
				die("an odd line", "expected.txt");
			r->lines = line + length;
		}
		line += length;
	}
}

/* Where the fixtures are, and the tests beside them. */
static void find_source(char dir[PATH_MAX])
{
	const char *fixtures = getenv("VFSCAP_FIXTURES");

	if (!realpath(fixtures ? fixtures : "tests/fixtures", dir))
		die("not found", "tests/fixtures");
	if (setenv("VFSCAP_FIXTURES", dir, 1) != 0)
		die("no memory", dir);
}

static void count_recipes(const char *dir)
{
	char pattern[PATH_MAX + 20];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/erofs/[a-z]*-*.txt", dir);
	if (glob(pattern, 0, NULL, &found) != 0)
		die("no recipes", pattern);
	if (found.gl_pathc != erofs_recipes)
		die("not as many recipes as there are", "expected.txt");
	globfree(&found);
}

bool erofs_make_images(const char *program)
{
	static char dir[PATH_MAX];
	char command[3 * PATH_MAX];

	if (system("python3 -c '' >/dev/null 2>&1") != 0)
		return false;
	if (!*dir) {
		find_source(dir);
		read_expected();
		count_recipes(dir);
	}
	snprintf(command, sizeof(command),
		 "python3 '%s/../makeerofs.py' %s%s -d . "
		 "'%s'/erofs/[a-z]*-*.txt",
		 dir, program ? "-p " : "", program ? program : "", dir);
	if (system(command) != 0)
		die("it failed", command);
	return true;
}

const struct disk_list *erofs_read_image(const char *image, bool all)
{
	struct disk disk = disk_list_open(image);
	struct disk_options options = {.all = all};
	struct disk_list *list = disk_list_begin();

	list->ended = erofs_scan(&disk, &options, disk_list_take, NULL);
	close(disk.fd);
	expect(list->ended == 0, "%s: it gave up", image);
	return list;
}
