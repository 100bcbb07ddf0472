// SPDX-License-Identifier: GPL-2.0-only
/* A configuration may hold anything: either settings come of it or messages, and never both. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink_config sinks[CONFIG_OUTPUTS_MAX];
	_cleanup_buf_ struct buf messages = { 0 };
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
	config_fini(&config);
	return 0;
}
