# SPDX-License-Identifier: GPL-2.0-only
"""What came with a request and changes what an argument means, in live applications."""

import contextlib
import http.client
import os
import subprocess
import time
import urllib.parse

from harness import Skip, expect, expect_equal, test
from interpreters import HERE
from target import ENVIRONMENT
from test_frameworks import listens
from tracer import Tracer, rule

SERVERS = {"flask": "wsgiref", "django": "wsgiref", "fastapi": "uvicorn"}


def about(name, func, kind, arg, **place):
    return rule(func, name=name, condition={arg: {"only": [{"input": kind}]}}, **place)


RULES = [about("shell", "system", "shell", "arg.command", module="posix"),
         about("any", "system", "any", "arg", module="posix"),
         about("words", "fork_exec", "shell", "arg.0", module="_posixsubprocess"),
         about("sql", "Connection.execute", "sql", "arg", module="sqlite3"),
         about("path", "open", "path", "arg", module="_io"),
         about("code", "eval", "code", "arg.source", module="builtins"),
         about("host", "getaddrinfo", "url", "arg.host", file="socket.py"),
         about("url", "OpenerDirector.open", "url", "arg.fullurl", file="urllib/request.py")]


@contextlib.contextmanager
def application(framework, wrapper=()):
    """A process that serves it; yields its process id and port."""
    modules = [framework, "uvicorn"] if SERVERS[framework] == "uvicorn" else [framework]
    if subprocess.run(["/usr/bin/python3", "-c", "import " + ", ".join(modules)], stderr=subprocess.DEVNULL,
                      env=ENVIRONMENT).returncode:
        raise Skip("not all of %s are installed" % ", ".join(modules))
    target = subprocess.Popen([*wrapper, "/usr/bin/python3", os.path.join(HERE, "targets", "inputs.py"), framework,
                               SERVERS[framework]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENVIRONMENT)
    try:
        port = int(target.stdout.readline())
        deadline = time.monotonic() + 30
        while not listens(port):
            expect(time.monotonic() < deadline and target.poll() is None, "the application does not listen")
            time.sleep(0.05)
        yield target.pid, port
    finally:
        target.terminate()
        target.wait()
        target.stdout.close()


def get(port, deed, text, way="query"):
    """Asks for a deed, its text in the query, the path or a cookie."""
    quoted = urllib.parse.quote(text)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", {"query": "/%s?x=%s" % (deed, urllib.parse.quote_plus(text, safe="")),
                               "path": "/%s/%s" % (deed, quoted),
                               "cookie": "/cookie/%s/" % deed}[way],
                       headers={"Cookie": "x=" + text} if way == "cookie" else {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    expect_equal(answer.status, 200, "answer to %s: %s" % (text, body))


def inputs_of(alerts, name):
    return [alert["input"] for alert in alerts if alert["rule"]["name"] == name]


def shell(framework):
    with application(framework) as (pid, port), Tracer(RULES, pid) as tracer:
        for way in ("query", "path"):
            for text in ("127.0.0.1", "a b", "127.0.0.1;id", "$(id)"):
                get(port, "shell", text, way)
            for text in ("127.0.0.1;id", "$(id)"):
                get(port, "quoted", text, way)
        get(port, "shell", "a\nid")
        get(port, "shell", "a|id", "cookie")
        get(port, "quoted", "a|id", "cookie")
    expected = [{"source": way, "name": "x" if way == "query" else None, "value": text, "arg": "command"}
                for way in ("query", "path") for text in ("127.0.0.1;id", "$(id)")]
    expected.append({"source": "query", "name": "x", "value": "a\nid", "arg": "command"})
    expected.append({"source": "cookie", "name": "x", "value": "a|id", "arg": "command"})
    expect_equal(inputs_of(tracer.alerts, "shell"), expected, "inputs")
    expect_equal(len(inputs_of(tracer.alerts, "any")), 15, "calls with the client's text")


# By rule: a deed, and texts that are attacks or harmless in it.
DEEDS = [("words", "words", [], ["a;b", "-x"]),
         ("sql", "sql", ["a' or '1'='1", "a' union select 2 --"], ["a", "a or 1=1", "select -- from"]),
         ("sql", "bound", [], ["a' or '1'='1"]),
         ("path", "opened", ["../../../../etc/passwd", "x/../../talk.py"], ["talk.py", "x/../talk.py"]),
         ("path", "pathlib_opened", ["../../README.md", "/etc/passwd"], ["talk.py", "./talk.py"]),
         ("code", "evaluated", ["__import__('os').getpid()", "().__class__"], ["2*(3+4)", "[1, 'a']"])]


def deeds(framework):
    expected = []
    with application(framework) as (pid, port), Tracer(RULES, pid) as tracer:
        for name, deed, attacks, harmless in DEEDS:
            for text in attacks + harmless:
                get(port, deed, text)
            expected += [(name, "query", "x", text) for text in attacks]
        get(port, "fetched", "http://0x7f.1:1/x")
        expected += [("url", "query", "x", "http://0x7f.1:1/x"), ("host", "query", "x", "0x7f.1")]
    expect_equal([(alert["rule"]["name"], alert["input"]["source"], alert["input"]["name"], alert["input"]["value"])
                  for alert in tracer.alerts], expected, "alerts")


OWN_CALLS = 20


def own_doing(framework):
    """What is done again and again without the client's text in it is dismissed in the kernel; the same for a client is not."""
    with application(framework) as (pid, port), Tracer(RULES, pid) as tracer:
        for _ in range(OWN_CALLS):
            get(port, "own_shell", "hello")
            time.sleep(0.02)  # what is not reported teaches the kernel side a moment later
        get(port, "shell", "; id >&2")
    expect_equal([alert["rule"]["name"] for alert in tracer.alerts], ["shell", "any"], "alerts")
    expect(tracer.summary.get("dismissed", 0) > OWN_CALLS / 2, "dismissed: %s", tracer.messages[-1])


def of_another_program(framework):
    """What a program is seen doing without the client's text keeps nothing of others from being reported."""
    payload = "; id >&2"
    alike = ("env", "PYTHONHASHSEED=0", "setarch", "-R")  # their addresses are the same
    with application(framework, alike) as (teacher, port), application(framework, alike) as (pid, other_port):
        with Tracer(RULES, teacher, pid) as tracer:
            for _ in range(OWN_CALLS):
                get(port, "own_shell", "hello")
                time.sleep(0.02)
            get(port, "own_shell", payload)
            get(other_port, "own_shell", payload)
    expect_equal([(alert["rule"]["name"], alert["process"]["pid"]) for alert in tracer.alerts], [("shell", pid), ("any", pid)], "alerts")


def with_text_in_it(framework):
    """Then it may be the client's choice, harmless as it is."""
    with application(framework) as (pid, port), Tracer(RULES[:1], pid) as tracer:
        for _ in range(OWN_CALLS):
            get(port, "own_shell", "true")
            time.sleep(0.02)
    expect_equal(len(tracer.alerts), 0, "alerts")
    expect_equal(tracer.summary.get("dismissed", 0), 0, "dismissed")


@test()
def flask_own_doing():
    own_doing("flask")


@test()
def django_own_doing():
    own_doing("django")


@test()
def fastapi_own_doing():
    own_doing("fastapi")


@test()
def flask_of_another_program():
    of_another_program("flask")


@test()
def flask_with_text_in_it():
    with_text_in_it("flask")


@test()
def flask_shell():
    shell("flask")


@test()
def flask_deeds():
    deeds("flask")


@test()
def django_shell():
    shell("django")


@test()
def django_deeds():
    deeds("django")


@test()
def fastapi_shell():
    shell("fastapi")


@test()
def fastapi_deeds():
    deeds("fastapi")
