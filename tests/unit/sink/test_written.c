// SPDX-License-Identifier: GPL-2.0-only
#include "alert/sample.h"

#include "sink/written.h"

static struct buf scratch;

/* One field of an entry of the journal, as journald reads it; NULL: there is none. */
static const char *entry_field(const struct written *w, const char *name)
{
	static char value[8192];
	const char *p = w->text, *end = w->text + w->len;

	while (p < end) {
		size_t len = strcspn(p, "=\n");
		const char *v = p + len + 1;
		uint64_t size = 0;

		if (p[len] == '=')
			size = (uint64_t)((const char *)memchr(v, '\n', (size_t)(end - v)) - v);
		else
			for (int i = 0; i < 8; i++)
				size |= (uint64_t)(unsigned char)*v++ << 8 * i;
		if (v + size >= end + 0 && v[size] != '\n')
			abort();
		if (strlen(name) == len && !memcmp(p, name, len)) {
			snprintf(value, sizeof(value), "%.*s", (int)size, v);
			return value;
		}
		p = v + size + 1;
	}
	return NULL;
}

TEST(entries_of_the_journal)
{
	static const char text[] = "a\nPHRUDE_RULE=forged";
	struct written *w;
	struct sample s;

	sample_init(&s);
	s.args[0].value = str_value((struct text){ text, sizeof(text) - 1 });
	s.request.path = text;
	w = written_make(WRITTEN_IN(WRITTEN_JOURNAL, WRITTEN_BRIEF), &s.alert, &scratch);
	ASSERT_STR(entry_field(w, "PRIORITY"), "4");
	ASSERT_STR(entry_field(w, "PHRUDE_RULE"), "Access to Environment Variable");
	ASSERT_STR(entry_field(w, "PHRUDE_RULE_ID"), "access-to-environment-variable");
	ASSERT_STR(entry_field(w, "PHRUDE_PATH"), "a\\nPHRUDE_RULE=forged");
	ASSERT_STR(entry_field(w, "CODE_LINE"), "772");
	ASSERT_STR(entry_field(w, "OBJECT_PID"), "1234");
	ASSERT_HAS(entry_field(w, "MESSAGE"), "getenv(key='a\\");
	ASSERT(!entry_field(w, "PHRUDE_SESS"));
	written_unref(w);
	w = written_make(WRITTEN_IN(WRITTEN_JOURNAL, WRITTEN_TEXT), &s.alert, &scratch);
	ASSERT_HAS(entry_field(w, "MESSAGE"), "\n  function  getenv");
	ASSERT_STR(entry_field(w, "PRIORITY"), "4");
	written_unref(w);
	buf_fini(&scratch);
}
