/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of a tree asked by several threads before the walk comes to them. */
#include "scan/ahead.h"

#include "scan/dirents.h"
#include "scan/live.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define JOBS_MAX 256

/* Of a node. In the list are those that wait and those that are being asked. */
enum {
	WAITS,	 /* nobody has begun */
	RUNS,	 /* a thread is asking it */
	ASKED,	 /* all of it was asked */
	UNASKED, /* it is left to the walk */
};

struct ahead {
	const struct scan_options *options;
	const struct scan_mounts *mounts;
	int root;

	pthread_mutex_t lock; /* of all below, but for nodes that run */
	pthread_cond_t work, done;
	size_t bytes; /* of what was asked and is not claimed */
	bool ending;

	pthread_t thread[JOBS_MAX];
	unsigned threads, wanted;
	void *piece; /* of the thread that walks */

	/* The ends of a ring, in the walk's order; locked too. Last: nodes end in
	 * an array. */
	struct ahead_node list;
};

/* ---------------------------------- nodes --------------------------------- */

void ahead_free(struct ahead_node *node)
{
	free(node->kept);
	free(node->names);
	free(node);
}

void ahead_free_all(struct ahead_node *node)
{
	while (node) {
		struct ahead_node *next = node->next;

		ahead_free_all(node->children);
		ahead_free(node);
		node = next;
	}
}

/* What cannot be opened by one path is left to the walk, and needs none. */
struct ahead_node *ahead_new(const char *dir, size_t len, const char *name,
			     dev_t dev, const struct scan_fs *fs)
{
	size_t name_len = strlen(name);
	bool fits = len + name_len + 2 <= PATH_MAX;
	size_t dir_len = fits ? len : 0;
	struct ahead_node *node =
		calloc(1, sizeof(*node) + dir_len + name_len + 2);

	if (!node)
		return NULL;
	node->state = fits ? WAITS : UNASKED;
	node->dev = dev;
	node->fs = fs;
	node->path = (char *)(node + 1);
	memcpy(node->path, dir, dir_len);
	if (dir_len)
		node->path[dir_len++] = '/';
	memcpy(node->path + dir_len, name, name_len);
	node->name = node->path + dir_len;
	return node;
}

static void link_after(struct ahead_node *at, struct ahead_node *node)
{
	node->before = at;
	node->after = at->after;
	at->after->before = node;
	at->after = node;
}

static void unlink_node(struct ahead_node *node)
{
	node->before->after = node->after;
	node->after->before = node->before;
}

/* ------------------------------ one directory ----------------------------- */

/* A directory under way, and where its next child goes. */
struct asking {
	const struct ahead *ahead;
	struct ahead_node *node, **last;
	int fd;
	void *piece;
};

static int keep_entry(struct ahead_node *node, const char *name,
		      const struct scan_record *record, const uint8_t *value)
{
	size_t size = strlen(name) + 1;
	struct ahead_kept *kept;

	if (live_grow((void **)&node->kept, &node->kept_room,
		      node->kept_count + 1, sizeof(*kept)) ||
	    live_grow((void **)&node->names, &node->names_room,
		      node->names_used + size, 1))
		return -ENOMEM;
	kept = &node->kept[node->kept_count++];
	kept->record = *record;
	if (record->value)
		memcpy(kept->value, value, sizeof(kept->value));
	kept->name = node->names_used;
	memcpy(node->names + node->names_used, name, size);
	node->names_used += size;
	node->cost += sizeof(*kept) + size;
	return 0;
}

static int keep_child(struct asking *a, const char *name)
{
	struct ahead_node *node = a->node;
	struct ahead_node *child = ahead_new(node->path, strlen(node->path),
					     name, node->dev, node->fs);

	if (!child)
		return -ENOMEM;
	*a->last = child;
	a->last = &child->next;
	node->cost += sizeof(*child) + strlen(child->path);
	return 0;
}

static int left_out(struct asking *a, const char *name, const char *network)
{
	struct scan_record record = {
		.what = SCAN_LEFT_OUT,
		.reason = network,
		.dirfd = -1,
		.fd = -1,
	};

	return keep_entry(a->node, name, &record, NULL);
}

