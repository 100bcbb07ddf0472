#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the end-to-end tests: see tests/README.md."""

import argparse
import glob
import importlib
import os
import signal
import sys

import harness
import interpreters
import schedule
import tracer


def main():
    parser = argparse.ArgumentParser(description="End-to-end tests of phrude-trace (as root).")
    parser.add_argument("-k", metavar="TEXT", action="append", default=[], help="only tests whose name has TEXT")
    parser.add_argument("-i", metavar="NAME", help="only interpreters whose name has NAME")
    parser.add_argument("-l", action="store_true", help="list the tests")
    parser.add_argument("-j", metavar="N", type=int, default=schedule.JOBS,
                        help="so many tests side by side, but for those that need the machine for themselves "
                             "(default: %(default)s)")
    parser.add_argument("--beside", metavar="PID", type=int,
                        help="what needs the machine for itself waits until this process has ended")
    parser.add_argument("-v", action="store_true", help="show where in the tests a failure comes from")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    # In the background of a shell it is ignored, and would be by all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # All that was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # What is started under trace runs as root here, however root was become.
    os.environ.pop("SUDO_UID", None)

    for path in sorted(glob.glob(os.path.join(interpreters.HERE, "test_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])
    if not arguments.l:
        if os.geteuid():
            sys.exit("run.py: tracing needs root")
        if not os.access(tracer.BINARY, os.X_OK):
            sys.exit("run.py: %s is not there: run make" % tracer.BINARY)
    found, missing = interpreters.find()
    chosen = found
    if arguments.i:
        chosen, missing = [i for i in found if arguments.i in i.name], []
    cases = [case for case in harness.cases(chosen) if all(word in case.name for word in arguments.k)]
    try:
        if arguments.l:
            print("".join(case.name + "\n" for case in cases), end="")
            return 0
        return 0 if schedule.run(cases, missing, max(1, arguments.j), arguments.beside, arguments.v) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        for interpreter in found:
            interpreter.clean()


if __name__ == "__main__":
    sys.exit(main())
