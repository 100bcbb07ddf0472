# SPDX-License-Identifier: GPL-2.0-only
"""Audit events: each once, with its arguments by position."""

from harness import expect_equal, test
from target import Target
from tracer import Tracer


def audit(event, name=None):
    return {"name": name or event, "audit": event, "level": "info"}


@test("interpreter")
def events_and_arguments(interpreter):
    rules = [audit("phrude.*"), audit("phrude.test"), audit("os.putenv"), audit("os.pu?env", "glob"), audit("os.unsetenv"),
             audit("os.rename")]
    with Target(interpreter, "native.py") as target:
        with Tracer(rules, target.pid) as tracer:
            n = target.ask("audited", n=20)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    expect_equal(tracer.by_rule(), {"phrude.*": 2 * n, "phrude.test": n, "os.putenv": n, "glob": n, "os.rename": n}, "alerts")
    for alert in tracer.alerts:
        expect_equal([alert["function"][key] for key in ("qualname", "file", "module", "line")], [None] * 4, "function")
        expect_equal(alert["probe"], "audit", "probe")
        if alert["function"]["name"] == "phrude.test":
            expect_equal(alert["args"], {"0": 1, "1": -5, "2": "text", "3": None, "4": str(2 ** 80)}, "arguments")
        elif alert["function"]["name"] == "os.putenv":
            expect_equal(alert["args"], {"0": "b'PHRUDE_TEST'", "1": "b'1'"}, "arguments")
        elif alert["function"]["name"] == "os.rename":
            # Text, and then others.
            expect_equal(alert["args"], {"0": "/nonexistent/phrude-1", "1": "/nonexistent/phrude-2", "2": -1, "3": -1}, "arguments")
        expect_equal(alert["callers"][0]["function"], "audited", "caller")
