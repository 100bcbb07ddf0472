# SPDX-License-Identifier: GPL-2.0-only
"""Registers tests, names their cases, one for each interpreter and probe kind, and compares.  schedule.py runs them."""

import collections
import fcntl
import json
import os

from interpreters import SCRATCH

# Of this run, and gone after it.
FOLDER = SCRATCH + ".run"
# Seconds after which a test hangs, on a machine that has much else to do.
LIMIT = 300

_tests = []

# alone: None, or why nothing else may run meanwhile.  limit: seconds.
Case = collections.namedtuple("Case", "name function arguments alone limit")


class Skip(Exception):
    """The test does not apply here; the message is the reason."""


def test(each=None, kinds=("usdt", "frame", "call", "arm"), where=None, embedded=False, alone=None, limit=LIMIT):
    """
    Registers a test.  each=None: run once, without arguments; "interpreter": function(interpreter); "kind":
    function(interpreter, kind) for those of `kinds` that the interpreter has.  where(interpreter) narrows them down;
    embedded: for programs that embed an interpreter, too, and not only for interpreters.
    alone="why": not beside other tests, because it measures time, loads the machine or counts what is the whole
    machine's.  limit: seconds after which it is killed, and has failed.
    """
    def register(function):
        theme = function.__module__.replace("test_", "")
        _tests.append((Case(theme + "/" + function.__name__, function, (), alone, limit), each, kinds, where, embedded))
        return function
    return register


def cases(interpreters):
    for case, each, kinds, where, embedded in _tests:
        if each is None:
            yield case
            continue
        for interpreter in interpreters:
            if interpreter.embedded and not embedded or where and not where(interpreter):
                continue
            if each == "interpreter":
                yield case._replace(name="%s[%s]" % (case.name, interpreter), arguments=(interpreter,))
                continue
            for kind in kinds:
                if kind in interpreter.kinds:
                    yield case._replace(name="%s[%s %s]" % (case.name, interpreter, kind), arguments=(interpreter, kind))


def once(name, make):
    """What make() returned to the first test of the run that asked under this name; it must be good for JSON."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "once-" + name), "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another one may be at it
        file.seek(0)
        said = file.read()
        if not said:
            said = json.dumps(make())
            file.write(said)
    return json.loads(said)


def expect(condition, message, *values):
    if not condition:
        raise AssertionError(message % values if values else message)


def expect_equal(got, expected, what):
    """Like an assertion of equality; a long difference is shown where it starts."""
    if got == expected and type(got) is type(expected):
        return
    if isinstance(got, list) and isinstance(expected, list):
        for index, (one, other) in enumerate(zip(got, expected)):
            if one != other:
                raise AssertionError("%s: item %d is %s, expected %s" % (what, index, _short(one), _short(other)))
        raise AssertionError("%s: %d items, expected %d" % (what, len(got), len(expected)))
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in [*expected, *got]:
            if key not in got or key not in expected or got[key] != expected[key]:
                raise AssertionError("%s: %r is %s, expected %s" % (
                    what, key, _short(got.get(key, "missing")), _short(expected.get(key, "absent"))))
    raise AssertionError("%s is %s, expected %s" % (what, _short(got), _short(expected)))


def _short(value):
    text = ascii(value)
    return text if len(text) < 400 else "%s ... %s (%d characters)" % (text[:250], text[-100:], len(text))
