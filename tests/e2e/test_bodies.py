# SPDX-License-Identifier: GPL-2.0-only
"""Attacks that come in a body, as a form, JSON, an upload's name, or as a whole, in live applications."""

import collections
import contextlib
import http.client
import json
import os
import subprocess
import threading
import time
import urllib.parse

from harness import Skip, expect, expect_equal, test
from interpreters import HERE
from target import ENVIRONMENT
from test_frameworks import listens
from test_inputs import about
from tracer import Tracer

RULES = [about("shell", "system", "shell", "arg.command", module="posix"),
         about("sql", "Connection.execute", "sql", "arg", module="sqlite3"),
         about("path", "open", "path", "arg", module="_io"),
         about("code", "eval", "code", "arg.source", module="builtins")]
CLIENTS = 5  # so many wait for a server of wsgiref
HEADER = "X-Command-For-This-Request"
BOUNDARY = "------------------------0123456789abcdef"

# By rule: a deed, texts that are attacks, and texts that are harmless in it.
DEEDS = [("shell", "shell", ["127.0.0.1;id", "$(id)", "\u00e9 | \u00e9"], ["127.0.0.1", "a"]),
         ("shell", "quoted", [], ["127.0.0.1;id"]),
         ("sql", "sql", ["a' or '1'='1"], ["a", "a or 1=1"]),
         ("path", "opened", ["../../../../etc/passwd"], ["talk.py", "x/../talk.py"]),
         ("code", "evaluated", ["__import__('os').getpid()"], ["2*(3+4)"])]


@contextlib.contextmanager
def application(framework, server, modules):
    """A process that serves it; yields its process id and port."""
    if subprocess.run(["/usr/bin/python3", "-c", "import " + ", ".join(modules)], stderr=subprocess.DEVNULL,
                      env=ENVIRONMENT).returncode:
        raise Skip("not all of %s are installed" % ", ".join(modules))
    target = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "targets", "bodies.py"), framework, server],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENVIRONMENT)
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


def part(disposition, content):
    return "--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (BOUNDARY, disposition, content)


def body_of(way, text):
    """The body, its Content-Type, and the field that the text is in."""
    if way == "urlencoded":
        return urllib.parse.urlencode({"first": "1", "x": text}), "application/x-www-form-urlencoded", "x"
    if way == "multipart":
        parts = part('name="first"', "1") + part('name="x"', text)
        return parts + "--%s--\r\n" % BOUNDARY, "multipart/form-data; boundary=" + BOUNDARY, "x"
    if way == "file":
        parts = part('name="x"; filename="%s"' % text, "content")
        return parts + "--%s--\r\n" % BOUNDARY, "multipart/form-data; boundary=" + BOUNDARY, "x"
    if way == "json":
        return json.dumps({"n": 1, "user": {"items": [{"x": text}]}}), "application/json", "user.items[0].x"
    if way == "header":
        return "", "text/plain", HEADER
    return text, "text/plain", None


SOURCES = {"urlencoded": "form", "multipart": "form", "json": "json", "file": "file", "body": "body",
           "header": "header"}


def post(port, route, deed, way, text):
    body, kind, _ = body_of(way, text)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": kind, **({HEADER: text} if way == "header" else {})}
    connection.request("POST", "/%s/%s" % (route, deed), body.encode(), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    expect_equal(answer.status, 200, "answer to %s: %s" % (text, said))


def client(port, routes, number):
    for route, way in routes:
        post(port, route, "shell", way, "%d;id" % number)


def bodies(framework, server, modules, routes):
    """`routes`: where the application takes the text from which kind of body."""
    expected = []
    with application(framework, server, modules) as (pid, port), Tracer(RULES, pid) as tracer:
        for route, way in routes:
            # Frameworks take folders off an upload's name; a header is ASCII.
            for name, deed, attacks, harmless in DEEDS[:3] if way == "file" else DEEDS:
                attacks = [text for text in attacks if way != "header" or text.isascii()]
                for text in attacks + harmless:
                    post(port, route, deed, way, text)
                expected += [(name, SOURCES[way], body_of(way, text)[2], text) for text in attacks]
        alone = len(expected)
        clients = [threading.Thread(target=client, args=(port, routes, number)) for number in range(CLIENTS)]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
    found = [(alert["rule"]["name"], alert["input"]["source"], alert["input"]["name"], alert["input"]["value"])
             for alert in tracer.alerts]
    expect_equal(found[:alone], expected, "alerts, one after the other")
    expect_equal(collections.Counter(found[alone:]),
                 collections.Counter(("shell", SOURCES[way], body_of(way, "")[2], "%d;id" % number)
                                     for number in range(CLIENTS) for route, way in routes), "alerts, all at once")


FORMS = [("form", "urlencoded"), ("form", "multipart")]
PLAIN = [("json", "json"), ("body", "body")]
FILE = [("file", "file")]
HEADERS = [("header", "header")]


@test()
def flask_bodies():
    bodies("flask", "werkzeug", ["flask"], FORMS + PLAIN + FILE + HEADERS)


@test()
def django_bodies():
    bodies("django", "wsgiref", ["django"], FORMS + PLAIN + FILE + HEADERS)


@test()
def django_asgi_bodies():
    bodies("django_asgi", "uvicorn", ["django", "uvicorn"], FORMS + PLAIN + HEADERS + [("slow", "json")])


@test()
def rest_framework_bodies():
    bodies("rest_framework", "wsgiref", ["rest_framework"], FORMS + [("json", "json")])


@test()
def fastapi_bodies():
    bodies("fastapi", "uvicorn", ["fastapi", "uvicorn", "multipart"], FORMS + PLAIN + FILE + HEADERS + [
        ("slowform", "urlencoded"), ("slowform", "multipart"), ("slow", "json")])


@test()
def aiohttp_bodies():
    bodies("aiohttp", "aiohttp", ["aiohttp"], [("form", "urlencoded")] + PLAIN + HEADERS)


@test()
def tornado_bodies():
    bodies("tornado", "tornado", ["tornado"], FORMS + PLAIN + FILE + HEADERS)


@test()
def bottle_bodies():
    bodies("bottle", "wsgiref", ["bottle"], [("form", "urlencoded"), ("parts", "multipart")] + PLAIN + FILE)


@test()
def pyramid_bodies():
    bodies("pyramid", "wsgiref", ["pyramid"], FORMS + PLAIN + FILE)


@test()
def falcon_bodies():
    bodies("falcon", "waitress", ["falcon", "waitress"], [("form", "urlencoded")] + PLAIN)
