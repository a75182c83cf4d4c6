/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which name an entry has, or its link's target, when several headers say it. */
#include "tar/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void tar_names_forget(struct tar_names *n)
{
	for (int i = 0; n->any && i < TAR_SAYS; i++) {
		free(n->said[i]);
		n->said[i] = NULL;
	}
	n->any = false;
}

/* Within one header the last record counts; of two headers each reader takes
 * another one. */
int tar_names_say(struct tar_names *n, enum tar_say who, const void *bytes,
		  size_t size)
{
	char *copy = strndup(bytes, size), **said = &n->said[who];

	if (!copy)
		return -ENOMEM;
	if (who == TAR_SAY_LONG && *said && strcmp(*said, copy) != 0) {
		free(copy);
		return -EEXIST;
	}
	free(*said);
	*said = copy;
	n->any = true;
	return 0;
}

static int move(struct tar_names *n, enum tar_say from)
{
	char *text = n->said[from], **to = &n->said[TAR_SAY_EARLIER];

	n->said[from] = NULL;
	if (!text)
		return 0;
	if (*to && strcmp(*to, text) != 0) {
		free(text);
		return -EEXIST;
	}
	free(*to);
	*to = text;
	return 0;
}

int tar_names_again(struct tar_names *n)
{
	int error = move(n, TAR_SAY_RECORD);

	return error ? error : move(n, TAR_SAY_SPARSE);
}

/*
 * GNU tar may name a sparse file twice: by its name, and by another one for
 * those who do not know of sparse files, "DIR/GNUSparseFile.NUMBER/BASE".
 */
static bool stands_in(const char *record, const char *sparse)
{
	static const char dir[] = "GNUSparseFile.";
	const char *at = strstr(record, dir), *base = strrchr(sparse, '/');

	if (!at || (at != record && at[-1] != '/'))
		return false;
	at += strlen(dir);
	at += strspn(at, "0123456789");
	return *at == '/' && strcmp(at + 1, base ? base + 1 : sparse) == 0;
}

static void drop_stand_in(struct tar_names *n)
{
	char **record = &n->said[TAR_SAY_RECORD];

	if (!*record || !n->said[TAR_SAY_SPARSE] ||
	    !stands_in(*record, n->said[TAR_SAY_SPARSE]))
		return;
	free(*record);
	*record = NULL;
}

/* Takes the first statement over, and forgets the others: do all agree? */
static bool take_first(struct tar_names *n, char **taken)
{
	bool same = true;

	for (int i = 0; i < TAR_SAYS; i++) {
		if (!n->said[i])
			continue;
		if (*taken)
			same &= strcmp(n->said[i], *taken) == 0;
		else
			*taken = n->said[i];
		if (*taken == n->said[i])
			n->said[i] = NULL;
	}
	tar_names_forget(n);
	return same;
}

int tar_names_take(struct tar_names *n, const char *header, char **taken)
{
	bool only_earlier, same;

	free(*taken);
	*taken = NULL;
	if (!n->any)
		return 0;
	drop_stand_in(n);
	only_earlier = n->said[TAR_SAY_EARLIER] && !n->said[TAR_SAY_RECORD] &&
		       !n->said[TAR_SAY_SPARSE] && !n->said[TAR_SAY_LONG];
	same = take_first(n, taken);
	/* What only an earlier header says is nothing to some readers. */
	if (only_earlier)
		same = strcmp(header, *taken) == 0;
	return same ? 0 : -EEXIST;
}
