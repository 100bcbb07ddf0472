# SPDX-License-Identifier: GPL-2.0-only
"""type: kafka, taken by the brokers that librdkafka brings for tests, and read by a consumer (kafka_mock.c)."""

import contextlib
import json
import os
import select
import subprocess
import threading

from harness import Skip, expect, expect_equal, test
from interpreters import HERE, Interpreter
from outputs import Folder, tracing, wait_for
from target import Target

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))


class Cluster:
    def __init__(self, folder):
        program = folder / "kafka_mock"
        done = subprocess.run(["gcc", "-o", program, os.path.join(HERE, "kafka_mock.c"), "-lrdkafka"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skip("no brokers: scripts/setup.sh test installs librdkafka-dev (%s)" % done.stderr[:200])
        self.process = subprocess.Popen([program, "alerts"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.brokers = self.process.stdout.readline().strip()
        self.messages, self.done = [], None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            key, value = line.rstrip("\n").split("\t", 1)
            if key == "#":
                self.done = value
            else:
                self.messages.append((key, value))

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        wait_for(lambda: self.done == word, "the brokers are " + word)


@contextlib.contextmanager
def cluster(folder):
    made = Cluster(folder)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()


def output(made, **keys):
    return {"type": "kafka", "brokers": made.brokers, "topic": "alerts", **keys}


@test()
def arrives():
    """In order, with the keys that are asked for."""
    with Folder() as folder, cluster(folder) as made, Target(host, "load.py") as target:
        with tracing(folder, target, output(made, key="rule"), output(made, name="b", key="host", format="ecs"),
                     {"type": "file", "path": "all"}) as tracer:
            target.ask("watched", command="x", depth=99)
            wait_for(lambda: len(made.messages) >= 200, "the messages", 40)
        expect_equal(tracer.returncode, 0, "status (%s)" % tracer.errors)
        expect("alerts 100, lost 0" in tracer.errors, "it said: %s", tracer.errors)
        lines = folder.read("all").splitlines()
        expect_equal([value for key, value in made.messages if key == "watched"], lines, "alerts by rule")
        others = [json.loads(value) for key, value in made.messages if key == os.uname().nodename]
        expect_equal([other["event"]["id"] for other in others], [json.loads(line)["id"] for line in lines], "alerts by host")


@test()
def comes_back():
    """Brokers that are down for a while; with a spool nothing is lost."""
    with Folder() as folder, cluster(folder) as made, Target(host, "load.py") as target:
        with tracing(folder, target, output(made, key="session", spool={"path": "spool", "size": "1M"})) as tracer:
            target.ask("watched", command="0")
            wait_for(lambda: len(made.messages) >= 1, "the first message", 40)
            made.say("down")
            for number in range(1, 4):
                target.ask("watched", command=str(number))
            expect(select.select([tracer.stderr], [], [], 40)[0], "it did not say anything")
            said = tracer.stderr.readline()
            expect("cannot be written to 127.0.0.1:" in said, "it said: %s", said)
            made.say("up")
            wait_for(lambda: len({value for _, value in made.messages}) >= 4, "the other messages", 60)
        unique = list(dict.fromkeys(value for _, value in made.messages))
        expect_equal([json.loads(value)["args"]["command"] for value in unique], list("0123"), "calls")
        expect("lost 0" in tracer.errors, "it said: %s", tracer.errors)
