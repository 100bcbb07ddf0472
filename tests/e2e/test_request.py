# SPDX-License-Identifier: GPL-2.0-only
"""The request behind each alert: its own, or none, never another's."""

import collections
import hashlib

from harness import expect, expect_equal, test
from interpreters import few
from target import Target
from tracer import Tracer, rule

RULES = [rule("watched", file="requests.py")]
FRAME = dict(kinds=("usdt", "frame"), where=lambda interpreter: "lib" not in interpreter.name and
             "dlopen" not in interpreter.name)


def trace(interpreter, kind, command, options=(), **arguments):
    with Target(interpreter, "requests.py") as target:
        with Tracer(RULES, target.pid, kind=kind, options=options) as tracer:
            expected = target.ask(command, **arguments)
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    return tracer.alerts, expected


def check(alerts, expected):
    """Every alert has the request that its argument names, and all are there."""
    for alert in alerts:
        request, marker = alert["request"], alert["args"]["marker"]
        if marker == "none":
            expect(request is None, "no request was handled, yet there is %s", request)
            continue
        expect(request is not None, "%s has no request", marker)
        expect_equal(request["path"], marker, "path")
        expect_equal(request["query"], "q=" + marker, "query")
        expect_equal([request["remote_addr"], request["host"], request["user_agent"]],
                     ["203.0.113.9", "shop.example", "curl/8"], "client")
        expect(request["method"] in ("GET", "POST"), "method is %s", request["method"])
        expect_equal([request["session"], request["trace_id"]], [None, None], "session, trace id")
    expect_equal(collections.Counter(alert["args"]["marker"] for alert in alerts), collections.Counter(expected),
                 "requests")


@test("kind", **FRAME)
def plain_wsgi(interpreter, kind):
    check(*trace(interpreter, kind, "wsgi"))


@test("kind", kinds=("frame", "arm"), embedded=True, where=lambda interpreter: few(interpreter) or interpreter.embedded and "dlopen" not in interpreter.name)
def after_an_exec(interpreter, kind):
    """The interpreter is loaded elsewhere then, with all that a request is told by."""
    expected = []
    with Target(interpreter, "requests.py") as target:
        with Tracer(RULES, target.pid, kind=kind) as tracer:
            for _ in range(4):
                target.ask("again")
                expected += target.ask("wsgi")
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    check(tracer.alerts, expected)


@test("kind", **FRAME)
def no_request(interpreter, kind):
    check(*trace(interpreter, kind, "nothing"))


@test("kind", **FRAME)
def fifty_threads(interpreter, kind):
    check(*trace(interpreter, kind, "threads", n=50, rounds=10))


@test("kind", **FRAME)
def fifty_tasks(interpreter, kind):
    """Of one event loop."""
    check(*trace(interpreter, kind, "tasks", n=50))


@test("kind", **FRAME)
def handed_on(interpreter, kind):
    """To tasks and to a thread pool, whose results are awaited."""
    check(*trace(interpreter, kind, "handed_on", n=10))


@test("kind", **FRAME)
def not_to_be_known(interpreter, kind):
    check(*trace(interpreter, kind, "unknown"))


@test("kind", **FRAME)
def details(interpreter, kind):
    session = "sha256:" + hashlib.sha256(b"abc.def").hexdigest()[:16]
    options = (("10.1.2.3", session, ()),
               ("192.0.2.66", session, ("--trusted-proxies", "10.0.0.0/8", "::1")),
               ("198.51.100.7", "abc.def", ("--trusted-proxies=10.0.0.0/8", "--trusted-proxies=192.0.2.0/24",
                                            "--plain-session")))
    for address, shown, words in options if kind == interpreter.kinds[0] else options[:1]:
        alerts, _ = trace(interpreter, kind, "details", options=words)
        expect_equal(len(alerts), 2, "alerts")
        for alert, method in zip(alerts, ("GET", "POST")):
            expect_equal(alert["request"], {
                "remote_addr": address, "method": method, "path": "/sub/caf\u00e9", "query": "a=%2Fb&c=d",
                "host": "shop.example", "user_agent": "curl/8", "session": shown,
                "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}, "request")
            expect_equal(alert["truncated"], False, "truncated")


@test("kind", **FRAME)
def hostile(interpreter, kind):
    alerts, _ = trace(interpreter, kind, "hostile")
    expect_equal(len(alerts), 6, "alerts")
    requests = [alert["request"] for alert in alerts]
    # what is no UTF-8 stays as the environ has it
    expect_equal(requests[0]["path"], "/ä€\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "no UTF-8")
    expect_equal(requests[1]["path"], "/%00nul", "NUL")
    path = requests[2]["path"]
    expect(path == "/" + "x" * (len(path) - 2) + "…" and 1000 < len(path) < 5000, "a long path is %s", path[:60])
    expect(alerts[2]["truncated"], "what is cut is truncated")
    expect_equal([requests[3][key] for key in ("path", "query", "remote_addr", "host", "user_agent")],
                 ["/types", "", None, None, None], "other types")
    expect_equal([requests[4][key] for key in ("path", "remote_addr", "host")], ["/types", None, "list"], "headers")
    expect_equal(requests[5]["path"], "/many", "many headers")
