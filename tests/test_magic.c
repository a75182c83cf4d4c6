/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the beginning of a file says: by bytes, by files that tools made, and of
 * files that are nothing of the kind. */
#include "scan/magic.h"
#include "suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The data at the end of its memory, so that a sanitizer sees what is read
 * beyond. */
static const struct magic_kind *kind_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);
	const struct magic_kind *kind;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, size);
	kind = magic_of(copy, size);
	free(copy);
	return kind;
}

static const char *name_of(const struct magic_kind *kind)
{
	return kind->name ? kind->name : "none";
}

/* --------------------------------- by bytes ------------------------------ */

struct piece {
	size_t at;
	const char *bytes;
	size_t size;
};

#define P(at, bytes)                         \
	{                                    \
		at, bytes, sizeof(bytes) - 1 \
	}

#define Z4 "\0\0\0\0"
#define Z16 Z4 Z4 Z4 Z4
#define ODC "070707000001000002100644000000000000000001000000"
#define NEWC "0000000100008180000000000000000000000001"
#define HEX24 "000000000000000000000000"

/* @size zero bytes with some pieces in them; @name NULL: nothing is known */
static const struct {
	const char *name;
	size_t size;
	struct piece piece[4];
} rows[] = {
	{NULL, 0, {{0}}},
	{NULL, 1, {{0}}},
	{NULL, 511, {{0}}},
	{"tar archive", 512, {{0}}},
	{"tar archive", MAGIC_WINDOW, {{0}}},
	/* v7: a name and a sum of 'a' and blanks and digits */
	{"tar archive", 512, {P(0, "a"), P(148, "000541\0 ")}},
	{"tar archive", 512, {P(0, "a"), P(148, "   541\0 ")}},
	{NULL, 512, {P(0, "a"), P(148, "000542\0 ")}},
	{NULL, 511, {P(0, "a"), P(148, "000541\0 ")}},
	/* a tar archive whose first name looks like something else */
	{"tar archive", 512, {P(0, "BZh91AY&SY"), P(148, "001732\0 ")}},

	{"RPM package", 4, {P(0, "\xed\xab\xee\xdb")}},
	{NULL, 3, {P(0, "\xed\xab\xee")}},
	{"journal of fcapconvert", 19, {P(0, "# vfscap journal 1\n")}},
	{NULL, 19, {P(0, "# vfscap journal 2\n")}},
	{"compressed data", 20, {P(0, "\x1f\x8b\x08")}},
	{"compressed data", 20, {P(0, "\x28\xb5\x2f\xfd")}},
	{NULL, 20, {P(0, "BZh9 as a text")}},

	{"cpio archive", 110, {P(0, "070701" NEWC NEWC HEX24)}},
	{"cpio archive", 110, {P(0, "070702" NEWC NEWC HEX24)}},
	{NULL, 109, {P(0, "070701" NEWC NEWC HEX24)}},
	{NULL, 110, {P(0, "070701\n" NEWC NEWC HEX24)}},
	{"cpio archive", 76, {P(0, ODC "0000000000000000000000000000")}},
	{NULL, 76, {P(0, ODC "0000000000000000000000000008")}},
	{NULL, 48, {P(0, "070707 070701 is a number")}},
	{"cpio archive",
	 40,
	 {P(0, "\xc7\x71"), P(6, "\xa4\x81"), P(12, "\1\0"),
	  P(20, "\2\0\0\0\0\0a")}},
	{"cpio archive",
	 40,
	 {P(0, "\x71\xc7"), P(6, "\x81\xa4"), P(12, "\0\1"),
	  P(20, "\0\2\0\0\0\0a")}},
	{"cpio archive",
	 40,
	 {P(0, "\xc7\x71"), P(12, "\1\0"), P(20, "\13\0\0\0\0\0TRAILER!!!")}},
	{NULL,
	 40,
	 {P(0, "\xc7\x71"), P(6, "\xa4\x01"), P(12, "\1\0"),
	  P(20, "\2\0\0\0\0\0a")}},
	{NULL,
	 40,
	 {P(0, "\xc7\x71"), P(6, "\xa4\x81"), P(12, "\1\0"),
	  P(20, "\3\0\0\0\0\0a")}},
	{NULL,
	 40,
	 {P(0, "\xc7\x71"), P(6, "\xa4\x81"), P(12, "\1\0"),
	  P(20, "\xff\xff\0\0\0\0a")}},
	{"zip archive", 30, {P(0, "PK\3\4\x0a\0")}},
	{"zip archive", 22, {P(0, "PK\5\6")}},
	{"zip archive", 64, {P(0, "PK\7\10PK\3\4")}},
	{NULL, 30, {P(0, "PK\3\4\x0a\x0a")}},
	{NULL, 30, {P(0, "PK is a text")}},
	{"7z archive", 32, {P(0, "7z\xbc\xaf\x27\x1c")}},
	{"data of compress", 8, {P(0, "\x1f\x9d\x90")}},
	{"data of compress", 8, {P(0, "\x1f\x9d\x0c")}},
	{NULL, 8, {P(0, "\x1f\x9d\x88")}},
	{NULL, 8, {P(0, "\x1f\x9d\xb0")}},
	{"lzip data", 36, {P(0, "LZIP\1")}},
	{NULL, 36, {P(0, "LZIP is")}},
	{"lzma data",
	 32,
	 {P(0, "\x5d\0\0\x80"), P(5, "\xff\xff\xff\xff\xff\xff\xff\xff")}},
	{NULL,
	 32,
	 {P(0, "\x5d\1\0\x80"), P(5, "\xff\xff\xff\xff\xff\xff\xff\xff")}},
	{NULL, 32, {P(0, "\x5d\0\0\x80")}},
	{"lzop data", 32, {P(0, "\x89LZO\0\r\n\x1a\n")}},
	{"lrzip data", 32, {P(0, "LRZI\0\6")}},
	{"ar archive", 8, {P(0, "!<arch>\n")}},
	{"ar archive", 8, {P(0, "!<thin>\n")}},
	{NULL, 8, {P(0, "!<arch> ")}},
	{"Debian package", 68, {P(0, "!<arch>\ndebian-binary   ")}},
	{"Nix archive", 24, {P(0, "\15\0\0\0\0\0\0\0nix-archive-1\0\0\0")}},
	{"rar archive", 8, {P(0, "Rar!\x1a\x07\0")}},
	{"rar archive", 8, {P(0, "Rar!\x1a\x07\1\0")}},
	{NULL, 8, {P(0, "Rar!\x1a\x07\2\0")}},
	{"lha archive", 40, {P(0, "\x20x-lh5-"), P(20, "\2")}},
	{NULL, 40, {P(0, "ls-lh5-                ")}},
	{NULL, 40, {P(0, "x -lax-"), P(20, "\2")}},
	{"xar archive", 28, {P(0, "xar!\0\x1c\0\1")}},
	{NULL, 28, {P(0, "xar! a text")}},
	{"cabinet archive", 36, {P(0, "MSCF" Z4 "\1")}},
	{NULL, 36, {P(0, "MSCF text")}},

	{"mtree manifest", 9, {P(0, "#mtree\n./a")}},
	{NULL, 9, {P(0, "#mtreeish")}},
	{"mtree manifest",
	 80,
	 {P(0, "#          user: root\n#       machine: here\n#\t   tree: /x\n"
	       "# date: now\n")}},
	{NULL, 40, {P(0, "#          user: root\n#       other: here\n")}},
	{NULL, 40, {P(0, "# user: root")}},
	{"casync archive",
	 64,
	 {P(0, "\x40" Z4 "\0\0\0\x51\xbb\x5b\xea\xbc"
	       "\xfa\x96\x13")}},
	{"casync index",
	 48,
	 {P(0, "\x30" Z4 "\0\0\0\xf9\x9f\x12\x7b\x9c\x4d"
	       "\x82\x96")}},
	{"composefs dump",
	 64,
	 {P(0, "/ 4096 40755 4 0 0 0 1695368732.38 - - "
	       "-\n/a")}},
	{"composefs dump",
	 64,
	 {P(0, "/ 0 40755 4 0 0 0 0.0 - - - "
	       "user.foo=bar\n")}},
	{NULL, 64, {P(0, "/ 4096 40855 4 0 0 0 1695368732.38 - - -\n")}},
	{NULL, 64, {P(0, "/ 4096 40755 4 0 0 0 0.0 - -\n")}},
	{NULL, 20, {P(0, "/ is the root dir...")}},

	{"qcow2 image", 104, {P(0, "QFI\xfb\0\0\0\3")}},
	{NULL, 104, {P(0, "QFI\xfb\0\0\0\4")}},
	{"VMDK image", 512, {P(0, "KDMV\1\0\0\0")}},
	{NULL, 512, {P(0, "KDMV is a text")}},
	{"VMDK image", 21, {P(0, "# Disk DescriptorFile")}},
	{"VDI image", 512, {P(64, "\x7f\x10\xda\xbe\1\0\1\0")}},
	{"VHDX image", 512, {P(0, "vhdxfile")}},
	{"VHD image", 512, {P(0, "conectix\0\0\0\2")}},
	{"squashfs image",
	 96,
	 {P(0, "hsqs"), P(12, "\0\0\2\0"), P(20, "\1\0\x11\0"), P(28, "\4\0")}},
	{NULL,
	 96,
	 {P(0, "hsqs"), P(12, "\0\0\2\0"), P(20, "\1\0\x10\0"), P(28, "\4\0")}},
	{"XFS image", 512, {P(0, "XFSB\0\0\x10\0")}},
	{NULL, 512, {P(0, "XFSB\0\0\x10\1")}},
	{NULL, 2048, {P(0, "x"), P(1080, "\x53\xef")}},
	{"EROFS image", 2048, {P(1024, "\xe2\xe1\xf5\xe0"), P(1036, "\x0c")}},
	{NULL, 2048, {P(0, "x"), P(1024, "\xe2\xe1\xf5\xe0")}},
	{"Btrfs image", MAGIC_WINDOW, {P(65600, "_BHRfS_M")}},
	{NULL, MAGIC_WINDOW - 1, {P(0, "x"), P(65600, "_BHRfS_")}},
	{"ISO 9660 image", 34816, {P(32768, "\1CD001\1")}},
	{NULL, 34816, {P(0, "x"), P(32768, "CCD001\1")}},

	{NULL,
	 512,
	 {P(0, "\x7f"
	       "ELF\2\1\1")}},
	{NULL, 512, {P(0, "#!/bin/sh\n")}},
	{NULL, 512, {P(0, "x")}},
};

