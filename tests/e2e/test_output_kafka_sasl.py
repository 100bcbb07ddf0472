# SPDX-License-Identifier: GPL-2.0-only
"""sasl: of a Kafka output, asked for by a broker (kafka_sasl.py)."""

import os
import select

from harness import expect, expect_equal, test
from interpreters import Interpreter
from kafka_sasl import Broker
from outputs import Folder, certificate, start, tracing, wait_for
from target import Target

host = Interpreter("host", os.path.realpath("/usr/bin/python3"))
PASSWORD = "correct horse, \"battery\" = staple"


def output(broker, mechanism, **keys):
    return {"type": "kafka", "brokers": broker.brokers, "topic": "alerts",
            "sasl": {"mechanism": mechanism, "user": "phrude", "password_file": "password"}, **keys}


@test()
def each_mechanism():
    """With a password that has signs in it; over TLS, and without it where the password is not sent."""
    for mechanism, tls in (("SCRAM-SHA-256", False), ("SCRAM-SHA-512", True), ("PLAIN", True)):
        with Folder() as folder, Target(host, "load.py") as target:
            folder.write("password", PASSWORD + "\n")
            keys = {}
            if tls:
                certificate(folder, "broker", "-addext", "subjectAltName=DNS:localhost")
                keys = {"ca_file": "broker.pem"}
            with Broker(mechanism, "phrude", PASSWORD, tls and (folder / "broker.pem", folder / "broker.key")) as broker:
                with tracing(folder, target, output(broker, mechanism, **keys), {"type": "file", "path": "all"}) as tracer:
                    for number in range(20):
                        target.ask("watched", command=str(number))
                    wait_for(lambda made=broker: len(made.messages) >= 20, "the messages with " + mechanism, 40)
                expect_equal(broker.messages, folder.read("all").splitlines(), "alerts by %s" % mechanism)
                expect_equal((broker.refused, broker.unknown), (0, 0), "refused, not asked for")
            expect("lost 0" in tracer.errors and PASSWORD not in tracer.errors, "it said: %s", tracer.errors)


@test()
def a_wrong_password():
    """It is said, and nothing is sent; nor is the password shown."""
    with Folder() as folder, Target(host, "load.py") as target, Broker("SCRAM-SHA-256", "phrude", PASSWORD) as broker:
        folder.write("password", "hunter2-x1")
        with tracing(folder, target, output(broker, "SCRAM-SHA-256"), {"type": "file", "path": "all"}) as tracer:
            target.ask("watched", command="x")
            expect(select.select([tracer.stderr], [], [], 40)[0], "it did not say anything")
            said = tracer.stderr.readline()
            expect("cannot be written to localhost:" in said and "uthentication" in said, "it said: %s", said)
        expect(broker.refused > 0, "it was not refused")
        expect_equal(broker.messages, [], "messages")
        expect("hunter2" not in said + tracer.errors, "the password is shown: %s", tracer.errors)
        expect_equal(len(folder.read("all").splitlines()), 1, "alerts in the other output")


@test()
def files_that_are_none():
    """A password that others can read, or that is no line."""
    for text, mode, wanted in (("x", 0o644, "password"), ("", 0o600, "one line"), ("a\nb", 0o600, "one line")):
        with Folder() as folder, Target(host, "load.py") as target, Broker("SCRAM-SHA-256", "phrude", PASSWORD) as broker:
            folder.write("password", text, mode)
            try:
                tracer = start(folder, target, output(broker, "SCRAM-SHA-256"))
            except AssertionError as error:
                expect(wanted in str(error) and "Kafka" in str(error), "it said: %s", error)
                continue
            tracer.kill()
            tracer.communicate()
            raise AssertionError("%r is taken for a password" % text)
