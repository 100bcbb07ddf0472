# SPDX-License-Identifier: GPL-2.0-only
"""What a test is."""

import collections
import time

Case = collections.namedtuple("Case", "name function")
cases = []


class Skip(Exception):
    pass


def test(function):
    """Registers a test, by the name of its file and its own."""
    cases.append(Case(f"{function.__module__.removeprefix('test_')}/{function.__name__}", function))
    return function


def equal(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def until(what, seconds=60):
    """Waits until it is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
