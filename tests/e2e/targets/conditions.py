# SPDX-License-Identifier: GPL-2.0-only
"""Calls of which conditions let some through and some not, in any order and very often the same."""

import random
import zlib

from talk import serve


def exact(key, detail=None):
    return key


def allow(key, detail=None):
    return key


def caller(key, detail=None):
    return key


def callers(key, detail=None):
    return key


def item(key, detail=None):
    return key


def number(key, detail=None):
    return key


def excepted(key, detail=None):
    return key


def address(key, detail=None):
    return key


def several(key, detail=None):
    return key


class One:
    def method(self):
        pass


class Other:
    def method(self):
        pass


def methods(n):
    def local():
        class One:
            def method(self):
                pass
        return One

    things = [One(), Other(), local()()]
    for _ in range(n):
        for thing in things:
            thing.method()


WATCHED = (exact, allow, caller, callers, item, number, excepted, address, several)


def by_friend(key, detail=None):
    for function in WATCHED:
        function(key, detail)


def by_stranger(key, detail=None):
    for function in WATCHED:
        function(key, detail)


def inside(function, key, detail=None):
    """One caller more."""
    return function(key, detail)


def calls(n, seed):
    """Calls each function n times; returns how many calls there were by whom with which key and detail."""
    chance, counts = random.Random(seed), {}
    for _ in range(n):
        by = chance.choice((by_friend, by_stranger))
        key = chance.choice(("plain", "plain", "plain", "plaim", "secret", "", "pl\xe4in", "\u2603", "p" * 5000))
        detail = chance.choice((None, None, ("plain", 1), ("plain", 2), {"shell": False}, {"shell": True}))
        chance.choice((by, lambda k, d, f=by: inside(f, k, d)))(key, detail)
        zlib.crc32(key.encode())
        name = "%s %s %s" % (by.__name__, key[:10], detail)
        counts[name] = counts.get(name, 0) + 1
    return counts


serve(calls=calls, methods=methods)
