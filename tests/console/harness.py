# SPDX-License-Identifier: GPL-2.0-only
"""What a test is."""

import collections

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
