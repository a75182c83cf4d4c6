/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the beginning of a file says: one table. Pure. */
#include "scan/magic.h"

#include "change/journal.h"
#include "stream/stream.h"
#include "tar/parts.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* -------------------------------- numbers -------------------------------- */

static uint32_t le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t be16(const uint8_t *p)
{
	return p[1] | (uint32_t)p[0] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

static uint32_t be32(const uint8_t *p)
{
	return be16(p) << 16 | be16(p + 2);
}

static bool power_of_two(uint32_t n, uint32_t least, uint32_t most)
{
	return n >= least && n <= most && (n & (n - 1)) == 0;
}

/* Are all bytes of [from, to) among these? */
static bool made_of(const char *these, const uint8_t *data, size_t from,
		    size_t to)
{
	for (; from < to; from++)
		if (!data[from] || !strchr(these, data[from]))
			return false;
	return true;
}

/* --------------------------------- archives ------------------------------ */

static bool is_tar(const uint8_t *data, size_t size)
{
	return size >= TAR_BLOCK && tar_sum_right(data);
}

/* An empty archive is its end-of-archive marker. */
static bool is_empty_tar(const uint8_t *data, size_t size)
{
	return size >= TAR_BLOCK && tar_zero(data);
}

static bool is_compressed(const uint8_t *data, size_t size)
{
	return codec_find(data, size) != NULL;
}

/* What compress(1) writes: bits a code has at most, and in blocks or not. */
static bool is_compress(const uint8_t *data, size_t size)
{
	return size > 3 && !(data[2] & 0x60) && (data[2] & 0x1f) >= 9 &&
	       (data[2] & 0x1f) <= 16;
}

static bool is_lzip(const uint8_t *data, size_t size)
{
	return size > 6 && data[4] <= 1;
}

/* The form before xz has no magic, but few values in each of its fields. */
static bool is_lzma(const uint8_t *data, size_t size)
{
	return size > 13 && power_of_two(le32(data + 1), 1 << 12, 1 << 30) &&
	       le32(data + 5) == UINT32_MAX && le32(data + 9) == UINT32_MAX;
}

#define OCTAL "01234567"
#define HEX "0123456789abcdefABCDEF"

static bool is_cpio_odc(const uint8_t *data, size_t size)
{
	return size >= 76 && made_of(OCTAL, data, 6, 76);
}

static bool is_cpio_newc(const uint8_t *data, size_t size)
{
	return size >= 110 && made_of(HEX, data, 6, 110);
}

static bool is_type(uint32_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) ||
	       S_ISBLK(mode) || S_ISCHR(mode) || S_ISFIFO(mode) ||
	       S_ISSOCK(mode);
}

/* Two bytes are not much of a magic: the header behind them must be one. */
static bool is_cpio_binary(const uint8_t *data, size_t size,
			   uint32_t (*number)(const uint8_t *))
{
	static const char last[] = "TRAILER!!!";
	size_t name_size;
	const char *name = (const char *)data + 26;

	if (size < 26)
		return false;
	name_size = number(data + 20);
	if (name_size < 2 || name_size > 4096 || name_size > size - 26 ||
	    strnlen(name, name_size) != name_size - 1)
		return false;
	return strcmp(name, last) == 0 ||
	       (is_type(number(data + 6)) && number(data + 12) > 0);
}

static bool is_cpio_le(const uint8_t *data, size_t size)
{
	return is_cpio_binary(data, size, le16);
}

static bool is_cpio_be(const uint8_t *data, size_t size)
{
	return is_cpio_binary(data, size, be16);
}

static bool is_zip(const uint8_t *data, size_t size)
{
	return size >= 30 && le16(data + 4) <= 255;
}

static bool is_empty_zip(const uint8_t *data, size_t size)
{
	return size >= 22 && le32(data + 4) == 0 && le32(data + 8) == 0;
}

static bool is_lha(const uint8_t *data, size_t size)
{
	return size >= 22 && strchr("hz", data[4]) && data[6] == '-' &&
	       data[20] <= 3;
}

static bool is_xar(const uint8_t *data, size_t size)
{
	return size >= 28 && be16(data + 4) >= 28 && be16(data + 6) == 1;
}

static bool is_rar(const uint8_t *data, size_t size)
{
	return size >= 8 && (data[6] == 0 || (data[6] == 1 && data[7] == 0));
}

/* ---------------------------------- texts -------------------------------- */

