/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predictions: what is said to be stored is a value that the kernel takes, whom
 * it was written by sees and honours it again, what is shown can be read, and a
 * value that is shown is honoured or has another reason not to be.
 */
#include "fuzz.h"

#include "vfscap.h"

#include <errno.h>
#include <stdio.h>

#define NAMESPACES 4

/* struct world - namespaces, each below one before it or the initial one, and a
 * mount */
struct world {
	struct vfscap_userns ns[NAMESPACES];
	size_t count;
	struct vfscap_idmap idmap;
	struct vfscap_mount mount, lower;
};

static uint32_t some_id(struct take *take)
{
	static const uint32_t ids[] = {
		0, 1, 1000, 65535, 100000, 165536, UINT32_MAX - 1, UINT32_MAX};
	unsigned which = (unsigned)take_number(take, 1);

	return which < 8 ? ids[which] : (uint32_t)take_number(take, which & 3);
}

static void some_map(struct take *take, struct vfscap_idmap *map)
{
	char text[128];
	int size = 0;

	*map = (struct vfscap_idmap){0};
	for (uint64_t n = 1 + take_number(take, 1) % 3; n; n--)
		size += snprintf(text + size, sizeof(text) - (size_t)size,
				 "%u %u %u\n", some_id(take), some_id(take),
				 some_id(take));
	vfscap_idmap_parse(map, text, (size_t)size, NULL);
}

static const struct vfscap_userns *some_ns(struct take *take,
					   const struct world *w)
{
	size_t which = take_number(take, 1) % (w->count + 1);

	return which ? &w->ns[which - 1] : NULL;
}

static void make(struct take *take, struct world *w)
{
	uint64_t how = take_number(take, 1);
	struct vfscap_idmap map;

	w->count = 0;
	for (unsigned i = 0; i < how % (NAMESPACES + 1); i++) {
		some_map(take, &map);
		w->count += !vfscap_userns_init(&w->ns[w->count],
						some_ns(take, w), &map, NULL);
	}
	some_map(take, &w->idmap);
	w->lower = (struct vfscap_mount){.fs = some_ns(take, w)};
	w->mount = (struct vfscap_mount){.fs = some_ns(take, w)};
	if (how & 0x20 && w->idmap.count)
		w->lower.idmap = &w->idmap;
	if (how & 0x40 && w->idmap.count)
		w->mount.idmap = &w->idmap;
	if (how & 0x80)
		w->mount.lower = &w->lower;
}

static void check_seen(const struct vfscap *seen)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap back;
	size_t size;

	must(seen->revision == (seen->rootid ? 3 : 2) && !seen->flags);
	must(vfscap_encode(seen, bytes, sizeof(bytes), &size) == 0);
	must(vfscap_decode_strict(bytes, size, &back) == 0);
}

static void check_stored(const uint8_t *value, size_t size,
			 const struct world *w, const struct vfscap_userns *ns)
{
	struct vfscap seen;
	bool honoured = false;
	int got = vfscap_predict_get(value, size, &w->mount, ns, &seen);
	int error = vfscap_predict_exec(value, size, &w->mount, ns, &honoured);

	must(!got || got == -EINVAL || got == -EOVERFLOW);
	must(!error || error == -EINVAL || error == -ERANGE ||
	     (error == -EOVERFLOW && w->mount.lower));
	must(!error || !honoured);
	if (!got)
		check_seen(&seen);
	/* Shown without a rootid: it counts for the reader, if the file system
	 * does. */
	if (!got && seen.revision == 2 && !seen.rootid &&
	    vfscap_within(ns, w->mount.fs))
		must(!error && honoured);
	/* Honoured and not shown: a ghost. */
	if (honoured && got)
		must(vfscap_decode_strict(value, size, &seen));
}

static void check_written(const uint8_t *value, size_t size,
			  const struct world *w,
			  const struct vfscap_writer *writer)
{
	uint8_t bytes[VFSCAP_SIZE_MAX];
	struct vfscap cap, given, seen, painted;
	int error;

	memset(&cap, 0xa5, sizeof(cap));
	painted = cap;
	error = vfscap_predict_set(value, size, &w->mount, writer, &cap);
	must(!error || error == -EINVAL || error == -EPERM);
	if (error) {
		must(memcmp(&cap, &painted, sizeof(cap)) == 0);
		return;
	}
	must(writer->setfcap && writer->owner_mapped);
	must(vfscap_decode_strict(value, size, &given) == 0);
	must(cap.permitted == given.permitted && !cap.flags &&
	     cap.inheritable == given.inheritable &&
	     cap.effective == given.effective);
	must(vfscap_encode(&cap, bytes, sizeof(bytes), &size) == 0);
	check_stored(bytes, size, w, writer->ns);
	/* On a plain mount the writer sees what it wrote. */
	if (w->mount.lower || w->mount.idmap ||
	    vfscap_predict_get(bytes, size, &w->mount, writer->ns, &seen))
		return;
	if (cap.revision == 3)
		must(seen.rootid == given.rootid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world w;
	struct take take = {data, size};
	struct vfscap_writer writer;
	uint64_t how;

	make(&take, &w);
	how = take_number(&take, 1);
	writer.ns = some_ns(&take, &w);
	writer.setfcap = how & 3;
	writer.owner_mapped = how & 12;
	check_stored(take.data, take.size, &w, writer.ns);
	if (take.size)
		check_written(take.data, take.size, &w, &writer);
	return 0;
}
