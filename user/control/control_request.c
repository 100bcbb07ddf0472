// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_request.h"

#include <string.h>

#include "base/util.h"

enum control_request control_request_parse(const char *line, size_t len)
{
	static const struct {
		const char *word;
		enum control_request request;
	} requests[] = { { "status", CONTROL_STATUS }, { "watch", CONTROL_WATCH } };

	if (len && line[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		if (len == strlen(requests[i].word) && !memcmp(line, requests[i].word, len))
			return requests[i].request;
	}
	return CONTROL_UNKNOWN;
}
