/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Partition tables: as fdisk and partx read them, and broken field by field. */
#include "disk/disk.h"
#include "sandbox.h"
#include "scratch.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_BLKID

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)

/* --------------------------------- an image ------------------------------ */

static int try_shell(const char *command)
{
	char line[2048];

	snprintf(line, sizeof(line), "{ %s; } >/dev/null 2>&1", command);
	return system(line);
}

/* Each test has a directory of its own. */
static void enter(void)
{
	char own[] = "XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(own));
	ck_assert_int_eq(chdir(own), 0);
}

static int open_image(struct disk *disk)
{
	struct stat st;
	int fd = open("img", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*disk = (struct disk){.fd = fd, .size = (uint64_t)st.st_size};
	return fd;
}

static void put(int fd, uint64_t at, const void *bytes, size_t size)
{
	ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)at), (ssize_t)size);
}

static void get(int fd, uint64_t at, void *bytes, size_t size)
{
	ck_assert_int_eq(pread(fd, bytes, size, (off_t)at), (ssize_t)size);
}

/* --------------------------------- a listing ----------------------------- */

struct listing {
	char text[65536];
	size_t used;
	unsigned count, stop_at;
	bool types;
};

static int take(void *ctx, const struct disk_partition *p)
{
	struct listing *l = ctx;

	l->used +=
		(size_t)snprintf(l->text + l->used, sizeof(l->text) - l->used,
				 "%u %ju %ju", p->number, (uintmax_t)p->offset,
				 (uintmax_t)p->size);
	expect(l->used < sizeof(l->text) - 64, "too many partitions");
	if (l->types && (p->container || *p->type))
		l->used +=
			(size_t)snprintf(l->text + l->used,
					 sizeof(l->text) - l->used, " %s",
					 p->container ? "container" : p->type);
	l->text[l->used++] = '\n';
	l->text[l->used] = '\0';
	return ++l->count == l->stop_at ? 77 : 0;
}

static int list(const struct disk *disk, struct listing *l,
		char why[DISK_WHY_SIZE])
{
	int result;

	*l = (struct listing){.types = l->types, .stop_at = l->stop_at};
	result = table_read(disk, take, l, why);
	ck_assert(!*why == (result >= 0));
	return result;
}

static void read_output(const char *command, char *text, size_t size)
{
	FILE *pipe = popen(command, "r");
	size_t n;

	ck_assert_ptr_nonnull(pipe);
	n = fread(text, 1, size - 1, pipe);
	text[n] = '\0';
	ck_assert_int_eq(pclose(pipe), 0);
}

/* ------------------------------ as others read it ------------------------ */

#define GPT3 "label: gpt\\nsize=8M\\nsize=8M\\n5: size=8M\\n"
#define DOS                                                                 \
	"label: dos\\nsize=8M,bootable\\nsize=4M,type=82\\nsize=40M,type=f" \
	"\\nsize=1M\\nsize=8M\\nsize=4M\\nsize=2M,type=82\\n"
#define SFDISK(size, script) \
	"truncate -s " size " img && printf '" script "' | sfdisk -q img"
#define FDISK4K(size, keys) \
	"truncate -s " size " img && printf '" keys "' | fdisk -b 4096 img"

static const struct {
	const char *make;
	unsigned sector;
} made[] = {
	{SFDISK("64M", GPT3), 512},
	{SFDISK("64M", "label: gpt\\n"), 512},
	{SFDISK("64M",
		"label: gpt\\ntable-length: 300\\nsize=8M\\n300:size=1M\\n"),
	 512},
	{SFDISK("6T", "label: gpt\\nsize=5T\\nsize=1M\\n"), 512},
	{SFDISK("64M", DOS), 512},
	{SFDISK("64M", "label: dos\\n"), 512},
	{SFDISK("64M", "label: dos\\n3:size=1M\\n"), 512},
	{SFDISK("64M", "label: dos\\nsize=40M,type=5\\n"), 512},
	{SFDISK("64M", "label: dos\\nsize=4M\\nsize=40M,type=85\\n5:size=1M\\n"
		       "6:size=1M\\n"),
	 512},
	/* Logical partitions whose chain does not go upwards. */
	{SFDISK("64M", "label: dos\\nsize=60M,type=5\\n5:start=40M,size=1M\\n"
		       "6:start=10M,size=1M\\n7:start=20M,size=1M\\n"),
	 512},
	{FDISK4K("64M", "g\\nn\\n1\\n\\n+8M\\nn\\n7\\n\\n+8M\\nw\\n"), 4096},
	{FDISK4K("64M", "o\\nn\\np\\n1\\n\\n+8M\\nn\\ne\\n2\\n\\n\\nn\\n\\n+8M"
			"\\nn\\n\\n+8M\\nw\\n"),
	 4096},
	{FDISK4K("64M", "o\\nn\\np\\n1\\n\\n+8M\\nw\\n") " && mke2fs -q -F -t "
							 "ext2 -E offset="
							 "1048576 img 8M",
	 4096},
};

