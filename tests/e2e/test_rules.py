# SPDX-License-Identifier: GPL-2.0-only
"""The rule pack against live interpreters, the commands around it, and applications that nobody attacks."""

import glob
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

from harness import Skip, expect, expect_equal, test
from interpreters import HERE
from tracer import BINARY, command

ROOT = os.path.dirname(os.path.dirname(HERE))
PACK = os.path.join(ROOT, "rules")


def run_cases(interpreter, *paths):
    """Lines of failed cases."""
    ended = subprocess.run([BINARY, "test", *paths, "--python", interpreter.argv[0]], capture_output=True, text=True)
    lines = ended.stdout.splitlines()
    expect(lines and re.fullmatch(r"\d+ passed, \d+ failed, \d+ skipped", lines[-1]), "no summary: %s",
           ended.stdout[-300:] + ended.stderr[-300:])
    failed = [line for line in lines if line.startswith("FAIL")]
    expect_equal(ended.returncode, 1 if failed else 0, "status")
    return failed


# The pack takes two minutes each: the oldest, Debian's own and the newest there is on a machine without chroots.
@test("interpreter", where=lambda i: not i.root and (i.version in ((3, 8), (3, 13)) or i.name.startswith("debian")),
      alone="each case imports what it attacks, and a tracer that gets no processor in time loses an import, and says so",
      limit=900)
def pack(interpreter):
    """Every rule fires on its attack, and is silent on its counter-case."""
    failed = run_cases(interpreter, PACK)
    expect(not failed, "%s", failed)


@test("interpreter", where=lambda i: not i.root)
def phrude_examples(interpreter):
    failed = run_cases(interpreter, os.path.join(ROOT, "tests", "rules"))
    expect(not failed, "%s", failed)


@test()
def every_rule_has_cases():
    rules, fires, silent = set(), set(), set()
    for path in glob.glob(os.path.join(PACK, "*.yaml")):
        with open(path) as file:
            text = file.read()
        if path.endswith(".test.yaml"):
            for entry in re.split(r"(?m)^- ", text)[1:]:
                (fires if re.search(r"(?m)^  fires: ", entry) else silent).add(re.match(r"rule: (\S+)", entry).group(1))
        else:
            rules |= set(re.findall(r"(?m)^- id: (\S+)", text))
    expect(len(rules) > 50, "only %d rules were found", len(rules))
    expect_equal(sorted(rules - fires), [], "rules that no case fires")
    expect_equal(sorted(rules - silent), [], "rules that no case keeps silent")


@test()
def mistakes_in_cases():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.yaml"), "w") as file:
            file.write("- {name: a, func: f, file: a.py, level: info}\n")
        with open(os.path.join(folder, "a.test.yaml"), "w") as file:
            file.write("- {rule: b, fires: pass}\n")
        ended = command("test", folder)
        expect_equal((ended.status, ended.output), (2, ""), "status, stdout")
        expect('a.test.yaml:1: there is no rule with the id or name "b"' in ended.errors, "stderr: %s", ended.errors)
    ended = command("test")
    expect_equal(ended.status, 2, "status without a directory")


# The tracer stands still until there is no room in the ring; losses are said once a second, of processes that still run.
FLOOD = """- rule: a
  %s: |
    import os, signal, time
    def field(pid, number):
        with open("/proc/%%d/stat" %% pid) as file:
            return file.read().split()[number]
    tracer = os.getpid()
    while "phrude" not in field(tracer, 1):
        tracer = int(field(tracer, 3))
    def deep(n, i):
        if n:
            return deep(n - 1, i)
        try:
            os.open("none/" + str(i), 0)
        except OSError:
            pass
    os.kill(tracer, signal.SIGSTOP)
    try:
        for i in range(60000):
            deep(100, i)
    finally:
        os.kill(tracer, signal.SIGCONT)
    time.sleep(2)
"""


@test(alone="more matches than the ring has room for")
def lost_matches_are_told():
    """A case whose matches were lost says so: it may have raised an alert, and proves no silence."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.yaml"), "w") as file:
            file.write("- {name: a, func: f, file: a.py, level: info}\n"
                       "- {name: b, func: open, module: posix, level: info, condition: {arg.path: {allow: [none]}}}\n")
        with open(os.path.join(folder, "a.test.yaml"), "w") as file:
            file.write(FLOOD % "fires" + FLOOD % "silent")
        ended = command("test", folder)
        expect_equal(ended.status, 1, "status")
        for said in ("raised no alert", "may not have been silent"):
            expect(re.search(said + r" \(\d+ matches in the last \d+ s were not reported: ", ended.output),
                   "stdout: %s", ended.output)


@test()
def suggestions():
    frame = '{"function":"conf","file":"/srv/app.py","line":1}'
    alert = ('{"time":"2026-01-02T03:04:05Z","rule":{"name":"Env","id":null,"level":"info","tags":[]},'
             '"function":{"name":"getenv","qualname":"getenv","file":"/l/os.py","module":null},'
             '"args":{"key":"HOST"},"callers":[%s]}\n' % frame)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "alerts.jsonl")
        with open(path, "w") as file:
            file.write(alert * 5)
        ended = command("suggest", path)
        expect_equal((ended.status, ended.errors), (0, ""), "status, stderr")
        with open(os.path.join(folder, "review.yaml"), "w") as file:
            file.write(ended.output)
        checked = command("check", os.path.join(folder, "review.yaml"))
        expect_equal((checked.status, checked.output), (0, "1 rule, no errors\n"), "status, stdout of check")
    expect_equal(command("suggest", "/nonexistent").status, 2, "status without alerts")


LONG = bool(os.environ.get("PHRUDE_LONG_TESTS"))
SOME = ("12-c", "12-stdin", "12-pool-spawn", "13-", "14-", "15-", "16-startproject", "16-unittest", "16-pytest", "16-jinja", "2-jinja", "6-", "8-beside")


@test(alone="programs one after the other, whose alerts are told apart by their time", limit=1800 if LONG else 600)
def programs():
    """Attacks that take effect are told, and tools and frameworks that mean no harm are silent, each under the whole pack."""
    wanted = [] if LONG else [word for text in SOME for word in ("-k", text)]
    ended = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "attacks", "run.py"), "programs", *wanted],
                           env=dict(os.environ, PHRUDE_TRACE=BINARY), capture_output=True, text=True)
    expect_equal(ended.returncode, 0, "status; it said: %s" % (ended.stdout + ended.stderr)[-1500:])


def applications(*arguments):
    missing = [name for name in ("flask", "django", "fastapi", "uvicorn", "gunicorn", "requests", "aiohttp", "tornado", "bottle", "waitress")
               if not importlib.util.find_spec(name)]
    if missing:
        raise Skip("Debian's packages of %s are not installed" % ", ".join(missing))
    ended = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "attacks", "run.py"), *arguments],
                           env=dict(os.environ, PHRUDE_TRACE=BINARY), capture_output=True, text=True)
    expect_equal(ended.returncode, 0, "status; it said: %s" % (ended.stdout + ended.stderr)[-1500:])


@test(alone="applications under load")
def clean_applications():
    applications("clean", "--requests", "300")


@test(alone="attacks one after the other, whose alerts are told apart by when they come", limit=300)
def attacked_applications():
    """Each attack is told, by alerts that have its request; of all frameworks in a long run."""
    applications("attack", *([] if LONG else ["--app", "django", "--app", "fastapi"]))
