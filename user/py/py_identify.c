// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_identify.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "elf/elf_memo.h"
#include "py/interp.h"

#define RELEASE_ALPHA 0xa
#define RELEASE_BETA 0xb
#define RELEASE_CANDIDATE 0xc
#define RELEASE_FINAL 0xf

/*
 * Only builds with Py_REF_DEBUG or Py_TRACE_REFS, which Py_DEBUG implies, define these
 * (Objects/object.c).
 */
static const char *const debug_symbols[] = {
	"_Py_RefTotal",
	"_Py_GetRefTotal",
	"_Py_GetGlobalRefTotal",
	"_Py_PrintReferences",
};

static bool take_number(const char **s, unsigned int max, unsigned int *out)
{
	unsigned int v = 0;

	if (!isdigit((unsigned char)**s))
		return false;
	for (; isdigit((unsigned char)**s); (*s)++) {
		v = v * 10 + (unsigned int)(**s - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

bool py_version_parse(const char *s, uint32_t *hexversion)
{
	unsigned int minor, micro, level = RELEASE_FINAL, serial = 0;

	if (!str_starts(s, "3."))
		return false;
	s += 2;
	if (!take_number(&s, 255, &minor) || *s++ != '.' || !take_number(&s, 255, &micro))
		return false;
	if (*s == 'a' || *s == 'b' || str_starts(s, "rc")) {
		level = *s == 'a' ? RELEASE_ALPHA : *s == 'b' ? RELEASE_BETA : RELEASE_CANDIDATE;
		s += *s == 'r' ? 2 : 1;
		if (!take_number(&s, 15, &serial))
			return false;
	}
	if (*s == '+') /* a version-controlled source after the release */
		s++;
	if (*s)
		return false;
	*hexversion = 3u << 24 | minor << 16 | micro << 8 | level << 4 | serial;
	return true;
}

void py_version_format(uint32_t hexversion, char *buf, size_t size)
{
	unsigned int level = hexversion >> 4 & 15, serial = hexversion & 15;
	int n;

	n = snprintf(buf, size, "%u.%u.%u", hexversion >> 24, hexversion >> 16 & 255,
		     hexversion >> 8 & 255);
	if (level != RELEASE_FINAL && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, "%s%u",
			 level == RELEASE_ALPHA	 ? "a"
			 : level == RELEASE_BETA ? "b"
						 : "rc",
			 serial);
}

bool py_file_has_string(const struct elf_file *elf, const char *s)
{
	size_t count, len = strlen(s) + 2;
	const struct elf_range *loads = elf_file_loads(elf, &count);
	char pattern[64] = { 0 };

	if (len > sizeof(pattern))
		return false;
	memcpy(pattern + 1, s, len - 2);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p;
		size_t avail;

		p = loads[i].write ? NULL : elf_file_bytes(elf, loads[i].addr, 1, &avail);
		if (p && memmem(p, avail, pattern, len))
			return true;
	}
	return false;
}

/* The minor version in a name like libpython3.9.so.1.0 or python3.9; 0 if there is none. */
static unsigned int minor_in_name(const char *name)
{
	const char *p = name ? strstr(name, "python3.") : NULL;
	unsigned int minor;

	if (!p)
		return 0;
	p += strlen("python3.");
	return take_number(&p, 255, &minor) ? minor : 0;
}

/* The last version for which nothing but the string PY_VERSION tells the version. */
#define STRING_MINOR_MAX 10

struct version_strings {
	uint32_t version[STRING_MINOR_MAX +
			 1]; /* for each minor version, 0 if there is no such string */
	bool ambiguous[STRING_MINOR_MAX + 1];
	unsigned int minors; /* how many there are */
	unsigned int minor;  /* the last one */
};

/*
 * The string's beginning: the linker may have made it the end of another one, like
 * "/opt/python-3.9.18".
 */
static bool begins_version(const uint8_t *p)
{
	return !isdigit(p[-1]) && p[-1] != '.';
}

static void find_in_range(const uint8_t *p, size_t avail, struct version_strings *found)
{
	const uint8_t *end = p + avail;

	for (p++; p < end && (p = memmem(p, (size_t)(end - p), "3.", 2)); p++) {
		uint32_t version;
		unsigned int minor;

		if (!begins_version(p) || !memchr(p, '\0', (size_t)(end - p)) ||
		    !py_version_parse((const char *)p, &version))
			continue;
		minor = version >> 16 & 255;
		if (minor > STRING_MINOR_MAX)
			continue; /* of some other software, SQLite for one */
		if (!found->version[minor])
			found->minors++;
		else if (found->version[minor] != version)
			found->ambiguous[minor] = true;
		found->version[minor] = version;
		found->minor = minor;
	}
}

static void find_versions(const struct elf_file *elf, struct version_strings *found)
{
	size_t count;
	const struct elf_range *loads = elf_file_loads(elf, &count);

	if (elf_memo_get(elf, ELF_MEMO_VERSIONS, "", 0, found, sizeof(*found)))
		return;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *p = loads[i].write ? NULL : elf_file_range_bytes(elf, &loads[i]);

		if (p && loads[i].size)
			find_in_range(p, loads[i].size, found);
	}
	elf_memo_put(elf, ELF_MEMO_VERSIONS, "", 0, found, sizeof(*found));
}

/*
 * Strings of other software may look alike: the minor version must be the one in the file's name,
 * or the only one that there is.  A name alone is a hint for the running interpreter to confirm.
 */
static void find_version_string(const struct py_image *img, struct py_identity *id)
{
	unsigned int named = minor_in_name(elf_file_soname(img->elf));
	struct version_strings found = { 0 };

	if (!named)
		named = minor_in_name(strrchr(img->path, '/'));
	find_versions(img->elf, &found);
	id->minor = named ? named : found.minors == 1 ? found.minor : 0;
	if (id->minor && id->minor <= STRING_MINOR_MAX && !found.ambiguous[id->minor])
		id->hexversion = found.version[id->minor];
	if (id->minor && !id->hexversion)
		snprintf(id->version, sizeof(id->version), "3.%u", id->minor);
}

static bool read_debug_offsets_head(const struct py_image *img, uint64_t head[3])
{
	uint64_t addr;

	return !elf_file_symbol(img->elf, "_PyRuntime", &addr, NULL) &&
	       !elf_file_read(img->elf, addr, head, 3 * sizeof(head[0])) &&
	       !memcmp(&head[0], "xdebugpy", 8);
}

static int check_supported(const struct py_image *img, const struct py_identity *id,
			   struct err *err)
{
	unsigned int level = id->hexversion >> 4 & 15;
	uint64_t addr;

	if (!id->minor)
		return err_set(err, -EOPNOTSUPP, "the version of the Python in %s cannot be told",
			       img->path);
	if (!py_version_get(id->minor))
		return err_set(err, -EOPNOTSUPP,
			       "%s is CPython 3.%u, which is not supported: 3.%u to 3.%u are",
			       img->path, id->minor, PY_MINOR_MIN, PY_MINOR_MAX);
	if (level == RELEASE_ALPHA || level == RELEASE_BETA)
		return err_set(err, -EOPNOTSUPP,
			       "%s is CPython %s, a pre-release: its final release is supported",
			       img->path, id->version);
	for (size_t i = 0; i < ARRAY_SIZE(debug_symbols); i++) {
		if (!elf_file_symbol(img->elf, debug_symbols[i], &addr, NULL))
			return err_set(
				err, -EOPNOTSUPP,
				"%s is a debug build of CPython (Py_DEBUG): it cannot be traced, a "
				"release build can",
				img->path);
	}
	return 0;
}

int py_identify_file(const struct py_image *img, struct py_identity *out, struct err *err)
{
	struct py_identity id = { 0 };
	uint64_t head[3], addr;
	uint32_t version;

	if (read_debug_offsets_head(img, head)) { /* 3.13 and later */
		id.hexversion = (uint32_t)head[1];
		if (head[2])
			return err_set(err, -EOPNOTSUPP,
				       "%s is a free-threaded build of CPython: only builds with "
				       "the GIL can "
				       "be traced",
				       img->path);
	} else if (!elf_file_symbol(img->elf, "Py_Version", &addr, NULL) &&
		   !elf_file_read(img->elf, addr, &version, sizeof(version))) { /* 3.11 and later */
		id.hexversion = version;
	} else {
		find_version_string(img, &id);
	}
	if (id.hexversion) {
		id.minor = id.hexversion >> 24 == 3 ? id.hexversion >> 16 & 255 : 0;
		py_version_format(id.hexversion, id.version, sizeof(id.version));
	}
	*out = id;
	return check_supported(img, &id, err);
}
