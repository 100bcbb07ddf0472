# SPDX-License-Identifier: GPL-2.0-only
"""The control socket: `phrude-trace status`, `phrude-trace top`, and who else asks there."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import termios
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter
from target import Target
from test_config import beside, files
from test_metrics import PTRACE_DETACH, PTRACE_INTERRUPT, PTRACE_SEIZE, WALL, checked, configured, get, ptrace
from tracer import BINARY, RAW, Tracer, command, rule, yaml

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
RULES = [rule("watched", file="load.py"), rule("watched", file="load.py", name="urgent \033[31m", level="alert")]
NOBODY = 65534
KEYS = ["version", "commit", "pid", "started", "uptime", "state", "mode", "config", "rules", "reloads", "problems", "well", "processes",
        "targets", "targets_left_out", "alerts", "outputs", "counters", "timed", "probes", "costs", "rules_by_target", "rules_by_target_left_out", "labels"]
SUB_KEYS = {
    "targets": ["pid", "exe", "python", "target", "state", "since", "cpu"],
    "alerts": ["rule", "level", "target", "alerts", "suppressed"],
    "outputs": ["name", "state", "queue", "sent", "dropped"],
    "probes": ["kind", "hits", "runs", "seconds", "us_per_run", "cpu"],
    "rules_by_target": ["target", "rules"],
    "costs": ["target", "seconds", "cpu", "over", "shed"],
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@contextlib.contextmanager
def place():
    """The path of a socket that is not there yet."""
    with tempfile.TemporaryDirectory(prefix="phrude-trace-e2e-") as folder:
        yield os.path.join(folder, "control.sock")


def tracing(target, at, *options, **popen):
    return Tracer(RULES, target.pid, options=["--control", at, *options], **popen)


def document(text):
    """A document, found to be as the docs have it."""
    expect(not RAW.search(text.replace("\n", "")), "it is not for a terminal: %s", ascii(text))
    found = json.loads(text)
    expect_equal(list(found), KEYS, "its keys")
    for key, keys in SUB_KEYS.items():
        for entry in found[key]:
            expect_equal(list(entry), keys, "the keys of %s" % key)
    expect(all(TIME.fullmatch(text) for text in [found["started"], *(entry["since"] for entry in found["targets"])]), "a time is %s",
           found)
    expect_equal(list(found["counters"]), ["lost", "cut", "counted"], "counters")
    return found


def status(at, expected=0):
    ended = command("status", "--json", "--socket", at)
    expect_equal((ended.status, ended.errors), (expected, ""), "status and errors")
    return document(ended.output)


def wait_for(at, what, is_it, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        found = status(at)
        if is_it(found):
            return found
        expect(time.monotonic() < deadline, "%s is not so: %s", what, found)
        time.sleep(0.1)


@test()
def how_it_is():
    with place() as at, Target(host, "load.py") as target, tracing(target, at) as tracer:
        expect_equal(stat.S_IMODE(os.stat(at).st_mode), 0o600, "mode of the socket")
        for number in range(5):
            target.ask("watched", command=str(number))
        tracer.wait_alerts(10)
        found = wait_for(at, "alerts sent", lambda found: found["outputs"][0]["sent"] == 10)
        version = command("--version").output.split()[1]
        expect_equal((found["version"], found["pid"], found["state"], found["mode"], found["config"], found["rules"]),
                     (version, tracer.process.pid, "tracing", "detect", None, 2), "facts")
        expect_equal((found["well"], found["problems"]), (True, []), "whether it is well")
        expect_equal(found["alerts"], [{"rule": "watched", "level": "info", "target": None, "alerts": 5, "suppressed": 0},
                                       {"rule": "urgent \033[31m", "level": "alert", "target": None, "alerts": 5, "suppressed": 0}], "alerts")
        expect_equal([(entry["pid"], entry["exe"], entry["state"], entry["target"]) for entry in found["targets"]],
                     [(target.pid, target.hello["exe"], "traced", None)], "targets")
        expect_equal(found["targets"][0]["python"], target.hello["version"], "version")
        expect_equal(found["outputs"], [{"name": "file", "state": "ok", "queue": 0, "sent": 10, "dropped": 0}], "outputs")
        counted = found["counters"]["counted"]
        expect_equal((counted["matches"], counted["alerts"], found["counters"]["lost"]), (5, 10, {}), "counters")
        expect_equal(sum(entry["hits"] for entry in found["probes"]), counted["hits"], "hits")
        text = command("status", "--socket", at)
        expect_equal(text.status, 0, "status")
        expect(not RAW.search(text.output.replace("\n", "")), "it is not for a terminal: %s", ascii(text.output))
        for part in ("phrude-trace %s (" % version, "  lost       0\n", "urgent \\x1b[31m\n", "%d    -  %s" % (target.pid, target.hello["version"]),
                     target.hello["exe"] + "\n"):
            expect(part in text.output, "it does not say %r: %s", part, text.output)
    expect(not os.path.exists(at), "the socket is still there")


@test("kind", where=lambda interpreter: interpreter.name == "sid-3.15")
def hits_by_kind(interpreter, kind):
    """They count under the kind that was asked for, and under no other."""
    function = {"call": "remembered"}.get(kind, "watched")
    with place() as at, Target(interpreter, "load.py") as target:
        with Tracer([rule(function, file="load.py")], target.pid, kind=kind, options=["--control", at], count=True) as tracer:
            target.ask("rounds", n=2)
            found = status(at)
        hits = {entry["kind"]: entry["hits"] for entry in found["probes"]}
        expect(hits.pop(kind) > 0 and not any(hits.values()), "hits are %s", found["probes"])
        expect(tracer.summary["hits"] >= found["counters"]["counted"]["hits"] > 0, "summary is %s", tracer.summary)


@test()
def of_a_service():
    """Targets have their names; a fork is there, and is not once it has ended."""
    with files("") as path, Target(host, "load.py", path) as target:
        at = beside(path, "control.sock")
        with open(path, "w") as file:
            file.write("""
