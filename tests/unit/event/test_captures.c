// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of live interpreters, from captures/ (see tests/record/record.py): each must decode to
 * what the traced program itself said of its call, byte for byte.
 */
#include <dirent.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/event.h"
#include "test.h"

#define FOLDER "tests/unit/event/captures/"
#define MINOR_FIRST 8
#define MINOR_LAST 15

static struct arena arena = { .limit = 16 * 1024 * 1024 };

/* A whole file; NULL if it cannot be read. */
static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	char block[4096];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&b, block, n);
	fclose(f);
	*size = b.len;
	return b.data;
}

/* The record in the form of a line of captures/NAME.json. */
static void describe(struct buf *out, const struct event *ev)
{
	buf_adds(out, "{\"name\":");
	text_json(out, ev->name);
	buf_adds(out, ",\"args\":{");
	for (size_t i = 0; i < ev->nr_args; i++) {
		buf_adds(out, i ? "," : "");
		text_json(out, ev->args[i].name);
		buf_addc(out, ':');
		value_json(out, &ev->args[i].value);
	}
	buf_adds(out, "},\"callers\":[");
	for (size_t i = 0; i < ev->nr_frames; i++) {
		buf_adds(out, i ? ",{\"function\":" : "{\"function\":");
		text_json(out, ev->frames[i].function);
		buf_adds(out, ",\"file\":");
		text_json(out, ev->frames[i].file);
		buf_addc(out, '}');
	}
	buf_adds(out, "]}\n");
}

/* All records of a capture; they were written one behind the other. */
static void check_records(const char *name, const char *data, size_t size, const char *expected)
{
	size_t pos = 0;
	int number = 0;

	while (pos < size) {
		_cleanup_buf_ struct buf line = { 0 };
		struct ev_hdr hdr;
		struct event ev;
		struct err err;

		number++;
		ASSERT(size - pos >= sizeof(hdr));
		memcpy(&hdr, data + pos, sizeof(hdr));
		ASSERT(hdr.size <= size - pos);
		arena_reset(&arena);
		if (event_decode(&arena, data + pos, hdr.size, &ev, &err))
			TEST_FAIL("%s: record %d: %s", name, number, err.msg);
		describe(&line, &ev);
		if (strncmp(line.data, expected, line.len))
			TEST_FAIL("%s: record %d is\n%sexpected\n%.*s", name, number, line.data,
				  (int)strcspn(expected, "\n"), expected);
		if (event_is_truncated(&ev))
			TEST_FAIL("%s: record %d is said to be truncated", name, number);
		expected += line.len;
		pos += hdr.size;
	}
	if (!number || *expected)
		TEST_FAIL("%s: %d records are not all that are expected", name, number);
}

/* stem: "3.11-frame" */
static void check_capture(const char *stem)
{
	_cleanup_free_ char *data = NULL, *expected = NULL;
	size_t size = 0, expected_size;
	char path[512];

	snprintf(path, sizeof(path), FOLDER "%s.bin", stem);
	data = read_file(path, &size);
	snprintf(path, sizeof(path), FOLDER "%s.json", stem);
	expected = read_file(path, &expected_size);
	if (!data || !expected)
		TEST_FAIL("%s.bin and %s.json: not both are there", stem, stem);
	check_records(stem, data, size, expected);
}

TEST(captures_of_every_version)
{
	int of_minor[MINOR_LAST + 1] = { 0 }, minor;
	DIR *dir = opendir(FOLDER);
	struct dirent *entry;
	char stem[256], *end;

	if (!dir)
		TEST_FAIL("%s is not there: run this from the root of the repository", FOLDER);
	while ((entry = readdir(dir))) {
		snprintf(stem, sizeof(stem), "%s", entry->d_name);
		end = strrchr(stem, '.');
		if (!end || strcmp(end, ".bin"))
			continue;
		*end = '\0';
		check_capture(stem);
		if (sscanf(stem, "3.%d-", &minor) == 1 && minor >= MINOR_FIRST &&
		    minor <= MINOR_LAST)
			of_minor[minor]++;
	}
	closedir(dir);
	arena_fini(&arena);
	for (minor = MINOR_FIRST; minor <= MINOR_LAST; minor++) {
		if (!of_minor[minor])
			TEST_FAIL("there is no capture of CPython 3.%d", minor);
	}
}
