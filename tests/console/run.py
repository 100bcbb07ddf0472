#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the console's tests: real programs, real requests, real Chromium.  See tests/README.md."""

import argparse
import concurrent.futures
import contextlib
import glob
import importlib
import os
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import console  # noqa: E402
import harness  # noqa: E402


def run(case):
    began = time.monotonic()
    try:
        harness.current.store = case.store
        case.function()
    except harness.Skip as skip:
        return "SKIP", f": {skip}"
    except Exception:  # noqa: BLE001
        return "FAIL", "\n" + traceback.format_exc()
    return "PASS", f" ({time.monotonic() - began:.1f} s)"


def main():
    parser = argparse.ArgumentParser(description="End-to-end tests of phrude-console.")
    parser.add_argument("-k", metavar="TEXT", default="", help="only tests whose name has TEXT")
    parser.add_argument("-j", metavar="N", type=int, default=3, help="so many side by side (default: %(default)s)")
    arguments = parser.parse_args()
    for path in sorted(glob.glob(os.path.join(HERE, "test_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])
    counts = dict.fromkeys(("PASS", "FAIL", "SKIP"), 0)
    # What tests leave behind goes with it.
    with tempfile.TemporaryDirectory(prefix="phrude-console-tests-") as directory:
        tempfile.tempdir = directory
        cases = [case for case in harness.cases if arguments.k in case.name]
        with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(arguments.j) as pool:
            if any(case.store == "postgresql" for case in cases):
                console.cluster = console.Cluster()
                stack.callback(console.cluster.close)
            futures = {pool.submit(run, case): case for case in cases}
            for future in concurrent.futures.as_completed(futures):
                result, text = future.result()
                counts[result] += 1
                print(f"{result} console/{futures[future].name}{text}", flush=True)
    print(f"{counts['PASS']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped")
    return 1 if counts["FAIL"] or not counts["PASS"] else 0


if __name__ == "__main__":
    sys.exit(main())
