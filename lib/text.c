/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text form of cap_from_text(3) and cap_to_text(3), for a chosen listing. */
#include "ascii.h"
#include "vfscap.h"

#include <string.h>

enum flag {
	FLAG_E = 1,
	FLAG_P = 2,
	FLAG_I = 4,
	FLAGS = 8, /* how many combinations there are */
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* -------------------------------- parsing -------------------------------- */

struct parser {
	const char *text; /* the whole of it */
	const char *at;	  /* the next byte */
	const struct vfscap_listing *listing;
	struct vfscap_sets sets;
	struct vfscap_where where;
};

static size_t word_length(const char *at)
{
	size_t len = 0;

	while (is_word(at[len]))
		len++;
	return len;
}

static int fail(struct parser *p, int error, const char *at, size_t length)
{
	p->where.offset = (size_t)(at - p->text);
	p->where.length = length;
	return error;
}

/* What must stand here is missing: the fault is this byte, or the end. */
static int fail_here(struct parser *p, int error)
{
	return fail(p, error, p->at, *p->at ? 1 : 0);
}

static int digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/*
 * A C integer, as strtoul(3) reads it: 0x and hexadecimal digits, 0 and octal
 * ones, or decimal. It ends at the first byte that is no digit of its base, and
 * what follows is the caller's to judge.
 */
static int read_number(struct parser *p, uint64_t *caps)
{
	const char *start = p->at;
	int base = 10;
	unsigned n = 0;

	if (p->at[0] == '0') {
		base = 8;
		if ((p->at[1] == 'x' || p->at[1] == 'X') &&
		    digit_value(p->at[2]) < 16) {
			base = 16;
			p->at += 2;
		}
	}
	for (; digit_value(*p->at) < base; p->at++)
		if (n < VFSCAP_BITS)
			n = n * (unsigned)base + (unsigned)digit_value(*p->at);
	if (n >= VFSCAP_BITS)
		return fail(p, VFSCAP_ERR_TEXT_NUMBER, start,
			    (size_t)(p->at - start));
	*caps |= UINT64_C(1) << n;
	return 0;
}

static bool equal_nocase(const char *at, size_t len, const char *word)
{
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\0' || to_lower(at[i]) != word[i])
			return false;
	}
	return word[len] == '\0';
}

static int read_name(struct parser *p, uint64_t *caps)
{
	size_t len = word_length(p->at);
	int cap;

	if (equal_nocase(p->at, len, "all") ||
	    equal_nocase(p->at, len, "all_caps")) {
		/* Not |=: `all` replaces what the list has collected. */
		*caps = p->listing->known;
		p->at += len;
		return 0;
	}
	cap = vfscap_listing_find(p->listing, p->at, len);
	if (cap < 0)
		return fail(p, VFSCAP_ERR_TEXT_NAME, p->at, len);
	*caps |= UINT64_C(1) << cap;
	p->at += len;
	return 0;
}

/* LIST: names, numbers and `all`, separated by commas alone. */
static int read_list(struct parser *p, uint64_t *caps)
{
	for (;;) {
		int error;

		if (!is_word(*p->at))
			return fail_here(p, VFSCAP_ERR_TEXT_WORD);
		error = is_digit(*p->at) ? read_number(p, caps)
					 : read_name(p, caps);
		if (error)
			return error;
		if (*p->at != ',')
			return 0;
		p->at++;
	}
}

static unsigned read_flags(struct parser *p)
{
	for (unsigned flags = 0;; p->at++) {
		if (*p->at == 'e')
			flags |= FLAG_E;
		else if (*p->at == 'i')
			flags |= FLAG_I;
		else if (*p->at == 'p')
			flags |= FLAG_P;
		else
			return flags;
	}
}

static void raise_caps(struct vfscap_sets *s, uint64_t caps, unsigned flags)
{
	s->effective |= flags & FLAG_E ? caps : 0;
	s->permitted |= flags & FLAG_P ? caps : 0;
	s->inheritable |= flags & FLAG_I ? caps : 0;
}

