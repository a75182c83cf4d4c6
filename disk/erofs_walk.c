/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks the directories of EROFS from the root, without recursion. */
#include "disk/erofs.h"

#include "form/form.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIRENT 12
#define NAME_LEN_MAX 255

/* Of a directory that is broken as often nothing more is told. */
#define FAULTS_MAX 16

/* A directory under way: the entry that comes next. There may be many of them,
 * within each other. */
struct level {
	uint64_t nid, block;
	uint32_t path_len;
	uint16_t entry, faults;
};

/* Directories that were met, by their numbers plus 1; 0 is free. */
struct met {
	uint64_t key[2];
	uint64_t *slot;
	size_t slots, used;
};

struct walk {
	struct erofs *fs;
	struct erofs_inode dir; /* of the last level */
	struct level *level;
	size_t levels, room;
	struct met met;
};

/* ------------------------- which directories were met -------------------- */

static uint64_t *slot_of(const struct met *m, uint64_t nid)
{
	size_t i = (size_t)form_hash(m->key, 0, &nid, sizeof(nid)) &
		   (m->slots - 1);

	while (m->slot[i] && m->slot[i] != nid + 1)
		i = (i + 1) & (m->slots - 1);
	return &m->slot[i];
}

static int grow_met(struct met *m)
{
	struct met bigger = *m;

	if (m->slots && m->used + m->used / 3 < m->slots)
		return 0;
	bigger.slots = m->slots ? 2 * m->slots : 256;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < m->slots; i++)
		if (m->slot[i])
			*slot_of(&bigger, m->slot[i] - 1) = m->slot[i];
	free(m->slot);
	*m = bigger;
	return 0;
}

/* 0: it was not met before; -EBADMSG, -EFBIG and a sentence, or -ENOMEM. */
static int meet(struct walk *w, uint64_t nid)
{
	struct met *m = &w->met;
	uint64_t *slot;

	if (grow_met(m))
		return -ENOMEM;
	slot = slot_of(m, nid);
	if (*slot)
		return erofs_fail(w->fs, -EBADMSG,
				  "inode %" PRIu64
				  ": a directory that has a name already",
				  nid);
	if (m->used == EROFS_DIRS_MAX)
		return erofs_fail(w->fs, -EFBIG,
				  "inode %" PRIu64 ": more than %d directories",
				  nid, EROFS_DIRS_MAX);
	*slot = nid + 1;
	m->used++;
	return 0;
}

/* -------------------------------- entries -------------------------------- */

static int unread(struct walk *w, int error)
{
	return erofs_tell(w->fs, DISK_UNREAD, -error, false);
}

/* What the inode at the path has. */
static int hand_over(struct erofs *fs, const struct erofs_inode *inode)
{
	struct disk_entry entry = {
		.what = DISK_ENTRY,
		.path = fs->path_len ? fs->path : ".",
		.inode = inode->nid,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.links = inode->links,
	};
	int error = erofs_value(fs, inode, &entry.value, &entry.size);

	if (!error) {
		entry.script = erofs_script(fs, inode);
		error = erofs_value(fs, inode, &entry.value, &entry.size);
	}
	if (error == -ENODATA && !fs->options->all)
		return 0;
	if (error) {
		entry.error = -error;
		entry.value = NULL;
		entry.size = 0;
		entry.reason = error == -ENODATA ? NULL : fs->why;
	}
	return fs->fn(fs->ctx, &entry);
}

/* All directories together have no more bytes than there are. */
static int check_dir(struct walk *w, const struct erofs_inode *dir)
{
	struct erofs *fs = w->fs;
	int error = erofs_flat(fs, dir);

	if (error)
		return error;
	if (dir->size > fs->disk->size - fs->directories)
		return erofs_fail(fs, -EFBIG,
				  "inode %" PRIu64
				  ": directories have more bytes than the file "
				  "system",
				  dir->nid);
	fs->directories += dir->size;
	return meet(w, dir->nid);
}

