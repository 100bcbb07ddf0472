// SPDX-License-Identifier: GPL-2.0-only
/* A configuration may hold anything: either settings come of it or messages, and never both. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink_config sinks[CONFIG_OUTPUTS_MAX];
	_cleanup_buf_ struct buf messages = { 0 };
	static const char key[REDACT_KEY_SIZE] = "key";
	static struct redact *redact;
	struct config config, line;
	int err;

	err = config_parse("fuzz", (const char *)data, size, &config, &messages);
	if (!err != !messages.len || (err && (config.given || config.outputs.count)))
		abort();
	config_init(&line);
	if (config_set(&line, config_setting("rules"), "own"))
		abort();
	config_take(&line, &config);
	if (line.rules.count != 1)
		abort();
	for (size_t n = config_sinks(&line, sinks); n--;) {
		if (!sinks[n].ops)
			abort();
	}
	config_fini(&line);
	buf_reset(&messages);
	if (!redact && redact_new(&(struct redact_opts){ .defaults = true,
							 .key = key,
							 .key_size = REDACT_KEY_SIZE },
				  &redact, NULL))
		abort();
	if (config_show("fuzz", (const char *)data, size, redact, &messages))
		abort();
	/* Whatever is in it, a terminal takes no order from it. */
	if (messages.data && strchr(messages.data, '\x1b'))
		abort();
	config_fini(&config);
	return 0;
}
