# SPDX-License-Identifier: GPL-2.0-only
"""type: journald, read by a systemd-journald of the test's own: a journal namespace, with its own socket and files."""

import contextlib
import json
import os
import subprocess

from harness import Skip, expect, expect_equal, test
from interpreters import Interpreter
from outputs import Folder, tracing, wait_for
from target import Target

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
JOURNALD = "/lib/systemd/systemd-journald"


class Journal:
    """Its socket and its files are in a folder of the test's."""

    def __init__(self, folder):
        self.runtime, self.logs = folder / "run", folder / "logs"
        os.mkdir(self.runtime)
        os.mkdir(self.logs)
        self.address = "unix:%s/socket" % self.runtime

    def entries(self):
        done = subprocess.run(["journalctl", "-D", self.logs, "-o", "json", "--all", "SYSLOG_IDENTIFIER=phrude-trace"],
                              capture_output=True, text=True, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]


@contextlib.contextmanager
def journal(folder):
    if not os.path.exists(JOURNALD):
        raise Skip("there is no systemd-journald: scripts/setup.sh test")
    made = Journal(folder)
    process = subprocess.Popen([JOURNALD, "phrude%d" % os.getpid()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={"RUNTIME_DIRECTORY": made.runtime, "LOGS_DIRECTORY": made.logs})
    try:
        wait_for(lambda: os.path.exists(made.runtime + "/socket"), "systemd-journald does not listen")
        yield made
    finally:
        process.kill()
        process.wait()


@test()
def arrives():
    """Small and large entries with all their fields."""
    with Folder() as folder, journal(folder) as made, Target(host, "load.py") as target:
        outputs = [{"type": "journald", "address": made.address}, {"type": "file", "path": "all"}]
        with tracing(folder, target, *outputs) as tracer:
            target.ask("watched", command="a\nb=\x1b[2J")
            target.ask("watched", command="x" * 3000, depth=99)
            wait_for(lambda: len(made.entries()) >= 101, "the entries")
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        expect("lost 0" in tracer.errors, "it said: %s", tracer.errors)
        entries = {entry["PHRUDE_ID"]: entry for entry in made.entries()}
        alerts = [json.loads(line) for line in folder.read("all").splitlines()]
        expect_equal(len(entries), len(alerts), "entries")
        for alert in alerts:
            entry = entries[alert["id"]]
            expect_equal(entry["PRIORITY"], "4", "priority")
            expect_equal(entry["OBJECT_PID"], str(target.pid), "process")
            expect_equal((entry["CODE_FILE"], entry["CODE_LINE"], entry["CODE_FUNC"]),
                         (alert["function"]["file"], str(alert["function"]["line"]), "watched"), "place")
            expect_equal(json.loads(entry["PHRUDE_ARGS"]), alert["args"], "arguments")
            expect(entry["MESSAGE"].startswith("watched: watched(command="), "message is %r", entry["MESSAGE"])
            expect_equal(entry["MESSAGE_ID"], "6e2b0f7c1d9a4c61a3f85b2e7d40c913", "message id")


@test()
def json_as_the_message():
    with Folder() as folder, journal(folder) as made, Target(host, "load.py") as target:
        with tracing(folder, target, {"type": "journald", "address": made.address, "format": "json"}):
            target.ask("watched", command="x")
            wait_for(made.entries, "the entry")
        expect_equal(json.loads(made.entries()[0]["MESSAGE"])["args"]["command"], "x", "argument")
