// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shapes of secrets: a row each; of two that fit the same text the first one names it.
 *
 * A pattern takes time linear in the text, whatever that is: what it begins with cannot begin again within what it then goes over, or
 * repetitions are possessive and a lookbehind lets it begin once for each run.
 */
#include "redact/redact_priv.h"

/* Words that name a secret, at their end. */
#define WORDS                                                                      \
	"(?:(?<![a-z])pass(?:wd|phrase)?|password|passwd|passphrase|pwd|token|"    \
	"secret(?:[_-]?(?:access[_-]?)?key)?|(?:api|access|private|auth)[_-]?key|" \
	"credentials?)"
#define WORD_LITERALS                                                 \
	{                                                             \
		"pass", "pwd", "token", "secret", "key", "credential" \
	}
/* The working directory of a shell is none. */
#define NO_FOLDER "(?!=/(?<=(?-i)\\bPWD=/|OLDPWD=/))"
/* Text in quotes, which may be escaped themselves, as in JSON that is in a string. */
#define QUOTED "(?|\"((?:\\\\.|[^\\\\\"])++)|'((?:\\\\.|[^\\\\'])++)|\\\\[\"']([^\\\\\"']++))"
#define BARE "([^\\s&;|<>\"'`]++)"
/* What stands for a value that is given elsewhere, or for none. */
#define NO_VALUE "(?!(?:none|null|true|false|%s|\\?)(?![^\\s,;&)]))"
/* Of JSON Web Tokens, and what else is written so: a run of letters begins with it, or what stands for the end of a line before it. */
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
	{ .name = "gitlab", .literals = { "glpat-" }, .pattern = "glpat-[A-Za-z0-9_.-]{20,}+" },
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

const char redact_name_pattern[] = "(?i)(?:" WORDS "|authorization)\\z";
const char *const redact_name_literals[LITERALS_OF_ONE] = { "pass",	    "pwd", "token",
							    "secret",	    "key", "credential",
							    "authorization" };
