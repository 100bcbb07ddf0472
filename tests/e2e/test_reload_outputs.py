# SPDX-License-Identifier: GPL-2.0-only
"""Outputs, redaction and rates are read anew: what stays is not touched, what goes and what comes have their share of the alerts."""

import collections
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time

from harness import expect, expect_equal, test
from interpreters import Interpreter
from outputs import Folder, wait_for
from target import Target
from test_control import status
from test_metrics import checked, get
from test_output_http import receiver, webhook
from test_output_spool import SPOOL, calls, put
from tracer import BINARY, rule

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
STEADY = rule("steady", file="reload.py")
SECRET = "postgres://u:s3cretpassw0rd@h/db"


class Tracing:
    """A tracer with a configuration in the folder, which is another one whenever it is called."""

    def __init__(self, folder, target, *outputs, **settings):
        self.folder, self.target = folder, target
        self.write(outputs, settings)
        self.errors = open(folder / "errors", "w+")
        self.process = subprocess.Popen([BINARY, "--config", folder / "config.yaml"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.errors)
        self.number = 0

    def write(self, outputs, settings):
        settings = {"rules": "rules.yaml", "pid": self.target.pid, **settings, "outputs": outputs}
        new = self.folder.write("config.new", "".join("%s: %s\n" % (name, json.dumps(value)) for name, value in settings.items()))
        os.rename(new, self.folder / "config.yaml")

    def messages(self):
        return self.folder.read("errors").splitlines(keepends=True)

    def ask(self, said, outputs, settings):
        self.write(outputs, settings)
        self.process.send_signal(signal.SIGHUP)
        self.number += 1
        wait_for(lambda: sum("reloaded" in line for line in self.messages()) >= self.number, "the reload")
        line = [line for line in self.messages() if "reloaded" in line][self.number - 1]
        expect(said in line, "it said: %s", self.folder.read("errors"))

    def reload(self, *outputs, **settings):
        self.ask(" reloaded: ", outputs, settings)

    def refuse(self, *outputs, **settings):
        """Returns what it said before."""
        before = len(self.messages())
        self.ask("not reloaded (SIGHUP): what was in force stays in force", outputs, settings)
        return "".join(self.messages()[before:])

    def __enter__(self):
        wait_for(lambda: any("ready: " in line for line in self.messages()) or self.process.poll() is not None, "it is ready")
        expect(self.process.poll() is None, "it ended: %s", self.messages())
        return self

    def __exit__(self, kind, error, trace):
        self.process.send_signal(signal.SIGKILL if kind else signal.SIGINT)
        self.process.wait(30)
        self.process.stdout.close()
        self.errors.close()
        if kind:
            print(self.folder.read("errors"))
            return
        expect_equal(self.process.returncode, 0, "status (%s)" % self.messages())
        self.summary = {key: int(number) for key, number in re.findall(r"([a-z_]+) (\d+)", self.messages()[-1])}


def file(path, **keys):
    return {"type": "file", "path": path, "format": "json", **keys}


def alerts(folder, name):
    return [json.loads(line) for line in folder.read(name).splitlines()]


def commands(folder, name):
    return [alert["args"]["command"] for alert in alerts(folder, name)]


def sample(tracer, key):
    return checked(get(tracer.messages(), "/metrics")[1]).get(key, 0)


@test()
def again_and_again():
    """Twenty times under calls from three threads: one output stays, two take turns, so that together they have each alert once."""
    metrics = {"metrics": {"listen": "127.0.0.1:0"}}
    with Folder(STEADY) as folder, Target(host, "reload.py") as target:
        with Tracing(folder, target, file("stays", name="stays"), file("odd", name="turns"), **metrics) as tracer:
            target.ask("start", threads=3)
            for number in range(20):
                stays, turns = file("stays", name="stays"), file("odd" if number % 2 else "even", name="turns")
                tracer.reload(*(stays, turns) if number % 2 else (turns, stays), **metrics)
            numbers = target.ask("stop")
            total = sum(numbers.values())
            wait_for(lambda: folder.read("stays").count("\n") == total, "all alerts")
            wait_for(lambda: sample(tracer, 'output_sent_total{output="stays"}') == total, "the count of what stays")
            expect(0 < sample(tracer, 'output_sent_total{output="turns"}') < total, "what came last has more than its own")
            expect_equal(sample(tracer, 'reloads_total{result="ok"}'), 20, "reloads")
        seen = collections.defaultdict(list)
        for alert in alerts(folder, "stays"):
            seen[str(alert["args"]["thread"])].append(alert["args"]["number"])
        for thread, calls_ in seen.items():
            expect_equal(calls_, list(range(numbers[thread])), "calls of thread %s" % thread)
        stays, odd, even = ([alert["id"] for alert in alerts(folder, name)] for name in ("stays", "odd", "even"))
        expect(odd and even, "one of them had nothing")
        expect_equal(sorted(odd + even), sorted(stays), "alerts of those that take turns")
    expect_equal(tracer.summary["lost"], 0, "lost")


@test()
def what_is_refused():
    """Nothing of a configuration with an output that cannot be opened is in force; it says what and where."""
    with Folder() as folder, Target(host, "load.py") as target:
        folder.write("bad.pem", "no certificate")
        folder.write("open", "X-Key: s3cret\n", 0o644)
        metrics, was = {"metrics": {"listen": "127.0.0.1:0"}}, file("stays", name="stays")
        webhook_ = {"type": "webhook", "name": "hook", "url": "https://localhost:1/"}
        bad = ((file("no/such/folder", name="file"), "no/such/folder"),
               ({**webhook_, "ca_file": "bad.pem"}, "bad.pem"),
               ({**webhook_, "headers_file": "open"}, "others can read it"),
               ({**webhook_, "url": "gopher://x/"}, "config.yaml:"),
               ({"type": "syslog", "name": "log", "address": "tls://localhost:1", "ca_file": "none.pem"}, "none.pem"),
               (file("x", name="x", spool=SPOOL), "config.yaml:"))
        with Tracing(folder, target, was, **metrics) as tracer:
            for number, (output, why) in enumerate(bad):
                said = tracer.refuse(was, file("new-%d" % number, name="new"), output, redact=False, rate_limit={"per_rule": "1/h"},
                                     **metrics)
                expect(why in said and "s3cret" not in said, "it said: %s", said)
                wait_for(lambda: sample(tracer, 'reloads_total{result="refused"}') == number + 1, "the count of what was refused")
                target.ask("watched", command=SECRET)
            said = tracer.refuse(was, redact={"key_file": "none"}, **metrics)
            expect("redact: key_file" in said, "it said: %s", said)
            target.ask("watched", command=SECRET)
            wait_for(lambda: folder.read("stays").count("\n") == len(bad) + 1, "alerts")
            expect(all("[redacted:" in command for command in commands(folder, "stays")), "secrets: %s", commands(folder, "stays"))
            expect(not any(os.path.exists(folder / name) and folder.read(name) for name in ("new-0", "new-1")), "one is written to")
            # And one that is good comes through after all.
            tracer.reload(was, file("new", name="new"), **metrics)
            target.ask("watched", command="last")
            wait_for(lambda: commands(folder, "new") == ["last"], "the new output")
            wait_for(lambda: sample(tracer, 'output_sent_total{output="stays"}') == len(bad) + 2, "the count of what stays")
    expect_equal(tracer.summary["lost"], 0, "lost")


@contextlib.contextmanager
def deaf():
    """A port at which everybody is let in and nobody answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@test()
def one_that_hangs():
    """To take it away delays nobody; what it did not deliver is said and counted."""
    with Folder() as folder, deaf() as port, Target(host, "load.py") as target:
        hangs = {"type": "webhook", "name": "hangs", "url": "http://127.0.0.1:%d/" % port}
        with Tracing(folder, target, file("stays"), hangs) as tracer:
            for number in range(5):
                target.ask("watched", command=str(number))
            wait_for(lambda: folder.read("stays").count("\n") == 5, "alerts")
            asked = time.monotonic()
            tracer.reload(file("stays"), file("new"))
            expect(time.monotonic() - asked < 2.5, "the reload took %.1f s", time.monotonic() - asked)
            target.ask("watched", command="next")
            wait_for(lambda: commands(folder, "new") == ["next"], "the new output", 2)
            wait_for(lambda: "output hangs (http://127.0.0.1:%d): no alerts go there any more; 5 that did could not be written"
                     % port in folder.read("errors"), "it is said", 12)
            # Again, and now the tracer ends meanwhile.
            tracer.reload(file("stays"), hangs)
            target.ask("watched", command="again")
            wait_for(lambda: "again" in commands(folder, "stays"), "the alert")
            tracer.reload(file("stays"))
            asked = time.monotonic()
        expect(time.monotonic() - asked < 10, "it took %.1f s to end", time.monotonic() - asked)
        expect_equal(commands(folder, "stays"), [*map(str, range(5)), "next", "again"], "alerts of the one that stays")
    expect_equal((tracer.summary["lost"], tracer.summary["lost_unwritten"]), (6, 6), "lost")


@test()
def the_only_one_hangs():
    """Nothing is read while it is full; what waits in the ring goes to the one that takes its place."""
    with Folder() as folder, deaf() as port, Target(host, "load.py") as target:
        hangs = {"type": "webhook", "name": "hangs", "url": "http://127.0.0.1:%d/" % port, "queue": 5}
        at = folder / "control.sock"
        with Tracing(folder, target, hangs, control={"socket": at}) as tracer:
            for number in range(20):
                target.ask("watched", command=str(number))
            wait_for(lambda: status(at)["outputs"][0]["queue"] == 5, "it is full")
            tracer.reload(file("all"), control={"socket": at})
            wait_for(lambda: commands(folder, "all") == [str(number) for number in range(5, 20)], "the alerts", 5)
            wait_for(lambda: "5 that did could not be written" in folder.read("errors"), "it is said", 12)
    expect_equal((tracer.summary["alerts"], tracer.summary["lost"]), (20, 5), "alerts and what was lost")


@test()
def what_is_left_behind():
    """Neither threads nor descriptors, however often outputs come and go."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        def others(number):
            return [file("one"), file("two-%d" % number), webhook(server, name="hook", queue=100 + number)]

        with Tracing(folder, target, *others(0)) as tracer:
            def held():
                return [len(os.listdir("/proc/%d/%s" % (tracer.process.pid, what))) for what in ("task", "fd")]

            tracer.reload(*others(1))
            time.sleep(1)
            before = held()
            for number in range(2, 8):
                tracer.reload(*others(number))
            wait_for(lambda: held() == before, "threads and descriptors are as many as before (%s)" % before, 10)


@test()
def a_spool():
    """An output whose receiver is another one goes on with its spool; without an output a spool stays, which is said."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        away = dict(webhook(server, name="hook", spool=SPOOL), url="https://localhost:1/hook")
        with Tracing(folder, target, file("stays"), away) as tracer:
            for number in range(10):
                target.ask("watched", command=str(number))
            wait_for(lambda: put(folder) == 10, "the alerts in the spool")
            tracer.reload(file("stays"), webhook(server, name="hook", spool=SPOOL))
            for number in range(10, 20):
                target.ask("watched", command=str(number))
            wait_for(lambda: len(calls(server)) >= 20, "the alerts")
            tracer.reload(file("stays"), away)
            target.ask("watched", command="left")
            wait_for(lambda: "left" in commands(folder, "stays"), "the alert")
            tracer.reload(file("stays"))
            wait_for(lambda: "1 alerts stay in its spool" in folder.read("errors"), "it is said", 12)
        expect_equal(calls(server), [*map(str, range(20))], "calls, each once and in order")
        with Tracing(folder, target, webhook(server, spool=SPOOL)):
            wait_for(lambda: calls(server)[20:] == ["left"], "what was left")
    expect_equal(tracer.summary["lost"], 0, "lost")


@test()
def secrets():
    """What is taken out of alerts changes with their outputs; equal secrets are seen as equal before and after."""
    with Folder() as folder, Target(host, "load.py") as target:
        with Tracing(folder, target, file("stays"), file("first")) as tracer:
            def call(command):
                before = folder.read("stays").count("\n")
                target.ask("watched", command=command)
                wait_for(lambda: folder.read("stays").count("\n") > before, "the alert")

            call(SECRET)
            tracer.reload(file("stays"), file("second"), redact=False)
            call(SECRET)
            tracer.reload(file("stays"), file("third"), redact={"patterns": ["number-([0-9]+)"]})
            call(SECRET)
            call("number-5")
        first, plain, third, number = commands(folder, "stays")
        expect("s3cret" not in first and "[redacted:" in first, "the first is %s", first)
        expect_equal(plain, SECRET, "the second")
        expect_equal(third, first, "the third")
        expect("[redacted:" in number and "5" not in number.split("[")[0], "the last is %s", number)
        for name, expected in (("first", [first]), ("second", [plain]), ("third", [third, number])):
            expect_equal(commands(folder, name), expected, "alerts of %s" % name)
        expect(sum("nothing is taken out" in line for line in tracer.messages()) == 1, "it said: %s", tracer.messages())
    # In what was in force before as well.
    expect(tracer.summary["redacted"] >= 3, "redacted: %s", tracer.summary)


@test()
def rates():
    """A limit comes, is another one, and goes; what was held back has its alert, and no match is missing from the sum."""
    with Folder() as folder, Target(host, "load.py") as target:
        def call(number):
            for _ in range(number):
                target.ask("watched", command="x")

        at = folder / "control.sock"
        with Tracing(folder, target, file("all"), control={"socket": at}) as tracer:
            # What is held back is due with the next reload.
            call(10)
            wait_for(lambda: folder.read("all").count("\n") == 10, "alerts without a limit")
            tracer.reload(file("all"), rate_limit={"per_rule": "1/h", "burst": 2}, control={"socket": at})
            call(10)
            wait_for(lambda: status(at)["counters"]["counted"].get("suppressed") == 8, "what is held back")
            tracer.reload(file("all"), rate_limit={"per_rule": "1/h", "burst": 5}, control={"socket": at})
            call(10)
            wait_for(lambda: status(at)["counters"]["counted"].get("suppressed") == 13, "what is held back")
            tracer.reload(file("all"), control={"socket": at})
            call(10)
            wait_for(lambda: folder.read("all").count("\n") >= 10 + 2 + 1 + 5 + 1 + 10, "the alerts")
        found = alerts(folder, "all")
        stand_for = [alert["repeated"]["count"] for alert in found if "repeated" in alert]
        expect_equal((len(found), sorted(stand_for)), (29, [5, 8]), "alerts, and for how many some stand")
    expect_equal((tracer.summary["suppressed"], tracer.summary["rolled_up"], tracer.summary["lost"]), (13, 2, 0), "summary")


@test()
def how_it_is():
    """`status` shows the outputs that there are; one that stays has what it had."""
    with Folder() as folder, Target(host, "load.py") as target:
        control = {"control": {"socket": folder / "control.sock"}}
        with Tracing(folder, target, file("stays", name="stays"), file("a"), file("b"), **control) as tracer:
            target.ask("watched", command="x")
            at = control["control"]["socket"]
            wait_for(lambda: [output["sent"] for output in status(at)["outputs"]] == [1, 1, 1], "the numbers")
            expect_equal([output["name"] for output in status(at)["outputs"]], ["stays", "file", "file-2"], "outputs")
            tracer.reload(file("b"), file("stays", name="stays"), file("c", name="c"), **control)
            target.ask("watched", command="y")
            wait_for(lambda: [(output["name"], output["sent"]) for output in status(at)["outputs"]] ==
                     [("file-2", 2), ("stays", 2), ("c", 1)], "the numbers after it")
            expect_equal(status(at)["reloads"], 1, "reloads")


@test()
def secrets_of_an_output():
    """A file with headers that is another one by now is read again, though its name is the same."""
    with Folder() as folder, receiver(folder) as server, Target(host, "load.py") as target:
        hook = webhook(server, headers_file="headers")
        folder.write("headers", "X-Key: one\n")
        with Tracing(folder, target, hook, file("all")) as tracer:
            target.ask("watched", command="1")
            wait_for(lambda: len(server.requests) == 1, "the first request")
            tracer.reload(hook, file("all"))
            folder.write("headers", "X-Key: second\n")
            tracer.reload(hook, file("all"))
            target.ask("watched", command="2")
            wait_for(lambda: len(server.requests) == 2, "the second request")
        expect_equal([headers["X-Key"] for _, headers, _ in server.requests], ["one", "second"], "keys")


@test(alone="what it measures is time")
def costs():
    """Other limits of what probes may cost: what was given up is watched again where nothing may be."""
    with Folder(rule("quiet", file="targets/flood.py")) as folder, Target(host, "flood.py") as target:
        with Tracing(folder, target, file("all"), max_cpu_percent=50, shed="info") as tracer:
            target.send("pace", seconds=40, rate=3000)
            time.sleep(8)
            expect("max_cpu_percent" not in folder.read("errors"), "it said: %s", tracer.messages())
            tracer.reload(file("all"), max_cpu_percent=0.5, shed="info")
            wait_for(lambda: "not watched any more" in folder.read("errors"), "it is given up")
            tracer.reload(file("all"), max_cpu_percent=0.5)
            wait_for(lambda: "watched again in it" in folder.read("errors"), "it is watched again", 2)
            before = folder.read("all").count("\n")
            time.sleep(4)
            expect(folder.read("all").count("\n") > before + 2000, "it is not watched")
            expect_equal(folder.read("errors").count("not watched any more"), 1, "times that it was given up")
            expect("next start" not in folder.read("errors"), "it said: %s", tracer.messages())
            # Whether costs are looked at is for the start.
            tracer.reload(file("all"))
            expect("counts from the next start on" in folder.read("errors"), "it said: %s", tracer.messages())
            target.answer(60)
