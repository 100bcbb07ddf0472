# SPDX-License-Identifier: GPL-2.0-only
"""--metrics: what Prometheus and whoever else asks over HTTP is told."""

import contextlib
import ctypes
import http.client
import os
import re
import shutil
import socket
import subprocess
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from test_config import beside, files, rules_of, read
from tracer import BINARY, Tracer, command, rule

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = [rule("watched", file="load.py"), rule("watched", file="load.py", name='a "b"\\c', level="alert")]
LABELS = r'\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\}'
SAMPLE = re.compile(r"(phrude_[a-z_]+)(?:%s)? ([0-9]+)(\.[0-9]{9})?" % LABELS)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def where(messages):
    """What the tracer says that it listens at."""
    for line in list(messages):
        found = re.match(r"phrude-trace: metrics at (?:unix:(/.*)|http://([0-9.]+):(\d+)/metrics)$", line.rstrip("\n"))
        if found:
            return found.groups()
    raise AssertionError("it does not say where metrics are: %s" % messages)


def get(messages, page, method="GET"):
    """Status and text."""
    path, address, port = where(messages)
    connection = UnixConnection(path) if path else http.client.HTTPConnection(address, int(port), timeout=20)
    with contextlib.closing(connection):
        connection.request(method, page)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def checked(text):
    """Its samples by name and labels; it is as the text format has it."""
    samples, kind, name = {}, {}, None
    expect(text.endswith("\n"), "the last line has no end")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            expect(name not in kind, "%s is there twice", name)
        elif line.startswith("# TYPE "):
            expect_equal(line.split(" ")[2], name, "the name behind HELP")
            kind[name] = line.split(" ")[3]
            expect_equal(kind[name], "counter" if name.endswith("_total") else "gauge", "type of %s" % name)
        else:
            found = SAMPLE.fullmatch(line)
            expect(found and found[1] == name and name in kind, "this is no sample of %s: %s", name, line)
            key = name[len("phrude_"):] + ("{%s}" % found[2] if found[2] else "")
            expect(key not in samples, "%s is there twice", key)
            samples[key] = int(found[3])
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        expect_equal((done.returncode, done.stdout + done.stderr), (0, ""), "what promtool says")
    return samples


def wait_for(messages, key, value, seconds=20):
    """Numbers are a second old at the most, on a machine that has time."""
    deadline = time.monotonic() + seconds
    while True:
        samples = checked(get(messages, "/metrics")[1])
        if samples.get(key) == value:
            return samples
        expect(time.monotonic() < deadline, "%s is %s and not %s", key, samples.get(key), value)
        time.sleep(0.1)


@test()
def the_numbers():
    with Target(host, "load.py") as target, Tracer(RULES, target.pid, options=["--metrics", "127.0.0.1:0"]) as tracer:
        messages = tracer.messages
        samples = wait_for(messages, 'targets{state="traced"}', 1)
        expect_equal(samples['alerts_total{rule="watched",level="info"}'], 0, "alerts before the first")
        for number in range(5):
            target.ask("watched", command=str(number))
        samples = wait_for(messages, 'output_sent_total{output="file"}', 10)
        expect_equal(samples['alerts_total{rule="watched",level="info"}'], 5, "alerts of one rule")
        expect_equal(samples[r'alerts_total{rule="a \"b\"\\c",level="alert"}'], 5, "alerts of the other")
        expect_equal(samples['output_queue{output="file"}'], 0, "alerts that wait")
        expect_equal(samples['output_dropped_total{output="file"}'], 0, "alerts that were lost")
        expect(re.search(r'phrude_build_info\{version="[0-9.]+",commit="([0-9a-f]{12}|unknown)"\} 1\n', get(messages, "/metrics")[1]),
               "it does not say which program it is")
        expect_equal(get(messages, "/readyz"), (200, "ready\n"), "readiness")
        expect_equal(get(messages, "/healthz"), (200, "tracing: ok\nalerts: ok\n"), "health")
        expect_equal(get(messages, "/metrics", "POST")[0], 405, "status of a POST")
        expect_equal(get(messages, "/")[0], 404, "status of a page that is not there")
    expect_equal(samples["matches_total"], tracer.summary["matches"], "matches in the summary")
    expect_equal(sum(number for key, number in samples.items() if key.startswith("hits_total{kind=")), tracer.summary["hits"],
                 "hits in the summary")
    expect_equal(sum(number for key, number in samples.items() if key.startswith("lost_total")), tracer.summary["lost"], "lost")


