# SPDX-License-Identifier: GPL-2.0-only
"""A workload whose watched calls are known: work() says, by rule, how many there will have been."""

import functools
import os
import posix
import sys
import threading
import time

ROUNDS, USER = 200, 1234


def watched(number, *rest, word="wörd \U0001f40d", **more):
    return number


def numbers(stop):
    yield from range(stop)


def recurse(depth):
    return watched(depth) if depth == 0 else recurse(depth - 1)


def environment(rounds):
    for number in range(rounds):
        os.getenv("KEY_%d" % number, [number, (None, 1.5)])


def application(environ, start_response):
    """As WSGI has it: what is called from here belongs to a request."""
    watched(0)


ENVIRON = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/shop", "QUERY_STRING": "q=1",
           "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
           "REMOTE_ADDR": "203.0.113.9", "wsgi.version": (1, 0)}


def frame():
    """Calls that a probe on frames notices."""
    environment(ROUNDS)
    threads = [threading.Thread(target=environment, args=(ROUNDS,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(ROUNDS):
        sum(numbers(5))
        recurse(20)
    application(ENVIRON, None)
    watched(1 << 100, "rest", b"\0", more={"key": {1}})
    child = os.fork()
    if child == 0:
        environment(ROUNDS)
        os._exit(0)
    os.waitpid(child, 0)
    return {"getenv": 6 * ROUNDS, "forked": ROUNDS, "numbers": ROUNDS, "watched": ROUNDS + 2}


# The same calls are for functions that are armed.
arm = frame


def call():
    """Calls that go through PyObject_Call: lru_cache's own of what it wraps."""
    through = functools.lru_cache(maxsize=0)
    getenv, getpid, function = through(os.getenv), through(posix.getpid), through(watched)
    for number in range(ROUNDS):
        getenv("KEY_%d" % number)
        getpid()
        function(number, "rest", more=1)
    return {"getenv": ROUNDS, "getpid": ROUNDS, "watched": ROUNDS}


def direct():
    """Calls of functions written in C, however they are made."""
    for _ in range(ROUNDS):
        os.getpid()
        posix.getpid(*())
        list(map(len, ()))
    return {"getpid": 2 * ROUNDS}


def audit():
    """Audit events."""
    for number in range(ROUNDS):
        sys.audit("phrude.test", number, "text")
    return {"phrude.test": ROUNDS}


def user():
    """Becomes another user, and calls as such until that must have been noticed."""
    os.seteuid(USER)
    for number in range(60):
        watched(number, "as another user")
        time.sleep(0.1)
    os.seteuid(0)
    return {}


if __name__ == "__main__":
    _, what, when, answer = sys.argv
    if when == "signal":
        print("here", flush=True)
        sys.stdin.readline()
    expected = globals()[what]()
    with open(answer, "w") as file:
        file.write(repr(expected))
