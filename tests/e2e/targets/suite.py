# SPDX-License-Identifier: GPL-2.0-only
"""Runs modules of CPython's own tests in this process, and tells the outcome of each test."""

import gc
import os
import sys
import tempfile
import time
import types
import unittest

import talk


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}
        self.details = {}

    def _add(self, test, outcome, detail=None):
        name = test.id()
        # A subtest that failed is not made good by the test's end.
        if self.outcomes.get(name) in (None, "ok"):
            self.outcomes[name] = outcome
            if detail:
                self.details[name] = detail[-600:]

    def addSuccess(self, test):
        self._add(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._add(test, "skipped")

    def addExpectedFailure(self, test, error):
        self._add(test, "failed as expected")

    def addUnexpectedSuccess(self, test):
        self._add(test, "unexpected success")

    def addFailure(self, test, error):
        self._add(test, "failure", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        self._add(test, "error", self._exc_info_to_string(error, test))

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self._add(test, "failure", self._exc_info_to_string(error, test))


def available():
    try:
        import test.support
    except ImportError:
        return False
    # None: as python -m test without -u.
    test.support.use_resources = []
    return True


def run(module):
    """The outcomes of one module, each test by its name; {} if this version does not have it."""
    name = "test." + module
    try:
        __import__(name)
    except ImportError:
        return {"seconds": 0, "outcomes": {}, "details": {}}
    except unittest.SkipTest:
        return {"seconds": 0, "outcomes": {name: "skipped"}, "details": {}}
    tests = unittest.defaultTestLoader.loadTestsFromName(name)
    result = Outcomes()
    folder = os.getcwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        start = time.monotonic()
        try:
            tests.run(result)
        finally:
            os.chdir(folder)
    return {"seconds": time.monotonic() - start, "outcomes": result.outcomes, "details": result.details}


def functions(modules, most):
    """Name and file of up to so many functions of this process, those modules imported."""
    for module in modules:
        try:
            __import__("test." + module)
        except (ImportError, unittest.SkipTest):
            pass
    found = {}
    for function in gc.get_objects():
        if isinstance(function, types.FunctionType):
            code = function.__code__
            path = code.co_filename
            if path.startswith("/") and len(found) < most and code.co_name.isidentifier():
                found[code.co_name, os.path.join(*path.split("/")[-2:])] = True
    return sorted(found)


if __name__ == "__main__":
    sys.argv[1:] = []
    talk.serve(available=available, run=run, functions=functions)
