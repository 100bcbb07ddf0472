// SPDX-License-Identifier: GPL-2.0-only
/* A configuration that others may read has nothing of what is secret in it. */
#include "config/config.h"

#include "base/util.h"
#include "test.h"

static struct buf out;

static const char *shown(const char *text)
{
	struct redact *redact;
	struct err err;

	buf_reset(&out);
	if (redact_new(&(struct redact_opts){ .defaults = true,
					      .key = "0123456789abcdef0123456789abcdef",
					      .key_size = 32 },
		       &redact, &err) ||
	    config_show("c.yaml", text, strlen(text), redact, &out))
		abort();
	redact_free(redact);
	return out.data;
}

TEST(as_it_is)
{
	ASSERT_STR(shown("rules: [rules, /abs] # mine\n"
			 "targets:\n"
			 "  - { name: shop, match: { pod: \"shop-*\", user: [root, 1] } }\n"
			 "  - { name: all, match: {} }\n"
			 "format:\n"),
		   "# c.yaml:5:1: `format` is empty\n"
		   "\"rules\": \n"
		   "  - \"rules\"\n"
		   "  - \"/abs\"\n"
		   "\"targets\": \n"
		   "  - \n"
		   "    \"name\": \"shop\"\n"
		   "    \"match\": \n"
		   "      \"pod\": \"shop-*\"\n"
		   "      \"user\": \n"
		   "        - \"root\"\n"
		   "        - \"1\"\n"
		   "  - \n"
		   "    \"name\": \"all\"\n"
		   "    \"match\": {}\n"
		   "\"format\": null\n");
}

/* What is shown is YAML, and says the same. */
TEST(as_yaml)
{
	struct buf messages = { 0 };
	struct config config;

	shown("rules: r\ntargets: [{ name: a, match: { user: [root, 7], exe: '*' } }]\n"
	      "outputs: [{ type: stdout, level: warn }]\n");
	ASSERT_EQ(config_parse("x", out.data, out.len, &config, &messages), 0);
	ASSERT_EQ(config.selection.targets[0].match.keys[SELECT_USER].count, 2);
	ASSERT_EQ(config.outputs.count, 1);
	config_fini(&config);
	buf_fini(&messages);
}

TEST(secrets)
{
	static const char *const cases[] = {
		"# S3CRET\nrules: r\n",
		"outputs: [{ type: webhook, url: \"https://hooks.example/x/S3CRET?k=S3CRET\" }]\n",
		"outputs: [{ type: webhook, url: \"https://S3CRET:S3CRET@hooks.example/\" }]\n",
		"outputs: [{ type: kafka, brokers: [\"x://S3CRET@a\"], topic: t }]\n",
		"redact: { patterns: [\"S3CRET-[a-z]+\"] }\n",
		"password: S3CRET\n",
		"targets: [{ name: a, match: { cmdline: \"--password S3CRET-x1\" } }]\n",
		"url: https://h/S3CRET\nS3CRET: x\n",
		"output: [\"https://h/S3CRET\"\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Whoever writes a secret as a key has it shown. */
		if (strstr(shown(cases[i]), "S3CRET") && !strstr(cases[i], "S3CRET: x"))
			TEST_FAIL("%s is shown as %s", cases[i], out.data);
	}
	ASSERT_HAS(shown(cases[1]), "\"url\": \"hooks.example\"");
	ASSERT_HAS(shown(cases[4]), "[left out]");
	ASSERT_HAS(shown("rate: S3CRET\n"), "# c.yaml:1:7: `rate` takes matches a second");
	ASSERT_HAS(out.data, ", not \"…\"\n");
}

TEST(no_configuration)
{
	ASSERT_HAS(shown(""), "# c.yaml:");
	ASSERT_HAS(shown("- a\n"), "- \"a\"\n");
	ASSERT_HAS(shown("{"), "# c.yaml:");
	ASSERT_HAS(shown("\x1b[2J: \"\\e[2J\"\n"), "# ");
	ASSERT(!strchr(out.data, '\x1b'));
}
