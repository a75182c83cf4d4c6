/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capability numbers, their names, the kernels that introduced them. */
#include "ascii.h"
#include "vfscap.h"

#include <string.h>

struct known {
	char name[VFSCAP_NAME_SIZE];
	char since[8];
};

/* include/uapi/linux/capability.h has the numbers, capabilities(7) and the
 * history of that file the releases. */
static const struct known table[] = {
	[0] = {"cap_chown", "2.2"},
	[1] = {"cap_dac_override", "2.2"},
	[2] = {"cap_dac_read_search", "2.2"},
	[3] = {"cap_fowner", "2.2"},
	[4] = {"cap_fsetid", "2.2"},
	[5] = {"cap_kill", "2.2"},
	[6] = {"cap_setgid", "2.2"},
	[7] = {"cap_setuid", "2.2"},
	[8] = {"cap_setpcap", "2.2"},
	[9] = {"cap_linux_immutable", "2.2"},
	[10] = {"cap_net_bind_service", "2.2"},
	[11] = {"cap_net_broadcast", "2.2"},
	[12] = {"cap_net_admin", "2.2"},
	[13] = {"cap_net_raw", "2.2"},
	[14] = {"cap_ipc_lock", "2.2"},
	[15] = {"cap_ipc_owner", "2.2"},
	[16] = {"cap_sys_module", "2.2"},
	[17] = {"cap_sys_rawio", "2.2"},
	[18] = {"cap_sys_chroot", "2.2"},
	[19] = {"cap_sys_ptrace", "2.2"},
	[20] = {"cap_sys_pacct", "2.2"},
	[21] = {"cap_sys_admin", "2.2"},
	[22] = {"cap_sys_boot", "2.2"},
	[23] = {"cap_sys_nice", "2.2"},
	[24] = {"cap_sys_resource", "2.2"},
	[25] = {"cap_sys_time", "2.2"},
	[26] = {"cap_sys_tty_config", "2.2"},
	[27] = {"cap_mknod", "2.4"},
	[28] = {"cap_lease", "2.4"},
	[29] = {"cap_audit_write", "2.6.11"},
	[30] = {"cap_audit_control", "2.6.11"},
	[31] = {"cap_setfcap", "2.6.24"},
	[32] = {"cap_mac_override", "2.6.25"},
	[33] = {"cap_mac_admin", "2.6.25"},
	[34] = {"cap_syslog", "2.6.37"},
	[35] = {"cap_wake_alarm", "3.0"},
	[36] = {"cap_block_suspend", "3.5"},
	[37] = {"cap_audit_read", "3.16"},
	[38] = {"cap_perfmon", "5.8"},
	[39] = {"cap_bpf", "5.8"},
	[40] = {"cap_checkpoint_restore", "5.9"},
};

_Static_assert(sizeof(table) / sizeof(table[0]) == VFSCAP_LAST + 1,
	       "VFSCAP_LAST is the table's last");

const char *vfscap_name(unsigned cap)
{
	return cap <= VFSCAP_LAST ? table[cap].name : NULL;
}

const char *vfscap_since(unsigned cap)
{
	return cap <= VFSCAP_LAST ? table[cap].since : NULL;
}

static uint64_t up_to(unsigned last)
{
	return last >= VFSCAP_BITS - 1 ? UINT64_MAX
				       : (UINT64_C(1) << (last + 1)) - 1;
}

void vfscap_listing_last_cap(struct vfscap_listing *listing, unsigned last)
{
	memset(listing, 0, sizeof(*listing));
	listing->source = VFSCAP_SOURCE_LAST_CAP;
	listing->known = up_to(last);
	for (unsigned cap = 0; cap <= VFSCAP_LAST; cap++)
		memcpy(listing->name[cap], table[cap].name, VFSCAP_NAME_SIZE);
}

void vfscap_listing_builtin(struct vfscap_listing *listing)
{
	vfscap_listing_last_cap(listing, VFSCAP_LAST);
	listing->source = VFSCAP_SOURCE_BUILTIN;
}

/*
 * One number of at most five digits; anything longer is no release.
 */
static bool read_part(const char **text, uint32_t *part)
{
	const char *p = *text;

	*part = 0;
	while (is_digit(*p) && p - *text < 5)
		*part = *part * 10 + (uint32_t)(*p++ - '0');
	if (p == *text || is_digit(*p))
		return false;
	*text = p;
	return true;
}

