# SPDX-License-Identifier: GPL-2.0-only
"""--config: settings from a file, several outputs, and what is said of mistakes."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from tracer import BINARY, command, rule, yaml

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = yaml([rule("watched", file="load.py"), rule("watched", file="load.py", name="urgent", level="alert")])


@contextlib.contextmanager
def files(config):
    """A folder with rules and a configuration, whose path it is."""
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        path = os.path.join(folder, "config.yaml")
        for name, text in ((path, config), (os.path.join(folder, "rules.yaml"), RULES)):
            with open(name, "w") as file:
                file.write(text)
        yield path


def beside(path, name):
    return os.path.join(os.path.dirname(path), name)


def read(path):
    with open(path) as file:
        return file.read()


def trace(path, target, *options, calls=1, warned=False, **popen):
    """Traces some calls; returns stdout and stderr.  `warned`: it says something before it is ready."""
    tracer = subprocess.Popen([BINARY, "--config", path, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **popen)
    try:
        warning = tracer.stderr.readline() if warned else ""
        ready = tracer.stderr.readline()
        expect("ready: " in ready, "not ready: %s", warning + ready)
        for number in range(calls):
            target.ask("watched", command=str(number))
        tracer.send_signal(signal.SIGINT)
        output, errors = tracer.communicate(timeout=30)
    finally:
        tracer.kill()
        tracer.wait()
    expect_equal(tracer.returncode, 0, "status (%s)" % errors)
    return output, errors


def rules_of(lines):
    return [json.loads(line)["rule"]["name"] for line in lines.splitlines()]


@test()
def several_outputs():
    """Each has its own level and format; relative paths are the file's neighbours, whatever the folder that it is started in."""
    with Target(host, "load.py") as target, files("""
rules: rules.yaml
pid: %d
outputs:
  - { type: file, path: all.jsonl, name: all }
  - { type: file, path: urgent.txt, level: alert, format: text }
  - { type: stdout, format: json, level: warn }
""" % target.pid) as path:
        output, errors = trace(path, target, calls=3, cwd="/")
        expect_equal(rules_of(read(beside(path, "all.jsonl"))), ["watched", "urgent"] * 3, "alerts in the first file")
        text = read(beside(path, "urgent.txt"))
        expect_equal((text.count("  ALERT  urgent"), text.count("INFO")), (3, 0), "alerts in the second file")
        expect_equal(rules_of(output), ["urgent"] * 3, "alerts on standard output")
        expect("alerts 6, lost 0" in errors, "the summary is: %s", errors)


@test()
def one_output_that_nobody_reads():
    """It loses its own alerts; the other one has all of them."""
    with Target(host, "load.py") as target, files("""
rules: rules.yaml
pid: %d
outputs: [{ type: file, path: all.jsonl }, { type: stdout, format: json, queue: 10 }]
""" % target.pid) as path:
        reader, writer = os.pipe()
        tracer = subprocess.Popen([BINARY, "--config", path], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                                  text=True)
        os.close(writer)
        try:
            expect("ready: " in tracer.stderr.readline(), "not ready")
            for _ in range(4):
                target.ask("watched", command="x", depth=99)
            tracer.send_signal(signal.SIGTERM)
            errors = tracer.communicate(timeout=30)[1]
        finally:
            tracer.kill()
            tracer.wait()
            os.close(reader)
        expect_equal(tracer.returncode, 0, "status (%s)" % errors)
        expect_equal(len(rules_of(read(beside(path, "all.jsonl")))), 800, "alerts in the file")
        expect("alerts 800, " in errors and "lost_unwritten " in errors, "it said: %s", errors)


@test()
def options_count_more():
    with Target(host, "load.py") as target, files("rules: none.yaml\ncount: 1\noutput: from_file\nformat: text\n") as path:
        with open(beside(path, "own.yaml"), "w") as file:
            file.write(yaml([rule("watched", file="load.py", name="own")]))
        trace(path, target, "--pid", str(target.pid), "--rules", beside(path, "own.yaml"), "--output",
              beside(path, "from_option"), "--format", "json")
        expect_equal(rules_of(read(beside(path, "from_option"))), ["own"], "alerts")
        expect(not os.path.exists(beside(path, "from_file")), "the file's own output was opened")


@test()
def run():
    with files("rules: rules.yaml\noutput: alerts\nformat: json\n") as path:
        os.mkdir(beside(path, "app"))
        with open(beside(path, "app/load.py"), "w") as file:
            file.write("def watched(command):\n    pass\nwatched('x')\n")
        ended = command("run", "--config", path, "--", *host.argv, beside(path, "app/load.py"), timeout=60)
        expect_equal(ended.status, 0, "status (%s)" % ended.errors)
        expect_equal(rules_of(read(beside(path, "alerts"))), ["watched", "urgent"], "alerts")


@test()
def mistakes():
    """All of them at once, at their places, and nothing is attached."""
    with files("rulse: rules.yaml\ntargets: []\noutputs: [{ type: kafka }]\n") as path:
        said = ("%s:1:1: unknown key `rulse` in a configuration; did you mean `rules`?\n"
                "%s:2:10: `targets` is empty: nothing is traced\n"
                "%s:3:11: an output of type `kafka` has no `brokers`\n"
                "%s:3:11: an output of type `kafka` has no `topic`\n" % (path, path, path, path))
        for words in (["check", path], ["--config", path, "--pid", os.getpid()], ["run", "--config", path, "--", "true"]):
            ended = command(*words)
            expect_equal((ended.status, ended.errors, ended.output), (2, said, ""), "status and messages of %s" % words[0])
    for config, words, said in (("rules: rules.yaml\n", [], "nothing to trace"), ("pid: 1\n", [], "no rules"),
                                ("rules: rules.yaml\npid: 1\nuser: root\n", [], "`user` goes with"),
                                ("rules: rules.yaml\npid: 1\n", ["run", "--", "true"], "`pid` does not go with")):
        with files(config) as path:
            ended = command(*words[:1], "--config", path, *words[1:])
            expect_equal(ended.status, 2, "status of %r" % config)
            expect(said in ended.errors and ended.errors.count("\n") == 1, "it said: %s", ended.errors)
    expect("cannot be read" in command("--config", "/nowhere.yaml").errors, "a file that is not there is not said to be")


@test()
def check():
    """It takes configurations beside rules, and reads the rules that they name."""
    with files("rules: rules.yaml\noutput: /x\n") as path:
        ended = command("check", path)
        expect_equal((ended.status, ended.output, ended.errors), (0, "%s: 2 rules, no errors\n" % path, ""), "what it said")
        ended = command("check", path, beside(path, "rules.yaml"))
        expect_equal(ended.output, "%s: 2 rules, no errors\n2 rules, no errors\n" % path, "what it said")
        with open(beside(path, "rules.yaml"), "a") as file:
            file.write("- nonsense\n")
        ended = command("check", path)
        expect_equal((ended.status, ended.output), (2, ""), "status and output")
        expect("rules.yaml:" in ended.errors and "a rule must be a mapping" in ended.errors, "it said: %s", ended.errors)
