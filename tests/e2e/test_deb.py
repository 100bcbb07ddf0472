# SPDX-License-Identifier: GPL-2.0-only
"""The Debian packages, installed, at work as their unit has it, and purged."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

from harness import Skip, expect, expect_equal, test
from machine import Application, Machine, Unit, packages
from test_discover import ALONE, token
from test_service import Manager

CONFIG, ALERTS = "/etc/phrude-trace/phrude-trace.yaml", "/var/log/phrude-trace/alerts.jsonl"


@test()
def what_lintian_says():
    if not shutil.which("lintian"):
        raise Skip("lintian is not installed")
    done = subprocess.run(["lintian", "--no-cfg", "--allow-root", "--fail-on", "error,warning,info", "--display-info", *packages().values()],
                          capture_output=True, text=True, timeout=200)
    expect_equal((done.returncode, done.stdout), (0, ""), "what lintian says (%s)" % done.stderr)


def choose(machine, word):
    """Its owner has the configuration say which applications are traced."""
    with open(machine.path(CONFIG)) as file:
        text = file.read()
    expect_equal(text.count("match: {}"), 1, "targets that fit all")
    with open(machine.path(CONFIG), "w") as file:
        file.write(text.replace("match: {}", 'match: { cmdline: "%s" }' % word))


def first_alert(machine, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open(machine.path(ALERTS)) as file:
            line = file.readline()
        if line.endswith("\n"):
            return json.loads(line)
        time.sleep(0.05)
    raise AssertionError("no alert came within %d s" % seconds)


@test(alone=ALONE)
def from_installation_to_purge():
    mine = token()
    with Machine() as machine, Application(mine) as application:
        machine.install("phrude-trace", "logrotate")
        expect(not os.path.exists(machine.path("/etc/systemd/system/multi-user.target.wants/phrude-trace.service")), "it is enabled")
        machine.run("phrude-trace", "check", CONFIG)
        choose(machine, mine)
        with open(machine.path("/lib/systemd/system/phrude-trace.service")) as file:
            unit = Unit(file.read())
        name = "@phrude-test-%d" % os.getpid()
        manager = Manager(name)
        tracer = unit.start(machine, NOTIFY_SOCKET=name)
        try:
            manager.wait("READY=1", 60)
            expect_equal(application.shell("echo hello"), "hello", "what the application is told")
            alert = first_alert(machine)
            expect_equal((alert["process"]["pid"], alert["target"]), (application.pid, "applications"), "process and target")
            expect("echo hello" in json.dumps(alert), "the alert says %s", alert)
            with open("/proc/%d/status" % tracer.pid) as file:
                held = int(re.search(r"^CapEff:\s*(\w+)", file.read(), re.M)[1], 16)
            allowed = len(unit.keys["CapabilityBoundingSet"].split())
            expect(0 < bin(held).count("1") <= allowed, "it has the capabilities %#x", held)
            tracer.send_signal(signal.SIGTERM)
            _, errors = tracer.communicate(timeout=45)
        except BaseException as error:
            tracer.kill()
            raise AssertionError("%s; it said: %s" % (error, tracer.communicate()[1])) from error
        expect_equal((tracer.returncode, re.findall(r"\blost\S* [1-9]\d*", errors)), (0, []), "status and losses (%s)" % errors)
        expect_equal(application.shell("echo still there"), "still there", "what the application is told afterwards")
        machine.run("logrotate", "--force", "/etc/logrotate.d/phrude-trace")
        expect(os.path.exists(machine.path(ALERTS + ".1")), "the alerts were not rotated")
        machine.run("dpkg", "--remove", "phrude-trace")
        expect(os.path.exists(machine.path(CONFIG)), "a removal takes the configuration along")
        machine.run("dpkg", "--purge", "phrude-trace")
        # Of /run nothing is there after the service's end.
        expect_equal(machine.left(), [], "what a purge leaves")
        expect_equal(machine.run("dpkg", "--list").count("phrude"), 0, "what dpkg still knows")


@test()
def the_console():
    with Machine() as machine:
        machine.install("phrude-console")
        key = machine.run("phrude-console", "key", "add", "shop", "--store", "sqlite:/root/console.db")
        expect(len(key.strip()) > 20, "the key is %s", key)
        with open(machine.path("/lib/systemd/system/phrude-console.service")) as file:
            expect("ExecStart=/usr/bin/phrude-console serve" in file.read(), "the unit runs something else")
        machine.run("dpkg", "--purge", "phrude-console")
        expect_equal(machine.left(), [], "what a purge leaves")
