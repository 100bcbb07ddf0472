// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shapes of secrets: a row each; of two that fit the same text the first one names it.
 *
 * A pattern takes time linear in the text, whatever that is: what it begins with cannot begin again
 * within what it then goes over, or repetitions are possessive and a lookbehind lets it begin once
 * for each run.
 */
#include "redact/redact_priv.h"

/* Words that name a secret, at their end. */
#define LONG_WORDS                                                                 \
	"(?:password|passwd|passphrase|pwd|token|"                                 \
	"secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|private|auth)[_-]?key|" \
	"credentials?)"
#define WORDS "(?:(?<![a-z])pass|" LONG_WORDS ")"
#define WORD_LITERALS                                                 \
	{                                                             \
		"pass", "pwd", "token", "secret", "key", "credential" \
	}
/* The working directory of a shell is none. */
#define NO_FOLDER "(?!=/(?<=(?-i)\\bPWD=/|OLDPWD=/))"
/* Text in quotes, which may be escaped themselves, as in JSON that is in a string. */
#define QUOTED "(?|\"((?:\\\\.|[^\\\\\"])++)|'((?:\\\\.|[^\\\\'])++)|\\\\[\"']([^\\\\\"']++))"
#define BARE "([^\\s&;|<>\"'`]++)"
/* The same without quotes in a log or in YAML, where it may as well be prose. */
#define PLAIN "[a-z0-9!@#$%^*+=~._/-]"
#define NO_PROSE                                                                                \
	"(?![./$%*])(?![0-9]{1,5}(?![^ "                                                        \
	"\\t\\r\\n]))(?!(?:required|optional|str(?:ing)?|bytes|int(?:eger)?|bool(?:ean)?|"      \
	"object|text|any|secret|password|token|hidden|invalid|missing|incorrect|wrong|expired|" \
	"empty|unset|yes|no|on|off|ok|error|failed|changed|enabled|disabled|redacted|"          \
	"unknown|valid|accepted|rejected)\\b)"
/* A line of its own. */
#define OWN_LINE                                             \
	"^[ \\t-]*+[\"']?(?:[a-z0-9]{1,20}[_.-]){0,3}" WORDS \
	"[\"']?[ \\t]*+:[ \\t]++" NO_VALUE NO_PROSE "(" PLAIN "++)[ \\t]*+(?:#.*)?\\r?$"
/* What no word of a language is: it has letters, and digits or signs. */
#define IN_A_LOG                                                                                  \
	LONG_WORDS "\\\\*[\"']?[ \\t]*+:[ \\t]*+" NO_VALUE                                        \
		   "(?![./$%*])(?=[0-9!@#$%^*+=~._/-]*+[a-z])(?=[a-z._/-]*+[0-9!@#^*+=~])(" PLAIN \
		   "++)(?=[\\s,;&\"'<>)}\\]\\\\]|\\z)"
#define ENCODED "%(?:25)?"
/* What stands for a value that is given elsewhere, or for none. */
#define NO_VALUE "(?!(?:none|null|true|false|%s|\\?)(?![^\\s,;&)]))"
/* Behind nothing that it could be the rest of, or what stands for the end of a line. */
#define ALONE "(?:(?<![A-Za-z0-9_])|(?<=\\\\[nrt]))"
/* Of JSON Web Tokens, and what else is written so: a run of letters begins with it. */
#define RUN_BEGINS "(?:(?<![A-Za-z0-9_-])|(?<=\\\\[nrt]))"

