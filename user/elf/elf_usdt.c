// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_usdt.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NT_STAPSDT 3
#define USDT_LOCATIONS_MAX 4096

/* pc, base, semaphore, then three strings */
static int parse_desc(const uint8_t *desc, size_t len, struct elf_usdt_note *out)
{
	const char **strings[] = { &out->provider, &out->name, &out->args };
	uint64_t words[3];

	if (len < sizeof(words))
		return -EPROTO;
	memcpy(words, desc, sizeof(words));
	out->pc = words[0];
	out->base = words[1];
	out->semaphore = words[2];
	desc += sizeof(words);
	len -= sizeof(words);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		const uint8_t *nul = memchr(desc, '\0', len);

		if (!nul)
			return -EPROTO;
		*strings[i] = (const char *)desc;
		len -= (size_t)(nul + 1 - desc);
		desc = nul + 1;
	}
	return 0;
}

int elf_usdt_next(const uint8_t *notes, size_t size, size_t *pos, struct elf_usdt_note *out)
{
	while (*pos < size) {
		const uint8_t *note = notes + *pos;
		uint64_t left = size - *pos, name_len, desc_len;
		Elf64_Nhdr nh;

		if (left < sizeof(nh))
			return -EPROTO;
		memcpy(&nh, note, sizeof(nh));
		name_len = (nh.n_namesz + 3ULL) & ~3ULL;
		desc_len = (nh.n_descsz + 3ULL) & ~3ULL;
		left -= sizeof(nh);
		if (name_len > left || nh.n_descsz > left - name_len)
			return -EPROTO;
		*pos += sizeof(nh) + name_len + MIN(desc_len, left - name_len);
		if (nh.n_type != NT_STAPSDT || nh.n_namesz != 8 ||
		    memcmp(note + sizeof(nh), "stapsdt", 8))
			continue;
		return parse_desc(note + sizeof(nh) + name_len, nh.n_descsz, out);
	}
	return -ENOENT;
}

/*
 * prelink moves a library without touching its notes; the section .stapsdt.base moves along, so the
 * distance to where the note says that it was is what everything has moved by.
 */
static int locate(const struct elf_file *ef, const struct elf_usdt_note *note, uint64_t base,
		  struct elf_usdt *out)
{
	uint64_t moved = base && note->base ? base - note->base : 0;

	out->addr = note->pc + moved;
	out->args = note->args;
	out->semaphore = 0;
	if (elf_file_offset(ef, out->addr, &out->offset))
		return -EPROTO;
	if (note->semaphore && elf_file_offset(ef, note->semaphore + moved, &out->semaphore))
		return -EPROTO;
	return 0;
}

int elf_usdt_find(const struct elf_file *ef, const char *provider, const char *name,
		  struct elf_usdt **out, size_t *count)
{
	_cleanup_free_ struct elf_usdt *found = NULL;
	struct elf_range sec, base = { 0 };
	const uint8_t *notes;
	struct elf_usdt_note note;
	size_t pos = 0, n = 0;
	int ret;

	if (elf_file_section(ef, ".note.stapsdt", &sec))
		return -ENOENT;
	notes = elf_file_range_bytes(ef, &sec);
	if (!notes)
		return -ENOENT;
	if (elf_file_section(ef, ".stapsdt.base", &base))
		base.addr = 0;
	while (!(ret = elf_usdt_next(notes, sec.size, &pos, &note))) {
		struct elf_usdt *more;

		if (!str_eq(note.provider, provider) || !str_eq(note.name, name))
			continue;
		if (n == USDT_LOCATIONS_MAX)
			return -EPROTO;
		more = reallocarray(found, n + 1, sizeof(*found));
		if (!more)
			return -ENOMEM;
		found = more;
		ret = locate(ef, &note, base.addr, &found[n]);
		if (ret)
			return ret;
		n++;
	}
	if (ret != -ENOENT || n == 0)
		return ret;
	*out = TAKE_PTR(found);
	*count = n;
	return 0;
}
