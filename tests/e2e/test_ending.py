# SPDX-License-Identifier: GPL-2.0-only
"""Nothing holds the tracer up: neither a thread that cannot be stopped, nor a reader who does not read."""

import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import Skip, expect, expect_equal, test
from interpreters import BUILD, HERE, Interpreter
from target import Target
from tracer import BINARY, Tracer, rule, yaml

HELD = 25  # seconds in which a vfork's parent cannot be stopped
SOON = 8   # a busy machine takes its time; what is tested took as long as the thread or the reader
host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


def build(name, *options):
    path = os.path.join(BUILD, "e2e", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    subprocess.run(["cc", "-O1", "-o", path, os.path.join(HERE, "vfork.c"), *options], check=True)
    return path


def state_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def tracer_of(pid):
    with open("/proc/%d/status" % pid) as file:
        return int(re.search(r"^TracerPid:\t(\d+)$", file.read(), re.MULTILINE).group(1))


def comm(pid):
    with open("/proc/%s/comm" % pid) as file:
        return file.read()


def children(pid):
    """Its children, but for a tracer's own workers."""
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split() if comm(word) != "phrude-reader\n"]


def wait_for(what, condition, timeout=10):
    deadline = time.monotonic() + timeout
    while not condition():
        expect(time.monotonic() < deadline, "%s: not within %d s", what, timeout)
        time.sleep(0.01)


def vanish(target, tracer, seconds):
    """The tracer learns of the import only when its thread is the parent of a vfork."""
    tracer.process.send_signal(signal.SIGSTOP)
    wait_for("the tracer stopped", lambda: state_of(tracer.process.pid) == "T")
    target.send("vanish", module="_lzma", seconds=seconds)
    wait_for("the vfork", lambda: children(target.pid))
    os.kill(target.pid, signal.SIGUSR1)
    tracer.process.send_signal(signal.SIGCONT)


RULES = [rule("LZMADecompressor", module="_lzma"), rule("watched", file="vforks.py")]


@test()
def an_import_whose_thread_cannot_be_stopped():
    library = build("vfork.so", "-shared", "-fPIC")
    with Target(host, "vforks.py") as target, Target(host, "vforks.py") as other:
        target.ask("load", path=library)
        tracer = Tracer(RULES, target.pid, other.pid).wait_ready()
        vanish(target, tracer, HELD)
        start = time.monotonic()
        other.ask("watched", number=1)
        tracer.wait_alerts(1, SOON)
        tracer.stop()
        took = time.monotonic() - start
        expect(took < SOON, "alert and end took %.1f s", took)
        expect_equal((tracer.status, tracer.by_rule()), (0, {"watched": 1}), "status, alerts")
        expect_equal(tracer.summary.get("imports_late"), 1, "imports_late")
        # It goes on, with the signal that came meanwhile.
        child = children(target.pid)[0]
        os.kill(child, signal.SIGKILL)
        expect_equal(target.answer(10), {"signals": 1}, "signals")
        expect_equal(target.ask("state"), {"tracer": 0, "signals": 1, "pid": target.pid}, "state")


@test()
def a_thread_that_stops_late_is_let_go():
    library = build("vfork.so", "-shared", "-fPIC")
    with Target(host, "vforks.py") as target, Target(host, "vforks.py") as other:
        target.ask("load", path=library)
        with Tracer(RULES, target.pid, other.pid) as tracer:
            vanish(target, tracer, HELD)
            other.ask("watched", number=1)
            # Alerts of others do not wait for that.
            tracer.wait_alerts(1, SOON)
            try:
                wait_for("the thread to be waited for", lambda: tracer_of(target.pid) == tracer.process.pid)
            except AssertionError as error:
                tracer.stop()
                raise AssertionError("%s; %s %s" % (error, tracer.summary, tracer.messages)) from None
            # Longer than the tracer waits for it.
            time.sleep(1)
            os.kill(children(target.pid)[0], signal.SIGKILL)
            expect_equal(target.answer(10), {"signals": 1}, "signals")
            expect_equal(target.ask("state"), {"tracer": 0, "signals": 1, "pid": target.pid}, "state")
            target.ask("watched", number=2)
            tracer.wait_alerts(2)
    expect_equal(tracer.summary.get("imports_late"), 1, "imports_late")