static void drop_caps(struct vfscap_sets *s, uint64_t caps, unsigned flags)
{
	s->effective &= ~(flags & FLAG_E ? caps : 0);
	s->permitted &= ~(flags & FLAG_P ? caps : 0);
	s->inheritable &= ~(flags & FLAG_I ? caps : 0);
}

/*
 * OP FLAGS { OP FLAGS }: the first operator may be '=', "=+" and "=-" too (the
 * loop goes on for '+' and '-' alone), and only '=' may go without flags.
 */
static int read_actions(struct parser *p, uint64_t caps, bool listed)
{
	do {
		char op = *p->at;
		bool clear = op == '=';
		unsigned flags;

		if (op != '+' && op != '-' && !clear)
			return fail_here(p, VFSCAP_ERR_TEXT_OP);
		p->at++;
		if (clear && (*p->at == '+' || *p->at == '-'))
			op = *p->at++;
		if (!listed && op != '=')
			return fail(p, VFSCAP_ERR_TEXT_LIST, p->at - 1, 1);
		flags = read_flags(p);
		if (!flags && op != '=')
			return fail_here(p, VFSCAP_ERR_TEXT_FLAG);

		if (clear)
			drop_caps(&p->sets, caps, FLAG_E | FLAG_P | FLAG_I);
		if (op == '-')
			drop_caps(&p->sets, caps, flags);
		else
			raise_caps(&p->sets, caps, flags);
	} while (*p->at == '+' || *p->at == '-');

	if (*p->at && !is_space(*p->at))
		return fail_here(p, VFSCAP_ERR_TEXT_FLAG);
	return 0;
}

static int read_clause(struct parser *p)
{
	uint64_t caps = 0;
	bool listed = is_word(*p->at);
	int error;

	if (!listed && *p->at != '=')
		return fail_here(p, *p->at == '+' || *p->at == '-'
					    ? VFSCAP_ERR_TEXT_LIST
					    : VFSCAP_ERR_TEXT_WORD);
	if (!listed)
		caps = p->listing->known;
	else if ((error = read_list(p, &caps)))
		return error;
	return read_actions(p, caps, listed);
}

int vfscap_text_parse(const char *text, const struct vfscap_listing *listing,
		      struct vfscap_sets *sets, struct vfscap_where *where)
{
	struct parser p = {.text = text, .at = text, .listing = listing};

	for (;;) {
		int error;

		while (is_space(*p.at))
			p.at++;
		if (!*p.at)
			break;
		error = read_clause(&p);
		if (error) {
			if (where)
				*where = p.where;
			return error;
		}
	}
	*sets = p.sets;
	return 0;
}

/* ------------------------------- formatting ------------------------------ */

struct writer {
	char *buf;
	size_t size;
	size_t used;
	bool full;
};

static void put(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (w->full || len >= w->size - w->used) {
		w->full = true;
		return;
	}
	memcpy(w->buf + w->used, text, len + 1);
	w->used += len;
}

static void put_flags(struct writer *w, const char *op, unsigned flags)
{
	if (!flags)
		return;
	put(w, op);
	put(w, flags & FLAG_E ? "e" : "");
	put(w, flags & FLAG_I ? "i" : "");
	put(w, flags & FLAG_P ? "p" : "");
}

static void put_cap(struct writer *w, const struct vfscap_listing *listing,
		    unsigned cap)
{
	char number[3] = {(char)('0' + cap / 10), (char)('0' + cap % 10), 0};

	if (listing->name[cap][0])
		put(w, listing->name[cap]);
	else
		put(w, cap < 10 ? number + 1 : number);
}

/*
 * The capabilities of each combination of flags, of those in @among.
 */
static void sort_out(const struct vfscap_sets *s, uint64_t among,
		     uint64_t group[FLAGS])
{
	for (unsigned flags = 0; flags < FLAGS; flags++)
		group[flags] =
			among &
			(flags & FLAG_E ? s->effective : ~s->effective) &
			(flags & FLAG_P ? s->permitted : ~s->permitted) &
			(flags & FLAG_I ? s->inheritable : ~s->inheritable);
}