const struct redact_kind redact_kinds[NR_REDACT_KINDS] = {
	{ .name = "private_key",
	  .literals = { "-----BEGIN" },
	  .pattern = "-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----"
		     "((?:[^-]++|-(?!----END))++)",
	  .matches_cut = true },
	{ .name = "aws_key_id",
	  .literals = { "AKIA", "ASIA", "ABIA", "ACCA" },
	  .pattern = "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])" },
	{ .name = "aws_secret",
	  .literals = { "secret" },
	  .pattern = "(?i)(?:secret_?access_?key|aws_?secret(?:_?key)?)\\\\*[\"']?\\s*+[:=]\\s*+"
		     "\\\\*[\"']?([a-z0-9/+=]{40}+)(?![a-z0-9/+=])" },
	{ .name = "github",
	  .literals = { "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_" },
	  .pattern = "gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_[A-Za-z0-9_]{22,}+" },
	{ .name = "gitlab",
	  .literals = { "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-", "glagent-" },
	  .pattern = "gl(?:pat|dt|rt|cbt|ptt|soat|agent)-[A-Za-z0-9_.-]{20,}+" },
	{ .name = "huggingface", .literals = { "hf_" }, .pattern = ALONE "hf_[A-Za-z0-9]{30,}+" },
	{ .name = "npm", .literals = { "npm_" }, .pattern = ALONE "npm_[A-Za-z0-9]{36,}+" },
	{ .name = "pypi", .literals = { "pypi-AgE" }, .pattern = "pypi-AgE[A-Za-z0-9_-]{40,}+" },
	{ .name = "digitalocean",
	  .literals = { "dop_v1_", "doo_v1_", "dor_v1_" },
	  .pattern = "do[opr]_v1_[a-f0-9]{64}+(?![A-Za-z0-9])" },
	{ .name = "sendgrid",
	  .literals = { "SG." },
	  .pattern = ALONE "SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])" },
	{ .name = "slack",
	  .literals = { "hooks.slack" },
	  .pattern = "hooks\\.slack(?:-gov)?\\.com/(?:services|workflows|triggers)/"
		     "([A-Za-z0-9+/_-]{20,}+)" },
	{ .name = "azure",
	  .literals = { "AccountKey", "SharedAccessKey", "sig=" },
	  .pattern = "(?i)(?:AccountKey|SharedAccessKey|[?&]sig)=([a-z0-9+/%]{30,}+={0,2}+)" },
	{ .name = "twilio",
	  .literals = { "SK0", "SK1", "SK2", "SK3", "SK4", "SK5", "SK6", "SK7", "SK8", "SK9", "SKa",
			"SKb", "SKc", "SKd", "SKe", "SKf" },
	  .pattern = ALONE "SK[0-9a-f]{32}(?![A-Za-z0-9])" },
	{ .name = "telegram",
	  .literals = { ":AA" },
	  .pattern = "(?:(?<![A-Za-z0-9])|(?<=bot))[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"
		     "(?![A-Za-z0-9_-])" },
	{ .name = "slack",
	  .literals = { "xox" },
	  .pattern = "xox[abceoprs](?:\\.xox[a-z])?-[A-Za-z0-9-]{10,}+" },
	{ .name = "stripe", .literals = { "k_live_" }, .pattern = "[sr]k_live_[A-Za-z0-9]{16,}+" },
	{ .name = "google", .literals = { "AIza" }, .pattern = "AIza[A-Za-z0-9_-]{35,}+" },
	{ .name = "jwt",
	  .literals = { "eyJ" },
	  .pattern = RUN_BEGINS "eyJ[A-Za-z0-9_-]{7,}+\\.[A-Za-z0-9_-]++"
				"(?:\\.[A-Za-z0-9_-]*+){1,3}" },
	{ .name = "url_password",
	  .literals = { "://" },
	  .pattern = "://[^\\s/?#:@\"'<>]*+:([^\\s/?#\"'<>]+)@",
	  .matches_cut = true },
	{ .name = "url_password",
	  .literals = { "://" },
	  .pattern = "://[^\\s/?#:@\"'<>]*+:([^\\s/?#@\"'<>]++)\\z",
	  .matches_cut = true,
	  .in_cut_only = true },
	{ .name = "authorization",
	  .literals = { "authorization", "api-key", "-token" },
	  .pattern = "(?i)(?|authorization\\\\*[\"']?\\s*+[:=]\\s*+\\\\*[\"']?(?|"
		     "(?:digest|aws4-hmac-sha256)\\s++([^\\r\\n]++)|"
		     "(?:bearer|basic|token|negotiate|apikey)\\s++([^\\s\"'\\\\]++))|"
		     "(?:api-key|-token):\\s*+([^\\s\"'\\\\]++))",
	  .matches_cut = true },
	{ .name = "authorization",
	  .literals = { "bearer" },
	  .pattern = "(?i)\\bbearer\\s++([a-z0-9._~+/=-]{16,}+)" },
	{ .name = "authorization",
	  .literals = { "basic" },
	  .pattern = "\\A\\s*+(?i:basic)\\s++(?=\\S*[A-Z0-9=])([A-Za-z0-9+/=_-]{8,}+)\\s*+\\z",
	  .matches_cut = true },
	{ .name = "cookie",
	  .literals = { "cookie" },
	  .pattern = "(?i)(?|set-cookie\\\\*[\"']?\\s*+[:=]\\s*+\\\\*[\"']?[^=:;\\s\"'\\\\]++="
		     "([^;,\\s\"'\\\\]++)|"
		     "(?<![a-z-])cookie\\\\*[\"']?\\s*+[:=]\\s*+\\\\*[\"']?(?=[^\\s=;\"'\\\\]++=)"
		     "([^\\r\\n\"'\\\\]++))",
	  .matches_cut = true },
	{ .name = REDACT_NAMED,
	  .literals = { "mysql", "mariadb", "sshpass", "redis-cli", "mongo", "curl" },
	  .matches_cut = true },
	{ .name = REDACT_NAMED,
	  .literals = { "%3d", "%3a", "%253d", "%253a" },
	  .pattern = "(?i)" WORDS "(?:" ENCODED "2[27])?+(?:" ENCODED "20|\\+)*+" ENCODED "3[da]"
		     "(?:" ENCODED "20|\\+)*+(?:" ENCODED "2[27])?+" NO_VALUE "((?:(?!" ENCODED
		     "(?:26|2[27c]|3b|7d|0[ad]))[^\\s&;|<>\"'`])++)",
	  .matches_cut = true },
	{ .name = REDACT_NAMED,
	  .literals = WORD_LITERALS,
	  .pattern = "(?im)(?|" OWN_LINE "|" IN_A_LOG ")",
	  .matches_cut = true },
	{ .name = REDACT_NAMED,
	  .literals = WORD_LITERALS,
	  .pattern = "(?is)" WORDS NO_FOLDER "(?|\\\\*[\"']?\\s*+[:=]\\s*+" NO_VALUE QUOTED
		     "|=(?!=)" NO_VALUE BARE ")",
	  .matches_cut = true },
	{ .name = REDACT_NAMED,
	  .literals = WORD_LITERALS,
	  .pattern = "(?is)(?<![a-z0-9-])--?(?:[a-z0-9]{1,20}[_-]){0,3}" WORDS
		     "\\s++(?!-)(?|" QUOTED "|" BARE ")",
	  .matches_cut = true },
};

const char redact_name_pattern[] = "(?i)(?:" WORDS "|authorization|cookies?|sess(?:ion_?)?id)\\z";
const char *const redact_name_literals[LITERALS_OF_ONE] = { "pass",	     "pwd",    "token",
							    "secret",	     "key",    "credential",
							    "authorization", "cookie", "sess" };