@contextlib.contextmanager
def configured(path, *options):
    """A tracer with this configuration; the lines that it has said, up to that it is ready."""
    process = subprocess.Popen([BINARY, "--config", path, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    messages = []
    try:
        while not messages or "ready: " not in messages[-1]:
            messages.append(process.stderr.readline())
            expect(messages[-1], "it has ended: %s", messages)
        yield process, messages
        process.terminate()
        _, errors = process.communicate(timeout=30)
        expect_equal(process.returncode, 0, "status (%s)" % errors)
    finally:
        process.kill()
        process.wait()


@test()
def by_target_at_a_socket():
    """Of a service: alerts by target, an output twice of a type, at a socket that an earlier run has left and that is gone afterwards."""
    with files("") as path, Target(host, "load.py", path) as target:
        at = beside(path, "metrics.sock")
        with open(path, "w") as file:
            file.write("""
rules: rules.yaml
targets:
  - { name: here, match: { cmdline: "load.py %s$" } }
outputs:
  - { type: file, path: all.jsonl }
  - { type: file, path: urgent.jsonl, level: alert }
  - { type: stdout, name: file-2, format: json }
metrics: { listen: "unix:%s" }
""" % (path, at))
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(at)
            left.listen()
        with configured(path) as (process, messages):
            expect_equal(os.stat(at).st_mode & 0o022, 0, "who else may write to the socket")
            target.ask("watched", command="x")
            samples = wait_for(messages, 'output_sent_total{output="file-2"}', 2)
            expect_equal(samples['alerts_total{rule="watched",level="info",target="here"}'], 1, "alerts of the target")
            samples = wait_for(messages, 'output_sent_total{output="file"}', 2)
            wait_for(messages, 'output_sent_total{output="file-3"}', 1)
        expect(not os.path.exists(at), "the socket is still there")
        expect_equal(sorted(rules_of(read(beside(path, "all.jsonl")))), ["urgent", "watched"], "alerts")


PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ptrace(request, tid):
    if libc.ptrace(request, tid, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


@test()
def an_output_with_a_spool():
    """What is in the spool waits; what has left it was sent."""
    with files("") as path, Target(host, "load.py") as target, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        with open(path, "w") as file:
            file.write("""
rules: rules.yaml
metrics: { listen: "127.0.0.1:0" }
outputs:
  - { type: syslog, address: "unix:%s", spool: { path: "%s", size: 1M } }
""" % (beside(path, "log"), beside(path, "spool")))
        log.bind(beside(path, "log"))
        with configured(path, "--pid", str(target.pid)) as (_, messages):
            target.ask("watched", command="x")
            samples = wait_for(messages, 'output_sent_total{output="syslog"}', 2)
            expect_equal(samples['output_queue{output="syslog"}'], 0, "alerts that wait")
            log.close()
            os.unlink(beside(path, "log"))
            target.ask("watched", command="y")
            samples = wait_for(messages, 'output_queue{output="syslog"}', 2)
            expect_equal(samples['output_sent_total{output="syslog"}'], 2, "alerts sent")
            expect_equal(samples['output_dropped_total{output="syslog"}'], 0, "alerts lost")


@test()
def a_thread_that_hangs():
    """The main thread is stopped: numbers are those from before, and it is not well."""
    with Target(host, "load.py") as target, Tracer(RULES, target.pid, options=["--metrics", "127.0.0.1:0"]) as tracer:
        pid = tracer.process.pid
        wait_for(tracer.messages, 'targets{state="traced"}', 1)
        ptrace(PTRACE_SEIZE, pid)
        ptrace(PTRACE_INTERRUPT, pid)
        os.waitpid(pid, WALL)
        try:
            deadline = time.monotonic() + 60
            while get(tracer.messages, "/healthz")[0] == 200:
                expect(time.monotonic() < deadline, "it is still well")
                time.sleep(0.5)
            status, text = get(tracer.messages, "/healthz")
            expect(status == 503 and re.match(r"tracing: has not moved for \d+ s\n", text), "%d %s", status, text)
            expect_equal(checked(get(tracer.messages, "/metrics")[1])['targets{state="traced"}'], 1, "processes")
        finally:
            ptrace(PTRACE_DETACH, pid)
        deadline = time.monotonic() + 30
        while get(tracer.messages, "/healthz")[0] != 200:
            expect(time.monotonic() < deadline, "it is not well again")
            time.sleep(0.1)


@test()
def clients_who_hold_on():
    """Those who say nothing, or ask again and again without taking the answer, hold nothing up."""
    with Target(host, "load.py") as target, Tracer(RULES, target.pid, options=["--metrics", "127.0.0.1:0"]) as tracer:
        _, address, port = where(tracer.messages)
        with contextlib.ExitStack() as stack:
            for number in range(150):
                client = stack.enter_context(socket.create_connection((address, int(port)), timeout=20))
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    client.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 500 if number % 2 else b"GET /met")
            target.ask("watched", command="x")
            tracer.wait_alerts(2)
            pid = tracer.process.pid
            nice = {}
            for tid in os.listdir("/proc/%d/task" % pid):
                nice[read("/proc/%d/task/%s/comm" % (pid, tid)).strip()] = os.getpriority(os.PRIO_PROCESS, int(tid))
            expect(nice["MHD-single"] == os.getpriority(os.PRIO_PROCESS, 0) > nice["phrude-alerts"], "priorities are %s", nice)
            expect_equal(get(tracer.messages, "/readyz"), (200, "ready\n"), "readiness")
            wait_for(tracer.messages, 'output_sent_total{output="file"}', 2)


@test()
def an_address_that_cannot_be_had():
    with Target(host, "load.py") as target, files("rules: rules.yaml\noutput: alerts\n") as path, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = command("--config", path, "--pid", target.pid, "--metrics", "127.0.0.1:%d" % taken.getsockname()[1])
        expect_equal(ended.status, 1, "status")
        expect("--metrics: cannot listen at 127.0.0.1:" in ended.errors, "it said: %s", ended.errors)
        ended = command("--config", path, "--pid", target.pid, "--metrics", "unix:%s" % beside(path, "rules.yaml"))
        expect_equal(ended.status, 1, "status")
        expect("rules.yaml: Address already in use" in ended.errors, "it said: %s", ended.errors)
        expect_equal(command("--config", path, "--pid", target.pid, "--metrics", "9464").status, 2, "status")
