// SPDX-License-Identifier: GPL-2.0-only
#include "sink/spool_record.h"

#include <errno.h>
#include <string.h>

#define MAGIC 0x31537250u /* "PrS1" */

struct head {
	uint32_t magic, len;
	uint64_t number;
	uint32_t check; /* of the two above, and of the text */
	uint32_t zero;
};

/* FNV-1a, folded: what is looked for is what was cut or never written, not what somebody forged. */
static uint32_t checksum(const struct head *h, const char *text)
{
	uint64_t sum = 0xcbf29ce484222325u ^ h->len;

	sum = (sum ^ h->number) * 0x100000001b3u;
	for (size_t i = 0; i < h->len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
	return (uint32_t)(sum ^ sum >> 32);
}

void spool_record_write(struct buf *out, uint64_t number, struct text text)
{
	struct head h = { .magic = MAGIC, .len = (uint32_t)text.len, .number = number };

	h.check = checksum(&h, text.s);
	buf_add(out, &h, sizeof(h));
	buf_add(out, text.s, text.len);
}

int spool_record_read(const void *data, size_t len, struct spool_record *out)
{
	struct head h;
	const char *text = (const char *)data + sizeof(h);

	if (len < sizeof(h))
		return -ENODATA;
	memcpy(&h, data, sizeof(h));
	if (h.magic != MAGIC || h.zero || h.len > SPOOL_RECORD_MAX)
		return -EBADMSG;
	if (len - sizeof(h) < h.len)
		return -ENODATA;
	if (checksum(&h, text) != h.check)
		return -EBADMSG;
	*out = (struct spool_record){ h.number, { text, h.len }, sizeof(h) + h.len };
	return 0;
}
