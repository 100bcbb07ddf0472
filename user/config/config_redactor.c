// SPDX-License-Identifier: GPL-2.0-only
/* What takes secrets out of alerts, and by which key equal ones are known. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "config/config.h"
#include "base/secret_file.h"

static int read_key(const char *path, struct buf *key, struct err *err)
{
	int ret = secret_file_read(path, true, key, err);

	if (!ret && key->len < REDACT_KEY_SIZE)
		ret = err_set(err, -EINVAL, "%s: a key has %d bytes at least, and this %zu", path,
			      REDACT_KEY_SIZE, key->len);
	/* Not what the numbers of a kernel or a target that refuse mean. */
	return ret ? err_prefix(err, -EIO, "redact: key_file") : 0;
}

/*
 * Without a key of the user's equal secrets are seen as equal within this run alone: the key is of
 * no other.  It is the same for all that is read anew in it.
 */
static int make_key(const char *path, struct buf *key, struct err *err)
{
	static uint8_t random[REDACT_KEY_SIZE];
	static bool made;

	if (path)
		return read_key(path, key, err);
	if (!made && getrandom(random, sizeof(random), 0) != sizeof(random))
		return err_set(err, -EIO, "there are no random bytes: %s", strerror(errno));
	made = true;
	buf_add(key, random, sizeof(random));
	return key->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

int config_redactor(const struct config *c, struct redact **out, struct err *err)
{
	_cleanup_buf_ struct buf key = { 0 };
	struct redact_opts opts = {
		.defaults = !c->redact.no_defaults,
		.patterns = (const char *const *)c->redact.patterns.list,
		.nr_patterns = c->redact.patterns.count,
	};
	int ret;

	*out = NULL;
	if (c->no_redact)
		return 0;
	ret = make_key(c->redact.key_file, &key, err);
	if (!ret) {
		opts.key = key.data;
		opts.key_size = key.len;
		ret = redact_new(&opts, out, err);
	}
	if (key.data)
		explicit_bzero(key.data, key.len);
	return ret;
}

void config_warn_unredacted(void)
{
	log_warn("alerts have secrets in them as they were captured: nothing is taken out");
}
