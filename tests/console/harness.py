# SPDX-License-Identifier: GPL-2.0-only
"""What a test is."""

import collections
import threading
import time

Case = collections.namedtuple("Case", "name function store")
cases = []
# What kind of store the test that runs in this thread is about: "sqlite" or "postgresql".
current = threading.local()


class Skip(Exception):
    pass


def test(function):
    """Registers a test, by the name of its file and its own; it runs with each kind of store."""
    sqlite_test(function)
    name = cases[-1].name
    cases.append(Case("postgresql/" + name, function, "postgresql"))
    return function


def postgres_test(function):
    """The same of what is about PostgreSQL alone."""
    cases.append(Case(f"postgresql/{function.__name__}", function, "postgresql"))
    return function


def sqlite_test(function):
    """The same of what is about a file, or about no store at all."""
    cases.append(Case(f"{function.__module__.removeprefix('test_')}/{function.__name__}", function, "sqlite"))
    return function


def equal(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def until(what, seconds=60):
    """Waits until it is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