static const char *const judges[] = {
	"fdisk -b %u -l -o Device,Start,Sectors img | awk '/^img[0-9]/ { "
	"sub(\"img\", \"\", $1); printf \"%%d %%.0f %%.0f\\n\", $1, $2 * %u, "
	"$3 * %u }'",
	"{ partx -S %u -g -r -o NR,START,SECTORS img || :; } | sort -n | awk "
	"'{ printf \"%%d %%.0f %%.0f\\n\", $1, $2 * 512, $3 * 512 }'",
};

START_TEST(as_others)
{
	static struct listing l;
	static char want[65536];
	char command[512], why[DISK_WHY_SIZE];
	unsigned sector = made[_i].sector;
	struct disk disk;
	int fd;

	enter();
	if (try_shell(made[_i].make) != 0) {
		suite_skip(made[_i].make, "the tool does not make it");
		return;
	}
	fd = open_image(&disk);
	ck_assert_int_eq(list(&disk, &l, why), 0);
	close(fd);
	for (size_t i = 0; i < ROWS(judges); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(command, sizeof(command), judges[i], sector, sector,
			 sector);
#pragma GCC diagnostic pop
		read_output(command, want, sizeof(want));
		ck_assert_msg(strcmp(l.text, want) == 0,
			      "%s, judge %zu: %s instead of %s", made[_i].make,
			      i, l.text, want);
	}
}
END_TEST

/* ----------------------------------- types ------------------------------- */

#define FIVE                                                               \
	SFDISK("64M", "label: gpt\\nsize=8M\\nsize=8M\\nsize=8M\\nsize=8M" \
		      "\\nsize=8M\\n")

START_TEST(types)
{
	static struct listing l = {.types = true};
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter();
	ck_assert_int_eq(try_shell(FIVE), 0);
	ck_assert_int_eq(
		try_shell("mke2fs -q -F -t ext4 -E offset=1048576 img 8M"), 0);
	ck_assert_int_eq(try_shell(
				 "truncate -s 8M swap && mkswap swap && "
				 "dd if=swap of=img bs=1M seek=9 conv=notrunc"),
			 0);
	fd = open_image(&disk);
	put(fd, 17 * MIB, "LUKS\xba\xbe\0\1", 8);
	/* A swap area's signature that a new ext4 has left there. */
	ck_assert_int_eq(try_shell(
				 "mke2fs -q -F -t ext4 -E offset=26214400 img "
				 "8M"),
			 0);
	put(fd, 25 * MIB + 4086, "SWAPSPACE2", 10);
	put(fd, 25 * MIB + 1024, "\1\0\0\0\xff\x03\0\0", 8);
	ck_assert_int_eq(list(&disk, &l, why), 0);
	close(fd);
	ck_assert_str_eq(l.text, "1 1048576 8388608 ext4\n"
				 "2 9437184 8388608 swap\n"
				 "3 17825792 8388608 crypto_LUKS\n"
				 "4 26214400 8388608 swap or ext4\n"
				 "5 34603008 8388608\n");
}
END_TEST

/* ---------------------------------- broken ------------------------------- */

