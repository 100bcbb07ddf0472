#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Records the captures of tests/unit/event/captures: `make record`, then, as root, tests/record/record.py [NAME...]

For each interpreter found and each probe kind that applies: NAME.bin, the records one behind the other as the ring
buffer delivered them, and NAME.json, for each record a line that says what it must decode to.  The latter is what the
target itself said of its calls, in the form in which an alert must have it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

import interpreters  # noqa: E402
from target import Target  # noqa: E402
from tracer import rule, yaml  # noqa: E402

# The same each time: it stands in the captures.
interpreters.SCRATCH = "/tmp/phrude-capture"
RECORD = os.path.join(interpreters.BUILD, "record")
FOLDER = os.path.join(ROOT, "tests", "unit", "event", "captures")
FILE = "captured.py"
PYTHON = ["posonly", "everything", "cells", "texts", "numbers", "containers", "Thing.method", "Thing.of_class", "generator",
          "coroutine", "recursion"]
C = [("max", "builtins"), ("fspath", "posix"), ("list.append", "builtins"), ("deque", "collections")]
# Shown as an escape in JSON, beside what JSON itself wants: what could deceive a terminal or is no character.
ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(text):
    return '"%s"' % ESCAPED.sub(lambda m: SHORT.get(m.group()) or "\\u%04x" % ord(m.group()), text)


def json_of(value):
    if isinstance(value, dict):
        return "{%s}" % ",".join(quoted(key) + ":" + json_of(item) for key, item in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(json_of, value))
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def expectation(record):
    """A function's arguments are in the order of its header."""
    return json_of({
        "name": record["name"],
        "args": {name: record["args"][name] for name in record["orders"][1]},
        "callers": [{"function": caller["function"], "file": caller["file"]} for caller in record["callers"]]})


def record(interpreter, kind):
    """Returns the bytes recorded and the lines expected."""
    rules = [rule(name, file=FILE) for name in PYTHON]
    if kind == "call":
        rules += [rule(name, module=module) for name, module in C]
    place = interpreter.place(os.path.join(ROOT, "tests", "e2e", "targets"))
    interpreter.place(os.path.join(HERE, "captured.py"), os.path.join(os.path.basename(place), FILE))
    with tempfile.TemporaryDirectory() as folder, Target(interpreter, FILE) as target:
        path, output = os.path.join(folder, "rules.yaml"), os.path.join(folder, "records")
        with open(path, "w") as file:
            file.write(yaml(rules))
        recorder = subprocess.Popen([RECORD, str(target.pid), path, kind, output], stderr=subprocess.PIPE, text=True)
        said = recorder.stderr.readline()
        if "ready" not in said:
            raise SystemExit("record.py: %s %s: %s" % (interpreter, kind, said))
        records = target.ask("through" if kind == "call" else "direct")
        recorder.send_signal(signal.SIGINT)
        said = recorder.communicate()[1]
        if recorder.returncode or " lost 0" not in said:
            raise SystemExit("record.py: %s %s: %s" % (interpreter, kind, said))
        with open(output, "rb") as file:
            return file.read(), [expectation(entry) for entry in records]


def main():
    found, missing = interpreters.find()
    for interpreter in found:
        interpreter.clean()
    os.makedirs(FOLDER, exist_ok=True)
    done = set()
    try:
        for interpreter in found:
            if re.search("lib$|dlopen$", interpreter.name):
                continue
            for kind in interpreter.kinds:
                # One of a kind and minor version is enough, and usdt and frame record the same.
                if kind == "frame" and "usdt" in interpreter.kinds:
                    continue
                name = "%d.%d-%s" % (*interpreter.version, kind)
                if name in done or sys.argv[1:] and name not in sys.argv[1:]:
                    continue
                done.add(name)
                data, lines = record(interpreter, kind)
                with open(os.path.join(FOLDER, name + ".bin"), "wb") as file:
                    file.write(data)
                with open(os.path.join(FOLDER, name + ".json"), "w", encoding="utf-8") as file:
                    file.write("".join(line + "\n" for line in lines))
                print("%s: %d records, %d bytes, of %s" % (name, len(lines), len(data), interpreter))
    finally:
        for interpreter in found:
            interpreter.clean()
    for name, reason in missing:
        print("not recorded: %s: %s" % (name, reason))


if __name__ == "__main__":
    main()