@test()
def run_of_a_program_that_cannot_be_stopped():
    program = build("vfork")
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "rules.yaml")
        with open(rules, "w") as file:
            file.write(yaml(RULES))
        for number in (signal.SIGTERM, signal.SIGINT):
            # The shell stays: it can be stopped, and goes on.
            tracer = subprocess.Popen([BINARY, "run", "--rules", rules, "--", "/bin/sh", "-c", '"$0" %d; sleep 60; exit' % HELD,
                                       program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      start_new_session=True)
            try:
                wait_for("the vfork", lambda: any(children(pid) for shell in children(tracer.pid) for pid in children(shell)))
                shell = children(tracer.pid)[0]
                parent = children(shell)[0]
                start = time.monotonic()
                os.kill(tracer.pid, number)
                tracer.wait(HELD + 10)
                took = time.monotonic() - start
                expect(took < SOON, "the end took %.1f s after signal %d", took, number)
                for pid in (shell, parent):
                    expect_equal(tracer_of(pid), 0, "tracer of %d" % pid)
                    expect(state_of(pid) in "SDR", "%d is in state %s", pid, state_of(pid))
            finally:
                os.killpg(tracer.pid, signal.SIGKILL)
                tracer.stderr.close()


class Gate:
    """An exec of this file waits until the gate goes away: a permission that fanotify(7) is asked for and does not give."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.fanotify_init(0x6, os.O_RDONLY)  # FAN_CLASS_CONTENT | FAN_NONBLOCK
        mark = libc.fanotify_mark(self.fd, 1, ctypes.c_uint64(0x40000), -100, path.encode())  # FAN_MARK_ADD, FAN_OPEN_EXEC_PERM
        if self.fd < 0 or mark:
            raise Skip("this kernel has no permission events of fanotify: %s" % os.strerror(ctypes.get_errno()))

    def asked(self, timeout):
        return bool(select.select([self.fd], [], [], timeout)[0])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        os.close(self.fd)


@test()
def run_of_a_program_whose_exec_hangs():
    with tempfile.TemporaryDirectory() as folder:
        rules, program = os.path.join(folder, "rules.yaml"), os.path.join(folder, "program")
        with open(rules, "w") as file:
            file.write(yaml(RULES))
        shutil.copy("/usr/bin/true", program)
        with Gate(program) as gate:
            for options, number in (((), signal.SIGTERM), (("--duration", "0.5"), None)):
                tracer = subprocess.Popen([BINARY, "run", "--rules", rules, *options, "--", program], stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                try:
                    expect(gate.asked(10), "it was not executed")
                    child = children(tracer.pid)[0]
                    if number:
                        tracer.send_signal(number)
                    start = time.monotonic()
                    expect_equal(tracer.wait(30), 0, "status")
                    took = time.monotonic() - start
                    expect(took < SOON, "the end took %.1f s", took)
                    expect(not os.path.exists("/proc/%d" % child), "what had not become the program yet is still there")
                    expect(not gate.asked(0), "the exec still waits")
                finally:
                    tracer.kill()
                    tracer.wait()
                    tracer.stderr.close()


class Stalled:
    """
    A tracer whose alerts nobody reads, and a target that has caused more than the pipe takes and the tracer keeps, but less
    than fills the ring.
    """

    def __init__(self, *options, writer=None, calls=900):
        self.target = Target(host, "load.py")
        self.folder = tempfile.TemporaryDirectory()
        rules = os.path.join(self.folder.name, "rules.yaml")
        with open(rules, "w") as file:
            file.write(yaml([rule("watched", file="load.py")]))
        self.reader, self.writer = writer or os.pipe()
        self.process = subprocess.Popen([BINARY, "--pid", str(self.target.pid), "--rules", rules, "--format", "json", *options],
                                        stdin=subprocess.DEVNULL, stdout=self.writer, stderr=subprocess.PIPE, text=True)
        os.close(self.writer)
        expect("ready" in self.process.stderr.readline(), "not ready")
        self.target.ask("watched", command="first")
        for number in range(calls // 100):
            self.target.ask("watched", command=str(number), depth=99)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.target._close()
        self.folder.cleanup()
        os.close(self.reader)

    def ended(self, timeout, what=""):
        """Returns how long it took, what was delivered, and the counters."""
        start = time.monotonic()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError("it waits for its reader: " + what) from None
        took = time.monotonic() - start
        said = self.process.stderr.read()
        expect_equal(self.process.returncode, 0, "status (%s)" % said)
        summary = dict(word.rsplit(" ", 1) for word in said.split("summary: ")[1].strip().split(", "))
        return took, self.read_all(), {key: int(number) for key, number in summary.items()}

    def read_all(self):
        data = b""
        while True:
            more = os.read(self.reader, 1 << 20)
            if not more:
                return data.split(b"\n")
            data += more


def accounted(lines, summary):
    """Each alert was delivered or counted as lost; what was delivered is whole, but for the end."""
    whole = [json.loads(line) for line in lines[:-1]]
    expect(whole and summary.get("lost_unwritten"), "%d delivered, the summary is %s", len(whole), summary)
    expect_equal(summary["alerts"], len(whole) + summary["lost_unwritten"], "alerts, delivered and lost (%s)" % summary)


def socket_pair():
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


@test()
def nobody_reads_the_alerts():
    for what, options, writer, number in (("--duration", ["--duration", "3"], os.pipe, None), ("SIGINT", [], os.pipe, signal.SIGINT),
                                          ("SIGTERM", [], socket_pair, signal.SIGTERM)):
        with Stalled(*options, writer=writer()) as stalled:
            if number:
                stalled.process.send_signal(number)
            took, lines, summary = stalled.ended(30, what)
            expect(took < SOON, "the end took %.1f s after %s", took, what)
            accounted(lines, summary)


@test(alone="it floods the machine")
def nobody_reads_the_alerts_of_a_flood():
    for options, number in ((["--duration", "3"], None), ([], signal.SIGTERM), ([], signal.SIGINT)):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rules, Target(host, "flood.py") as target:
            rules.write(yaml([rule("noisy", file="targets/flood.py")]))
            rules.flush()
            reader, writer = os.pipe()
            tracer = subprocess.Popen([BINARY, "--pid", str(target.pid), "--rules", rules.name, "--format", "json", *options],
                                      stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE, text=True)
            os.close(writer)
            try:
                expect("ready" in tracer.stderr.readline(), "not ready")
                target.ask("flood", n=4)
                time.sleep(3)
                if number:
                    expect(tracer.poll() is None, "it has ended")
                    tracer.send_signal(number)
                start = time.monotonic()
                expect_equal(tracer.wait(30), 0, "status")
                expect(time.monotonic() - start < SOON, "the end took %.1f s", time.monotonic() - start)
                expect("lost_unwritten" in tracer.stderr.read(), "it does not say what was lost")
                expect(target.ask("ebb") > 0, "the target did not go on")
            finally:
                tracer.kill()
                tracer.wait()
                tracer.stderr.close()
                os.close(reader)


@test()
def another_writer_keeps_its_pipe():
    """The pipe does not become non-blocking for those who share it."""
    reader, writer = os.pipe()
    copy = os.dup(writer)
    with Stalled(writer=(reader, writer), calls=0) as stalled:
        expect(os.get_blocking(copy), "the shared pipe is non-blocking")
        os.close(copy)
        stalled.process.send_signal(signal.SIGINT)
        _, lines, _ = stalled.ended(30)
        expect_equal(len(lines), 2, "lines")


@test()
def a_slow_reader_gets_everything():
    """The target ends while he is far behind; nobody asks the tracer to end."""
    with Stalled() as stalled:
        expect_equal(stalled.target.end(), 0, "status of the target")
        time.sleep(2)  # longer than a reader has who is not wanted any more
        expect(stalled.process.poll() is None, "it did not wait for its reader")
        lines = stalled.read_all()
        _, _, summary = stalled.ended(30)
        expect_equal((len(lines) - 1, summary["alerts"], summary["lost"]), (901, 901, 0), "delivered, alerts, lost")
        for line in lines[:-1]:
            json.loads(line)


@test()
def a_slow_reader_of_a_number_of_alerts():
    with Stalled("--count", "700") as stalled:
        time.sleep(2)
        lines = stalled.read_all()
        _, _, summary = stalled.ended(30)
        expect_equal((len(lines) - 1, summary["alerts"], summary["lost"]), (700, 700, 0), "delivered, alerts, lost")
