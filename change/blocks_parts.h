/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What reading a journal of blocks is made of; nobody else includes it.
 */
#ifndef CHANGE_BLOCKS_PARTS_H
#define CHANGE_BLOCKS_PARTS_H

#include "change/blocks.h"
#include "change/journal_parts.h"

/** blocks_parse() - read all lines of an open file, which may be anything; 0, or
 *  -1 and @why, and then the journal is empty. Runs in a closed process */
int blocks_parse(struct blocks_journal *journal, int fd,
		 char why[JOURNAL_WHY_SIZE]);

/** blocks_add() - one more block, within the file: block_list_add(), or -ERANGE */
int blocks_add(struct blocks_journal *journal, uint64_t at, const uint8_t *old,
	       const uint8_t *new, size_t size);

/**
 * blocks_file_pack(), blocks_file_unpack() - of which file a journal is, as a
 * message, and back; block_pack(), block_unpack() - one of its blocks, likewise,
 * as a new last one
 *
 * The second of each returns 0, -ENOMEM, or -EPROTO where that cannot be.
 */
void blocks_file_pack(struct pack *pack, const struct blocks_journal *journal);
int blocks_file_unpack(struct unpack *unpack, struct blocks_journal *journal);
void block_pack(struct pack *pack, const struct block *block);
int block_unpack(struct unpack *unpack, struct blocks_journal *journal);

/** blocks_read() - have an open journal read; 0, or -1 and @why, and then it is
 *  empty */
int blocks_read(struct blocks_journal *journal, int fd,
		const struct closed_how *how, char why[JOURNAL_WHY_SIZE]);

#endif /* CHANGE_BLOCKS_PARTS_H */
