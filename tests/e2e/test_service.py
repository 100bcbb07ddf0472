# SPDX-License-Identifier: GPL-2.0-only
"""What a service manager hears of the tracer, by the protocol of sd_notify(3)."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import Skip, expect, expect_equal, test
from interpreters import HERE, Interpreter
from target import Target
from test_config import beside, files
from tracer import BINARY, command

ROOT = os.path.dirname(os.path.dirname(HERE))
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Manager:
    """Listens as a service manager does."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self.heard = []

    def wait(self, what, seconds=30):
        """Until a message begins so; returns it."""
        deadline = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except TimeoutError:
                raise AssertionError("it did not say %s but %s" % (what, self.heard)) from None
            if self.heard[-1].startswith(what):
                return self.heard[-1]


@contextlib.contextmanager
def service(path, manager, target, **environment):
    tracer = subprocess.Popen([BINARY, "--config", path, "--pid", str(target.pid)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "NOTIFY_SOCKET": manager, **environment})
    try:
        yield tracer
        tracer.send_signal(signal.SIGTERM)
        _, errors = tracer.communicate(timeout=30)
        expect_equal(tracer.returncode, 0, "status (%s)" % errors)
    finally:
        tracer.kill()
        tracer.wait()


@test()
def it_is_ready_and_it_stops():
    with files("rules: rules.yaml\noutput: alerts\n") as path, Target(host, "load.py") as target:
        for name in (beside(path, "notify"), "@phrude-test-%d" % os.getpid()):
            manager = Manager(name)
            with service(path, name, target):
                said = manager.wait("READY=1\n")
                expect_equal(said, "READY=1\nSTATUS=1 processes traced; 0 alerts, 0 lost", "what it said")
                target.ask("watched", command="x")
                # Two rules watch it.
                expect_equal(manager.wait("STATUS="), "STATUS=1 processes traced; 2 alerts, 0 lost", "what it said later")
            manager.wait("STOPPING=1")
            expect(not [said for said in manager.heard if "WATCHDOG" in said], "nobody asked for a watchdog: %s", manager.heard)
            manager.socket.close()


@test()
def a_watchdog_is_told():
    """More often than it wants to be, while alerts come and nobody takes them."""
    with files("rules: rules.yaml\nformat: json\n") as path:
        with Target(host, "load.py") as target:
            manager = Manager(beside(path, "notify"))
            with service(path, beside(path, "notify"), target, WATCHDOG_USEC="1500000"):
                manager.wait("READY=1")
                target.ask("start")
                last = time.monotonic()
                for _ in range(6):
                    manager.wait("WATCHDOG=1")
                    now = time.monotonic()
                    expect(now - last < 1.5, "a watchdog of 1.5 s was not told for %.1f s", now - last)
                    last = now
                target.ask("stop")


@test()
def what_is_started_does_not_speak_for_it():
    with files("rules: rules.yaml\noutput: alerts\n") as path:
        manager = Manager(beside(path, "notify"))
        done = subprocess.run([BINARY, "run", "--config", path, "--", *host.argv, "-c", "import os; print(os.environ)"],
                              capture_output=True, text=True, timeout=60,
                              env={**os.environ, "NOTIFY_SOCKET": beside(path, "notify"), "WATCHDOG_USEC": "60000000"})
        expect_equal(done.returncode, 0, "status (%s)" % done.stderr)
        expect("PATH" in done.stdout and "NOTIFY" not in done.stdout and "WATCHDOG" not in done.stdout, "it has %s", done.stdout)
        manager.wait("STOPPING=1")


@test()
def the_configuration_to_begin_with():
    with open(os.path.join(ROOT, "deploy", "phrude-trace.yaml")) as file:
        text = file.read()
    expect("/usr/local/share/phrude-trace/rules" in text, "its rules are not those that are installed")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as file:
            file.write(text.replace("/usr/local/share/phrude-trace/rules", os.path.join(ROOT, "rules")))
        ended = command("check", path)
        expect_equal((ended.status, ended.errors), (0, ""), "status and errors")


@test()
def the_unit():
    """systemd takes it; what it runs is installed under that name."""
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    with open(os.path.join(ROOT, "deploy", "phrude-trace.service")) as file:
        text = file.read()
    (page, section), = re.findall(r"^Documentation=man:(\S+)\((\d)\)$", text, re.M)
    expect(os.path.exists(os.path.join(ROOT, "docs", "man", "%s.%s" % (page, section))), "there is no page %s", page)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "phrude-trace.service")
        expect("ExecStart=/usr/local/bin/phrude-trace " in text, "it runs something else")
        with open(path, "w") as file:
            file.write(text.replace("/usr/local/bin/phrude-trace", BINARY))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, timeout=60)
        expect_equal((done.returncode, done.stderr), (0, ""), "what systemd-analyze says")