static int push(struct walk *w, const struct erofs_inode *dir)
{
	int error = check_dir(w, dir);

	if (error == -ENOMEM)
		return error;
	if (error)
		return unread(w, error);
	if (w->levels == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct level *more =
			reallocarray(w->level, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->level = more;
		w->room = room;
	}
	w->level[w->levels++] = (struct level){
		.nid = dir->nid,
		.path_len = (uint32_t)w->fs->path_len,
	};
	w->dir = *dir;
	return 0;
}

static int visit(struct walk *w, uint64_t nid)
{
	struct erofs_inode inode;
	int error = erofs_inode(w->fs, nid, &inode);
	int stop;

	if (error)
		return unread(w, error);
	stop = hand_over(w->fs, &inode);
	if (stop || !S_ISDIR(inode.mode))
		return stop;
	return push(w, &inode);
}

/* ------------------------------- directories ----------------------------- */

/* An entry of a directory's block. */
struct name {
	const uint8_t *bytes;
	size_t len;
	uint64_t nid;
};

/* What is wrong with the entry, or with the block: @what, or else the sentence
 * that is there. */
static int fault(struct walk *w, struct level *l, int error, const char *what)
{
	bool last = ++l->faults == FAULTS_MAX;

	if (what)
		erofs_fail(w->fs, 0,
			   "inode %" PRIu64 ": block %" PRIu64
			   " of the directory, entry %u: %s%s",
			   l->nid, l->block, l->entry, what,
			   last ? "; what follows was given up" : "");
	if (last)
		l->block = UINT64_MAX;
	return unread(w, error);
}

/* How many entries a block has; 0: it is none. */
static unsigned entries_of(const uint8_t *bytes, size_t size)
{
	uint32_t first = size < DIRENT ? 0 : erofs_16(bytes + 8);

	return first % DIRENT || first > size ? 0 : first / DIRENT;
}

/* The name of an entry goes to the next one's, or to the end or a NUL. */
static bool find_name(const uint8_t *bytes, size_t size, unsigned entry,
		      unsigned entries, struct name *n)
{
	const uint8_t *dirent = bytes + (size_t)entry * DIRENT;
	size_t from = erofs_16(dirent + 8), to;

	if (from < (size_t)entries * DIRENT || from >= size)
		return false;
	to = entry + 1 < entries
		     ? erofs_16(dirent + DIRENT + 8)
		     : from + strnlen((const char *)bytes + from, size - from);
	if (to <= from || to > size || to - from > NAME_LEN_MAX)
		return false;
	*n = (struct name){bytes + from, to - from, erofs_64(dirent)};
	return true;
}

static bool is(const struct name *n, const char *text)
{
	return n->len == strlen(text) && memcmp(n->bytes, text, n->len) == 0;
}

/* Be at a name below the directory. */
static bool enter(struct erofs *fs, const struct name *n)
{
	size_t slash = fs->path_len > 0;

	if (n->len + slash >= DISK_PATH_MAX - fs->path_len)
		return false;
	if (slash)
		fs->path[fs->path_len++] = '/';
	memcpy(fs->path + fs->path_len, n->bytes, n->len);
	fs->path_len += n->len;
	fs->path[fs->path_len] = '\0';
	return true;
}

static void leave(struct erofs *fs, size_t path_len)
{
	fs->path_len = path_len;
	fs->path[path_len] = '\0';
}

static int take_name(struct walk *w, struct level *l, const struct name *n)
{
	uint64_t nid = n->nid;

	if (is(n, ".") || is(n, ".."))
		return 0;
	if (memchr(n->bytes, '/', n->len) || memchr(n->bytes, '\0', n->len))
		return fault(w, l, -EBADMSG,
			     "a name with a '/' or a NUL in it");
	if (!enter(w->fs, n)) {
		erofs_fail(w->fs, 0,
			   "inode %" PRIu64
			   ": the path is longer than %d bytes",
			   nid, DISK_PATH_MAX - 1);
		return unread(w, -EFBIG);
	}
	return visit(w, nid);
}

/* The next entry of a block. */
static int take_entry(struct walk *w, struct level *l, const uint8_t *bytes,
		      size_t size)
{
	unsigned entries = entries_of(bytes, size);
	struct name n;

	if (l->entry && l->entry >= entries) {
		l->block++;
		l->entry = 0;
		return 0;
	}
	if (!entries) {
		int stop = fault(w, l, -EBADMSG, "it has no entries");

		l->block += l->faults < FAULTS_MAX;
		return stop;
	}
	l->entry++;
	if (!find_name(bytes, size, l->entry - 1u, entries, &n))
		return fault(w, l, -EBADMSG, "its name is not there");
	return take_name(w, l, &n);
}

/* The next entry of the directory that is on top. */
static int step(struct walk *w)
{
	struct level *l = &w->level[w->levels - 1];
	const uint8_t *bytes;
	size_t size;
	int error = 0;

	leave(w->fs, l->path_len);
	if (w->dir.nid != l->nid)
		error = erofs_inode(w->fs, l->nid, &w->dir);
	if (error || l->block > (w->dir.size - 1) >> w->fs->block_bits ||
	    !w->dir.size) {
		w->levels--;
		return error ? unread(w, error) : 0;
	}
	error = erofs_block(w->fs, &w->dir, l->block, &bytes, &size);
	if (!error)
		return take_entry(w, l, bytes, size);
	l->block++;
	l->entry = 0;
	return fault(w, l, error, NULL);
}

/* What is no directory is handed over all the same. */
static int visit_root(struct walk *w)
{
	struct erofs *fs = w->fs;
	struct erofs_inode root;
	int stop = visit(w, fs->root);

	if (stop || w->levels || erofs_inode(fs, fs->root, &root) != 0 ||
	    S_ISDIR(root.mode))
		return stop;
	erofs_fail(fs, 0, "inode %" PRIu64 ": the root is no directory",
		   root.nid);
	return unread(w, -EBADMSG);
}

int erofs_walk(struct erofs *fs)
{
	struct walk w = {.fs = fs};
	int stop;

	form_hash_key(w.met.key);
	leave(fs, 0);
	stop = visit_root(&w);
	while (!stop && w.levels)
		stop = step(&w);
	free(w.level);
	free(w.met.slot);
	return stop;
}
