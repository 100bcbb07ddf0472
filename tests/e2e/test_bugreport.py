# SPDX-License-Identifier: GPL-2.0-only
"""`phrude-trace bugreport`: all that is asked for first, and no secret."""

import json
import os
import stat
import tarfile
import tempfile

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from test_config import beside, files, read
from tracer import command
from test_service import service

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
SECRET = "s3cret-0123456789"


def unpacked(path):
    with tarfile.open(path, "r:gz") as tar:
        expect_equal({(one.mode, one.isfile()) for one in tar.getmembers()}, {(0o600, True)}, "modes and kinds")
        return {one.name: tar.extractfile(one).read().decode() for one in tar.getmembers()}


@test()
def of_a_running_service():
    with files("# %s\nrules: rules.yaml\noutputs:\n  - { type: file, path: alerts }\n  - { type: webhook, url: 'https://hooks.invalid/%s', "
               "headers_file: headers }\ncontrol: { socket: control.sock }\nsession-cookies: sid\n" % (SECRET, SECRET)) as path:
        with open(beside(path, "headers"), "w") as file:
            file.write("Authorization: Bearer %s\n" % SECRET)
        os.chmod(beside(path, "headers"), 0o600)
        with Target(host, "load.py") as target, service(path, "/nonexistent", target) as tracer:
            said = [tracer.stderr.readline()]
            while "ready: " not in said[-1]:
                expect(said[-1], "it is not ready: %s", said)
                said.append(tracer.stderr.readline())
            at = beside(path, "report.tar.gz")
            ended = command("bugreport", "--config", path, "--socket", beside(path, "control.sock"), "--output", at)
        expect_equal((ended.status, ended.errors, ended.output.strip()), (0, "", at), "status, errors and output")
        expect_equal(stat.S_IMODE(os.stat(at).st_mode), 0o600, "its mode")
        parts = unpacked(at)
        expect_equal(sorted(parts), ["about.txt", "config.yaml", "doctor.txt", "status.json"], "what is in it")
        expect(os.uname().release in parts["about.txt"] and "phrude-trace " in parts["about.txt"], "about: %s", parts["about.txt"])
        expect_equal(json.loads(parts["status.json"])["well"], True, "what the service says")
        expect("hooks.invalid" in parts["config.yaml"] and '"headers_file": "headers"' in parts["config.yaml"], "config: %s", parts["config.yaml"])
        expect("uprobes" in parts["doctor.txt"] or "kernel" in parts["doctor.txt"], "doctor: %s", parts["doctor.txt"])
        for name, text in parts.items():
            expect(SECRET not in text, "%s has the secret: %s", name, text)
        before = os.stat(at).st_mtime_ns
        ended = command("bugreport", "--output", at)
        expect_equal((ended.status, "there is one already" in ended.errors, os.stat(at).st_mtime_ns), (1, True, before), "a second one")


@test()
def of_what_does_not_run():
    """A configuration that is refused, and nobody to ask: it is said in it."""
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        path, at = os.path.join(folder, "config.yaml"), os.path.join(folder, "report.tar.gz")
        with open(path, "w") as file:
            file.write("rules: rules.yaml\nrate: %s\ntagrets: []\n" % SECRET)
        ended = command("bugreport", "--config", path, "--socket", os.path.join(folder, "none"), "--output", at)
        expect_equal((ended.status, ended.errors), (0, ""), "status and errors")
        parts = unpacked(at)
        expect("# %s:2:7: `rate` takes" % path in parts["config.yaml"] and "`tagrets`" in parts["config.yaml"], "config: %s", parts["config.yaml"])
        expect(os.path.join(folder, "none") in parts["status.json"], "status: %s", parts["status.json"])
        expect_equal(read(path).count(SECRET), 1, "the file itself")
