# SPDX-License-Identifier: GPL-2.0-only
"""Outputs of every type and format, each read by what it is for."""

import importlib.util
import json
import os

from harness import expect, expect_equal, test
from interpreters import HERE, Interpreter
from outputs import Folder, tracing
from target import Target

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
ROOT = os.path.dirname(os.path.dirname(HERE))


@test()
def formats():
    """What is written of real alerts is as those have published it whose formats they are."""
    spec = importlib.util.spec_from_file_location("formats", os.path.join(ROOT, "tests/guards/formats.py"))
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    guard.FOLDER = guard.pathlib.Path(ROOT) / "tests/formats"
    with Folder() as folder, Target(host, "load.py") as target:
        files = [{"type": "file", "path": "alerts." + kind, "format": kind} for kind in (*guard.CHECKS, "json")]
        with tracing(folder, target, *files) as tracer:
            for text in ("x", "a|b=c\\ \n\x1b[2J", "\udc80"):
                target.ask("watched", command=text)
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        ids = [json.loads(line)["id"] for line in folder.read("alerts.json").splitlines()]
        expect_equal(len(ids), 3, "alerts")
        for kind, check in guard.CHECKS.items():
            lines = folder.read("alerts." + kind).splitlines()
            expect_equal(len(lines), 3, "alerts in %s" % kind)
            for number, line in enumerate(lines):
                check("%s, alert %d" % (kind, number), line)
                expect(ids[number] in line, "%s has not the id %s: %s", kind, ids[number], line)
        expect(not guard.faults, "%s", "; ".join(guard.faults))