static bool has_xattr(const uint8_t *data, size_t size)
{
	return memmem(data, size, " xattr.", 7) ||
	       memmem(data, size, "\txattr.", 7);
}

/* A line "#  WORD: ...": where the next one begins, or 0. */
static size_t comment_line(const uint8_t *data, size_t size, size_t at,
			   const char *word)
{
	const size_t len = strlen(word);
	const uint8_t *newline;

	if (at >= size || data[at++] != '#')
		return 0;
	while (at < size && (data[at] == ' ' || data[at] == '\t'))
		at++;
	if (size - at < len || memcmp(data + at, word, len) != 0)
		return 0;
	newline = memchr(data + at, '\n', size - at);
	return newline ? (size_t)(newline - data) + 1 : 0;
}

/* How go-mtree and mtree(8) begin, whether they wrote xattrs or not. */
static bool is_mtree(const uint8_t *data, size_t size)
{
	static const char *const words[] = {
		"user: ", "machine: ", "tree: ", "date: "};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		at = comment_line(data, size, at, words[i]);
		if (!at)
			return false;
	}
	return true;
}

/*
 * The root's line of a composefs dump: path, size, mode, links, uid, gid,
 * device, time, payload, content, digest.
 */
static bool is_composefs_dump(const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789",
			  *const fields[] = {"/",    digits,	    OCTAL,
					     digits, digits,	    digits,
					     digits, "0123456789.", NULL,
					     NULL,   NULL};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t end = at;

		while (end < size && data[end] > ' ' && data[end] != 0x7f)
			end++;
		if (end == at || end == size ||
		    (data[end] != ' ' && data[end] != '\n') ||
		    (data[end] == '\n' && fields[i]) ||
		    (fields[i] && !made_of(fields[i], data, at, end)))
			return false;
		at = end + 1;
	}
	return true;
}

/* ---------------------------------- images ------------------------------- */

/* The magic alone has two bytes: so the fields around it must be right. */
static bool is_ext(const uint8_t *data, size_t size)
{
	const uint8_t *super = data + 1024;

	return size >= 2048 && le32(super) > 0 && le32(super + 4) > 0 &&
	       le32(super + 20) <= 1 && le32(super + 24) <= 6 &&
	       le32(super + 32) > 0 && le32(super + 40) > 0 &&
	       le16(super + 58) <= 7 && le32(super + 72) <= 4 &&
	       le32(super + 76) <= 1;
}

static bool is_squashfs(const uint8_t *data, size_t size)
{
	return size >= 96 && le16(data + 28) == 4 && le16(data + 22) <= 20 &&
	       le32(data + 12) == UINT32_C(1) << le16(data + 22);
}

static bool is_erofs(const uint8_t *data, size_t size)
{
	return size >= 1152 && data[1024 + 12] >= 9 && data[1024 + 12] <= 16;
}

static bool is_xfs(const uint8_t *data, size_t size)
{
	return size >= 512 && power_of_two(be32(data + 4), 512, 65536);
}

static bool is_iso9660(const uint8_t *data, size_t size)
{
	return size > 32774 && (data[32768] <= 3 || data[32768] == 255) &&
	       data[32774] == 1;
}

static bool is_qcow(const uint8_t *data, size_t size)
{
	return size >= 48 && be32(data + 4) >= 1 && be32(data + 4) <= 3;
}

static bool is_vmdk(const uint8_t *data, size_t size)
{
	return size >= 512 && le32(data + 4) >= 1 && le32(data + 4) <= 3;
}

/* -------------------------------- partitions ----------------------------- */

static bool is_gpt_header(const uint8_t *header, size_t size)
{
	return size >= 92 && le32(header + 8) == 0x10000 &&
	       le32(header + 12) >= 92 && le32(header + 12) <= 4096 &&
	       le32(header + 80) > 0 && le32(header + 84) >= 128;
}

static bool is_gpt(const uint8_t *data, size_t size)
{
	return is_gpt_header(data + 512, size - 512);
}

static bool is_gpt_4k(const uint8_t *data, size_t size)
{
	return is_gpt_header(data + 4096, size - 4096);
}

/* struct mbr_entry - one of four */
struct mbr_entry {
	uint32_t type, start, sectors;
};