static int ask_entry(struct asking *a, const struct dirents_entry *e)
{
	const struct scan_options *options = a->ahead->options;
	bool directory = dirents_is_directory(a->fd, e);
	const char *network =
		options->local
			? scan_mounts_network(a->ahead->mounts, a->fd, e->name)
			: NULL;
	uint8_t value[VFSCAP_SIZE_MAX];
	struct scan_record record;
	int error = 0;

	if (network)
		return left_out(a, e->name, network);
	if (live_look(options, &a->node->totals, a->node->fs, a->fd, e->name,
		      value, &record))
		error = keep_entry(a->node, e->name, &record, value);
	return error || !directory ? error : keep_child(a, e->name);
}

static int ask_piece(struct asking *a, size_t size)
{
	const struct dirents_entry *e;
	struct ahead_node *node = a->node;
	struct ahead_piece *piece = &node->piece[node->pieces++];
	size_t at = 0;
	int error = 0;

	piece->children = node->pieces > 1 ? piece[-1].children : 0;
	while (!error && (e = dirents_next(a->piece, size, &at))) {
		struct ahead_node **last = a->last;

		error = ask_entry(a, e);
		piece->children += a->last != last;
	}
	piece->kept = node->kept_count;
	return error;
}

int ahead_open(int root, const char *path)
{
	static const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK |
			 O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Only a directory of the file system that its parent is on. */
static int open_node(const struct ahead *ahead, struct ahead_node *node)
{
	int fd = ahead_open(ahead->root, node->path);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) != 0 || st.st_dev != node->dev) {
		close(fd);
		return -1;
	}
	node->ino = st.st_ino;
	return fd;
}

/* Nothing that was half done is kept: the walk asks all of it again. */
static void forget(struct ahead_node *node)
{
	ahead_free_all(node->children);
	free(node->kept);
	free(node->names);
	node->children = NULL;
	node->kept = NULL;
	node->names = NULL;
	node->pieces = node->cost = 0;
}

/* Return: the state that the node is in now. */
static int ask_node(const struct ahead *ahead, struct ahead_node *node,
		    void *piece)
{
	struct asking a = {
		.ahead = ahead,
		.node = node,
		.last = &node->children,
		.fd = open_node(ahead, node),
		.piece = piece,
	};
	long n = 1;
	int error = 0;

	if (a.fd < 0)
		return UNASKED;
	while (!error && node->pieces < AHEAD_PIECES &&
	       (n = dirents_read(a.fd, piece)) > 0)
		error = ask_piece(&a, (size_t)n);
	close(a.fd);
	if (error || n != 0) {
		forget(node);
		return UNASKED;
	}
	return ASKED;
}

/* --------------------------------- threads -------------------------------- */

/* The next one in the order of the walk; only as many are in front of it as
 * there are threads. */
static struct ahead_node *take(struct ahead *ahead)
{
	struct ahead_node *node = ahead->list.after;

	if (ahead->bytes >= AHEAD_BYTES)
		return NULL;
	while (node != &ahead->list && node->state != WAITS)
		node = node->after;
	if (node == &ahead->list)
		return NULL;
	node->state = RUNS;
	return node;
}

/* Its subdirectories take its place. */
static void put(struct ahead *ahead, struct ahead_node *node, int state)
{
	struct ahead_node *at = node;

	for (struct ahead_node *child = node->children; child;
	     child = child->next) {
		if (child->state != WAITS)
			continue;
		link_after(at, child);
		at = child;
	}
	unlink_node(node);
	node->state = state;
	ahead->bytes += node->cost;
	pthread_cond_broadcast(&ahead->done);
	if (node->children)
		pthread_cond_broadcast(&ahead->work);
}

/* Called with the lock, which is given up meanwhile. */
static void ask_one(struct ahead *ahead, struct ahead_node *node, void *piece)
{
	int state;

	pthread_mutex_unlock(&ahead->lock);
	state = ask_node(ahead, node, piece);
	pthread_mutex_lock(&ahead->lock);
	put(ahead, node, state);
}

