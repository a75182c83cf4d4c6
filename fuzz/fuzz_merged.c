/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layers merged: paths are told in order and once, from layers there were; a
 * second look and a layer without entries change nothing; one that hides all
 * leaves nothing; all data is freed once. An input is paths with NULs between:
 * the first byte says what the entry is.
 */
#include "fuzz.h"
#include "oci/oci.h"

#include <errno.h>
#include <stdlib.h>

static size_t alive;

static void free_data(void *data)
{
	must(alive--);
	free(data);
}

/* struct told - what is left */
struct told {
	struct text said;
	char *last;
	size_t layers, count;
};

static int tell(void *ctx, const struct merged_entry *e)
{
	const char *name = strrchr(e->rel, '/');
	struct told *t = ctx;

	must(e->data && e->layer < t->layers);
	must(!t->last || strcmp(t->last, e->rel) < 0);
	must(strncmp(name ? name + 1 : e->rel, ".wh.", 4) != 0);
	free(t->last);
	t->last = strdup(e->rel);
	must(t->last);
	text_add(&t->said, e->rel, strlen(e->rel) + 1);
	if (e->link)
		text_add(&t->said, e->link, strlen(e->link) + 1);
	text_add(&t->said, &e->data, sizeof(e->data));
	t->count++;
	return 0;
}

static void tell_all(struct merged *m, size_t layers, struct told *t)
{
	*t = (struct told){.layers = layers};
	must(merged_each(m, tell, t) == 0);
	free(t->last);
}

static void add(struct merged *m, char type, const char *path, bool valued)
{
	struct tar_member member = {.type = type, .link = ""};
	char *rel = malloc(strlen(path) + 2), *equals = strchr(path, '=');
	void *data = NULL;

	must(rel);
	if (equals && type == '1') {
		member.link = equals + 1;
		tar_rel(path, rel);
		rel[strcspn(rel, "=")] = '\0';
		if (!*rel)
			strcpy(rel, ".");
	} else {
		tar_rel(path, rel);
	}
	member.path = (char *)path;
	if (valued) {
		data = malloc(1);
		must(data);
		alive++;
	}
	must(merged_add(m, &member, rel, data, 1) == 0);
	free(rel);
}

static size_t add_all(struct merged *m, struct take *take, size_t *bytes)
{
	size_t layers = 0;

	merged_layer(m);
	while (take->size) {
		unsigned what = (unsigned)take_number(take, 1);
		char *path;

		if (what % 16 == 0) {
			merged_layer(m);
			layers++;
			continue;
		}
		path = take_text(take);
		add(m, "005512"[what % 6], path, what & 0x40);
		*bytes += strlen(path) + 1;
		free(path);
	}
	return layers + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct merged *m = merged_new(free_data, MERGED_SIZE);
	struct take take = {data, size};
	struct told first, second;
	size_t bytes = 0, layers;

	must(m && !alive);
	layers = add_all(m, &take, &bytes);
	must(merged_work(m) <= 64 * (bytes + layers));
	tell_all(m, layers, &first);
	merged_layer(m);
	tell_all(m, layers, &second);
	must(text_equal(&first.said, &second.said));
	free(second.said.bytes);
	free(first.said.bytes);
	add(m, '0', ".wh..wh..opq", false);
	add(m, '5', ".", false);
	tell_all(m, layers + 1, &second);
	must(second.count <= first.count);
	must(second.count <= 1);
	free(second.said.bytes);
	merged_free(m);
	must(!alive);
	return 0;
}