static uint32_t crc32_of(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void put_number(uint8_t *to, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (uint8_t)(number >> 8 * i);
}

static uint32_t number_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* The checksums of the first GPT are right again. */
static void mend(int fd)
{
	static uint8_t entries[128 * 2000];
	uint8_t header[92];
	size_t size;

	get(fd, 512, header, sizeof(header));
	size = (size_t)number_at(header + 80) * 128;
	if (size > sizeof(entries))
		return;
	get(fd, 1024, entries, size);
	put_number(header + 88, crc32_of(entries, size), 4);
	put_number(header + 16, 0, 4);
	put_number(header + 16, crc32_of(header, sizeof(header)), 4);
	put(fd, 512, header, sizeof(header));
}

enum base { GPT, MBR };

static const char *const bases[] = {
	[GPT] = SFDISK("64M", GPT3),
	[MBR] = SFDISK("64M", "label: dos\\nsize=8M\\nstart=16M,size=40M,type=5"
			      "\\n5:size=4M\\n6:size=4M\\n7:size=4M\\n"),
};

/* sfdisk waits a quarter of a second after it has written, each time. */
static bool make_bases(void)
{
	return try_shell(bases[GPT]) == 0 && rename("img", "gpt") == 0 &&
	       try_shell(bases[MBR]) == 0 && rename("img", "mbr") == 0;
}

static void enter_base(enum base base)
{
	enter();
	ck_assert_int_eq(
		try_shell(base == GPT ? "cp ../gpt img" : "cp ../mbr img"), 0);
}

#define GPT_AS_IT_IS          \
	"1 1048576 8388608\n" \
	"2 9437184 8388608\n" \
	"5 17825792 8388608\n"
#define MBR_PRIMARY           \
	"1 1048576 8388608\n" \
	"2 16777216 41943040 container\n"
#define MBR_AS_IT_IS           \
	MBR_PRIMARY            \
	"5 17825792 4194304\n" \
	"6 23068672 4194304\n" \
	"7 28311552 4194304\n"

#define LAST (64 * MIB - 512)
#define LINK 462
#define ENTRY(n) (1024 + 128 * (n - 1))

/* @number of @width bytes goes to @at, the checksums are mended; @result with
 * @why in the sentence, and these partitions */
static const struct {
	const char *name;
	enum base base;
	struct {
		uint64_t at, number;
		size_t width;
	} patch[3];
	bool unmended;
	int result;
	const char *why, *text;
} broken[] = {
	{"nothing", GPT, {{0}}, false, 0, "", GPT_AS_IT_IS},
	{"first",
	 GPT,
	 {{540, 7, 1}},
	 true,
	 -EBADMSG,
	 "those of the second",
	 GPT_AS_IT_IS},
	{"first magic",
	 GPT,
	 {{512, 7, 1}},
	 true,
	 -EBADMSG,
	 "those of the second",
	 GPT_AS_IT_IS},
	{"first entries",
	 GPT,
	 {{ENTRY(1), 7, 1}},
	 true,
	 -EBADMSG,
	 "those of the second",
	 GPT_AS_IT_IS},
	{"second", GPT, {{LAST, 7, 1}}, true, 0, "", GPT_AS_IT_IS},
	{"both",
	 GPT,
	 {{540, 7, 1}, {LAST, 7, 1}},
	 true,
	 -EBADMSG,
	 "neither",
	 ""},
	{"both wiped",
	 GPT,
	 {{512, 0, 8}, {LAST, 0, 8}},
	 true,
	 -EBADMSG,
	 "neither",
	 ""},
	{"no signature",
	 GPT,
	 {{510, 0, 2}},
	 false,
	 -EBADMSG,
	 "no protective MBR",
	 GPT_AS_IT_IS},
	{"no MBR",
	 GPT,
	 {{446 + 4, 0, 8}, {446 + 12, 0, 4}},
	 false,
	 -EBADMSG,
	 "no protective MBR",
	 GPT_AS_IT_IS},
	{"no MBR, no first",
	 GPT,
	 {{510, 0, 2}, {512, 0, 8}},
	 true,
	 -EBADMSG,
	 "no protective MBR",
	 GPT_AS_IT_IS},
	{"a hybrid MBR",
	 GPT,
	 {{462 + 4, 0x83, 1}, {462 + 8, 2048, 4}, {462 + 12, 2048, 4}},
	 false,
	 0,
	 "",
	 GPT_AS_IT_IS},
	{"starts beyond",
	 GPT,
	 {{ENTRY(1) + 32, 1 << 20, 8}, {ENTRY(1) + 40, 1 << 21, 8}},
	 false,
	 0,
	 "",
	 "1 536870912 536871424 beyond the end of the disk\n2 9437184 "
	 "8388608\n5 17825792 8388608\n"},
	{"ends beyond",
	 GPT,
	 {{ENTRY(1) + 40, 1 << 17, 8}},
	 false,
	 0,
	 "",
	 "1 1048576 66060800 beyond the end of the disk\n2 9437184 8388608\n5 "
	 "17825792 8388608\n"},
	{"ends first",
	 GPT,
	 {{ENTRY(2) + 40, 1, 8}},
	 false,
	 0,
	 "",
	 "1 1048576 8388608\n2 9437184 0 ends before it begins\n5 17825792 "
	 "8388608\n"},
	{"all there is",
	 GPT,
	 {{ENTRY(2) + 32, 0, 8}, {ENTRY(2) + 40, UINT64_MAX, 8}},
	 false,
	 0,
	 "",
	 "1 1048576 8388608\n2 0 18446744073709551615 beyond the end of the "
	 "disk\n5 17825792 8388608\n"},
	{"before usable",
	 GPT,
	 {{ENTRY(1) + 32, 40, 8}},
	 false,
	 0,
	 "",
	 "1 20480 9416704\n2 9437184 8388608\n5 17825792 8388608\n"},
	{"twice",
	 GPT,
	 {{ENTRY(2) + 32, 2048, 8}, {ENTRY(2) + 40, 18431, 8}},
	 false,
	 0,
	 "",
	 "1 1048576 8388608\n2 1048576 8388608\n5 17825792 8388608\n"},
	{"many", GPT, {{512 + 80, 1025, 4}}, false, -EFBIG, "1025 entries", ""},
	{"very many",
	 GPT,
	 {{512 + 80, UINT32_MAX, 4}},
	 false,
	 -EFBIG,
	 "4294967295 entries",
	 ""},
	{"very large",
	 GPT,
	 {{512 + 84, UINT32_MAX, 4}},
	 false,
	 -EFBIG,
	 "4294967295 bytes",
	 ""},
	{"large",
	 GPT,
	 {{512 + 84, 256, 4}},
	 false,
	 -EBADMSG,
	 "those of the second",
	 GPT_AS_IT_IS},
	{"entries beyond",
	 GPT,
	 {{512 + 72, UINT64_MAX, 8}},
	 false,
	 -EBADMSG,
	 "those of the second",
	 GPT_AS_IT_IS},

	{"nothing", MBR, {{0}}, false, 0, "", MBR_AS_IT_IS},
	{"boot flag", MBR, {{446, 0x7f, 1}}, true, 1, "", ""},
	{"signature", MBR, {{510, 0, 2}}, true, 1, "", ""},
	{"protective",
	 MBR,
	 {{446 + 4, 0xee, 1}},
	 true,
	 -EBADMSG,
	 "neither",
	 ""},
	{"beyond",
	 MBR,
	 {{446 + 8, UINT32_MAX, 4}},
	 true,
	 0,
	 "",
	 "1 2199023255040 8388608 beyond the end of the disk\n2 16777216 "
	 "41943040 container\n"
	 "5 17825792 4194304\n6 23068672 4194304\n7 28311552 4194304\n"},
	{"over all",
	 MBR,
	 {{446 + 8, 0, 4}, {446 + 12, 131072, 4}},
	 true,
	 0,
	 "",
	 "1 0 67108864\n2 16777216 41943040 container\n"
	 "5 17825792 4194304\n6 23068672 4194304\n7 28311552 4194304\n"},
	{"two extended",
	 MBR,
	 {{446 + 4, 5, 1}},
	 true,
	 0,
	 "",
	 "1 1048576 8388608 container\n2 16777216 41943040 container\n"
	 "5 17825792 4194304\n6 23068672 4194304\n7 28311552 4194304\n"},
	{"extended at 0",
	 MBR,
	 {{462 + 8, 0, 4}},
	 true,
	 -ELOOP,
	 "sector 0",
	 NULL},
	{"first record's signature",
	 MBR,
	 {{16 * MIB + 510, 0, 2}},
	 true,
	 -EBADMSG,
	 "at sector 32768 there is no boot record",
	 MBR_PRIMARY},
	{"second record's signature",
	 MBR,
	 {{21 * MIB + 510, 0, 2}},
	 true,
	 -EBADMSG,
	 "at sector 43008 there is no boot record",
	 MBR_PRIMARY "5 17825792 4194304\n"},
	{"link to itself",
	 MBR,
	 {{16 * MIB + LINK + 8, 0, 4}},
	 true,
	 -ELOOP,
	 "comes back to sector 32768",
	 MBR_PRIMARY "5 17825792 4194304\n"},
	{"link back",
	 MBR,
	 {{26 * MIB + LINK + 4, 5, 1},
	  {26 * MIB + LINK + 8, 10240, 4},
	  {26 * MIB + LINK + 12, 1, 4}},
	 true,
	 -ELOOP,
	 "comes back to sector 43008",
	 MBR_AS_IT_IS},
	{"link beyond",
	 MBR,
	 {{21 * MIB + LINK + 8, UINT32_MAX, 4}},
	 true,
	 -EBADMSG,
	 "lies beyond the end",
	 MBR_PRIMARY "5 17825792 4194304\n6 23068672 4194304\n"},
	{"logical beyond",
	 MBR,
	 {{21 * MIB + 446 + 8, UINT32_MAX, 4}},
	 true,
	 0,
	 "",
	 MBR_PRIMARY "5 17825792 4194304\n6 2199045275136 4194304 beyond the "
		     "end of the disk\n7 28311552 4194304\n"},
	{"logical outside",
	 MBR,
	 {{21 * MIB + 446 + 12, 80000, 4}},
	 true,
	 0,
	 "",
	 MBR_PRIMARY
	 "5 17825792 4194304\n6 23068672 40960000\n7 28311552 4194304\n"},
};

static bool same_lines(const char *text, const char *want)
{
	return !want || strcmp(text, want) == 0;
}

START_TEST(broken_field)
{
	static struct listing l = {.types = true};
	char why[DISK_WHY_SIZE];
	struct disk disk;
	uint8_t bytes[8];
	int fd, result;

	enter_base(broken[_i].base);
	fd = open_image(&disk);
	for (size_t i = 0; i < ROWS(broken[_i].patch); i++) {
		put_number(bytes, broken[_i].patch[i].number, 8);
		put(fd, broken[_i].patch[i].at, bytes,
		    broken[_i].patch[i].width);
	}
	if (!broken[_i].unmended && broken[_i].base == GPT)
		mend(fd);
	result = list(&disk, &l, why);
	close(fd);
	ck_assert_msg(result == broken[_i].result &&
			      strstr(why, broken[_i].why) &&
			      same_lines(l.text, broken[_i].text),
		      "%s: %d: %s\n%s", broken[_i].name, result, why, l.text);
}
END_TEST

/* --------------------------------- the rest ------------------------------ */

/* As many as there may be, and one more. */
START_TEST(most_entries)
{
	static struct listing l;
	uint8_t entry[128] = {[0] = 1};
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter_base(GPT);
	fd = open_image(&disk);
	put_number(entry, 1024, 4);
	put(fd, 512 + 80, entry, 4);
	for (unsigned i = 0; i < 1024; i++) {
		put_number(entry + 32, 2048 + i, 8);
		put_number(entry + 40, 2048 + i, 8);
		put(fd, 1024 + 128 * i, entry, sizeof(entry));
	}
	mend(fd);
	ck_assert_int_eq(list(&disk, &l, why), 0);
	ck_assert_uint_eq(l.count, 1024);
	close(fd);
}
END_TEST

static void put_record(int fd, uint32_t sector, uint32_t next)
{
	uint8_t data[512] = {[510] = 0x55, [511] = 0xaa};

	data[450] = 0x83;
	put_number(data + 454, 1, 4);
	put_number(data + 458, 1, 4);
	data[466] = 5;
	put_number(data + 470, next, 4);
	put_number(data + 474, 2, 4);
	put(fd, (uint64_t)sector * 512, data, sizeof(data));
}

START_TEST(longest_chain)
{
	static struct listing l;
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter_base(MBR);
	fd = open_image(&disk);
	for (uint32_t i = 0; i < 1100; i++)
		put_record(fd, 32768 + 2 * i, 2 * (i + 1));
	ck_assert_int_eq(list(&disk, &l, why), -EFBIG);
	ck_assert_uint_eq(l.count, 1024);
	close(fd);
}
END_TEST

/* An extended partition that is new may have no record at all. */
START_TEST(blank_record)
{
	static struct listing l = {.types = true};
	static const uint8_t blank[512];
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter_base(MBR);
	fd = open_image(&disk);
	put(fd, 16 * MIB, blank, sizeof(blank));
	ck_assert_int_eq(list(&disk, &l, why), 0);
	ck_assert_str_eq(l.text, MBR_PRIMARY);
	close(fd);
}
END_TEST

START_TEST(no_table)
{
	static struct listing l;
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter();
	ck_assert_int_eq(try_shell("truncate -s 4M img"), 0);
	fd = open_image(&disk);
	for (disk.size = 0; disk.size <= 4 * MIB; disk.size += 256 * KIB + 511)
		ck_assert_int_eq(list(&disk, &l, why), 1);
	disk.size = 4 * MIB;
	ck_assert_int_eq(try_shell("mke2fs -q -F -t ext4 img"), 0);
	ck_assert_int_eq(list(&disk, &l, why), 1);
	put(fd, 510, "\x55\xaa", 2);
	/* An MBR without partitions. */
	ck_assert_int_eq(list(&disk, &l, why), 0);
	/* What is no file at all, or became shorter. */
	disk.size = 5 * MIB;
	ck_assert_int_lt(list(&disk, &l, why), 0);
	disk.fd = -1;
	ck_assert_int_lt(list(&disk, &l, why), 0);
	ck_assert_uint_eq(l.count, 0);
	close(fd);
}
END_TEST

START_TEST(other_label)
{
	static struct listing l;
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter();
	ck_assert_int_eq(try_shell(SFDISK("64M", "label: sun\\nsize=16M\\n")),
			 0);
	fd = open_image(&disk);
	ck_assert_int_eq(list(&disk, &l, why), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(why, "type sun"));
	close(fd);
}
END_TEST

/* Partitions count from the beginning of the disk, wherever that is. */
START_TEST(within_a_file)
{
	static struct listing l, whole;
	char why[DISK_WHY_SIZE];
	struct disk disk, part;
	int fd;

	enter_base((enum base)_i);
	fd = open_image(&disk);
	ck_assert_int_eq(list(&disk, &whole, why), 0);
	close(fd);
	ck_assert_int_eq(
		try_shell("mv img old && truncate -s 80M img && dd if=old "
			  "of=img bs=1M seek=7 conv=notrunc"),
		0);
	fd = open_image(&disk);
	ck_assert_int_eq(disk_part_of(&disk, 7 * MIB, 64 * MIB, &part), 0);
	ck_assert_int_eq(list(&part, &l, why), 0);
	ck_assert_str_eq(l.text, whole.text);
	close(fd);
}
END_TEST

START_TEST(stopped)
{
	static struct listing l = {.stop_at = 2};
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter_base((enum base)_i);
	fd = open_image(&disk);
	ck_assert_int_eq(list(&disk, &l, why), 77);
	ck_assert_uint_eq(l.count, 2);
	close(fd);
}
END_TEST

/* Where nothing can be opened, all is the same. */
START_TEST(closed)
{
	static const unsigned calls[] = {
		SYS_openat,	SYS_openat2, SYS_readlinkat, SYS_faccessat,
		SYS_faccessat2, SYS_ioctl,
#ifdef SYS_open
		SYS_open,	SYS_access,  SYS_readlink,   SYS_stat,
#endif
		SYS_socket,	SYS_clone,   SYS_kill};
	static struct listing before, l = {.types = true};
	char why[DISK_WHY_SIZE];
	struct disk disk;
	int fd;

	enter_base((enum base)_i);
	before.types = true;
	fd = open_image(&disk);
	ck_assert_int_eq(list(&disk, &before, why), 0);
	if (fork() == 0) {
		for (size_t i = 0; i < ROWS(calls); i++)
			sandbox_deny_calls(calls[i], calls[i], EPERM);
		_exit(list(&disk, &l, why) != 0 ||
		      strcmp(l.text, before.text) != 0);
	}
	ck_assert_int_gt(wait(&fd), 0);
	ck_assert_int_eq(fd, 0);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *table_suite(void)
{
	Suite *suite = suite_create("table");

	suite_add(suite, as_others, ROWS(made));
	suite_add(suite, types, 1);
	suite_add(suite, broken_field, ROWS(broken));
	suite_add(suite, most_entries, 1);
	suite_add(suite, longest_chain, 1);
	suite_add(suite, blank_record, 1);
	suite_add(suite, no_table, 1);
	suite_add(suite, other_label, 1);
	suite_add(suite, within_a_file, ROWS(bases));
	suite_add(suite, stopped, ROWS(bases));
	suite_add(suite, closed, ROWS(bases));
	return suite;
}

int main(void)
{
	int status = EXIT_SUCCESS;

	scratch_enter();
	if (try_shell(
		    "command -v sfdisk && command -v fdisk && command -v partx "
		    "&& command -v mke2fs") != 0)
		suite_skip("table", "sfdisk, fdisk, partx and mke2fs are "
				    "needed");
	else
		status = make_bases() ? suite_run(table_suite()) : EXIT_FAILURE;
	scratch_remove();
	return status;
}

#else

int main(void)
{
	suite_skip("table", "this build has no libblkid");
	return EXIT_SUCCESS;
}

#endif