static void *run_thread(void *arg)
{
	struct ahead *ahead = arg;
	void *piece = malloc(DIRENTS_SIZE);

	pthread_mutex_lock(&ahead->lock);
	while (piece && !ahead->ending) {
		struct ahead_node *node = take(ahead);

		if (node)
			ask_one(ahead, node, piece);
		else
			pthread_cond_wait(&ahead->work, &ahead->lock);
	}
	pthread_mutex_unlock(&ahead->lock);
	free(piece);
	return NULL;
}

/* Signals are for the thread that walks. */
static void start_threads(struct ahead *ahead)
{
	sigset_t all, before;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return;
	while (ahead->threads < ahead->wanted &&
	       pthread_create(&ahead->thread[ahead->threads], NULL, run_thread,
			      ahead) == 0)
		ahead->threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Where there can be no more, those that there are will do. */
	ahead->wanted = ahead->threads;
}

/* -------------------------------- the walk -------------------------------- */

static bool has_openat2(int root)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
				     .resolve = RESOLVE_BENEATH};
	int fd = (int)syscall(SYS_openat2, root, ".", &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

struct ahead *ahead_start(const struct scan_options *options,
			  const struct scan_mounts *mounts, int root)
{
	struct ahead *ahead;
	unsigned jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;

	/* The stored bytes are asked for with state of the walk's own. */
	if (jobs < 2 || options->stored || !has_openat2(root))
		return NULL;
	ahead = calloc(1, sizeof(*ahead));
	if (!ahead)
		return NULL;
	ahead->piece = malloc(DIRENTS_SIZE);
	if (!ahead->piece) {
		free(ahead);
		return NULL;
	}
	ahead->options = options;
	ahead->mounts = mounts;
	ahead->root = root;
	ahead->wanted = jobs - 1;
	ahead->list.before = ahead->list.after = &ahead->list;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->work, NULL);
	pthread_cond_init(&ahead->done, NULL);
	return ahead;
}

void ahead_finish(struct ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->ending = true;
	pthread_cond_broadcast(&ahead->work);
	pthread_mutex_unlock(&ahead->lock);
	for (unsigned i = 0; i < ahead->threads; i++)
		pthread_join(ahead->thread[i], NULL);
	pthread_cond_destroy(&ahead->done);
	pthread_cond_destroy(&ahead->work);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead->piece);
	free(ahead);
}

/* At the front, for the walk enters them next of all. */
void ahead_offer(struct ahead *ahead, struct ahead_node *nodes)
{
	struct ahead_node *at = &ahead->list;

	pthread_mutex_lock(&ahead->lock);
	for (struct ahead_node *node = nodes; node; node = node->next) {
		if (node->state != WAITS)
			continue;
		link_after(at, node);
		at = node;
	}
	if (at != &ahead->list) {
		start_threads(ahead);
		pthread_cond_broadcast(&ahead->work);
	}
	pthread_mutex_unlock(&ahead->lock);
}

bool ahead_asked(struct ahead *ahead, const struct ahead_node *node)
{
	bool asked;

	pthread_mutex_lock(&ahead->lock);
	asked = node->state == ASKED;
	pthread_mutex_unlock(&ahead->lock);
	return asked;
}

/* What is dropped must not be left where threads look for work. */
void ahead_drop(struct ahead *ahead, struct ahead_node *nodes)
{
	while (nodes) {
		struct ahead_node *next = nodes->next;

		ahead_claim(ahead, nodes);
		ahead_drop(ahead, nodes->children);
		ahead_free(nodes);
		nodes = next;
	}
}

bool ahead_claim(struct ahead *ahead, struct ahead_node *node)
{
	pthread_mutex_lock(&ahead->lock);
	if (node->state == WAITS) {
		unlink_node(node);
		node->state = UNASKED;
	}
	while (node->state == RUNS) {
		struct ahead_node *other = take(ahead);

		if (other)
			ask_one(ahead, other, ahead->piece);
		else
			pthread_cond_wait(&ahead->done, &ahead->lock);
	}
	if (node->cost && ahead->bytes >= AHEAD_BYTES)
		pthread_cond_broadcast(&ahead->work);
	ahead->bytes -= node->cost;
	node->cost = 0;
	pthread_mutex_unlock(&ahead->lock);
	return node->state == ASKED;
}