/* What is appended to a release: a separator and something after it, or the
 * lone '+' of a kernel that was built between two. */
static bool is_suffix(const char *text)
{
	return *text == '\0' || *text == '+' ||
	       (strchr("-_~.", *text) && text[1]);
}

/* "X.Y" or "X.Y.Z" as one number that compares as releases do. */
static bool read_release(const char *text, uint64_t *release)
{
	uint32_t part[3] = {0};

	if (!read_part(&text, &part[0]) || *text++ != '.' ||
	    !read_part(&text, &part[1]))
		return false;
	if (*text == '.' && is_digit(text[1])) {
		text++;
		if (!read_part(&text, &part[2]))
			return false;
	}
	if (!is_suffix(text))
		return false;
	*release = VFSCAP_RELEASE(part[0], part[1], part[2]);
	return true;
}

int vfscap_release_parse(const char *release, uint64_t *number)
{
	return read_release(release, number) ? 0 : VFSCAP_ERR_RELEASE;
}

int vfscap_listing_release(struct vfscap_listing *listing, const char *release)
{
	uint64_t asked, since;
	unsigned cap;

	if (!read_release(release, &asked))
		return VFSCAP_ERR_RELEASE;
	for (cap = 0; cap <= VFSCAP_LAST; cap++)
		if (!read_release(table[cap].since, &since) || since > asked)
			break;
	if (cap == 0)
		return VFSCAP_ERR_RELEASE;

	vfscap_listing_last_cap(listing, cap - 1);
	listing->source = VFSCAP_SOURCE_RELEASE;
	for (; cap <= VFSCAP_LAST; cap++)
		listing->name[cap][0] = '\0';
	return 0;
}

/* Is the name that a listing stores, lower-case, the one that was given? */
static bool same_name(const char *stored, const char *given, size_t size)
{
	if (size >= VFSCAP_NAME_SIZE || stored[size] != '\0')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!stored[i] || stored[i] != to_lower(given[i]))
			return false;
	return size > 0;
}

int vfscap_listing_find(const struct vfscap_listing *listing, const char *name,
			size_t size)
{
	for (int cap = 0; cap < VFSCAP_BITS; cap++)
		if (same_name(listing->name[cap], name, size))
			return cap;
	return -1;
}

static bool good_name(const char *name, size_t size)
{
	if (size < sizeof("cap_") || size >= VFSCAP_NAME_SIZE)
		return false;
	if (!same_name("cap_", name, 4))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_word(name[i]))
			return false;
	return true;
}

/*
 * One line without its newline. Numbers must ascend, so a line can only stand
 * where nothing at or above its number is known yet.
 */
static int parse_line(struct vfscap_listing *listing, const char *line,
		      size_t size)
{
	const char *end = line + size, *p = line;
	unsigned cap = 0;
	char *name;

	while (p < end && is_digit(*p) && p - line < 3)
		cap = cap * 10 + (unsigned)(*p++ - '0');
	if (p == line || p == end || (*p != '\t' && !is_digit(*p)))
		return VFSCAP_ERR_LIST_LINE;
	if (*p != '\t' || cap >= VFSCAP_BITS)
		return VFSCAP_ERR_LIST_NUMBER;
	if (listing->known >> cap)
		return VFSCAP_ERR_LIST_ORDER;
	p++;
	size = (size_t)(end - p);
	if (!good_name(p, size))
		return VFSCAP_ERR_LIST_NAME;
	if (vfscap_listing_find(listing, p, size) >= 0)
		return VFSCAP_ERR_LIST_TWICE;

	listing->known |= UINT64_C(1) << cap;
	name = listing->name[cap];
	for (size_t i = 0; i < size; i++)
		name[i] = to_lower(p[i]);
	return 0;
}

int vfscap_listing_parse(struct vfscap_listing *listing, const char *text,
			 size_t size, unsigned *line)
{
	struct vfscap_listing l = {.source = VFSCAP_SOURCE_FILE};
	unsigned number = 0;
	int error = VFSCAP_ERR_LIST_EMPTY;

	while (size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t len = newline ? (size_t)(newline - text) : size;
		size_t step = newline ? len + 1 : len;

		number++;
		error = parse_line(&l, text, len);
		if (error)
			break;
		text += step;
		size -= step;
	}
	if (error) {
		if (line)
			*line = number ? number : 1;
		return error;
	}
	*listing = l;
	return 0;
}
