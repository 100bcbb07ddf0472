// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/util.h"
#include "bpf/abi/hash.h"
#include "rule/rule.h"

/* The header's words, written down a second time and for ASCII only. */
static uint64_t forward(const char *s)
{
	uint64_t h = PHRUDE_HASH_SEED;

	while (*s)
		h = phrude_hash_step(h, *s++);
	return h;
}

static uint64_t backward(const char *s)
{
	uint64_t h = PHRUDE_HASH_SEED;

	for (size_t i = strlen(s); i > 0; i--)
		h = phrude_hash_step(h, s[i - 1]);
	return h;
}

TEST(keys)
{
	static const struct {
		const char *func;
		enum rule_place kind;
		const char *place;
		const char *name, *places[3];
	} cases[] = {
		{ "getenv", RULE_FILE, "os.py", "getenv", { "os.py" } },
		{ "Popen.__init__",
		  RULE_FILE,
		  "lib/subprocess.py",
		  "__init__",
		  { "lib/subprocess.py" } },
		{ "f", RULE_FILE, "/a/b.py", "f", { "/a/b.py" } },
		{ "f", RULE_FILE, "<string>", "f", { "<string>" } },
		{ "f", RULE_FILE, "<frozen os>", "f", { "os.py" } },
		{ "f",
		  RULE_FILE,
		  "<frozen importlib._bootstrap>",
		  "f",
		  { "importlib/_bootstrap.py" } },
		{ "f",
		  RULE_FILE,
		  "importlib/__init__.py",
		  "f",
		  { "importlib/__init__.py", "importlib.py" } },
		{ "f", RULE_FILE, "a/b/__init__.py", "f", { "a/b/__init__.py", "a/b.py" } },
		{ "f", RULE_FILE, "__init__.py", "f", { "__init__.py" } },
		{ "socket.connect", RULE_MODULE, "_socket", "connect", { "_socket" } },
		{ "f", RULE_MODULE, "a.b", "f", { "a.b" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct phrude_target_key keys[4] = { 0 };
		struct rule rule = {
			.func = (char *)cases[i].func,
			.place_kind = cases[i].kind,
			.place = (char *)cases[i].place,
		};
		size_t n = rule_target_keys(&rule, keys, ARRAY_SIZE(keys)), want = 0;

		for (; cases[i].places[want]; want++) {
			ASSERT(want < n);
			ASSERT(keys[want].name == forward(cases[i].name));
			ASSERT(keys[want].place == backward(cases[i].places[want]));
			ASSERT_EQ(keys[want].kind, cases[i].kind == RULE_FILE
							   ? PHRUDE_PLACE_FILE
							   : PHRUDE_PLACE_MODULE);
			ASSERT_EQ(keys[want].pad, 0);
		}
		if (cases[i].kind == RULE_FILE && strchr(cases[i].func, '.')) {
			ASSERT(want < n);
			ASSERT(keys[want].name == forward(cases[i].name));
			ASSERT(keys[want].place == backward(cases[i].func));
			ASSERT_EQ(keys[want].kind, PHRUDE_PLACE_QUALNAME);
			want++;
		}
		ASSERT_EQ(n, want);
	}
}

TEST(audit_keys)
{
	static const struct {
		const char *event, *prefix;
		unsigned int kind, place;
		int bit;
	} cases[] = {
		{ "os.system", "os.system", PHRUDE_PLACE_AUDIT, 0, 0 },
		{ "ctypes.*", "ctypes.", PHRUDE_PLACE_AUDIT_PREFIX, 7, RULE_PREFILTER_NONE },
		{ "*", "", PHRUDE_PLACE_AUDIT_PREFIX, 0, RULE_PREFILTER_NONE },
		{ "é?*", "é", PHRUDE_PLACE_AUDIT_PREFIX, 1, RULE_PREFILTER_NONE },
		{ "é", "é", PHRUDE_PLACE_AUDIT, 0, RULE_PREFILTER_NON_ASCII },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = { .place_kind = RULE_AUDIT, .place = (char *)cases[i].event };
		struct phrude_target_key key = { 0 };
		size_t len = strlen(cases[i].prefix), pos = 0;
		uint64_t h = PHRUDE_HASH_SEED;

		ASSERT_EQ(rule_target_keys(&rule, &key, 1), 1);
		while (pos < len)
			h = phrude_hash_step(h, text_next(cases[i].prefix, len, &pos));
		ASSERT(key.name == h);
		ASSERT_EQ(key.kind, cases[i].kind);
		ASSERT_EQ(key.place, cases[i].place);
		if (cases[i].bit)
			ASSERT_EQ(rule_prefilter_bit(&rule), cases[i].bit);
		else
			ASSERT(rule_prefilter_bit(&rule) >= 0);
	}
}

TEST(code_points)
{
	struct phrude_target_key key;
	struct rule rule = { .func = (char *)"é€𝄞",
			     .place_kind = RULE_FILE,
			     .place = (char *)"€é" };
	uint64_t h = PHRUDE_HASH_SEED;

	ASSERT_EQ(rule_target_keys(&rule, &key, 1), 1);
	h = phrude_hash_step(phrude_hash_step(phrude_hash_step(h, 0xe9), 0x20ac), 0x1d11e);
	ASSERT(key.name == h);
	h = phrude_hash_step(phrude_hash_step(PHRUDE_HASH_SEED, 0xe9), 0x20ac);
	ASSERT(key.place == h);
}

/* The kernel side's pass over a file name: a key for the hash at each slash and at the start. */
static bool kernel_finds(const char *file, uint64_t place)
{
	uint64_t h = PHRUDE_HASH_SEED;

	for (size_t i = strlen(file); i > 0; i--) {
		if (file[i - 1] == '/' && h == place)
			return true;
		h = phrude_hash_step(h, file[i - 1]);
	}
	return h == place;
}

TEST(preselects_what_matches)
{
	static const struct {
		const char *pattern, *hashed, *file;
	} cases[] = {
		{ "os.py", "/usr/lib/os.py", "/usr/lib/os.py" },
		{ "lib/os.py", "/usr/lib/os.py", "/usr/lib/os.py" },
		{ "/usr/lib/os.py", "/usr/lib/os.py", "/usr/lib/os.py" },
		{ "os.py", "os.py", "<frozen os>" },
		{ "<frozen os>", "os.py", "<frozen os>" },
		{ "_bootstrap.py", "importlib/_bootstrap.py", "<frozen importlib._bootstrap>" },
		{ "importlib/__init__.py", "importlib.py", "<frozen importlib>" },
		{ "importlib/__init__.py", "/l/importlib/__init__.py", "/l/importlib/__init__.py" },
		{ "b/__init__.py", "a/b.py", "<frozen a.b>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = { .func = (char *)"f", .place = (char *)cases[i].pattern };
		struct text file = { cases[i].file, strlen(cases[i].file) };
		struct phrude_target_key keys[2];
		size_t n = rule_target_keys(&rule, keys, 2);
		bool found = false;

		ASSERT(rule_file_matches(cases[i].pattern, file));
		for (size_t k = 0; k < n; k++)
			found |= kernel_finds(cases[i].hashed, keys[k].place);
		if (!found)
			TEST_FAIL("%s is not preselected for %s", cases[i].hashed,
				  cases[i].pattern);
	}
}

TEST(room)
{
	struct rule rule = { .func = (char *)"f", .place = (char *)"a/__init__.py" };
	struct phrude_target_key keys[2] = { 0 };
	char longer[300];

	ASSERT_EQ(rule_target_keys(&rule, keys, 0), 0);
	ASSERT_EQ(rule_target_keys(&rule, keys, 1), 1);
	ASSERT_EQ(keys[1].kind, 0);

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	rule.place = longer;
	ASSERT_EQ(rule_target_keys(&rule, keys, 2), 0);
}

TEST(prefilter)
{
	static const struct {
		const char *func;
		uint64_t len, first8;
	} cases[] = {
		{ "f", 1, 'f' },
		{ "C.ab", 2, 'a' | 'b' << 8 },
		{ "abcdefgh", 8, 0x6867666564636261 },
		{ "abcdefghijkl", 12, 0x6867666564636261 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = { .func = (char *)cases[i].func };
		int bit = rule_prefilter_bit(&rule);

		ASSERT_EQ(bit, phrude_prefilter_bit(cases[i].len, cases[i].first8));
		ASSERT(bit >= 0 && bit < PHRUDE_PREFILTER_BITS);
	}
	ASSERT_EQ(rule_prefilter_bit(&(struct rule){ .func = (char *)"é" }), -1);
	/* only the part that is hashed counts */
	ASSERT(rule_prefilter_bit(&(struct rule){ .func = (char *)"é.f" }) >= 0);
}