rules: rules.yaml
targets:
  - { name: here, match: { cmdline: "load.py %s$" } }
outputs:
  - { type: file, path: all.jsonl, name: everything }
control: { socket: control.sock }
metrics: { listen: "127.0.0.1:0" }
""" % path)
        with configured(path) as (process, messages):
            target.ask("watched", command="x")
            found = wait_for(at, "alerts", lambda found: found["outputs"][0]["sent"] == 2)
            expect_equal((found["config"], found["pid"], found["outputs"][0]["name"]), (path, process.pid, "everything"), "facts")
            expect_equal([(entry["pid"], entry["target"]) for entry in found["targets"]], [(target.pid, "here")], "targets")
            expect_equal([(entry["rule"], entry["target"], entry["alerts"]) for entry in found["alerts"]],
                         [("watched", "here", 1), ("urgent", "here", 1)], "alerts")
            # What both say is the same.
            samples = checked(get(messages, "/metrics")[1])
            expect_equal(samples['alerts_total{rule="urgent",level="alert",target="here"}'], 1, "alerts for Prometheus")
            expect(not any("probe_seconds" in key for key in samples), "programs are timed")
            # While somebody watches, programs are timed.
            with ask(at) as client:
                said(client, "watch")
                target.ask("rounds", n=1)
                for number in range(20):
                    target.ask("watched", command=str(number))
                deadline = time.monotonic() + 20
                while not any(key.startswith("probe_seconds_total{kind=") for key in samples):
                    expect(time.monotonic() < deadline, "programs are not timed: %s", samples)
                    samples = checked(get(messages, "/metrics")[1])
                found = said(client, "watch")
                expect_equal(found["timed"], True, "whether programs are timed")
                ran = [entry for entry in found["probes"] if entry["runs"]]
                expect(ran and all(entry["seconds"] > 0 and entry["us_per_run"] > 0 for entry in ran), "probes are %s", found["probes"])
            wait_for(at, "programs are not timed any more", lambda found: not found["timed"])


@test(alone="it is told of each program that is started on the machine")
def rules_of_targets():
    """By how many rules each target goes is shown, until a reload has it otherwise."""
    text = """