static size_t build(size_t row, uint8_t *data)
{
	memset(data, 0, MAGIC_WINDOW);
	for (size_t i = 0; i < ROWS(rows[row].piece); i++) {
		const struct piece *p = &rows[row].piece[i];

		if (p->size && p->at < rows[row].size)
			memcpy(data + p->at, p->bytes,
			       p->size < rows[row].size - p->at
				       ? p->size
				       : rows[row].size - p->at);
	}
	return rows[row].size;
}

START_TEST(by_bytes)
{
	static uint8_t data[MAGIC_WINDOW];
	const char *name = rows[_i].name ? rows[_i].name : "none";
	size_t size = build((size_t)_i, data);
	const struct magic_kind *kind = kind_of(data, size);

	ck_assert_msg(strcmp(name_of(kind), name) == 0, "row %d: %s for %s", _i,
		      name_of(kind), name);
	if (kind->magic == MAGIC_CANNOT || kind->magic == MAGIC_NOT_READ)
		ck_assert(strncmp(kind->reason, name, strlen(name)) == 0);
	else
		ck_assert_ptr_null(kind->reason);
}
END_TEST

/* Whatever is missing at the end, nothing is read beyond it. */
START_TEST(cut_off)
{
	static uint8_t data[MAGIC_WINDOW];
	size_t size = build((size_t)_i, data);

	for (size_t cut = 0; cut < size; cut += cut < 2100 ? 1 : 997)
		kind_of(data, cut);
}
END_TEST

