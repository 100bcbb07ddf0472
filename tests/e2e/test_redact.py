# SPDX-License-Identifier: GPL-2.0-only
"""Secrets do not leave the tracer, in whatever form."""

import json
import os
import re
import signal
import subprocess

from harness import expect, expect_equal, test
from target import Target
from test_config import beside, files, host, read, trace
from tracer import BINARY, Tracer, rule

SECRETS = ["hunter2secret", "abcdefghijklmnop123456", "s3cr3tpw", "ghp_0123456789abcdefghijABCDEFGHIJ012345"]
COMMAND = "curl -H 'Authorization: Bearer %s' postgres://u:%s@h/db %s %s" % (*SECRETS[1:], SECRETS[3])
MARK = r"\[redacted:[a-z_]+:[0-9a-f]{8}\]"


@test("interpreter")
def secrets(interpreter):
    """Of an argument and of the command line; equal ones are seen as equal."""
    with Target(interpreter, "load.py", "--password", SECRETS[0]) as target:
        with Tracer([rule("watched", file="load.py")], target.pid) as tracer:
            target.ask("watched", command=COMMAND)
    alert, = tracer.alerts
    found = re.fullmatch("curl -H 'Authorization: Bearer (M)' postgres://u:(M)@h/db (M) (M)".replace("M", MARK),
                         alert["args"]["command"])
    expect(found, "the argument is %r", alert["args"]["command"])
    expect_equal(found.group(3), found.group(4), "the same secret twice")
    expect(re.fullmatch(MARK, alert["process"]["cmdline"][-1]), "the command line is %r", alert["process"]["cmdline"])
    expect_equal(tracer.summary["redacted"], 5, "redacted")


@test()
def in_every_form():
    formats = ("json", "text", "ecs", "ocsf", "cef", "otlp")
    outputs = "".join("  - { type: file, path: %s, format: %s }\n" % (name, name) for name in formats)
    for redact, hidden in (("", True), ("redact: { defaults: false }\n", False)):
        with files("rules: rules.yaml\n" + redact + "outputs:\n" + outputs) as path, \
                Target(host, "load.py", "--password", SECRETS[0]) as target:
            trace(path, target, "--pid", str(target.pid))
            for name in formats:
                text = read(beside(path, name))
                expect(text.count("\n") >= 2, "%s: %s", name, text)
                expect_equal(SECRETS[0] not in text, hidden, "%s with %r: hidden" % (name, redact))
                expect_equal("[redacted:" in text, hidden, "%s with %r: a mark" % (name, redact))


@test()
def patterns_of_the_user():
    with files("rules: rules.yaml\nformat: json\noutput: alerts\nredact: { patterns: ['number-([0-9]+)', '^0$'] }\n") as path, \
            Target(host, "load.py") as target:
        trace(path, target, "--pid", str(target.pid))
        alerts = [json.loads(line) for line in read(beside(path, "alerts")).splitlines()]
        expect(all(re.fullmatch(MARK, alert["args"]["command"]) for alert in alerts), "the arguments are %r",
               [alert["args"]["command"] for alert in alerts])
        # Rules see what was there.
        expect_equal(len(alerts), 2, "alerts")


def marks(text):
    return set(re.findall(MARK, text))


@test()
def a_key_of_the_users():
    """Equal secrets of two runs are seen as equal; a file that others can read, or that is too short, is no key."""
    with files("rules: rules.yaml\noutput: alerts\nformat: json\nredact: { key_file: redact.key }\n") as path, \
            Target(host, "load.py", "--password", SECRETS[0]) as target:
        key = beside(path, "redact.key")
        for content, mode, why in ((None, 0, "No such file"), (b"x" * 32, 0o640, "others can read it"),
                                   (b"x" * 31, 0o600, "32 bytes at least"), (b"x" * 32, 0o602, "others can write it")):
            if content:
                with open(key, "wb") as file:
                    file.write(content)
                os.chmod(key, mode)
            done = subprocess.run([BINARY, "--config", path, "--pid", str(target.pid)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=60)
            expect(done.returncode == 1 and why in done.stderr and "key_file" in done.stderr, "%s: %s", why, done)
        os.chmod(key, 0o600)
        for _ in range(2):
            trace(path, target, "--pid", str(target.pid))
        same = marks(read(beside(path, "alerts")))
        expect_equal(len(same), 1, "marks of two runs: %s" % same)
        with open(key, "wb") as file:
            file.write(b"y" * 32)
        trace(path, target, "--pid", str(target.pid))
        expect_equal(len(marks(read(beside(path, "alerts")))), 2, "marks with another key")


@test()
def nothing_is_taken_out():
    for redact, options in (("", ["--no-redact"]), ("redact: false\n", []), ("redact: { patterns: ['[0-9]'] }\n", ["--no-redact"])):
        with files("rules: rules.yaml\noutput: alerts\nformat: json\n" + redact) as path, \
                Target(host, "load.py", "--password", SECRETS[0]) as target:
            _, errors = trace(path, target, "--pid", str(target.pid), *options, warned=True)
            text = read(beside(path, "alerts"))
            expect(SECRETS[0] in text and not marks(text), "with %r and %s: %s", redact, options, text)
            expect("redacted" not in errors.split("summary: ")[1], "the summary is: %s", errors)


@test()
def what_only_its_place_tells():
    with files("rules: rules.yaml\noutput: alerts\nformat: json\n") as path, Target(host, "load.py") as target:
        tracer = subprocess.Popen([BINARY, "--config", path, "--pid", str(target.pid)], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True)
        expect("ready: " in tracer.stderr.readline(), "not ready")
        commands = ["mysql -uroot -p%s shop" % SECRETS[0], "curl -su me:%s http://x" % SECRETS[0],
                    "tar -pxzf %s" % SECRETS[0], "ssh -p2222 %s" % SECRETS[0]]
        for command in commands:
            target.ask("watched", command=command)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)
        found = [json.loads(line)["args"]["command"] for line in read(beside(path, "alerts")).splitlines()][::2]
        expect_equal([re.sub(MARK, "#", command) for command in found],
                     ["mysql -uroot -p# shop", "curl -su me:# http://x", *commands[2:]], "arguments")