rules: rules.yaml
targets:
  - { name: own, match: { cmdline: "own %s$" }, rules: own.yaml }
  - { name: rest, match: { cmdline: "load.py %s$" } }
outputs: [{ type: file, path: all.jsonl }]
control: { socket: control.sock }
metrics: { listen: "127.0.0.1:0" }
"""
    with files("") as path, Target(host, "load.py", path) as target:
        at, own = beside(path, "control.sock"), beside(path, "own.yaml")
        with open(own, "w") as file:
            file.write(yaml([rule("quiet", file="flood.py")]))
        with open(path, "w") as file:
            file.write(text % (path, path))
        with configured(path) as (process, messages):
            found = wait_for(at, "targets", lambda found: len(found["targets"]) == 1)
            expect_equal((found["rules"], found["rules_by_target"], found["rules_by_target_left_out"]),
                         (3, [{"target": "own", "rules": 1}, {"target": "rest", "rules": 2}], 0), "rules")
            shown = command("status", "--socket", at).output
            expect(re.search(r"rules +3 \(own 1, rest 2\)\n", shown), "it shows %s", shown)
            with open(path, "w") as file:
                file.write((text % (path, path)).replace(", rules: own.yaml", ""))
            process.send_signal(signal.SIGHUP)
            found = wait_for(at, "the reload", lambda found: found["reloads"] == 1)
            expect_equal(found["rules_by_target"], [{"target": "own", "rules": 2}, {"target": "rest", "rules": 2}], "rules")
            shown = command("status", "--socket", at).output
            expect(re.search(r"rules +2\n", shown), "it shows %s", shown)


@contextlib.contextmanager
def ask(at):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(at)
        yield client


def said(client, line):
    """What is answered to a line: a document, or the sentence of an error."""
    client.sendall(line.encode() + b"\n")
    text = b""
    while not text.endswith(b"\n\n"):
        data = client.recv(1 << 16)
        expect(data, "the connection ends within an answer: %r", text)
        text += data
    found = json.loads(text)
    return found["error"] if "error" in found else document(text.decode()[:-1])


@test()
def something_is_wrong():
    """An output that cannot be written to is no health; that something was lost is."""
    with Target(host, "load.py") as target, files("") as path:
        at = beside(path, "control.sock")
        os.mkfifo(beside(path, "fifo"), 0o600)
        with open(path, "w") as file:
            file.write("rules: rules.yaml\npid: %d\noutputs: [{ type: file, path: fifo, queue: 2 }, { type: file, path: all }]\n"
                       "control: { socket: control.sock }\n" % target.pid)
        reader = os.open(beside(path, "fifo"), os.O_RDONLY | os.O_NONBLOCK)
        with configured(path):
            wait_for(at, "targets", lambda found: found["targets"])
            os.close(reader)
            for number in range(50):
                target.ask("watched", command=str(number))
            deadline = time.monotonic() + 20
            while True:
                ended = command("status", "--json", "--socket", at)
                found = document(ended.output)
                if found["outputs"][0]["state"] == "failing" and found["counters"]["lost"]:
                    break
                expect(time.monotonic() < deadline, "it is well: %s", found["outputs"])
                time.sleep(0.1)
            expect_equal((ended.status, found["well"]), (1, False), "status")
            expect("output file is failing" in found["problems"][0], "problems are %s", found["problems"])
            text = command("status", "--socket", at)
            expect_equal(text.status, 1, "status")
            expect("PROBLEM: the output file" in text.output and "\nLost\n  lost_unwritten" in text.output, "it said: %s", text.output)
            # Somebody reads it: all is well again, and what is lost stays said.
            with open(beside(path, "fifo")) as file:
                file.readline()
                deadline = time.monotonic() + 20
                while not found["well"]:
                    expect(time.monotonic() < deadline, "it is not well: %s", found["problems"])
                    time.sleep(0.1)
                    found = document(command("status", "--json", "--socket", at).output)
                expect(found["counters"]["lost"]["lost_unwritten"] > 0, "counters are %s", found["counters"])


@test()
def a_thread_that_hangs():
    """The main thread is stopped: what is said is from before, and soon, and then that it is not well."""
    with place() as at, Target(host, "load.py") as target, tracing(target, at) as tracer:
        pid = tracer.process.pid
        before = status(at)
        ptrace(PTRACE_SEIZE, pid)
        ptrace(PTRACE_INTERRUPT, pid)
        os.waitpid(pid, WALL)
        try:
            # Alerts are made by another thread.
            target.ask("watched", command="x")
            tracer.wait_alerts(2)
            began = time.monotonic()
            found = status(at)
            expect(time.monotonic() - began < 5, "it has taken %.1f s", time.monotonic() - began)
            expect_equal((found["targets"], [entry["alerts"] for entry in found["alerts"]]), (before["targets"], [1, 1]), "what is known")
            deadline = time.monotonic() + 60
            while command("status", "--socket", at).status == 0:
                expect(time.monotonic() < deadline, "it is still well")
                time.sleep(0.5)
            found = status(at, 1)
            expect(not found["well"] and re.match(r"the thread of tracing has not moved for \d+ s", found["problems"][0]), "it said: %s", found)
        finally:
            ptrace(PTRACE_DETACH, pid)
        deadline = time.monotonic() + 30
        while command("status", "--socket", at).status:
            expect(time.monotonic() < deadline, "it is not well again")
            time.sleep(0.1)


@test()
def nobody_listens():
    with place() as at:
        for words in (["status"], ["status", "--json"], ["top"]):
            ended = command(*words, "--socket", at)
            expect_equal((ended.status, ended.output), (3, ""), "status of %s" % words)
            expect("nobody listens at %s: is phrude-trace running" % at in ended.errors and ended.errors.count("\n") == 1,
                   "it said: %s", ended.errors)
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(at)
        expect_equal(command("status", "--socket", at).status, 3, "status where nobody listens any more")
    for words in (["status", "--socket", ""], ["status", "x"], ["top", "--json"], ["status", "--pid", "1"], ["check", "--socket", "x"]):
        expect_equal(command(*words).status, 2, "status of %s" % words)


@test()
def two_tracers():
    """The second does not start, and the first is asked as before; of one that was killed the next takes the place."""
    with place() as at, Target(host, "load.py") as target:
        with tracing(target, at) as tracer:
            ended = command("--pid", target.pid, "--rules", os.path.join(tracer.folder.name, "rules.yaml"), "--control", at)
            expect_equal(ended.status, 1, "status")
            expect("--control: another program listens at %s already, most likely another phrude-trace" % at in ended.errors,
                   "it said: %s", ended.errors)
            expect_equal(status(at)["pid"], tracer.process.pid, "who answers")
            tracer.process.kill()
            tracer.process.wait()
            expect(os.path.exists(at), "nothing is left of the first")
            with tracing(target, at) as second:
                expect_equal(status(at)["pid"], second.process.pid, "who answers")
            tracer.stop = lambda: setattr(tracer, "status", 0)
        expect(not os.path.exists(at), "the socket is still there")
        ended = command("--pid", target.pid, "--rules", __file__, "--control", "/nowhere/control.sock")
        expect_equal(ended.status, 2, "status")  # of the rules
        with open(at, "w") as file:
            file.write("- { name: x, level: info, func: x, file: x.py }\n")
        ended = command("--pid", target.pid, "--rules", at, "--control", "/nowhere/control.sock")
        expect_equal(ended.status, 1, "status")
        expect("--control: cannot listen at /nowhere/control.sock: " in ended.errors, "it said: %s", ended.errors)


@test()
def others_are_refused():
    """By the socket's mode; and by who they are, should somebody have changed that."""
    def as_nobody(*words):
        return command(*words, user=NOBODY, group=NOBODY, extra_groups=[])

    with place() as at, Target(host, "load.py") as target, tracing(target, at):
        os.chmod(os.path.dirname(at), 0o755)
        ended = as_nobody("status", "--socket", at)
        expect_equal((ended.status, ended.output), (4, ""), "status")
        expect("%s is for root alone: run this as root" % at in ended.errors, "it said: %s", ended.errors)
        os.chmod(at, 0o666)
        ended = as_nobody("status", "--socket", at)
        expect_equal((ended.status, ended.output), (1, ""), "status")
        expect("phrude-trace says: only root may ask" in ended.errors, "it said: %s", ended.errors)
        expect(status(at)["well"], "it is not well")
    # Nor is one believed who only says that he is a tracer.
    with place() as at:
        os.chmod(os.path.dirname(at), 0o777)
        listener = ("import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); print(flush=True); "
                    "sys.stdin.read()")
        with subprocess.Popen([*host.argv, "-c", listener, at], user=NOBODY, group=NOBODY, extra_groups=[], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            ended = command("status", "--socket", at)
            process.stdin.close()
        expect_equal(ended.status, 4, "status")
        expect("is neither root nor you" in ended.errors, "it said: %s", ended.errors)


@test()
def clients_who_hold_on():
    """Those who say nothing, or ask again and again without taking the answer, hold nothing up."""
    with place() as at, Target(host, "load.py") as target, tracing(target, at) as tracer, contextlib.ExitStack() as stack:
        for number in range(40):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.settimeout(20)
            client.connect(at)
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                client.send(b"watch\n" * 500 if number % 2 else b"sta")
        target.ask("watched", command="x")
        tracer.wait_alerts(2)
        nice = {}
        for tid in os.listdir("/proc/%d/task" % tracer.process.pid):
            with contextlib.suppress(FileNotFoundError), open("/proc/%d/task/%s/comm" % (tracer.process.pid, tid)) as file:
                nice[file.read().strip()] = os.getpriority(os.PRIO_PROCESS, int(tid))
        expect(nice["phrude-control"] == os.getpriority(os.PRIO_PROCESS, 0) > nice["phrude-alerts"], "priorities are %s", nice)
        expect_equal(status(at)["counters"]["counted"]["alerts"], 2, "alerts")
        with ask(at) as client:
            expect("unknown request" in said(client, "stauts"), "an unknown request is not said to be")
        with ask(at) as client:
            client.sendall(b"x" * 200)
            with contextlib.suppress(ConnectionError):
                expect(b"that is no request" in client.recv(1000), "a line without end is not refused")


@contextlib.contextmanager
def terminal(*words):
    """The program on a terminal of its own; and what it has written there, so far."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    before = termios.tcgetattr(slave)
    process = subprocess.Popen([BINARY, *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    written = []

    def read(until, seconds=20):
        """All that is written until `until` has been, `until` being a function of it."""
        deadline = time.monotonic() + seconds
        while not until(b"".join(written)):
            expect(time.monotonic() < deadline, "it has written %r", b"".join(written)[-2000:])
            if select.select([master], [], [], 0.2)[0]:
                written.append(os.read(master, 1 << 16))
        return b"".join(written)

    try:
        yield process, master, slave, read
        expect_equal(process.wait(20), 0, "status")
        end = read(lambda text: text.rstrip().endswith(b"\x1b[?25h\x1b[?1049l"))
        expect_equal(end.count(b"\x1b[?1049h"), end.count(b"\x1b[?1049l"), "times that it took the terminal and gave it back")
        expect_equal(termios.tcgetattr(slave), before, "settings of the terminal afterwards")
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def frames(text):
    return [frame.decode().replace("\x1b[K", "").replace("\r\r\n", "\r\n") for frame in text.split(b"\x1b[H")[1:]]


def frame_with(*parts):
    return lambda text: any(all(re.search(part, frame) for part in parts) for frame in frames(text)[:-1])


@test()
def a_second_after_the_other():
    """`top` on a terminal: rates, times, as much as there is room for, and the terminal is as it was, whatever ends it."""
    with place() as at, Target(host, "load.py") as target, tracing(target, at, count=True):
        target.ask("start")
        for how in ("q", signal.SIGINT, signal.SIGTERM):
            with terminal("top", "--socket", at) as (process, master, slave, read):
                text = read(frame_with(r"  matches +[1-9][0-9.]* +\d+", r"\n  [a-z]+ +[1-9][0-9.]* +[1-9][0-9.]* +\d+\.\d\d +\d+\.\d\d%",
                                       r"ALERTS/S", r"[1-9][0-9.]* +\d+ +\d+ +alert +urgent \\x1b\[31m"))
                expect(status(at)["timed"], "programs are not timed")
                expect(all(len(line) <= 100 for frame in frames(text) for line in frame.split("\r\n")), "a line is too long")
                expect(all(frame.count("\n") < 30 for frame in frames(text)), "a frame is too long")
                if how == "q":
                    # A smaller one, at once.
                    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 20, 0, 0))
                    os.kill(process.pid, signal.SIGWINCH)
                    read(lambda text: frames(text)[-2].count("\n") == 4 and len(frames(text)[-2].split("\r\n")[0]) == 20)
                    # Keys that mean nothing end nothing.
                    os.write(master, b"x\x1b[A")
                    seen = len(frames(read(lambda text: True)))
                    read(lambda text: len(frames(text)) > seen + 2)
                    os.write(master, b"q")
                else:
                    process.send_signal(how)
            wait_for(at, "programs are not timed any more", lambda found: not found["timed"])
        target.ask("stop")


@test()
def stopped_and_continued():
    """`top`, by ^Z: the terminal is whoever's turn it is."""
    with place() as at, Target(host, "load.py") as target, tracing(target, at):
        with terminal("top", "--socket", at) as (process, _, slave, read):
            read(lambda text: len(frames(text)) > 1)
            raw = termios.tcgetattr(slave)
            expect(not raw[3] & (termios.ICANON | termios.ECHO), "keys are shown")
            process.send_signal(signal.SIGTSTP)
            expect(os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1]), "it is not stopped")
            expect(termios.tcgetattr(slave)[3] & termios.ICANON, "the terminal is not given back")
            # So long that it is let go of.
            wait_for(at, "programs are not timed any more", lambda found: not found["timed"], 30)
            process.send_signal(signal.SIGCONT)
            text = read(lambda text: text.count(b"\x1b[?1049h") == 2)
            expect_equal(termios.tcgetattr(slave), raw, "settings of the terminal")
            wait_for(at, "programs are timed again", lambda found: found["timed"])
            read(lambda more: len(frames(more)) > len(frames(text)) + 2)
            process.send_signal(signal.SIGINT)


