/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks of a file changed in place, by way of a journal: what they were and what
 * they are to be is on disk before the first of them is written. Killed at any
 * point, the file has all old blocks, or the journal makes it have all new ones,
 * or all old ones. vfscap.5 describes the lines.
 */
#ifndef CHANGE_BLOCKS_H
#define CHANGE_BLOCKS_H

#include "change/journal.h"

/** BLOCKS_MAGIC - how such a journal begins */
#define BLOCKS_MAGIC "# vfscap image journal 1\n"

/** struct block - @size bytes at @at */
struct block {
	uint64_t at;
	size_t size;
	uint8_t *old, *new;
};

/** struct block_list - blocks, in the order of their places */
struct block_list {
	struct block *block;
	size_t count, room;
};

/** block_list_add() - copies the bytes; 0, -ENOMEM, or -EINVAL where it does not
 *  lie behind the last one */
int block_list_add(struct block_list *list, uint64_t at, const uint8_t *old,
		   const uint8_t *new, size_t size);
void block_list_free(struct block_list *list);

/** enum blocks_state - how far a journal has come */
enum blocks_state {
	BLOCKS_WRITTEN, /* not all of it is on disk: nothing was changed */
	BLOCKS_BEGUN,	/* the file may have some new blocks */
	BLOCKS_DONE,
	BLOCKS_UNDONE,
};

/** struct blocks_journal - a journal in memory; zero is an empty one */
struct blocks_journal {
	char *parameters; /* lines "param TAB name TAB value" */
	char *path;	  /* of the file, absolute */
	uint64_t size;	  /* and its bytes */
	struct block_list list;
	enum blocks_state state;
};

/** blocks_is() - does an open file begin as such a journal? */
bool blocks_is(int fd);

/** blocks_load() - have a journal read; 0, 1 where there is no such file, or -1
 *  and @why. blocks_free() it
 *  @how: by whom */
int blocks_load(struct blocks_journal *journal, const char *path,
		const struct closed_how *how, char why[JOURNAL_WHY_SIZE]);
void blocks_free(struct blocks_journal *journal);

/** blocks_write() - make the journal, or one anew of which not all was on disk;
 *  all of it is durable then. 0, or -1 and @why */
int blocks_write(const struct blocks_journal *journal, const char *path,
		 char why[JOURNAL_WHY_SIZE]);

/**
 * blocks_look() - is each block of the file what it is to be already?
 * @fd: the file, open for reading
 * @undo: what it was, instead
 *
 * Return: 1; 0 where blocks_apply() has something to write; -1 and @why where it
 * would fail, since a block is neither.
 */
int blocks_look(const struct blocks_journal *journal, int fd, bool undo,
		char why[JOURNAL_WHY_SIZE]);

/**
 * blocks_apply() - let the file have the new blocks, or the old ones, durably
 * @fd: the file, open for reading and writing
 * @undo: the old ones
 * @path: of the journal, which has a line for it afterwards
 *
 * Each block must be either before the first is written.
 *
 * Return: 0, or -1 and @why.
 */
int blocks_apply(const struct blocks_journal *journal, int fd, bool undo,
		 const char *path, char why[JOURNAL_WHY_SIZE]);

/** blocks_write_at() - write all of it at a place; 0 or a negated errno */
int blocks_write_at(int fd, const uint8_t *from, size_t size, uint64_t at);

#endif /* CHANGE_BLOCKS_H */
