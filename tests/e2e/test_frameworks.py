# SPDX-License-Identifier: GPL-2.0-only
"""The request behind each alert, in the frameworks and servers that Debian packages, 50 clients at a time."""

import collections
import http.client
import os
import socket
import subprocess
import threading
import time

from harness import Skip, expect, expect_equal, test
from interpreters import HERE
from target import ENVIRONMENT
from tracer import Tracer, rule

CLIENTS, ROUNDS = 50, 4


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(child) for child in file.read().split()]


def drive(port, paths):
    """Every client gets every path, with its own number in it; returns what was asked for."""
    failures = []

    def client(number):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for round_ in range(ROUNDS):
            for path in paths:
                connection.request("GET", "%s%d-%d?n=%d" % (path, number, round_, number),
                                   headers={"Cookie": "session=%d" % number, "User-Agent": "client/%d" % number})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failures.append((path, answer.status))

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    expect(not failures, "answers: %s", failures[:3])
    return ["%s%d-%d" % (path, number, round_) for path in paths for number in range(CLIENTS)
            for round_ in range(ROUNDS)]


def attribution(modules, application, server, paths, each=1):
    if subprocess.run(["/usr/bin/python3", "-c", "import " + ", ".join(modules)], stderr=subprocess.DEVNULL,
                      env=ENVIRONMENT).returncode:
        raise Skip("not all of %s are installed" % ", ".join(modules))
    target = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "targets", "frameworks.py"), application, server],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=ENVIRONMENT)
    try:
        port = int(target.stdout.readline())
        deadline = time.monotonic() + 30
        # gunicorn forks its worker after it listens; one that is forked while a tracer attaches is not always traced.
        while not listens(port) or server == "gunicorn" and not children(target.pid):
            expect(time.monotonic() < deadline and target.poll() is None, "the application does not listen")
            time.sleep(0.05)
        with Tracer([rule("watched", file="frameworks.py")], target.pid, *children(target.pid),
                    options=("--plain-session",)) as tracer:
            asked = drive(port, paths)
    finally:
        target.terminate()
        target.wait()
        target.stdout.close()
    expect_equal(tracer.summary["lost"], 0, "lost: %s" % tracer.messages[-1])
    found = collections.Counter()
    for alert in tracer.alerts:
        request, marker = alert["request"], alert["args"]["marker"]
        expect(request is not None, "%s has no request", marker)
        number = marker.rpartition("/")[2].split("-")[0]
        expect_equal({key: request[key] for key in request if key != "host"}, {
            "remote_addr": "127.0.0.1", "method": "GET", "path": marker, "query": "n=" + number,
            "user_agent": "client/" + number, "session": number, "trace_id": None}, "request")
        expect_equal(request["host"], "127.0.0.1:%d" % port, "host")
        found[marker] += 1
    expect_equal(found, collections.Counter(asked * each), "requests (%s)" % tracer.messages[-1])


@test()
def plain_wsgiref():
    attribution(["wsgiref"], "plain", "wsgiref", ["/plain/"], 2)


@test()
def plain_gunicorn():
    attribution(["gunicorn"], "plain", "gunicorn", ["/plain/"], 2)


@test()
def flask_werkzeug():
    attribution(["flask"], "flask", "werkzeug", ["/view/", "/stream/"])


@test()
def flask_gunicorn():
    attribution(["flask", "gunicorn"], "flask", "gunicorn", ["/view/", "/stream/"])


@test()
def django_gunicorn():
    attribution(["django", "gunicorn"], "django", "gunicorn", ["/view/", "/stream/", "/async/"])


@test()
def django_asgi():
    attribution(["django", "uvicorn"], "django-asgi", "uvicorn", ["/view/", "/stream/", "/async/"])


@test()
def fastapi_uvicorn():
    attribution(["fastapi", "uvicorn"], "fastapi", "uvicorn", ["/view/", "/async/", "/mounted/leaf/"])


@test()
def bottle_gunicorn():
    attribution(["bottle", "gunicorn"], "bottle", "gunicorn", ["/view/", "/stream/"])


@test()
def bottle_gevent():
    attribution(["bottle", "gevent"], "bottle", "gevent", ["/view/", "/stream/"])


@test()
def pyramid_waitress():
    attribution(["pyramid", "waitress"], "pyramid", "waitress", ["/view/", "/class/"])


@test()
def falcon_waitress():
    attribution(["falcon", "waitress"], "falcon", "waitress", ["/view/"])


@test()
def sleeping_gevent():
    """Greenlets: one thread, many stacks."""
    attribution(["gevent"], "sleeping", "gevent", ["/plain/"], 2)


@test()
def aiohttp_own():
    attribution(["aiohttp"], "aiohttp", "aiohttp", ["/view/", "/async/", "/pool/", "/class/"])


@test()
def tornado_own():
    attribution(["tornado"], "tornado", "tornado", ["/view/", "/async/", "/pool/"])
