# SPDX-License-Identifier: GPL-2.0-only
"""--output: into whose files alerts are written, and what becomes of a command line that is too long for them."""

import json
import os
import shutil
import subprocess
import tempfile

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import ENVIRONMENT, Target
from tracer import BINARY, command, rule, yaml

NOBODY = 65534
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = yaml([rule("watched", file="load.py")])


class Folder:
    """A folder of root's with a rule file."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="phrude-trace-e2e-")
        os.chmod(self.path, 0o755)
        self.rules = self / "rules.yaml"
        with open(self.rules, "w") as file:
            file.write(RULES)
        return self

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def __exit__(self, *error):
        shutil.rmtree(self.path)


def one_alert(target, folder, output, **popen):
    """Traces until one alert is written to `output`; returns the tracer's stdout."""
    tracer = subprocess.Popen([BINARY, "--pid", str(target.pid), "--rules", folder.rules, "--format", "json", "--count", "1",
                               "--output", output], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, **popen)
    ready = tracer.stderr.readline()
    expect("ready: " in ready, "not ready with --output %s: %s", output, ready)
    target.ask("watched", command="x")
    said, errors = tracer.communicate(timeout=20)
    expect_equal(tracer.returncode, 0, "status (%s)" % errors)
    return said


def read(path):
    with open(path) as file:
        return file.read()


@test()
def files_of_others_are_refused():
    with Folder() as folder, Target(host, "load.py") as target:
        def refused(output, *words):
            ended = command("--pid", target.pid, "--rules", folder.rules, "--output", output, "--duration", "0.1")
            expect_equal(ended.status, 1, "status with %s (%s)" % (output, ended.errors))
            expect_equal(ended.errors.count("\n"), 1, "lines said with %s" % output)
            for word in (output, *words):
                expect(word in ended.errors, "%r is not in what it said: %s", word, ended.errors)

        victim = folder / "victim"
        with open(victim, "w") as file:
            file.write("as it was\n")
        os.symlink("victim", folder / "link")
        refused(folder / "link", "symbolic link")
        os.link(victim, folder / "name")
        refused(folder / "name", "hard links")
        os.unlink(folder / "name")
        os.chmod(victim, 0o666)
        refused(victim, "others can write it")
        os.chmod(victim, 0o600)
        os.chown(victim, NOBODY, NOBODY)
        refused(victim, "belongs to user 65534")
        expect_equal(read(victim), "as it was\n", "the file")
        os.mkdir(folder / "theirs")
        os.chown(folder / "theirs", NOBODY, NOBODY)
        refused(folder / "theirs/alerts", "can be changed by others")
        os.chown(folder / "theirs", 0, 0)
        os.chmod(folder / "theirs", 0o777)
        refused(folder / "theirs/alerts", "can be changed by others")
        expect_equal(os.listdir(folder / "theirs"), [], "what was made")
        os.mkfifo(folder / "fifo")
        refused(folder / "fifo", "nobody has this FIFO open")
        refused(folder.path, "directory")


@test()
def files_of_ours():
    with Folder() as folder, Target(host, "load.py") as target:
        path = folder / "alerts"
        one_alert(target, folder, path, umask=0)
        expect_equal(os.stat(path).st_mode & 0o7777, 0o600, "mode")
        first = read(path)
        expect_equal(first.count("\n"), 1, "lines")
        one_alert(target, folder, path)
        expect(read(path).startswith(first), "the file was not appended to")
        # What a crash left.
        with open(path, "a") as file:
            file.write(first[:100])
        one_alert(target, folder, path)
        lines = read(path).splitlines()
        expect_equal((len(lines), lines[2]), (4, first[:100]), "lines after a half one")
        json.loads(lines[3])
        # A shell's redirection, by any name.
        for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            json.loads(one_alert(target, folder, name))
        expect_equal(one_alert(target, folder, "/dev/null"), "", "stdout")
        os.mkfifo(folder / "fifo")
        reader = os.open(folder / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        one_alert(target, folder, folder / "fifo")
        json.loads(os.read(reader, 65536))
        os.close(reader)


@test()
def a_long_command_line():
    """It is cut in the alert, which says so."""
    with Folder() as files, Target(host, "load.py", "y" * 60000) as target, Target(host, "load.py", "y" * 100) as short:
        for process, cut in ((short, False), (target, True)):
            one_alert(process, files, files / "alerts")
            line = read(files / "alerts").splitlines()[-1]
            alert = json.loads(line)
            expect_equal(alert["truncated"], cut, "truncated")
            expect_equal(alert["process"]["cmdline"][-1].endswith("y…"), cut, "the last word ends in …")
            expect(len(line) < 24000, "the alert has %d characters", len(line))


@test()
def rules_that_others_can_write():
    with Folder() as folder:
        expect_equal(command("check", folder.rules).errors, "", "what is said of a good file")
        for mode, owner in ((0o666, 0), (0o644, NOBODY)):
            os.chmod(folder.rules, mode)
            os.chown(folder.rules, owner, owner)
            ended = command("check", folder.rules)
            expect_equal(ended.status, 0, "status")
            expect("rules.yaml can be written by others than root" in ended.errors, "it said: %s", ended.errors)
            expect_equal(ended.errors.count("\n"), 1, "lines")
        ended = command("check", folder.rules, env={**ENVIRONMENT, "SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)})
        expect_equal((ended.status, ended.errors), (0, ""), "what is said of a file of the user who called sudo")


@test()
def a_configuration_of_others():
    """What a service does is for root to say: it is refused, and so are rules that it names."""
    with Folder() as folder:
        path = folder / "config.yaml"
        with open(path, "w") as file:
            file.write("rules: rules.yaml\nformat: json\n")
        expect_equal(command("check", path).status, 0, "status of one of root's own")
        for bad in (path, folder.rules):
            os.chmod(bad, 0o666)
            ended = command("check", path)
            expect_equal(ended.status, 2, "status, where %s can be written by all" % bad)
            expect("%s: can be written by others than root" % os.path.basename(bad) in ended.errors, "it said: %s", ended.errors)
            os.chmod(bad, 0o644)
        expect_equal(command("check", path).status, 0, "status in the end")