START_TEST(changed)
{
	uint64_t state = suite_seed("magic: changed bytes");
	static uint8_t data[MAGIC_WINDOW];

	for (int i = 0; i < 20000; i++) {
		size_t row = suite_below(&state, ROWS(rows));
		size_t size = build(row, data);

		if (size == 0 || size > 4096)
			continue;
		for (int n = 0; n < 4; n++)
			data[suite_below(&state, (unsigned)size)] =
				(uint8_t)suite_random(&state);
		kind_of(data, size);
	}
}
END_TEST

/* ----------------------------- files that tools made --------------------- */

/* @tool: without it the row is skipped; @make: a shell command that makes `out`
 * of the tree `d` */
static const struct {
	const char *tool, *make, *name;
} made[] = {
	{"tar", "tar -cf out d", "tar archive"},
	{"tar", "tar --format=v7 -cf out d", "tar archive"},
	{"tar", "tar --format=ustar -cf out d", "tar archive"},
	{"tar", "tar --format=posix -cf out d", "tar archive"},
	{"tar", "tar -cf out -T /dev/null", "tar archive"},
	{"gzip", "tar -cf - d | gzip >out", "compressed data"},
	{"bzip2", "tar -cf - d | bzip2 >out", "compressed data"},
	{"bzip2", "bzip2 </dev/null >out", "compressed data"},
	{"xz", "tar -cf - d | xz >out", "compressed data"},
	{"zstd", "tar -cf - d | zstd -q >out", "compressed data"},
	{"lz4", "tar -cf - d | lz4 -q >out", "compressed data"},
	{"cpio", "find d | cpio --quiet -o >out", "cpio archive"},
	{"cpio", "find d | cpio --quiet -o -H odc >out", "cpio archive"},
	{"cpio", "find d | cpio --quiet -o -H newc >out", "cpio archive"},
	{"cpio", "find d | cpio --quiet -o -H crc >out", "cpio archive"},
	{"cpio", "cpio --quiet -o </dev/null >out", "cpio archive"},
	{"cpio", "cpio --quiet -o -H newc </dev/null >out", "cpio archive"},
	{"cpio", "cpio --quiet -o -H tar <list >out", "tar archive"},
	{"zip", "zip -q -r out.zip d && mv out.zip out", "zip archive"},
	{"ar", "ar rc out d/a", "ar archive"},
	{"ar", "ar rcT out d/a", "ar archive"},
	{"bsdtar", "bsdtar --format=pax -cf out d", "tar archive"},
	{"bsdtar", "bsdtar --format=gnutar -cf out d", "tar archive"},
	{"bsdtar", "bsdtar --format=v7 -cf out d", "tar archive"},
	{"bsdtar", "bsdtar --format=cpio -cf out d", "cpio archive"},
	{"bsdtar", "bsdtar --format=newc -cf out d", "cpio archive"},
	{"bsdtar", "bsdtar --format=zip -cf out d", "zip archive"},
	{"bsdtar", "bsdtar --format=7zip -cf out d", "7z archive"},
	{"bsdtar", "bsdtar -Zcf out d", "data of compress"},
	{"bsdtar", "bsdtar --lzma -cf out d", "lzma data"},
	{"xz", "xz --format=lzma -c d/a >out", "lzma data"},
	{"lzip", "lzip -c d/a >out", "lzip data"},
	{"lzop", "lzop -c d/a >out", "lzop data"},
	{"bsdtar", "bsdtar --format=ar -cf out -C d a", "ar archive"},
	{"bsdtar", "bsdtar --format=xar -cf out d", "xar archive"},
	{"bsdtar", "bsdtar --format=iso9660 -cf out d", "ISO 9660 image"},
	{"bsdtar", "bsdtar --format=mtree -cf out d", "mtree manifest"},
	{"dpkg-deb",
	 "mkdir d/DEBIAN && printf '%s\\n' 'Package: d' 'Version: 1' "
	 "'Architecture: all' 'Maintainer: d' 'Description: d' "
	 ">d/DEBIAN/control && dpkg-deb -b d out",
	 "Debian package"},
	{"casync", "casync make out.catar d && mv out.catar out",
	 "casync archive"},
	{"casync", "casync make out.caidx d && mv out.caidx out",
	 "casync index"},
	{"casync", "casync make out.caibx d/a && mv out.caibx out",
	 "casync index"},
	{"mkcomposefs",
	 "mkcomposefs --print-mode=dump d >out || "
	 "composefs-info dump d >out",
	 "composefs dump"},
	{"gomtree", "gomtree -c -p d >out", "mtree manifest"},
	{"mksquashfs", "mksquashfs d out -quiet -no-progress",
	 "squashfs image"},
	{"gensquashfs", "gensquashfs -q -D d out", "squashfs image"},
	{"mke2fs", "mke2fs -q -t ext2 out 1M", "ext2, ext3 or ext4 image"},
	{"mke2fs", "mke2fs -q -t ext4 -d d out 8M", "ext2, ext3 or ext4 image"},
	{"mke2fs", "mke2fs -q -t ext4 -b 4096 out 8M",
	 "ext2, ext3 or ext4 image"},
	{"mkfs.xfs", "truncate -s 400M out && mkfs.xfs -q out", "XFS image"},
	{"mkfs.btrfs", "truncate -s 128M out && mkfs.btrfs -q out",
	 "Btrfs image"},
	{"mkfs.erofs", "mkfs.erofs out d", "EROFS image"},
	{"qemu-img", "qemu-img create -q -f qcow2 out 1M", "qcow2 image"},
	{"qemu-img", "qemu-img create -q -f vmdk out 1M", "VMDK image"},
	{"qemu-img", "qemu-img create -q -f vdi out 1M", "VDI image"},
	{"qemu-img", "qemu-img create -q -f vhdx out 4M", "VHDX image"},
	{"qemu-img", "qemu-img create -q -f vpc out 1M", "VHD image"},
	{"rpmbuild",
	 "printf '%s\\n' 'Name: d' 'Version: 1' 'Release: 1' 'Summary: d' "
	 "'License: d' 'BuildArch: noarch' %description d %files >d.spec && "
	 "rpmbuild -bb --quiet --define \"_topdir $PWD/top\" --define "
	 "\"_rpmdir $PWD\" --define '_build_name_fmt out' d.spec",
	 "RPM package"},
};

