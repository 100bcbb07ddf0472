# SPDX-License-Identifier: GPL-2.0-only
"""Secrets do not leave the tracer, in whatever form."""

import json
import re

from harness import expect, expect_equal, test
from target import Target
from test_config import beside, files, host, read, trace
from tracer import Tracer, rule

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