/* Is it one that a partitioner writes? One that is not used is all zero. */
static bool mbr_entry(const uint8_t *entry, struct mbr_entry *e)
{
	static const uint8_t unused[16];

	*e = (struct mbr_entry){entry[4], le32(entry + 8), le32(entry + 12)};
	if (memcmp(entry, unused, sizeof(unused)) == 0)
		return true;
	return (entry[0] == 0 || entry[0] == 0x80) && e->type && e->start &&
	       e->sectors && e->start <= UINT32_MAX - e->sectors;
}

static bool overlap(const struct mbr_entry *a, const struct mbr_entry *b)
{
	return a->type && b->type && a->start < b->start + b->sectors &&
	       b->start < a->start + a->sectors;
}

/* The boot sectors of FAT, exFAT and NTFS end as a partition table does. */
static bool is_boot_sector(const uint8_t *data)
{
	return memcmp(data + 54, "FAT", 3) == 0 ||
	       memcmp(data + 82, "FAT", 3) == 0 ||
	       memcmp(data + 3, "EXFAT   ", 8) == 0 ||
	       memcmp(data + 3, "NTFS    ", 8) == 0;
}

/* Two bytes are not much of a magic, and boot loaders have them too. */
static bool is_mbr(const uint8_t *data, size_t size)
{
	struct mbr_entry e[4];
	bool used = false;

	if (size < 512 || is_boot_sector(data))
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (!mbr_entry(data + 446 + 16 * i, &e[i]))
			return false;
		used |= e[i].type != 0;
		for (size_t k = 0; k < i; k++)
			if (overlap(&e[i], &e[k]))
				return false;
	}
	return used;
}

/* ---------------------------------- the table ---------------------------- */

/* struct pattern - @bytes at @at, and what @also asks for */
struct pattern {
	size_t at;
	const char *bytes;
	size_t size;
	bool (*also)(const uint8_t *data, size_t size);
	struct magic_kind kind;
};

#define AT(offset, magic) \
	.at = (offset), .bytes = (magic), .size = sizeof(magic) - 1
#define READ(magic, name) .kind = {magic, name, NULL, NULL}
#define AS(magic, name, word) .kind = {magic, name, NULL, word}
#define CANNOT(name)                                                         \
	.kind = {MAGIC_CANNOT, name, name ": it cannot carry the attribute", \
		 NULL}
#define NOT_READ(name, remedy)         \
	.kind = {MAGIC_NOT_READ, name, \
		 name ": this version does not read it; " remedy, NULL}

#define MOUNT \
	"mount it read-only and scan the mount point with --stored, as root"
#define TO_RAW "make it raw with qemu-img convert -O raw, and mount that"
#define EXTRACT "extract it with casync and scan the tree"
#define UNPACK "decompress it first"
#define MTREE "compare the tree with it by go-mtree, and scan the tree"

/*
 * The first that fits counts. A tar header has the best check of all; that a
 * block of zeros is an empty archive is the last that is believed, since images
 * begin so too.
 */