static int shell(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "{ %s; } >/dev/null 2>&1", command);
	return system(line);
}

static const struct magic_kind *kind_of_file(const char *path, uint8_t *data,
					     size_t *size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, data, MAGIC_WINDOW, 0);

	if (fd >= 0)
		close(fd);
	*size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : kind_of(data, *size);
}

START_TEST(by_tools)
{
	char dir[] = "/tmp/vfscap.XXXXXX", command[64];
	static uint8_t data[MAGIC_WINDOW];
	const struct magic_kind *kind;
	size_t size;
	int failed;

	snprintf(command, sizeof(command), "command -v %s", made[_i].tool);
	if (shell(command) != 0) {
		suite_skip(made[_i].make, "the tool is not installed");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(shell("mkdir d && seq 9999 >d/a && echo b >d/b && "
			       "chmod 755 d && echo d/a >list"),
			 0);
	failed = shell(made[_i].make);
	kind = kind_of_file("out", data, &size);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(shell(command), 0);
	if (failed || !kind) {
		suite_skip(made[_i].make, "the tool does not make it");
		return;
	}
	ck_assert_msg(strcmp(name_of(kind), made[_i].name) == 0, "%s: %s",
		      made[_i].make, name_of(kind));
}
END_TEST

/* ------------------------- files that are none of it --------------------- */

#define MANY 600

/* Programs, scripts and texts, which no archive or image is taken for. */
static bool is_ordinary(const uint8_t *data, size_t size)
{
	if (size >= 4 && memcmp(data,
				"\x7f"
				"ELF",
				4) == 0)
		return true;
	if (size >= 2 && memcmp(data, "#!", 2) == 0)
		return true;
	for (size_t i = 0; i < size; i++)
		if (data[i] < ' ' && !strchr("\t\n\v\f\r\x1b", data[i]))
			return false;
	return true;
}

static const char *const places[] = {"/usr/bin", "/usr/sbin", "/etc",
				     "/usr/include", "/usr/share/doc"};

static unsigned look_at(const char *path)
{
	static uint8_t data[MAGIC_WINDOW];
	const struct magic_kind *kind;
	struct stat st;
	size_t size;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	kind = kind_of_file(path, data, &size);
	if (!kind || !is_ordinary(data, size))
		return 0;
	expect(kind->magic == MAGIC_NONE, "%s: %s", path, kind->name);
	return 1;
}

START_TEST(ordinary)
{
	DIR *dir = opendir(places[_i]);
	const struct dirent *entry;
	unsigned count = 0;
	char path[512];

	if (!dir) {
		suite_skip(places[_i], "there is no such directory");
		return;
	}
	while (count < MANY && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", places[_i],
			 entry->d_name);
		count += look_at(path);
	}
	closedir(dir);
}
END_TEST

/* ---------------------------------- main --------------------------------- */

static Suite *magic_suite(void)
{
	Suite *suite = suite_create("magic");

	suite_add(suite, by_bytes, ROWS(rows));
	suite_add(suite, cut_off, ROWS(rows));
	suite_add(suite, changed, 1);
	suite_add(suite, by_tools, ROWS(made));
	suite_add(suite, ordinary, ROWS(places));
	return suite;
}

int main(void)
{
	/* mke2fs and its like are where no user's PATH leads. */
	if (setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin", 1) != 0)
		return EXIT_FAILURE;
	return suite_run(magic_suite());
}