@test()
def one_second():
    """`top` where there is no terminal: the tables of one second."""
    with place() as at, Target(host, "load.py") as target, tracing(target, at, count=True):
        target.ask("start")
        ended = command("top", "--socket", at)
        target.ask("stop")
        expect_equal((ended.status, ended.errors), (0, ""), "status and errors")
        expect(not RAW.search(ended.output.replace("\n", "")), "it is not for a terminal: %s", ascii(ended.output))
        expect(re.search(r"\n  matches +[1-9][0-9.]* +\d+\n", ended.output), "it said: %s", ended.output)
        wait_for(at, "programs are not timed any more", lambda found: not found["timed"])


@test()
def the_tracer_ends():
    """`top` says so, on a terminal that is as before."""
    with place() as at, Target(host, "load.py") as target:
        with tracing(target, at) as tracer:
            master, slave = pty.openpty()
            before = termios.tcgetattr(slave)
            process = subprocess.Popen([BINARY, "top", "--socket", at], stdin=slave, stdout=slave, stderr=subprocess.PIPE)
            try:
                expect(select.select([master], [], [], 20)[0], "nothing is shown")
                tracer.process.send_signal(signal.SIGINT)
                errors = process.communicate(timeout=20)[1]
                expect_equal(process.returncode, 3, "status")
                expect(b"phrude-trace has ended" in errors, "it said: %s", errors)
                expect_equal(termios.tcgetattr(slave), before, "settings of the terminal afterwards")
            finally:
                process.kill()
                process.wait()
                os.close(master)
                os.close(slave)
