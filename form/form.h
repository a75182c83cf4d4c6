/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * form: bytes and paths as people and other tools write them, errors of the
 * system, a hash, text in memory.
 */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/** FORM_HEX_SIZE, FORM_BASE64_SIZE - room for @n bytes written out, and a NUL */
#define FORM_HEX_SIZE(n) (2 * (n) + 1)
#define FORM_BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/** form_hex() - lower-case hexadecimal, NUL-terminated */
void form_hex(const uint8_t *bytes, size_t size, char *out);

/** form_base64() - base64 with padding, NUL-terminated */
void form_base64(const uint8_t *bytes, size_t size, char *out);

/**
 * form_bytes() - read bytes as getfattr(1) and people write them
 * @text: 0xHEX, 0sBASE64 (padding may be missing), "TEXT" with \\ooo escapes
 * in double quotes where @quotes, or HEX alone where @plain
 * @len: bytes in @text
 * @out: room for @len bytes
 *
 * Return: the number of bytes, or -1 where @text is none of these.
 */
ssize_t form_bytes(const char *text, size_t len, bool plain, bool quotes,
		   uint8_t *out);

/** form_script() - does execve(2) run an interpreter for a file that begins so? */
bool form_script(const void *bytes, size_t size);

/** FORM_PATH_SIZE - room for a path of @n bytes with all of it escaped */
#define FORM_PATH_SIZE(n) (4 * (n) + 1)

/**
 * form_path() - the one place that escapes paths
 * @path: raw bytes
 * @out: at least FORM_PATH_SIZE(strlen(path))
 *
 * Backslash, control characters (those of Unicode too) and bytes that are not
 * UTF-8 become \\ooo, as getfattr writes them; what comes out is valid UTF-8 on
 * one line, and form_unescape() gives the path back.
 */
void form_path(const char *path, char *out);

/** FORM_URI_SIZE - room for a path of @n bytes as a part of a URI */
#define FORM_URI_SIZE(n) (3 * (n) + 1)

/** form_uri() - a path as a part of a URI: all bytes but letters, digits, "-._~"
 *  and "/" become %XX, so that it is no other part of it either
 *  @out: at least FORM_URI_SIZE(strlen(path)) */
void form_uri(const char *path, char *out);

/** form_utf8() - is it valid UTF-8? */
bool form_utf8(const char *text);

/**
 * form_unescape() - undo \\ooo escapes
 * @text: @len bytes
 * @out: room for @len bytes; not NUL-terminated
 *
 * A backslash that starts no escape stands for itself.
 *
 * Return: the number of bytes.
 */
size_t form_unescape(const char *text, size_t len, char *out);

/** form_hash_key() - the key of this process for form_hash(): nobody outside
 *  can make names that collide */
void form_hash_key(uint64_t key[2]);

/** form_hash() - SipHash-1-3 of @seed and @size bytes */
uint64_t form_hash(const uint64_t key[2], uint64_t seed, const void *bytes,
		   size_t size);

/** form_errno() - "EINVAL", or "errno 999" in @number where it has no name */
#define FORM_ERRNO_SIZE 24
const char *form_errno(int error, char number[FORM_ERRNO_SIZE]);

/** form_failed() - what the system refused: "ENOENT: No such file or directory",
 *  in @words, which it returns */
#define FORM_FAILED_SIZE 160
const char *form_failed(int error, char words[FORM_FAILED_SIZE]);

/** FORM_NO_PROC - what to say where it is not mounted */
#define FORM_NO_PROC "/proc is not mounted; mount it"

/** form_no_proc() - is that why a file below it could not be opened? */
bool form_no_proc(int error);

/** form_failed_at() - as form_failed(), of a file below /proc with the reason
 *  where that is not mounted */
const char *form_failed_at(int error, const char *path,
			   char words[FORM_FAILED_SIZE]);

/** struct form_memory - what is written to a stream into memory */
struct form_memory {
	char *text;
	size_t used, room;
	bool failed;
};

/**
 * form_memory_open() - a stream whose bytes are kept
 * @m: stays where it is until the stream is closed
 *
 * Unlike one of open_memstream(3), whose text lacks what there was no memory
 * for, it has all of it in the end or none.
 *
 * Return: the stream, NULL with errno where there is no memory.
 */
FILE *form_memory_open(struct form_memory *m);

/**
 * form_memory_close() - close it
 *
 * Return: the text, NUL-terminated, @m->used bytes, for free(3); NULL, with
 * errno, where not all of it was kept.
 */
char *form_memory_close(struct form_memory *m, FILE *out);

#endif /* FORM_H */
