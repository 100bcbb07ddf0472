# SPDX-License-Identifier: GPL-2.0-only
"""Registers tests, runs them for each interpreter and probe kind, and counts."""

import inspect
import time
import traceback

_tests = []


class Skip(Exception):
    """The test does not apply here; the message is the reason."""


def test(each=None, kinds=("usdt", "frame", "call", "arm"), where=None, embedded=False):
    """
    Registers a test.  each=None: run once, without arguments; "interpreter": function(interpreter); "kind":
    function(interpreter, kind) for those of `kinds` that the interpreter has.  where(interpreter) narrows them down;
    embedded: for programs that embed an interpreter, too, and not only for interpreters.
    """
    def register(function):
        theme = function.__module__.replace("test_", "")
        _tests.append((theme + "/" + function.__name__, function, each, kinds, where, embedded))
        return function
    return register


def _cases(interpreters):
    for name, function, each, kinds, where, embedded in _tests:
        if each is None:
            yield name, function, ()
            continue
        for interpreter in interpreters:
            if interpreter.embedded and not embedded or where and not where(interpreter):
                continue
            if each == "interpreter":
                yield "%s[%s]" % (name, interpreter), function, (interpreter,)
                continue
            for kind in kinds:
                if kind in interpreter.kinds:
                    yield "%s[%s %s]" % (name, interpreter, kind), function, (interpreter, kind)


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


# So many tests of a run may have a second try: a busy machine stops a process for seconds at the wrong moment. Each is
# named, with what failed at first; more of them is a failure like any other.
SECOND_TRIES = 4


def _attempt(name, function, arguments, verbose):
    """Returns None, or what failed, in lines."""
    try:
        function(*arguments)
        return None
    except (Skip, KeyboardInterrupt):
        raise
    except BaseException as error:
        said = ["%s: %s" % (name, error or type(error).__name__)]
        place = traceback.extract_tb(error.__traceback__)
        for entry in place if verbose else [e for e in place if e.filename == inspect.getfile(function)][-1:]:
            said.append("     %s:%d in %s: %s" % (entry.filename, entry.lineno, entry.name, entry.line))
        return "\n".join(said)


def run(interpreters, missing, words=(), verbose=False, only_list=False):
    """Runs the tests whose name has each of the words; prints a line for each; True if none failed."""
    passed = failed = skipped = 0
    tries = SECOND_TRIES
    if not only_list:
        for name, reason in missing:
            print("SKIP interpreter %s: %s" % (name, reason), flush=True)
            skipped += 1
    for name, function, arguments in _cases(interpreters):
        if not all(word in name for word in words):
            continue
        if only_list:
            print(name)
            continue
        start = time.monotonic()
        try:
            wrong = _attempt(name, function, arguments, verbose)
            if wrong and tries:
                tries -= 1
                print("AGAIN %s" % wrong, flush=True)
                wrong = _attempt(name, function, arguments, verbose)
        except Skip as reason:
            skipped += 1
            print("SKIP %s: %s" % (name, reason), flush=True)
            continue
        if wrong:
            failed += 1
            print("FAIL %s" % wrong, flush=True)
        else:
            passed += 1
            print("PASS %s (%.1f s)" % (name, time.monotonic() - start), flush=True)
    if not only_list:
        print("%d passed, %d failed, %d skipped" % (passed, failed, skipped), flush=True)
    return failed == 0 and (passed > 0 or only_list)
