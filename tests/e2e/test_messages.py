# SPDX-License-Identifier: GPL-2.0-only
"""Messages: a target's names neither add a line to what phrude-trace says nor reach the terminal."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import expect, test
from tracer import BINARY, command, rule, yaml

FORGED = "phrude-trace: summary: hits 0, matches 0, alerts 0, lost 0"
# Of a type's name some thirty bytes are shown.
TYPE = "b\033[2J\nphrude-trace: summary"
HOSTILE = "a\n%s\033[2J\u202e\u061c\U000e0041" % FORGED
RAW = re.compile("[\0-\t\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")

# A class with a hostile name has a method of the interpreter's own, which a rule finds.
SCRIPT = """
import sys, types
name = %r
module = types.ModuleType(name)
module.thing = type(name, (), {"__module__": name, "popitem": dict.popitem})
sys.modules["hostile"] = module
print("there", flush=True)
sys.stdin.read()
"""


def clean(text, forged, what):
    lines = text.split("\n")
    expect(lines.count(FORGED) <= forged, "%s: a forged line: %s", what, ascii(text))
    expect(not any(line.startswith("phrude-trace: summary") and line != FORGED for line in lines), "%s: a forged line: %s", what,
           ascii(text))
    raw = RAW.search(text)
    expect(not raw, "%s: raw U+%04X: %s", what, raw and ord(raw.group()), ascii(text))


@contextlib.contextmanager
def hostile_folder():
    folder = tempfile.mkdtemp(prefix="phrude-trace-e2e-")
    try:
        inner = os.path.join(folder, HOSTILE)
        os.mkdir(inner)
        for program in ("/usr/bin/python3", "/usr/bin/sleep"):
            shutil.copy(os.path.realpath(program), os.path.join(inner, os.path.basename(program)))
        yield inner
    finally:
        shutil.rmtree(folder)


@test()
def names_of_files():
    """The interpreter, a program that is none, rules and output in a folder whose name is a line of ours."""
    with hostile_folder() as folder:
        rules = os.path.join(os.path.dirname(folder), "rules.yaml")
        with open(rules, "w") as file:
            file.write(yaml([rule("system", module="posix"), rule("nothing", file="nothing.py")]))
        python = subprocess.Popen([os.path.join(folder, "python3"), "-c", "print(1, flush=True); input()"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        other = subprocess.Popen([os.path.join(folder, "sleep"), "60"])
        try:
            python.stdout.readline()
            for forged, arguments in (
                    (0, ["doctor", "--pid", python.pid, "--rules", rules]),
                    (1, ["--pid", python.pid, "--rules", rules, "--duration", "0.2", "--verbose"]),
                    (0, ["--pid", other.pid, "--rules", rules]),
                    (0, ["--pid", python.pid, "--rules", os.path.join(folder, "no.yaml")]),
                    (0, ["--pid", python.pid, "--rules", rules, "--output", os.path.join(folder, "no", "alerts")]),
                    (1, ["run", "--rules", rules, "--", os.path.join(folder, "sleep"), "0"]),
                    (0, ["run", "--rules", rules, "--", os.path.join(folder, "none")]),
                    (0, ["suggest", os.path.join(folder, "none")]),
                    (0, ["test", os.path.join(folder, "none")])):
                ended = command(*arguments)
                what = " ".join(map(str, arguments))[:40]
                expect(ended.output or ended.errors, "%s: nothing said", what)
                clean(ended.output, 0, what)
                clean(ended.errors, forged, what)
        finally:
            other.kill()
            other.wait()
            python.communicate(b"\n")


@test("interpreter")
def names_of_types(interpreter):
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.yaml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(yaml([rule("popitem", module="hostile"), rule("popitem", module="hostile", name="again")]))
        target = subprocess.Popen([*interpreter.argv, "-c", SCRIPT % TYPE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env={**os.environ, "PYTHONUTF8": "1"})
        try:
            target.stdout.readline()
            for forged, arguments in ((0, ["doctor", "--pid", target.pid, "--rules", rules]),
                                      (1, ["--pid", target.pid, "--rules", rules, "--duration", "0.2", "--verbose"])):
                ended = command(*arguments)
                clean(ended.output, 0, arguments[0])
                clean(ended.errors, forged, arguments[0])
                expect("summary.popitem" in ended.output + ended.errors, "the name of the type is not shown: %s", ended)
        finally:
            target.communicate()


@test()
def a_reader_who_does_not_read():
    """A pipe behind stderr that is full does not hold the tracer up."""
    rd, wr = os.pipe()
    os.set_blocking(wr, False)
    try:
        while True:
            os.write(wr, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(wr, True)
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.yaml")
        with open(rules, "w") as file:
            file.write(yaml([rule("f", file="f.py")]))
        target = subprocess.Popen([sys.executable, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        try:
            target.stdout.readline()
            tracer = subprocess.Popen(
                [BINARY, "--pid", str(target.pid), "--rules", rules, "--duration", "0.3",
                 "--verbose"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=wr)
            try:
                status = tracer.wait(15)
            except subprocess.TimeoutExpired:
                tracer.kill()
                tracer.wait()
                raise AssertionError("it waits for its reader") from None
            expect(status == 0, "status is %d", status)
        finally:
            os.close(rd)
            os.close(wr)
            target.communicate(b"\n")
