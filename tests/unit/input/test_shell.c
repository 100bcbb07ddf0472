// SPDX-License-Identifier: GPL-2.0-only
/* Command lines, and the words of programs. */
#include "input/input_shell.h"
#include "marked.h"

TEST(attacks)
{
	static const struct marked_case cases[] = {
		ATTACK("ping ‹x;id›"),
		ATTACK("ping -c1 ‹127.0.0.1;id›"),
		ATTACK("ping -c1 ‹127.0.0.1|id›"),
		ATTACK("ping -c1 ‹127.0.0.1&id›"),
		ATTACK("ping -c1 ‹127.0.0.1 && id›"),
		ATTACK("ping -c1 ‹127.0.0.1 || id›"),
		ATTACK("ping -c1 ‹`id`›"),
		ATTACK("ping -c1 ‹$(id)›"),
		ATTACK("ping -c1 ‹$HOME›"),
		ATTACK("ping -c1 ‹${IFS}x›"),
		ATTACK("ls \"‹$(id)›\""),
		ATTACK("ls \"‹`id`›\""),
		ATTACK("ls \"‹$HOME›\""),
		ATTACK("ls \"‹a\"; id; \"›\""),
		ATTACK("cat f‹\nid›"),
		ATTACK("cat ‹a>b›"),
		ATTACK("cat ‹a</etc/passwd›"),
		ATTACK("cat ‹<(id)›"),
		ATTACK("echo '‹x'; id; '›'"),
		ATTACK("nslookup ‹$IFS›x"),
		ATTACK("find . -name ‹x -exec id +›"),
		ATTACK("timeout 5 find . -name ‹x -exec id +›"),
		ATTACK("tar cf a.tar ‹--checkpoint=1 --checkpoint-action=exec=id›"),
		ATTACK("cat <<E\n‹$(id)›\nE"),
		ATTACK("cat <<E\n‹E\nid\n›E"),
		ATTACK("cat <<'E'\n‹a\nE\nid›\nE"),
		ATTACK("‹cat /etc/passwd›"),
		ATTACK("‹id›"),
		ATTACK(" ‹id›\n"),
		ATTACK("cd ‹~root› && ls"),
		ATTACK("‹/bin/sh› -c x"),
		ATTACK("sudo ‹/bin/sh› -c x"),
		ATTACK("/opt/tools/‹../../bin/sh› x"),
		ATTACK("A=1 ‹./x› b"),
		ATTACK("true; ‹./x› b"),
		ATTACK("if ‹./x›; then y; fi"),
		ATTACK("echo \"$(cat ‹a;id›)\""),
		ATTACK("echo `cat ‹a;id›`"),
		ATTACK("echo $(cat \"‹a$(id)›\")"),
		ATTACK("(cat ‹a;id›)"),
		ATTACK("echo ‹a'b›"),
		ATTACK("echo ‹a #› b"),
		ATTACK("echo '‹it's›'"),
		ATTACK("echo \"‹a\\›\" ‹b;id›"),
		ATTACK("echo \"‹a\\›\""),
		ATTACK("echo 'a' ‹;id›"),
		ATTACK("echo \\'‹;id›'"),
		ATTACK("echo \"a\\\"b\" ‹;id›"),
		ATTACK("echo a # b\ncat ‹c;id›"),
		ATTACK("echo x >‹/tmp/a;id›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_shell);
}

TEST(harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("ls -l /tmp"),
		CLEAN("‹ls› -l /tmp"),
		CLEAN("ping -c1 ‹127.0.0.1›"),
		CLEAN("ping -c1 ‹shop.example›"),
		CLEAN("ping -c1 '‹x;id›'"),
		CLEAN("ls \"‹a;b›\""),
		CLEAN("ls \"‹a|b&c<d>e›\""),
		CLEAN("echo \"‹5$›\""),
		CLEAN("echo \"‹5 $ and 6›\""),
		CLEAN("echo '‹a\nb›'"),
		CLEAN("echo '‹$(id)`id`›'"),
		CLEAN("nslookup \"‹IFS›x\""),
		CLEAN("find . -name '‹*.txt›'"),
		CLEAN("cat <<'E'\n‹$(id)›\nE"),
		CLEAN("cat <<E\n‹a;b|c›\nE"),
		CLEAN("cd '‹~root›'"),
		CLEAN("rm -r '‹{a,/etc}›'"),
		CLEAN("cat ‹report-2024.txt› | wc -l"),
		CLEAN("cat ‹/srv/a.txt› > /srv/b.txt"),
		CLEAN("grep -e ‹o\\'brien› f"),
		CLEAN("grep -e ‹a\\;b› f"),
		CLEAN("convert '‹a›' -resize ‹200x200› '‹b›'"),
		CLEAN("git log -- ‹-x›"),
		CLEAN("echo x >‹/tmp/a›"),
		CLEAN("A=‹b.c› true"),
		CLEAN("echo a # ‹b;id›"),
		CLEAN("echo ‹user@shop.example›"),
		CLEAN("echo ‹caf\xc3\xa9›"),
		CLEAN("echo \"it's ‹a;b›\""),
		CLEAN("echo \"$(cat '‹a;b›')\""),
		CLEAN(""),
		SUSPECT("ls ‹-l›"),
		SUSPECT("ls ‹*.txt›"),
		SUSPECT("rm -r ‹{a,/etc}›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_shell);
}

/* Words, each marked like a command line. */
static void check_words(enum input_verdict expected, const char *const *words, size_t n)
{
	static struct marked marks[16];
	struct input_sink sinks[16] = { 0 };
	size_t word = 0, at = 0;
	enum input_verdict verdict;

	for (size_t i = 0; i < n; i++) {
		mark(&marks[i], words[i], strlen(words[i]));
		sinks[i] = marks[i].sink;
	}
	verdict = input_judge_words(sinks, n, &word, &at);
	if (verdict == expected)
		return;
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s ", words[i]);
	fprintf(stderr, "is %d, not %d\n", verdict, expected);
	test_failed = 1;
}

#define WORDS(verdict, ...)                                        \
	check_words(verdict, (const char *const[]){ __VA_ARGS__ }, \
		    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

TEST(words)
{
	WORDS(INPUT_ATTACK, "bash", "-c", "‹id›");
	WORDS(INPUT_ATTACK, "/bin/sh", "-c", "ls ‹x;id›");
	WORDS(INPUT_CLEAN, "/bin/sh", "-c", "ls '‹x;id›'");
	WORDS(INPUT_CLEAN, "/bin/sh", "-c", "ls \"$1\"", "sh", "‹x;id›");
	WORDS(INPUT_ATTACK, "bash", "-lc", "ls ‹;id›");
	WORDS(INPUT_ATTACK, "sh", "-e", "-c", "ls ‹;id›");
	WORDS(INPUT_CLEAN, "sh", "script.sh", "-c", "‹a;id›");
	WORDS(INPUT_CLEAN, "ls", "‹a;id›");
	WORDS(INPUT_CLEAN, "ls", "‹$(id)›", "‹`id`›");
	WORDS(INPUT_ATTACK, "env", "A=1", "sh", "-c", "‹id›");
	WORDS(INPUT_CLEAN, "env", "‹A=sh -c id›", "true");
	WORDS(INPUT_ATTACK, "env", "A=1", "‹/tmp/x›");
	WORDS(INPUT_ATTACK, "timeout", "5", "sudo", "-n", "bash", "-c", "ls ‹;id›");
	WORDS(INPUT_ATTACK, "git", "clone", "‹--upload-pack=x›");
	WORDS(INPUT_CLEAN, "git", "clone", "--", "‹--x›");
	WORDS(INPUT_CLEAN, "git", "log", "‹main..dev›");
	WORDS(INPUT_ATTACK, "ssh", "‹-oProxyCommand=id›", "h");
	WORDS(INPUT_CLEAN, "ssh", "‹host-1›");
	WORDS(INPUT_SUSPECT, "ls", "‹-la›");
	WORDS(INPUT_ATTACK, "‹/bin/id›");
	WORDS(INPUT_ATTACK, "‹id›", "-u");
	WORDS(INPUT_ATTACK, "/usr/bin/‹../../tmp/x›", "-u");
	WORDS(INPUT_CLEAN, "git-‹status›", "-u");
	WORDS(INPUT_ATTACK, "python3", "-c", "‹import os›");
	WORDS(INPUT_ATTACK, "/usr/bin/python3.11", "-Ic", "x = ‹f(1)›");
	WORDS(INPUT_CLEAN, "python3", "script.py", "‹import os›");
	WORDS(INPUT_CLEAN, "perl", "script.pl", "-e", "‹system('id')›");
	WORDS(INPUT_ATTACK, "git", "clone", "‹ext::sh -c id›");
	WORDS(INPUT_CLEAN, "git", "log", "--grep=‹ext::a›");
	WORDS(INPUT_ATTACK, "curl", "-s", "‹http://127.0.0.1/›");
	WORDS(INPUT_ATTACK, "/usr/bin/wkhtmltopdf", "‹http://10.0.0.5/x›", "out.pdf");
	WORDS(INPUT_CLEAN, "curl", "-s", "‹https://example.com/a›");
	WORDS(INPUT_CLEAN, "curl", "-s", "http://127.0.0.1/?q=‹a b›");
	WORDS(INPUT_CLEAN, "curl", "-H", "‹localhost›", "https://example.com/");
	WORDS(INPUT_CLEAN, "ls", "‹http://127.0.0.1/›");
	WORDS(INPUT_ATTACK, "awk", "‹BEGIN{system(\"id\")}›");
	WORDS(INPUT_ATTACK, "gawk", "/‹x/{print > \"/tmp/x\"} /y›/");
	WORDS(INPUT_CLEAN, "awk", "/‹a b.c›/ {print}", "f");
	WORDS(INPUT_ATTACK, "sed", "s/x/‹y/;1e id #›/");
	WORDS(INPUT_ATTACK, "sed", "s/x/‹id/e #›/");
	WORDS(INPUT_CLEAN, "sed", "s/x/‹a-b (c)›/");
	WORDS(INPUT_CLEAN, "sh", "-c");
	WORDS(INPUT_CLEAN, "env");
}