static unsigned count(uint64_t caps)
{
	unsigned n = 0;

	for (; caps; caps &= caps - 1)
		n++;
	return n;
}

/* The combination that most capabilities share; the lowest one on a tie. */
static unsigned prevailing(const uint64_t group[FLAGS])
{
	unsigned best = FLAGS - 1;

	for (unsigned flags = FLAGS - 1; flags-- > 0;)
		if (count(group[flags]) >= count(group[best]))
			best = flags;
	return best;
}

static void put_group(struct writer *w, const struct vfscap_listing *listing,
		      uint64_t caps)
{
	const char *comma = "";

	for (unsigned cap = 0; cap < VFSCAP_BITS; cap++) {
		if (!(caps >> cap & 1))
			continue;
		put(w, comma);
		put_cap(w, listing, cap);
		comma = ",";
	}
}

/*
 * "=eip cap_chown-p": the prevailing flags first, then who differs and how. An
 * empty prevailing "= a+p" is written shorter as "a=p".
 */
static void put_known(struct writer *w, const struct vfscap_sets *sets,
		      const struct vfscap_listing *listing)
{
	uint64_t group[FLAGS];
	unsigned most;
	const char *raise = "=";

	sort_out(sets, listing->known, group);
	most = prevailing(group);
	if (most) {
		put_flags(w, "=", most);
		raise = "+";
	}
	for (unsigned flags = FLAGS; flags-- > 0;) {
		if (flags == most || !group[flags])
			continue;
		put(w, w->used ? " " : "");
		put_group(w, listing, group[flags]);
		put_flags(w, raise, flags & ~most);
		put_flags(w, "-", most & ~flags);
		raise = "+";
	}
	if (!w->used)
		put(w, "=");
}

/* Beyond the listing nothing prevails, so all is raised: " 41,42+p". */
static void put_unknown(struct writer *w, const struct vfscap_sets *sets,
			const struct vfscap_listing *listing)
{
	uint64_t group[FLAGS];

	sort_out(sets, ~listing->known, group);
	for (unsigned flags = FLAGS; flags-- > 1;) {
		if (!group[flags])
			continue;
		put(w, " ");
		put_group(w, listing, group[flags]);
		put_flags(w, "+", flags);
	}
}

int vfscap_text_format(const struct vfscap_sets *sets,
		       const struct vfscap_listing *listing, char *buf,
		       size_t size)
{
	struct writer w = {.buf = buf, .size = size};

	if (size == 0)
		return VFSCAP_ERR_BUFFER;
	buf[0] = '\0';
	put_known(&w, sets, listing);
	put_unknown(&w, sets, listing);
	return w.full ? VFSCAP_ERR_BUFFER : 0;
}

/* --------------------------- sets and attributes ------------------------- */

int vfscap_from_sets(const struct vfscap_sets *sets, uint32_t rootid,
		     struct vfscap *cap)
{
	uint64_t caps = sets->permitted | sets->inheritable;

	if (sets->effective && !caps)
		return VFSCAP_ERR_BEHIND;
	if (sets->effective && sets->effective != caps)
		return VFSCAP_ERR_EFFECTIVE;
	if (rootid == VFSCAP_ROOTID_INVALID)
		return VFSCAP_ERR_ROOTID_INVALID;

	*cap = (struct vfscap){
		.permitted = sets->permitted,
		.inheritable = sets->inheritable,
		.rootid = rootid,
		.revision = rootid ? 3 : 2,
		.effective = sets->effective != 0,
	};
	return 0;
}

void vfscap_to_sets(const struct vfscap *cap, struct vfscap_sets *sets)
{
	sets->permitted = cap->permitted;
	sets->inheritable = cap->inheritable;
	sets->effective =
		cap->effective ? cap->permitted | cap->inheritable : 0;
}