static const struct pattern patterns[] = {
	{.also = is_tar, READ(MAGIC_TAR, "tar archive")},
	{AT(0, "\xed\xab\xee\xdb"), AS(MAGIC_RPM, "RPM package", "rpm")},
	{AT(0, JOURNAL_MAGIC), READ(MAGIC_JOURNAL, "journal of fcapconvert")},
	{.also = is_compressed, READ(MAGIC_COMPRESSED, "compressed data")},
	{AT(0, "\x1f\x9d"), .also = is_compress,
	 NOT_READ("data of compress", UNPACK)},
	{AT(0, "LZIP"), .also = is_lzip, NOT_READ("lzip data", UNPACK)},
	{AT(0, "\x5d"), .also = is_lzma, NOT_READ("lzma data", UNPACK)},
	{AT(0, "\x89LZO\0\r\n\x1a\n"), NOT_READ("lzop data", UNPACK)},
	{AT(0, "LRZI\0"), NOT_READ("lrzip data", UNPACK)},

	{AT(0, "070701"), .also = is_cpio_newc, CANNOT("cpio archive")},
	{AT(0, "070702"), .also = is_cpio_newc, CANNOT("cpio archive")},
	{AT(0, "070707"), .also = is_cpio_odc, CANNOT("cpio archive")},
	{AT(0, "\xc7\x71"), .also = is_cpio_le, CANNOT("cpio archive")},
	{AT(0, "\x71\xc7"), .also = is_cpio_be, CANNOT("cpio archive")},
	{AT(0, "PK\3\4"), .also = is_zip, CANNOT("zip archive")},
	{AT(0, "PK\5\6"), .also = is_empty_zip, CANNOT("zip archive")},
	{AT(0, "PK\7\10PK\3\4"), CANNOT("zip archive")},
	{AT(0, "7z\xbc\xaf\x27\x1c"), CANNOT("7z archive")},
	{AT(0, "!<arch>\ndebian-binary"), CANNOT("Debian package")},
	{AT(0, "!<arch>\n"), CANNOT("ar archive")},
	{AT(0, "!<thin>\n"), CANNOT("ar archive")},
	{AT(0, "\15\0\0\0\0\0\0\0nix-archive-1\0\0\0"), CANNOT("Nix archive")},
	{AT(0, "Rar!\x1a\x07"), .also = is_rar, CANNOT("rar archive")},
	{AT(2, "-l"), .also = is_lha, CANNOT("lha archive")},
	{AT(0, "xar!"), .also = is_xar, CANNOT("xar archive")},
	{AT(0, "MSCF\0\0\0\0"), CANNOT("cabinet archive")},

	{AT(0, "#mtree"), .also = has_xattr, NOT_READ("mtree manifest", MTREE)},
	{AT(0, "#mtree\n"), CANNOT("mtree manifest")},
	{.also = is_mtree, NOT_READ("mtree manifest", MTREE)},
	{AT(8, "\x51\xbb\x5b\xea\xbc\xfa\x96\x13"),
	 NOT_READ("casync archive", EXTRACT)},
	{AT(8, "\xf9\x9f\x12\x7b\x9c\x4d\x82\x96"),
	 NOT_READ("casync index", EXTRACT)},
	{AT(0, "/ "), .also = is_composefs_dump,
	 NOT_READ("composefs dump",
		  "make an image with mkcomposefs --from-file,"
		  " mount it and scan the mount point")},

	{AT(0, "QFI\xfb"), .also = is_qcow, NOT_READ("qcow2 image", TO_RAW)},
	{AT(0, "KDMV"), .also = is_vmdk, NOT_READ("VMDK image", TO_RAW)},
	{AT(0, "COWD\1\0\0\0"), NOT_READ("VMDK image", TO_RAW)},
	{AT(0, "# Disk DescriptorFile"), NOT_READ("VMDK image", TO_RAW)},
	{AT(64, "\x7f\x10\xda\xbe\1\0\1\0"), NOT_READ("VDI image", TO_RAW)},
	{AT(0, "vhdxfile"), NOT_READ("VHDX image", TO_RAW)},
	{AT(0, "conectix\0\0\0\2"), NOT_READ("VHD image", TO_RAW)},

	{AT(0, "hsqs"), .also = is_squashfs,
	 AS(MAGIC_DISK, "squashfs image", "squashfs")},
	{AT(0, "XFSB"), .also = is_xfs, NOT_READ("XFS image", MOUNT)},
	{AT(1080, "\x53\xef"), .also = is_ext,
	 AS(MAGIC_DISK, "ext2, ext3 or ext4 image", "ext4")},
	{AT(1024, "\xe2\xe1\xf5\xe0"), .also = is_erofs,
	 AS(MAGIC_DISK, "EROFS image", "erofs")},
	{AT(65600, "_BHRfS_M"), NOT_READ("Btrfs image", MOUNT)},
	{AT(32769, "CD001"), .also = is_iso9660, CANNOT("ISO 9660 image")},
	{AT(512, "EFI PART"), .also = is_gpt,
	 AS(MAGIC_DISK, "partitioned disk", "disk")},
	{AT(4096, "EFI PART"), .also = is_gpt_4k,
	 AS(MAGIC_DISK, "partitioned disk", "disk")},
	{AT(510, "\x55\xaa"), .also = is_mbr,
	 AS(MAGIC_DISK, "partitioned disk", "disk")},

	{.also = is_empty_tar, READ(MAGIC_TAR, "tar archive")},
};

static bool fits(const struct pattern *p, const uint8_t *data, size_t size)
{
	if (size < p->at || size - p->at < p->size ||
	    (p->size && memcmp(data + p->at, p->bytes, p->size) != 0))
		return false;
	return !p->also || p->also(data, size);
}

const struct magic_kind *magic_of(const uint8_t *data, size_t size)
{
	static const struct magic_kind none = {MAGIC_NONE, NULL, NULL, NULL};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (fits(&patterns[i], data, size))
			return &patterns[i].kind;
	return &none;
}
