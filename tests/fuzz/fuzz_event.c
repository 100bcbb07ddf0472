// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any record: what decodes is written in all forms, which must be valid UTF-8 without control
 * characters.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/program.h"
#include "request/request.h"

static void check_text(const struct buf *out, bool one_line)
{
	for (size_t pos = 0; pos < out->len;) {
		unsigned char first = (unsigned char)out->data[pos];
		uint32_t ch = text_next(out->data, out->len, &pos);

		if (ch >= 0xd800 && ch <= 0xdfff)
			abort();
		if ((first < 0x20 && (one_line || first != '\n')) || (ch >= 0x7f && ch < 0xa0))
			abort();
	}
}

/* The quotes and brackets of a JSON text match. */
static void check_json(const struct buf *out)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < out->len; i++) {
		char c = out->data[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && !depth--)
			abort();
	}
	if (quoted || depth)
		abort();
}

/* Whatever stands before a "=" that is one of the format's is a key of ours: none can be forged. */
static void check_cef(const struct buf *out)
{
	static const char *const keys[] = {
		"rt",
		"externalId",
		"dvchost",
		"act",
		"cat",
		"cs1",
		"cs2",
		"cs3",
		"cs4",
		"cs5",
		"cs6",
		"filePath",
		"src",
		"c6a2",
		"request",
		"dhost",
		"flexString1",
		"dpid",
		"duid",
		"dproc",
		"cn1",
		"cn2",
		"cn3",
		"msg",
		"requestMethod",
		"flexString2",
		"deviceFacility",
		"requestClientApplication",
	};
	size_t seen[ARRAY_SIZE(keys)] = { 0 };

	for (size_t i = 0; i < out->len; i++) {
		size_t start = i, len, k;

		if (out->data[i] == '\\') {
			i++;
			continue;
		}
		if (out->data[i] != '=')
			continue;
		while (start && out->data[start - 1] != ' ' && out->data[start - 1] != '|')
			start--;
		len = i - start;
		if (len > 5 && !memcmp(out->data + i - 5, "Label", 5))
			len -= 5;
		for (k = 0; k < ARRAY_SIZE(keys); k++) {
			if (strlen(keys[k]) == len && !memcmp(keys[k], out->data + start, len))
				break;
		}
		if (k == ARRAY_SIZE(keys) || ++seen[k] > 2)
			abort();
	}
}

static void check_others(struct buf *out, const struct alert *alert)
{
	static void (*const json[])(struct buf *, const struct alert *) = { alert_ecs, alert_ocsf,
									    alert_otlp };

	for (size_t i = 0; i < ARRAY_SIZE(json); i++) {
		buf_reset(out);
		json[i](out, alert);
		check_text(out, true);
		check_json(out);
	}
	buf_reset(out);
	alert_cef(out, alert);
	check_text(out, true);
	check_cef(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rule_piece pieces[] = { { false, (char *)"key: " }, { true, (char *)"key" } };
	static struct rule_value value = { (char *)"key", pieces, ARRAY_SIZE(pieces) };
	static const struct rule rule = {
		.name = (char *)"fuzz", .level = RULE_LEVEL_WARN, .values = &value, .nr_values = 1
	};
	struct arena arena = { .limit = 4 << 20 };
	struct buf out = { 0 };
	struct event event;
	struct err err;
	struct alert alert = {
		.rule = &rule, .event = &event, .probe = "usdt", .action = "detect"
	};
	/* everybody is a proxy: whole chains are gone through */
	static const struct ip_network all = { .bits = 0 };
	struct request_opts opts = {
		.proxies = &all, .nr_proxies = 1, .trust_unix = true, .plain_session = size % 2
	};
	struct alert_request request;
	struct proc_facts facts;
	struct ev_match head;
	uint8_t *record = malloc(size + 1);

	/* Sizes as they should be now and then: the fuzzer has no need to guess them. */
	if (data && size)
		memcpy(record, data, size);
	if (size > sizeof(head) && record[sizeof(head.hdr) + 2] & 1) {
		memcpy(&head, record, sizeof(head));
		head.hdr.size = (uint32_t)size;
		head.hdr.kind = EV_MATCH;
		head.hdr.abi = PHRUDE_ABI_VERSION;
		memcpy(record, &head, sizeof(head));
	}
	if (program_decode(record, size, &facts) == 0)
		proc_facts_fini(&facts);
	if (event_decode(&arena, record, size, &event, &err) == 0) {
		if (request_make(&arena, &opts, &event.request, &request))
			alert.request = &request;
		/* what is shown lives in the arena alone */
		memset(record, 0xaa, size);
		alert_json(&out, &alert);
		check_text(&out, true);
		check_json(&out);
		buf_reset(&out);
		alert_text(&out, &alert, false);
		check_text(&out, false);
		check_others(&out, &alert);
	}
	free(record);
	buf_fini(&out);
	arena_fini(&arena);
	return 0;
}
